import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deploymentOf, type Deployment } from './deployment.ts';
import { bundleFunctions, templateFile, type Bundle } from './lambda/bundle.ts';

/** A deployment together with the modules that its functions are. */
export interface Artifacts {
  readonly deployment: Deployment;
  readonly bundles: readonly Bundle[];
}

/** A drill moves the right to sign, and no test of alerts stands among what it tells; everything else is as the template comes. */
const drillParameters = { DryRun: 'false', AlertTestEvery: 'never' } as const;

/** The working tree, built as the template says. */
export const buildHere = async (): Promise<Artifacts> => {
  const deployment = deploymentOf(templateFile, drillParameters);
  return { deployment, bundles: await bundleFunctions(deployment.functions) };
};

/** @param file the template that `sam build` wrote; what it built lies beside it. */
export const builtBySam = (file: string): Artifacts => {
  const deployment = deploymentOf(resolve(file), drillParameters);
  const bundles = deployment.functions.map(({ name, codeUri, handler: [stem] }) => {
    const module = join(codeUri, `${stem}.mjs`);
    return { name, file: module, bytes: statSync(module).size };
  });
  return { deployment, bundles };
};
