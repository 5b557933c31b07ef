import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fenceOutput } from '../../core/proofs.ts';
import { scriptOf } from '../../local/aws/ssm.ts';
import { factsOf } from '../../local/node/facts.ts';
import { systemClock } from '../../runtime/clock.ts';
import { documentOf, environmentOf, ranOf, type Ran } from '../documents/document.ts';
import { RigMachine } from './machine.ts';
import { missingFor, rootfsAt } from './rootfs.ts';

/** The SSM documents on a machine that runs a real systemd: what it says of units, cgroups and masks is its own word. */

const root = join(import.meta.dirname, '..', '..');
const limitMs = 70_000;
let machine: RigMachine;

beforeAll(async () => {
  const missing = missingFor();
  if (missing !== null) throw new Error(`The rig cannot run here: ${missing}`);
  machine = await RigMachine.boot({ rootfs: rootfsAt(join(root, '.cache', 'rig', 'rootfs')), name: 'baton-rig', clock: systemClock });
}, 700_000);
afterAll(() => machine.powerOff());

const sh = async (script: string): Promise<string> => (await machine.run(script, {}, limitMs)).stdout.trim();
const run = async (document: string, validator: string): Promise<Ran> => {
  const { exitCode, stdout } = await machine.run(scriptOf(documentOf(document)), environmentOf(validator), limitMs);
  return ranOf(exitCode, stdout);
};

/** A validator's unit and its guard's, running, with a key. The guard is a process that only lives: the documents do not ask it. */
const install = async (validator: string, of: { unitDir?: string; service: string }): Promise<void> => {
  const file = `${of.unitDir ?? '/etc/systemd/system'}/${validator}.service`;
  const facts = factsOf({ validator, unit: `${validator}.service`, standbyRuns: false });
  await sh(`set -e
    mkdir -p /etc/baton /run/baton/${validator} /var/lib/baton/${validator}
    printf '%s' '${facts}' >/etc/baton/${validator}.env
    printf secret >/run/baton/${validator}/key
    printf '[Service]\\n%b\\n' '${of.service}' >${file}
    printf '[Service]\\nExecStart=/bin/sleep 100000\\nRestart=always\\n' >/etc/systemd/system/baton-guard@.service
    systemctl daemon-reload
    systemctl start ${validator}.service baton-guard@${validator}.service`);
  expect(await sh(`systemctl is-active ${validator}.service baton-guard@${validator}.service`)).toBe('active\nactive');
};
const processesOf = (word: string): Promise<string> => sh(`pgrep -f 'sleep ${word}$' | wc -l`);

/** What must hold after a proof, looked at from outside the document. */
const expectFenced = async (validator: string): Promise<void> => {
  expect(await sh(`systemctl is-active ${validator}.service baton-guard@${validator}.service`)).toMatch(/^(inactive|failed)\n(inactive|failed)$/);
  expect((await machine.run(`systemctl start ${validator}.service`, {}, limitMs)).exitCode).not.toBe(0);
  expect((await machine.run(`systemctl start baton-guard@${validator}.service`, {}, limitMs)).exitCode).not.toBe(0);
  expect(await sh(`find /run/baton/${validator} -type f`)).toBe('');
};

test.each<[string, string, Parameters<typeof install>[1]]>([
  ['a unit whose file stands in /etc, where a mask finds its place taken', 'in-etc', { service: 'ExecStart=/bin/sleep 20001' }],
  ['a unit of a package', 'in-lib', { unitDir: '/usr/lib/systemd/system', service: 'ExecStart=/bin/sleep 20001' }],
  ['a unit that systemd starts again and again', 'restarts', { service: 'ExecStart=/bin/sh -c "sleep 0.2; exit 1"\\nRestart=always\\nRestartSec=1' }],
  ['a unit that leaves processes behind', 'leaves', { service: 'ExecStart=/bin/sh -c "sleep 20001 & exec sleep 20001"\\nKillMode=process' }],
  [
    'a validator that ignores SIGTERM',
    'stubborn',
    { service: 'ExecStart=/bin/sh -c "trap : TERM; while :; do sleep 20001; done"\\nTimeoutStopSec=300' },
  ],
])(
  '%s is fenced',
  async (_, validator, of) => {
    await install(validator, of);
    const { code, last } = await run('fence', validator);
    expect({ code, reason: last['reason'] }).toEqual({ code: 0, reason: undefined });
    expect(fenceOutput.parse(last)).toMatchObject({ validator, term: 2, nonce: 'a'.repeat(32), unitMasked: true, tasks: 0, keyFiles: 0 });
    expect(await processesOf('20001')).toBe('0');
    await expectFenced(validator);
    expect(await run('fence', validator)).toMatchObject({ code: 0, last: { ok: true } });
  },
  120_000,
);

test('a second process, started by hand, is no proof; another validator’s of the same program is left alone', async () => {
  const service = 'ExecStart=/usr/local/bin/signer 20004';
  await sh('cp /bin/sleep /usr/local/bin/signer');
  await install('neighbour', { service });
  await install('by-hand', { service });
  await sh('setsid /usr/local/bin/signer 20004 >/dev/null 2>&1 &');
  const { code, last } = await run('fence', 'by-hand');
  expect({ code, reason: last['reason'] }).toEqual({
    code: 1,
    reason: expect.stringMatching(/^process \d+ runs the validator's program outside its unit$/) as string,
  });
  await sh(`kill -9 ${/\d+/.exec(String(last['reason']))?.[0] ?? ''}`);
  expect(await run('fence', 'by-hand')).toMatchObject({ code: 0, last: { ok: true } });
  expect(await sh('systemctl is-active neighbour.service')).toBe('active');
}, 120_000);

test('a hung guard is killed', async () => {
  await install('hung', { service: 'ExecStart=/bin/sleep 20001' });
  await sh('systemctl kill --signal=SIGSTOP baton-guard@hung.service');
  expect(await run('fence', 'hung')).toMatchObject({ code: 0, last: { ok: true } });
  await expectFenced('hung');
}, 120_000);

test('rejoin gives a fenced node its units back, and starts the guard alone', async () => {
  await install('rejoins', { service: 'ExecStart=/bin/sleep 20002' });
  await run('fence', 'rejoins');
  expect(await run('rejoin', 'rejoins')).toMatchObject({ code: 0, last: { baton: 'rejoin', guardActive: 'active', ok: true } });
  expect(await processesOf('20002')).toBe('0');
  await sh('systemctl start rejoins.service');
  expect(await processesOf('20002')).toBe('1');
}, 120_000);

test('inspect tells what runs, and changes nothing', async () => {
  await install('looked-at', { service: 'ExecStart=/bin/sleep 20003' });
  expect(await run('inspect', 'looked-at')).toMatchObject({
    code: 0,
    last: { unitActive: 'active', unitLoad: 'loaded', guardActive: 'active', keyFiles: 1, ok: true },
  });
  expect(await processesOf('20003')).toBe('1');
}, 120_000);
