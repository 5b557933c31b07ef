import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The chain of docs/adding-a-chain.md, added to a copy of the tree as the page says: its folder, and one line in the registry. */

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
let copy: string;

const page = readFileSync(join(root, 'docs', 'adding-a-chain.md'), 'utf8');
const files = [...page.matchAll(/^`(chains\/tally\/[a-z]+\.ts)`\n\n```ts\n([\s\S]*?)^```$/gm)].map(([, path = '', text = '']) => ({ path, text }));

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'chain-'));
  for (const folder of ['chains', 'core', 'runtime', 'guard', 'aws']) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { path, text } of files) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  const registry = join(copy, 'chains', 'registry.ts');
  const before = readFileSync(registry, 'utf8');
  writeFileSync(registry, `import { tally } from './tally/index.ts';\n${before.replace('  systemd,\n', '  systemd,\n  tally,\n')}`);
  cpSync(join(root, 'test', 'docs', 'tally-run.ts'), join(copy, 'test', 'docs', 'tally-run.ts'));
});

afterAll(() => {
  rmSync(copy, { recursive: true });
});

test('the page holds the whole chain', () => {
  expect(files.map(({ path }) => path)).toEqual(['config', 'rules', 'probe', 'driver', 'index'].map((name) => `chains/tally/${name}.ts`));
});

test('it is configured, seen, opened and closed with nothing else changed', async () => {
  const { stdout } = await run(process.execPath, [join('test', 'docs', 'tally-run.ts')], { cwd: copy });
  expect(JSON.parse(stdout)).toEqual({
    policy: { mode: 'approve', maxLag: 3 },
    coolDownMs: 300_000,
    lapsed: 'hub-1: lapsed cannot be accepted on tally: what signs by itself may wake from a freeze and sign before its guard stops it',
    unknownField: 'validators.yaml: validators.0.chain is an object: Unrecognized key: "extra"',
    seen: ['signing', 'failing', 'unobservable'],
    landed: [true, false],
    guard: 'tally',
    opened: true,
    closed: { kind: 'slot', slot: 12 },
    refused: 'it still counts',
  });
});

test('and compiles', async () => {
  writeFileSync(
    join(copy, 'tsconfig.json'),
    JSON.stringify({ ...(JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as object), include: ['chains/tally', 'chains/registry.ts'] }),
  );
  const { stdout } = await run(process.execPath, [join(root, 'node_modules', 'typescript7', 'bin', 'tsc'), '--noEmit'], { cwd: copy }).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(stdout).toBe('');
});
