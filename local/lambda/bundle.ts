import { build, type Format } from 'esbuild';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../core/plan.ts';
import { deploymentOf, type DeployedFunction } from '../deployment.ts';

/** Builds each function as the template says: one ESM bundle for Node 24 with its source map. */

const root = join(import.meta.dirname, '..', '..');
export const templateFile = join(root, 'template.yaml');

export interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

interface BuildProperties {
  readonly EntryPoints: readonly [string];
  readonly Format: Format;
  readonly OutExtension: readonly [string];
  readonly Target: string;
  readonly MainFields: string;
  readonly Minify: boolean;
  readonly Sourcemap: boolean;
  /** What the guard alone loads. */
  readonly External: readonly string[];
  readonly Banner: readonly [string];
}

const pairOf = (text: string): Record<string, string> => {
  const at = text.indexOf('=');
  return { [text.slice(0, at)]: text.slice(at + 1) };
};

/** All functions are built alike, so one run of esbuild builds them all. @throws Error when one of them is not. */
const commonOf = (functions: readonly DeployedFunction[]): BuildProperties => {
  const [first, ...rest] = functions.map(({ build: { EntryPoints: _entry, ...of } }) => of);
  const other = rest.find((one) => canonicalJson(one) !== canonicalJson(first));
  if (!first || other) throw new Error('the functions of the template are not all built alike');
  return first as unknown as BuildProperties;
};

const extensionOf = ({ OutExtension: [extension] }: BuildProperties): string => extension.split('=')[1] ?? '.js';

/** What `bundleFunctions` has built before. @throws Error when one of them is not there. */
export const bundlesIn = (functions: readonly DeployedFunction[], outdir = join(root, '.cache', 'bundles')): Bundle[] => {
  const extension = extensionOf(commonOf(functions));
  return functions.map(({ name, handler: [stem] }) => {
    const file = join(outdir, stem, `${stem}${extension}`);
    return { name, file, bytes: statSync(file).size };
  });
};

export const bundleFunctions = async (functions: readonly DeployedFunction[], outdir = join(root, '.cache', 'bundles')): Promise<Bundle[]> => {
  const of = commonOf(functions);
  const extension = extensionOf(of);
  await build({
    entryPoints: functions.map(({ codeUri, handler: [stem], build: own }) => ({
      in: join(codeUri, (own as unknown as BuildProperties).EntryPoints[0]),
      out: `${stem}/${stem}`,
    })),
    outdir,
    outExtension: { '.js': extension },
    bundle: true,
    platform: 'node',
    target: of.Target,
    format: of.Format,
    sourcemap: of.Sourcemap,
    external: [...of.External],
    minify: of.Minify,
    mainFields: of.MainFields.split(','),
    banner: pairOf(of.Banner[0]),
    logLevel: 'warning',
  });
  return bundlesIn(functions, outdir);
};

if (import.meta.main) {
  const bundles = await bundleFunctions(deploymentOf(templateFile, {}).functions);
  for (const { name, bytes } of bundles) process.stdout.write(`${name.padEnd(24)} ${(bytes / 1_024).toFixed(0).padStart(6)} KiB\n`);
}
