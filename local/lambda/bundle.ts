import { build } from 'esbuild';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Builds each function as the template does: one ESM bundle for Node 24 with its source map. */

const root = join(import.meta.dirname, '..', '..');
const notFunctions = ['contract.ts', 'environment.ts'];

export const functionNames = (): string[] =>
  readdirSync(join(root, 'functions'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !notFunctions.includes(file))
    .map((file) => basename(file, '.ts'))
    .sort();

/** ESM output of CommonJS packages still calls `require`. */
const banner = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

export interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

/** @param names which functions; all by default. */
export const bundleFunctions = async (outdir = join(root, '.cache', 'bundles'), names = functionNames()): Promise<Bundle[]> => {
  await build({
    entryPoints: names.map((name) => ({ in: join(root, 'functions', `${name}.ts`), out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    sourcemap: true,
    minify: true,
    mainFields: ['module', 'main'],
    banner: { js: banner },
    logLevel: 'warning',
  });
  return names.map((name) => {
    const file = join(outdir, name, 'index.mjs');
    return { name, file, bytes: statSync(file).size };
  });
};

if (import.meta.main) {
  const bundles = await bundleFunctions();
  for (const { name, bytes } of bundles) process.stdout.write(`${name.padEnd(18)} ${(bytes / 1_024).toFixed(0).padStart(6)} KiB\n`);
}
