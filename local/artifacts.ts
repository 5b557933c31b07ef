import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deploymentOf, type Deployment } from './deployment.ts';
import { bundleFunctions, bundlesIn, templateFile, type Bundle } from './lambda/bundle.ts';

/** A deployment together with the modules that its functions are. */
export interface Artifacts {
  readonly deployment: Deployment;
  readonly bundles: readonly Bundle[];
}

/** A drill moves the right to sign, and no test of alerts stands among what it tells; everything else is as the template comes, unless it is asked for. */
const parametersOf = (of: { readonly slack?: boolean; readonly unasked?: boolean }) => ({
  DryRun: 'false',
  AlertTestEvery: 'never',
  ...(of.slack === true ? { SlackEnabled: 'true' } : {}),
  ...(of.unasked === true ? { ApprovalRequired: 'false' } : {}),
});

/** What the template makes of this working tree; nothing is built. */
export const deployedHere = (): Deployment => deploymentOf(templateFile, parametersOf({}));

/** The working tree, built as the template says. */
export const buildHere = async (of: { readonly slack?: boolean } = {}): Promise<Artifacts> => {
  const deployment = deploymentOf(templateFile, parametersOf(of));
  return { deployment, bundles: await bundleFunctions(deployment.functions) };
};

/**
 * What `buildHere` has built before: several worlds at once must not write the same files.
 * @param of.unasked a stack that asks nobody where the validator's own policy does not.
 */
export const builtHere = (of: { readonly unasked?: boolean } = {}): Artifacts => {
  const deployment = deploymentOf(templateFile, parametersOf(of));
  return { deployment, bundles: bundlesIn(deployment.functions) };
};

/** @param file the template that `sam build` wrote; what it built lies beside it. */
export const builtBySam = (file: string, of: { readonly slack?: boolean } = {}): Artifacts => {
  const deployment = deploymentOf(resolve(file), parametersOf(of));
  const bundles = deployment.functions.map(({ name, codeUri, handler: [stem] }) => {
    const module = join(codeUri, `${stem}.mjs`);
    return { name, file: module, bytes: statSync(module).size };
  });
  return { deployment, bundles };
};
