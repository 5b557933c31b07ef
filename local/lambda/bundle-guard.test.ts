import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleGuard, versionText } from './bundle-guard.ts';
import { withNote } from './elf-note.ts';

/** What goes to the nodes: twice the same bytes, all of them in SHA256SUMS. */

const node = join(import.meta.dirname, '..', '..', 'node_modules', 'node', 'bin', 'node');
const elf = process.platform === 'linux' && existsSync(node);
const why = 'the single executable is made of a Linux build of Node';
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'guard-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('two builds give the same bytes, and the sums hold', async () => {
  const [one, two] = [join(dir, 'one'), join(dir, 'two')];
  expect(await bundleGuard({ outdir: one })).toBe(await bundleGuard({ outdir: two }));
  expect(execFileSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: two, encoding: 'utf8' })).toBe(
    [
      'VERSION',
      'blst.node',
      'guard.mjs',
      'install.sh',
      'systemd/baton-guard@.service',
      'systemd/run-baton.mount',
      'systemd/validator-bound.conf',
      'systemd/validator-signer.conf',
    ]
      .map((name) => `${name}: OK\n`)
      .join(''),
  );
  expect(readFileSync(join(two, 'VERSION'), 'utf8')).toMatch(/^version=\d+\.\d+\.\d+.*\nstate=1\nguard=[0-9a-f]{64}\n$/);
  expect(execFileSync(process.execPath, [join(two, 'guard.mjs'), '--version'], { encoding: 'utf8' })).toBe(`${versionText()}\n`);
}, 60_000);

test('the executable answers without a Node beside it, takes no options of Node from outside, and is the same twice', async ({ skip }) => {
  if (!elf) skip(why);
  const [one, two] = [join(dir, 'three'), join(dir, 'four')];
  expect(await bundleGuard({ outdir: one, node })).toBe(await bundleGuard({ outdir: two, node }));
  const env = { PATH: '/nonexistent', NODE_OPTIONS: '--require=/nonexistent.cjs' };
  expect(execFileSync(join(one, 'baton-guard'), ['--version'], { encoding: 'utf8', env })).toBe(`${versionText()}\n`);
  expect(() => execFileSync(join(one, 'baton-guard'), ['--check-config', '/nonexistent'], { encoding: 'utf8', env })).toThrow('Command failed');
}, 120_000);

test('what is no ELF program is refused', () => {
  expect(() => withNote(Buffer.from('#!/bin/sh\n'), { name: 'N', content: Buffer.alloc(1) })).toThrow('expected an ELF program');
});
