import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bundleGuard } from '../../local/lambda/bundle-guard.ts';
import { scriptOf } from '../../local/aws/ssm.ts';
import { systemClock } from '../../runtime/clock.ts';
import { documentOf, environmentOf, ranOf } from '../documents/document.ts';
import { RigMachine } from './machine.ts';
import { missingFor, rootfs } from './rootfs.ts';

/**
 * guard/install.sh and the guard's unit on a machine that runs a real systemd, with the guard as one executable. It has no way to a table: it holds
 * nothing, and a validator that runs is one that somebody else started. The tests follow one another on one machine.
 */

const root = join(import.meta.dirname, '..', '..');
const limitMs = 120_000;
vi.setConfig({ testTimeout: limitMs });
let machine: RigMachine;
let dir = '';

/** A folder as `npm run bundle:guard` makes it, with something in it changed and its sums made anew. */
const release = (name: string, change: (folder: string) => void): void => {
  const folder = join(dir, name);
  cpSync(join(dir, 'one'), folder, { recursive: true });
  change(folder);
  const names = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.slice(66));
  const sums = names.map(
    (one) =>
      `${createHash('sha256')
        .update(readFileSync(join(folder, one)))
        .digest('hex')}  ${one}\n`,
  );
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
};
const configOf = (validator: string, unit = `${validator}.service`): string =>
  JSON.stringify({
    ...{ validator, node: 'i-0a1b2c3d4e5f60718', region: 'eu-central-1', table: 'baton', keyId: 'k', unit, build: 'b' },
    paths: { keyDir: `/run/baton/${validator}`, stateDir: `/var/lib/baton/${validator}` },
    chain: { kind: 'systemd', healthCommand: ['true'], readinessCommand: ['true'], watermarkCommand: null, stateCheckCommand: null },
  });

beforeAll(async () => {
  const missing = missingFor();
  if (missing !== null) throw new Error(`The rig cannot run here: ${missing}`);
  dir = mkdtempSync(join(tmpdir(), 'releases-'));
  await bundleGuard({ outdir: join(dir, 'one'), node: join(root, 'node_modules', 'node', 'bin', 'node') });
  release('two', (folder) => {
    appendFileSync(join(folder, 'VERSION'), 'note=two\n');
  });
  // Answers the installer as the real one does, and does not run.
  release('broken', (folder) => {
    renameSync(join(folder, 'baton-guard'), join(dir, 'real'));
    writeFileSync(join(folder, 'baton-guard'), '#!/bin/sh\ncase "$1" in --check-config) exec /releases/real "$@" ;; esac\nexit 1\n');
    chmodSync(join(folder, 'baton-guard'), 0o755);
  });
  cpSync(join(dir, 'one'), join(dir, 'changed'), { recursive: true });
  appendFileSync(join(dir, 'changed', 'systemd', 'validator-bound.conf'), 'Restart=always\n');
  writeFileSync(join(dir, 'hub-3.json'), configOf('hub-3', 'hub-1.service'));
  for (const validator of ['hub-1', 'hub-2']) writeFileSync(join(dir, `${validator}.json`), configOf(validator));
  machine = await RigMachine.boot({ rootfs: rootfs(), name: 'baton-install', clock: systemClock, binds: [`${dir}:/releases`] });
  await sh(`for one in hub-1 hub-2; do
    printf '[Service]\\nExecStart=/bin/sh -c "echo >>/starts-%s; exec sleep 30001"\\n' "$one" >/etc/systemd/system/$one.service; done
    # What an earlier installer left: a template for all of them.
    printf '[Service]\\nExecStart=/bin/sleep 30002\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/baton-guard@.service
    systemctl daemon-reload; systemctl enable --now baton-guard@hub-2.service`);
}, 700_000);
afterAll(async () => {
  await machine.powerOff();
  rmSync(dir, { recursive: true, force: true });
});

const sh = async (script: string): Promise<string> => (await machine.run(script, {}, limitMs)).stdout.trim();
const install = async (from: string, of: string, validator = 'hub-1'): Promise<{ code: number; said: string }> => {
  const { exitCode, stdout, stderr } = await machine.run(
    `/releases/${from}/install.sh --validator ${validator} --unit ${validator}.service ${of}`,
    {},
    limitMs,
  );
  return { code: exitCode, said: `${stdout}${stderr}` };
};
const take = (from: string, validator = 'hub-1'): Promise<{ code: number; said: string }> =>
  install(from, `--config /releases/${validator}.json`, validator);
const activeOf = (...units: string[]): Promise<string> => sh(`systemctl is-active ${units.join(' ')} | tr '\\n' ' '`);
const [guard, unit] = ['baton-guard@hub-1.service', 'hub-1.service'];
const [currentOf, startsOf] = [() => sh('readlink /opt/baton/hub-1/current'), () => sh('wc -l </starts-hub-1 2>/dev/null || echo 0')];
const neighbour = (): Promise<string> =>
  sh('systemctl show -p MainPID --value baton-guard@hub-2.service; sha256sum /usr/local/lib/systemd/system/baton-guard@hub-2.service');

/** As if the guard had opened: the validator runs, with a key. Beside it, a look for a validator that runs without its guard. How often it was started. */
const hold = async (): Promise<string> => {
  await sh(`umask 077; printf secret >/run/baton/hub-1/key; rm -f /alone; systemctl start ${unit}
    setsid sh -c 'for one in $(seq 1 4000); do
      state=$(systemctl is-active ${guard})
      if [ "$state" != active ] && pgrep -f "[s]leep 30001" >/dev/null; then echo "alone: $state" >>/alone; fi
      [ -e /looked ] && break; sleep 0.01; done' >/dev/null 2>&1 &`);
  await sh('for one in $(seq 1 100); do pgrep -f "[s]leep 30001" >/dev/null && break; sleep 0.1; done');
  expect(await activeOf(unit)).toBe('active');
  return startsOf();
};
/** What must hold after a guard was replaced: the validator went before it, did not come back, and its key is gone. */
const expectDemoted = async (starts: string): Promise<void> => {
  await sh('touch /looked; sleep 0.2; rm -f /looked');
  expect(await activeOf(unit)).toBe('inactive');
  expect(await startsOf()).toBe(starts);
  expect(await sh('find /run/baton/hub-1 -type f 2>/dev/null; cat /alone 2>/dev/null')).toBe('');
};

test('installs two validators, each with files of its own, keys in memory that is never swapped, and starts neither', async () => {
  expect(await take('one')).toMatchObject({ code: 0 });
  expect(await take('one', 'hub-2')).toMatchObject({ code: 0 });
  expect(await activeOf(guard, unit, 'baton-guard@hub-2.service')).toBe('active inactive active');
  expect(await sh(`ls /opt/baton/hub-1 | wc -l; systemctl show -p FragmentPath --value ${guard}`)).toBe(`2\n/usr/local/lib/systemd/system/${guard}`);
  expect(await sh('findmnt -no FSTYPE,OPTIONS --target /run/baton/hub-1')).toMatch(/^tmpfs .*noswap/);
  expect(await sh(`systemctl show -p BindsTo --value ${unit}; stat -c '%a %U:%G' /run/baton/hub-1 /etc/baton/hub-1.json`)).toBe(
    `${guard}\n700 root:baton\n600 root:root`,
  );
  expect(await startsOf()).toBe('0');
  // Where an earlier installer's template was in use.
  expect(await sh('systemctl show -p FragmentPath --value baton-guard@hub-2.service; pgrep -fc "[s]leep 30002"')).toBe(
    '/usr/local/lib/systemd/system/baton-guard@hub-2.service\n0',
  );
});

test('the guard’s sandbox shows it no process of others, root’s among them', async () => {
  const names = ['Group', 'ProtectProc', 'CapabilityBoundingSet', 'NoNewPrivileges', 'RestrictNamespaces'];
  const kept = `grep -E '^(${names.join('|')})=' /usr/local/lib/systemd/system/${guard} | sed 's/^/-p /' | tr '\\n' ' '`;
  expect(await sh(`systemd-run --quiet --wait --pipe $(${kept}) /bin/sh -c 'ls -d /proc/1 /proc/uptime /proc/swaps 2>/dev/null'`)).toBe(
    '/proc/swaps\n/proc/uptime',
  );
  expect(await sh("systemd-run --quiet --wait --pipe /bin/sh -c 'ls -d /proc/1'")).toBe('/proc/1');
});

test('a unit that has a guard gets no second one, and no guard is taken away by the name of another', async () => {
  const { exitCode, stderr } = await machine.run(
    `/releases/one/install.sh --validator hub-3 --config /releases/hub-3.json --unit ${unit}`,
    {},
    limitMs,
  );
  expect([exitCode, stderr]).toEqual([2, `install.sh: ${unit} belongs to the guard of another validator: /etc/baton/hub-1.env\n`]);
  const wrong = await machine.run(`/releases/one/install.sh --validator hub-2 --unit ${unit} --uninstall`, {}, limitMs);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("is for 'hub-2.service'")]);
  expect(await activeOf(guard, 'baton-guard@hub-2.service')).toBe('active active');
});

test('what it said it would do is done: again is no change', async () => {
  expect(await take('one')).toMatchObject({ code: 0, said: expect.stringContaining('is installed and runs') as string });
});

test('a restart of the guard stops the validator, and systemd does not start it again behind the guard', async () => {
  const starts = await hold();
  await sh(`systemctl restart ${guard}; sleep 1`);
  expect(await activeOf(guard)).toBe('active');
  await expectDemoted(starts);
});

/** Until systemd has started the guard anew by itself. */
const comesBack = (restarts: string): Promise<string> =>
  sh(`for one in $(seq 1 400); do
    if [ "$(systemctl show -p NRestarts --value ${guard})" != ${restarts} ] && [ "$(systemctl is-active ${guard})" = active ]; then break; fi
    sleep 0.1; done`);
const restartsOf = (): Promise<string> => sh(`systemctl show -p NRestarts --value ${guard}`);

test('a guard that is killed takes its validator with it, comes back, and holds nothing', async () => {
  const [starts, restarts] = [await hold(), await restartsOf()];
  await sh(`systemctl kill --signal=SIGKILL ${guard}`);
  await comesBack(restarts);
  expect(await activeOf(guard, unit)).toBe('active inactive');
  expect(await startsOf()).toBe(starts);
  expect(await sh('find /run/baton/hub-1 -type f; touch /looked; sleep 0.2; rm -f /looked')).toBe('');
});

test('a frozen guard is ended by systemd’s watchdog, and its validator with it', async () => {
  const [starts, restarts] = [await hold(), await restartsOf()];
  await sh(`systemctl kill --kill-whom=main --signal=SIGSTOP ${guard}`);
  await comesBack(restarts);
  expect(await activeOf(guard)).toBe('active');
  expect(await activeOf(unit)).toMatch(/^(inactive|failed)$/);
  expect(await startsOf()).toBe(starts);
  expect(await sh(`journalctl -q -u ${guard} | grep -c 'Watchdog timeout'; touch /looked; sleep 0.2; rm -f /looked`)).toBe('1');
});

test('an upgrade of the holder stops the validator before its guard, and touches no other validator', async () => {
  const [before, beside] = [await currentOf(), await neighbour()];
  const starts = await hold();
  expect(await take('two')).toMatchObject({ code: 0 });
  expect(await currentOf()).not.toBe(before);
  expect(await sh('readlink /opt/baton/hub-1/previous')).toBe(before);
  expect(await activeOf(guard)).toBe('active');
  await expectDemoted(starts);
  expect(await neighbour()).toBe(beside);
});

test('an upgrade that does not come up goes back to the release before', async () => {
  const before = await currentOf();
  const starts = await hold();
  expect(await take('broken')).toMatchObject({ code: 3, said: expect.stringContaining(`back to release ${before}`) as string });
  expect(await currentOf()).toBe(before);
  expect(await activeOf(guard)).toBe('active');
  await expectDemoted(starts);
});

test.each<[string, string, string, string]>([
  ['a file that is not as it was built', 'true', 'changed', 'is not as it was built'],
  [
    'a drop-in that would undo the binding',
    `printf '[Unit]\\nBindsTo=\\n' >/etc/systemd/system/${unit}.d/zz.conf`,
    'one',
    "zz.conf comes after baton.conf and says '2:BindsTo='",
  ],
  [
    'a drop-in that starts it again',
    `printf '[Service]\\nRestart=always\\n' >/etc/systemd/system/${unit}.d/zz.conf`,
    'one',
    "says '2:Restart=always'",
  ],
])('%s is refused before anything is written', async (_, prepare, from, said) => {
  const state = 'find /opt/baton/hub-1 /etc/baton /usr/local/lib/systemd /etc/systemd/system -newer /mark';
  await sh(`${prepare}; sleep 0.1; touch /mark`);
  const before = await currentOf();
  expect(await take(from)).toMatchObject({ code: 2, said: expect.stringContaining(said) as string });
  expect(await sh(`${state}; rm -f /etc/systemd/system/${unit}.d/zz.conf; systemctl daemon-reload`)).toBe('');
  expect([await currentOf(), await activeOf(guard)]).toEqual([before, 'active']);
});

test('what undoes the binding where only systemd sees it brings the old release back', async () => {
  const before = await currentOf();
  await sh("mkdir -p /etc/systemd/system/service.d && printf '[Service]\\nKillMode=process\\n' >/etc/systemd/system/service.d/zz.conf");
  expect(await take('one')).toMatchObject({ code: 3, said: expect.stringContaining('KillMode') as string });
  await sh('rm -r /etc/systemd/system/service.d; systemctl daemon-reload');
  expect([await currentOf(), await activeOf(guard)]).toEqual([before, 'active']);
});

test('a rollback brings the release before this one back', async () => {
  const [now, before] = [await currentOf(), await sh('readlink /opt/baton/hub-1/previous')];
  const starts = await hold();
  expect(await install('two', '--rollback')).toMatchObject({ code: 0, said: `The guard of hub-1 is release ${before} again.\n` });
  expect([await currentOf(), await sh('readlink /opt/baton/hub-1/previous')]).toEqual([before, now]);
  await expectDemoted(starts);
});

test('uninstall of a node that may hold stops and masks the validator, and a fence proves it afterwards', async () => {
  const beside = await neighbour();
  await hold();
  const { code, said } = await install('two', '--uninstall');
  expect(code).toBe(0);
  expect(said).toContain('hub-1.service is stopped and masked.');
  expect(said).toContain('Whether the lease names this node is not known');
  await sh('touch /looked; sleep 0.2; rm -f /looked');
  expect((await machine.run(`systemctl start ${unit}`, {}, limitMs)).exitCode).not.toBe(0);
  expect(await activeOf(unit, guard)).toBe('inactive inactive');
  expect(
    await sh(`ls -d /opt/baton/hub-1 /run/baton/hub-1 /etc/baton/hub-1.json 2>/dev/null; cat /alone 2>/dev/null; pgrep -f '[s]leep 30001'`),
  ).toBe('');
  expect(await neighbour()).toBe(beside);
  const { exitCode, stdout } = await machine.run(scriptOf(documentOf('fence')), environmentOf('hub-1'), limitMs);
  expect(ranOf(exitCode, stdout)).toMatchObject({ code: 0, last: { ok: true, unitMasked: true, keyFiles: 0 } });
});

test('a fenced node is not installed over', async () => {
  expect(await take('one')).toMatchObject({ code: 4, said: expect.stringContaining('this node is fenced') as string });
});
