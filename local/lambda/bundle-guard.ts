import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { stateFormat } from '../../guard/version.ts';
import { withNote } from './elf-note.ts';

/** Builds what a node needs for its guard into dist/guard/: one file of JavaScript, or one executable, with installer, units and checksums. */

const root = join(import.meta.dirname, '..', '..');
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export interface GuardBuild {
  readonly outdir: string;
  /** A Node to make the single executable of; none is made without. */
  readonly node?: string | undefined;
}

const git = (...args: readonly string[]): string | null => {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
};

/** The version of package.json, and the commit when there is one; a tree that differs from it says so. */
export const versionText = (): string => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const commit = git('rev-parse', '--short=12', 'HEAD');
  const changed = commit !== null && git('status', '--porcelain', '--untracked-files=no') !== '' ? '+changes' : '';
  return commit === null ? version : `${version} ${commit}${changed}`;
};

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const bundle = async (outfile: string, format: 'esm' | 'cjs', version: string): Promise<void> => {
  await build({
    entryPoints: [join(root, 'guard', 'main.ts')],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format,
    define: { BATON_GUARD_VERSION: JSON.stringify(version) },
    ...(format === 'esm'
      ? { banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" } }
      : {}),
    logLevel: 'warning',
  });
};

/** BLS in native code, of the kind of machine that builds: an Ethereum signer loads it from beside the guard. */
const blst = (): string => {
  const folder = join(root, 'node_modules', '@chainsafe');
  const [found] = readdirSync(folder)
    .filter((name) => name.startsWith(`blst-${process.platform}-${process.arch}`))
    .flatMap((name) => filesOf(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => file.endsWith('.node'));
  if (found === undefined) throw new Error(`there is no blst for ${process.platform}-${process.arch}: npm ci`);
  return found;
};

/** Node with the guard inside. Options of Node from the environment are not taken: the guard holds keys. */
const executable = async (outfile: string, node: string, version: string): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'sea-'));
  try {
    await bundle(join(dir, 'guard.cjs'), 'cjs', version);
    // Relative paths: they are written into what is made, and two builds must give the same bytes.
    const config = { main: 'guard.cjs', output: 'guard.blob', disableExperimentalSEAWarning: true, execArgvExtension: 'none' };
    writeFileSync(join(dir, 'sea.json'), JSON.stringify(config));
    execFileSync(node, ['--experimental-sea-config', 'sea.json'], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
    const made = withNote(readFileSync(node), { name: 'NODE_SEA_BLOB', content: readFileSync(join(dir, 'guard.blob')) });
    const at = made.indexOf(`${fuse}:0`);
    if (at < 0 || made.indexOf(`${fuse}:`, at + 1) >= 0) throw new Error(`${node} is no Node that takes a program inside, or has one already`);
    made.write('1', at + fuse.length + 1);
    writeFileSync(outfile, made);
    chmodSync(outfile, 0o755);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

/** @returns the sha256 of SHA256SUMS, which stands for everything. */
export const bundleGuard = async ({ outdir, node }: GuardBuild): Promise<string> => {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const version = versionText();
  await bundle(join(outdir, 'guard.mjs'), 'esm', version);
  if (node !== undefined) await executable(join(outdir, 'baton-guard'), node, version);
  cpSync(blst(), join(outdir, 'blst.node'));
  cpSync(join(root, 'guard', 'install.sh'), join(outdir, 'install.sh'));
  cpSync(join(root, 'guard', 'systemd'), join(outdir, 'systemd'), { recursive: true });
  const lines = [`version=${version}`, `state=${stateFormat}`, `guard=${sha256(join(outdir, 'guard.mjs'))}`];
  if (node !== undefined) lines.push(`executable=${sha256(join(outdir, 'baton-guard'))}`, `node=${sha256(node)}`);
  writeFileSync(join(outdir, 'VERSION'), `${lines.join('\n')}\n`);
  const sums = filesOf(outdir).map((name) => `${sha256(join(outdir, name))}  ${name}\n`);
  writeFileSync(join(outdir, 'SHA256SUMS'), sums.join(''));
  return sha256(join(outdir, 'SHA256SUMS'));
};

if (import.meta.main) {
  const { values } = parseArgs({ options: { executable: { type: 'boolean' }, node: { type: 'string' } } });
  const node = values.node ?? join(root, 'node_modules', 'node', 'bin', 'node');
  const outdir = join(root, 'dist', 'guard');
  const sum = await bundleGuard({ outdir, node: values.executable === true ? node : undefined });
  for (const name of filesOf(outdir)) process.stdout.write(`dist/guard/${name} ${(statSync(join(outdir, name)).size / 1_024).toFixed(0)} KiB\n`);
  process.stdout.write(`sha256 of SHA256SUMS: ${sum}\n`);
}
