import { mkdirSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { failover } from '../../../cli/commands/failover.ts';
import { stepsOf } from '../../../cli/commands/explain.ts';
import type { Context } from '../../../cli/context.ts';
import { executionName, validatorId } from '../../../core/ids.ts';
import { timing } from '../../../core/timing.ts';
import { builtHere } from '../../../local/artifacts.ts';
import { people, startCloud, type Cloud } from '../../../local/cloud.ts';
import { drillTiming, enrol, ids, silent, validator } from '../../../local/drill/enrol.ts';
import { until } from '../../../local/drill/until.ts';
import type { Machine } from '../../../local/machines.ts';
import { rawPublicKeyOf } from '../../../runtime/ed25519.ts';
import type { RigNode } from '../../../test/rig/node.ts';
import { installGuard } from '../../../test/rig/world.ts';
import { startChain } from '../chain.ts';
import { chainId } from '../guard-socket.ts';
import { delayOf, paceOf } from '../profile.ts';
import type { Running, Step, Tool } from '../tool.ts';
import { signerArgv, untilSigns, type Bench } from '../world.ts';

/** Baton as it is deployed: its guard on each node is the signer, its functions and workflow run in the local cloud. */

const id = validatorId.parse(validator);
const unit = 'signer.service';
const socket = '/run/signer/privval.sock';
const rpcPort = 26_657;
const readyMs = 60_000;

const lapsed = 'The clocks of our nodes run within 5 %, and no machine is resumed from a snapshot.';

interface Variant {
  readonly name: string;
  readonly label: string;
  readonly settings: string;
  readonly timing: Readonly<Record<string, number>>;
  readonly policy: Readonly<Record<string, unknown>>;
  /** EC2 may power nodes off. */
  readonly power: boolean;
  readonly all: boolean;
  readonly control?: true;
}

const keyOf = (): { publicKey: string; keyFile: string } => {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = rawPublicKeyOf(pair.publicKey);
  const seed = Buffer.from(pair.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const value = Buffer.concat([seed, publicKey]).toString('base64');
  return { publicKey: publicKey.toString('base64'), keyFile: JSON.stringify({ priv_key: { type: 'tendermint/PrivKeyEd25519', value } }) };
};

/** What EC2 and SSM reach. The provider takes its time to switch the power off. */
const machineOf = (bench: Bench, node: RigNode): Machine => ({
  reachable: () => node.reachable(),
  run: (script, env, timeoutMs) => node.run(script, env, timeoutMs),
  state: () => node.state(),
  powerOff: async () => {
    await bench.cutPower(node);
    await node.powerOff();
  },
});

/** A guard that was frozen for long would be ended by it before its gate could be seen to be open. */
const withoutWatchdog = async (node: RigNode): Promise<void> => {
  const guard = `baton-guard@${validator}.service`;
  node.write(`/etc/systemd/system/${guard}.d/zz-operator.conf`, '[Service]\nWatchdogSec=0\n');
  await node.must(`systemctl daemon-reload && systemctl restart ${guard}`);
};

const fit = async (node: RigNode, of: { cloud: Cloud; publicKey: string; variant: Variant }): Promise<void> => {
  const argv = [...signerArgv(node.name), '--socket', socket, '--rpc', String(rpcPort)];
  node.write(
    `/etc/systemd/system/${unit}`,
    `[Service]\nExecStart=${argv.join(' ')}\nRuntimeDirectory=signer\nRestart=always\nTimeoutStopSec=2\n[Install]\nWantedBy=multi-user.target\n`,
  );
  await node.boot();
  await installGuard(
    node,
    {
      guardChain: { kind: 'cometbft', chainId, publicKey: of.publicKey, socket: `unix://${socket}`, rpc: `http://127.0.0.1:${rpcPort}` },
      installer: `--socket ${socket}`,
    },
    { cloud: of.cloud, unit, timing: of.variant.timing, onControlPlaneLoss: 'stop' },
  );
  if (of.variant.control) await withoutWatchdog(node);
  await node.must(`systemctl enable --now ${unit}`);
};

const healthy = async (bench: Bench, cloud: Cloud, context: Context): Promise<void> => {
  const { clock } = bench;
  await untilSigns(bench, 'amber');
  await until(
    clock,
    readyMs,
    'a ready standby',
    async () =>
      (await context.records.readReport(id, ids.birch))?.synced === true && (await context.records.readReport(id, ids.amber))?.signing === true,
  );
  await cloud.startSchedules();
  await until(clock, readyMs, 'the watch', async () => ((await context.records.readWatcher('home'))?.round ?? 0) >= 5);
};

/** The states of the newest execution, as they were entered, each once. */
const whenEntered = async (cloud: Cloud, context: Context): Promise<readonly Step[]> => {
  const newest = cloud.states.executions().at(-1);
  if (!newest) return [];
  const events = await context.workflow.history(executionName.parse(newest.name));
  const startedMs = events[0]?.atMs ?? 0;
  const steps = stepsOf(events).map(({ state, startedMs: sinceMs }) => ({ name: state, atMs: startedMs + sinceMs }));
  return steps.filter(({ name }, at) => steps[at - 1]?.name !== name);
};

const tool = (variant: Variant): Tool => ({
  ...variant,
  start: async (bench): Promise<Running> => {
    const { clock, dir, nodes, profile, record } = bench;
    const key = keyOf();
    const urls = await startChain({ clock, record, publicKey: key.publicKey });
    const machines = new Map(nodes.map((node) => [String(ids[node.name]), machineOf(bench, node)]));
    const cloud = await startCloud({
      dir,
      clock,
      machines: { get: (node) => machines.get(node) },
      artifacts: builtHere({ unasked: true }),
      pace: paceOf(profile),
      onCall: delayOf(profile, clock),
    });
    await Promise.all(nodes.map((node) => fit(node, { cloud, publicKey: key.publicKey, variant })));
    const note = (line: string): void => {
      writeFileSync(join(dir, 'notes'), `${line}\n`, { flag: 'a' });
    };
    const contextOf = (person: keyof typeof people): Context => cloud.contextFor(people[person], silent(note));
    const chain = {
      config: { kind: 'cometbft', chainId, publicKey: key.publicKey },
      vantages: urls.map((url, at) => ({ name: `vantage-${at + 1}`, url })),
      keyFile: key.keyFile,
    };
    mkdirSync(dir, { recursive: true });
    await enrol({ contextOf, chain, dir }, { policy: variant.policy, timing: { ...variant.timing }, power: variant.power }, false);
    const context = contextOf('requester');
    await healthy(bench, cloud, context);
    return {
      planned: () => failover(context, validator, { kind: 'switchover', to: 'birch', reason: 'planned', wait: false }).then(() => undefined),
      steps: () => whenEntered(cloud, context),
    };
  },
});

/** The probe budget of Pacemaker's token: four probes in a row within a second. */
const budget = {
  probeMs: 250,
  pollMs: 250,
  movingPollMs: 50,
  readTimeoutMs: 500,
  stopMs: 300,
  marginMs: 300,
  leaseMs: 2_000,
  fencePollMs: 50,
  softFenceMs: 1,
  powerOffAfterMs: 1,
};
const four = { mode: 'auto', maxLag: 100, verdict: { failing: 4, window: 4 } };
const byPower = ['relinquished', 'stopped', 'powered-off'];
const byLapse = { evidence: ['relinquished', 'stopped', 'lapsed'], assumptions: { lapsed } };
const { drift: _drift, ...defaults } = timing.parse({});

const variants: readonly Variant[] = [
  {
    name: 'baton',
    label: 'Baton, fenced by power',
    settings: 'probes each 250 ms, 4 of 4; lease 2 s; all kinds of fence at once; mode auto',
    timing: budget,
    policy: { ...four, evidence: byPower },
    power: true,
    all: true,
  },
  {
    name: 'baton-lapse',
    label: 'Baton, without any power switch: lapse',
    settings: 'as above; nothing can power nodes off, and the lapse of an armed guard is accepted',
    timing: budget,
    policy: { ...four, ...byLapse },
    power: false,
    all: true,
  },
  {
    name: 'baton-default',
    label: 'Baton, default timing',
    settings: 'as it comes, mode auto: probes each 5 s, 3 of 4; soft fence 2 s, power off after 10 s; lease 15 s',
    timing: { ...drillTiming, ...defaults, coolDownMs: 1_000 },
    policy: { mode: 'auto', maxLag: 100, evidence: byPower },
    power: true,
    all: false,
  },
  {
    name: 'baton-lapse-default',
    label: 'Baton, default timing, without any power switch: lapse',
    settings: 'as it comes, mode auto; nothing can power nodes off, and the lapse of an armed guard is accepted',
    timing: { ...drillTiming, ...defaults, coolDownMs: 1_000 },
    policy: { mode: 'auto', maxLag: 100, ...byLapse },
    power: false,
    all: false,
  },
];

export const batonTools: readonly Tool[] = variants.map(tool);

/** The guard's gate is taken out of the code of the tree in which this runs: both must be seen writing. */
export const batonControl: Tool = tool({
  name: 'baton-no-gate',
  label: 'control: Baton with a gate that does not close',
  settings: 'as baton-lapse, in a copy of the tree whose guard signs on whatever the lease says',
  timing: budget,
  policy: { ...four, ...byLapse },
  power: false,
  all: false,
  control: true,
});
