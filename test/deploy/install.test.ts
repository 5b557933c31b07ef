import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** What guard/install.sh refuses, before anything is written. What it writes is looked at on a real systemd (test/rig/install.rig.test.ts). */

let dir = '';
const good = {
  ...{ validator: 'hub-1', unit: 'gaiad.service', kind: 'cometbft', socket: '/run/gaiad/privval.sock' },
  ...{ standby: 'yes', writes: '', keyDir: '/run/baton/hub-1', stateDir: '/var/lib/baton/hub-1' },
};
const guardFolder = join(import.meta.dirname, '..', '..', 'guard');
const program = (name: string, script: string): void => {
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
};
/** A guard that says this of its configuration, in a folder with sums as the build makes it. */
const built = (facts: Record<string, string>): void => {
  const told = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(dir, 'dist', 'guard.mjs'), `process.stdout.write(${JSON.stringify(told.join('\n'))});\n`);
  writeFileSync(join(dir, 'dist', 'VERSION'), 'version=1\n');
  const names = ['guard.mjs', 'install.sh', 'VERSION', 'systemd/baton-guard@.service', 'systemd/run-baton.mount'];
  const lines = [...names, 'systemd/validator-bound.conf', 'systemd/validator-signer.conf'].map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(join(dir, 'dist', name)))
        .digest('hex')}  ${name}\n`,
  );
  writeFileSync(join(dir, 'dist', 'SHA256SUMS'), lines.join(''));
};
const install = (...more: readonly string[]): { code: number | null; said: string; writes: boolean } => {
  const argv = [join(dir, 'dist', 'install.sh'), '--validator', 'hub-1', '--config', join(dir, 'hub-1.json'), '--unit', 'gaiad.service', ...more];
  const env = { PATH: [dir, process.env['PATH'] ?? ''].join(delimiter), NODE: process.execPath };
  const { status, stderr } = spawnSync('/bin/sh', argv, { env, encoding: 'utf8', timeout: 20_000 });
  return { code: status, said: stderr, writes: existsSync(join(dir, 'writes')) };
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'install-'));
  mkdirSync(join(dir, 'dist'));
  copyFileSync(join(guardFolder, 'install.sh'), join(dir, 'dist', 'install.sh'));
  cpSync(join(guardFolder, 'systemd'), join(dir, 'dist', 'systemd'), { recursive: true });
  writeFileSync(join(dir, 'hub-1.json'), '{}');
  program('id', 'echo 0');
  // The first command that writes is one that only tells so.
  program('install', `touch ${join(dir, 'writes')}; exit 7`);
  program('systemctl', 'echo loaded');
  program('node', 'if [ "$1" = --version ]; then echo v24.0.0; else exec "$NODE" "$@"; fi');
  built(good);
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('a configuration of this validator is taken', () => {
  expect(install('--socket', '/run/gaiad/privval.sock')).toEqual({ code: 7, said: '', writes: true });
});

test.each<[string, Record<string, string>, string]>([
  ['validator', { validator: 'hub-2' }, 'validator is hub-2: expected hub-1'],
  ['unit', { unit: 'x.service' }, 'unit is x.service: expected gaiad.service'],
  ['key folder that no fence would wipe', { keyDir: '/run/keys' }, 'keyDir is /run/keys: expected /run/baton/hub-1'],
  ['state folder that no fence would read', { stateDir: '/srv/state' }, 'stateDir is /srv/state: expected /var/lib/baton/hub-1'],
  ['socket', { socket: '/run/x.sock' }, 'socket is /run/x.sock: expected /run/gaiad/privval.sock'],
])('another %s is refused', (_, change, reason) => {
  built({ ...good, ...change });
  const { code, said, writes } = install('--socket', '/run/gaiad/privval.sock');
  expect([code, writes]).toEqual([2, false]);
  expect(said.split('\n').slice(0, 2)).toEqual([
    reason,
    `install.sh: --config '${join(dir, 'hub-1.json')}' does not belong to this validator and unit`,
  ]);
});

test.each<[string, () => void, readonly string[], string, number]>([
  ['a changed file', () => writeFileSync(join(dir, 'dist', 'guard.mjs'), ''), [], 'a file beside this script is not as it was built', 2],
  ['sums that are not those of the build', () => undefined, ['--sums', 'f'.repeat(64)], `: expected ${'f'.repeat(64)}`, 2],
  ['sums that leave a file out', () => writeFileSync(join(dir, 'dist', 'SHA256SUMS'), ''), [], 'is not as it was built', 2],
  ['no sums', () => rmSync(join(dir, 'dist', 'SHA256SUMS')), [], 'SHA256SUMS is not beside this script', 2],
  ['a Node that is too old', () => program('node', 'echo v20.1.0'), [], 'is v20.1.0: expected v22 or later', 2],
  ['a socket that anybody could make', () => built({ ...good, socket: '/tmp/privval.sock' }), [], "--socket is '/tmp/privval.sock'", 2],
  ['a guard that would not run', () => program('node', '[ "$1" = --version ] && echo v24.0.0 || { echo SwapUnsafe; exit 1; }'), [], 'SwapUnsafe', 2],
  ['a fenced node', () => program('systemctl', 'echo masked'), [], 'this node is fenced', 4],
  ['a unit that systemd does not know', () => program('systemctl', 'echo not-found'), [], 'systemd does not know gaiad.service', 2],
])('%s is refused', (_, change, more, reason, expected) => {
  change();
  const { code, said, writes } = install(...more);
  expect(said).toContain(reason);
  expect([code, writes]).toEqual([expected, false]);
});
