import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** What guard/install.sh refuses, before anything is written. */

let dir = '';
const good = {
  validator: 'hub-1',
  unit: 'gaiad.service',
  paths: { keyDir: '/run/baton/hub-1', stateDir: '/var/lib/baton/hub-1' },
};
/** The first command that writes is one that only tells so. */
const install = (config: unknown): { code: number | null; said: string } => {
  writeFileSync(join(dir, 'hub-1.json'), JSON.stringify(config));
  const argv = [join(dir, 'install.sh'), '--validator', 'hub-1', '--config', join(dir, 'hub-1.json'), '--unit', 'gaiad.service'];
  const env = { PATH: [dir, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter) };
  const { status, stderr } = spawnSync('/bin/sh', argv, { env, encoding: 'utf8', timeout: 20_000 });
  return { code: status, said: stderr };
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'install-'));
  copyFileSync(join(import.meta.dirname, '..', '..', 'guard', 'install.sh'), join(dir, 'install.sh'));
  writeFileSync(join(dir, 'guard.mjs'), '');
  for (const [name, script] of [
    ['id', 'echo 0'],
    ['install', 'echo writes >&2; exit 7'],
  ] as const) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  }
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('a configuration of this validator is taken', () => {
  expect(install(good)).toEqual({ code: 7, said: 'writes\n' });
});

test.each<[string, unknown, string]>([
  ['validator', { ...good, validator: 'hub-2' }, 'validator is hub-2: expected hub-1'],
  ['unit', { ...good, unit: 'x.service' }, 'unit is x.service: expected gaiad.service'],
  [
    'key folder that no fence would wipe',
    { ...good, paths: { ...good.paths, keyDir: '/run/keys' } },
    'paths.keyDir is /run/keys: expected /run/baton/hub-1',
  ],
  [
    'state folder that no fence would read',
    { ...good, paths: { ...good.paths, stateDir: '/srv/state' } },
    'paths.stateDir is /srv/state: expected /var/lib/baton/hub-1',
  ],
])('another %s is refused', (_, config, reason) => {
  const { code, said } = install(config);
  expect(code).toBe(2);
  expect(said.split('\n').slice(0, 2)).toEqual([
    reason,
    `install.sh: --config '${join(dir, 'hub-1.json')}' does not belong to this validator and unit`,
  ]);
});
