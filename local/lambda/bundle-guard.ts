import { build } from 'esbuild';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds the guard as one file for the nodes: dist/guard.mjs, to lie beside guard/install.sh. */

const root = join(import.meta.dirname, '..', '..');
const outfile = join(root, 'dist', 'guard.mjs');

await build({
  entryPoints: [join(root, 'guard', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  logLevel: 'warning',
});
process.stdout.write(`dist/guard.mjs ${(statSync(outfile).size / 1_024).toFixed(0)} KiB\n`);
