import { parseArgs } from 'node:util';
import { durationMs, elapsedMs } from '../../../core/time.ts';
import { highest, watermarkAfter, type Watermark } from '../../../core/watermark.ts';
import { conflictsIn, type Published } from '../../../local/lodestar/conflicts.ts';
import { installLodestar } from '../../../local/lodestar/install.ts';
import { LodestarNet, slotsPerEpoch } from '../../../local/lodestar/net.ts';
import type { RecordingProxy } from '../../../local/lodestar/proxy.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { runGate } from './gate.ts';
import { keymanagerMachine, open, plainMachine, relinquish, signerMachine, type Machine, type Team } from './team.ts';

/**
 * `npm run chains:ethereum`: a real Lodestar chain; two sets of keys, each between two validator clients, one through the guard's signer and one
 * through the clients' keymanagers. A planned switch and a crash of each; a third set of keys without a guard must be found to conflict.
 * `-- --control`: the third alone. `-- --gate`: active-active, three machines with the same keys. `-- --slot-seconds N`: for a machine with other work.
 */

const { values } = parseArgs({
  options: {
    'slot-seconds': { type: 'string', default: '2' },
    control: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
  },
});
const secondsPerSlot = Number(values['slot-seconds']);
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const duty = { kind: 'eip3076', slotsPerEpoch } as const;
const zero: Watermark = { kind: 'eip3076', slot: 0, source: 0, target: 0 };
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);
const setSize = 4;
const sets = { own: range(0, 8), signer: range(8, setSize), keymanager: range(12, setSize), control: range(16, setSize) };

interface Move {
  readonly what: string;
  /** The floor is what was signed, and not the head. */
  readonly exact: boolean;
  readonly fromEpoch: number;
  readonly closedToOpenMs: number;
  readonly floor: Watermark;
}

const epochNow = async (net: LodestarNet): Promise<number> => Math.floor((await net.nowSlot()) / slotsPerEpoch);

const planned = async (net: LodestarNet, team: Team): Promise<Move> => {
  const [from, to] = team.machines;
  const fromEpoch = await epochNow(net);
  const startedMs = systemClock.steadyMs();
  const exact = await relinquish(from);
  if (exact === null) {
    const { distress } = await from.driver.health(false, systemClock.timeout(durationMs(5_000)));
    say(`${from.name} does not know what it signed: ${distress}`);
  }
  const mark = exact ?? highest(zero, watermarkAfter({ duty, evidence: {}, head: await net.nowSlot(), margin: 2 }));
  if (mark === null) throw new Error('no floor');
  await open(to, { indices: team.indices, floor: mark });
  const move = {
    what: 'planned switch',
    exact: exact !== null,
    fromEpoch,
    closedToOpenMs: Math.round(elapsedMs(startedMs, systemClock.steadyMs())),
    floor: mark,
  };
  say(`${from.name} → ${to.name} planned, ${move.closedToOpenMs} ms, floor ${JSON.stringify(mark)}`);
  return move;
};

/** The second machine loses its power; the floor is told by the head alone. */
const crashed = async (net: LodestarNet, team: Team, before: Watermark): Promise<Move> => {
  const [to, from] = team.machines;
  const fromEpoch = await epochNow(net);
  const startedMs = systemClock.steadyMs();
  await from.crash();
  const reached = watermarkAfter({ duty, evidence: {}, head: await net.nowSlot(), margin: 2 });
  const floor = highest(before, reached);
  if (floor === null) throw new Error('no floor');
  await open(to, { indices: team.indices, floor });
  const move = { what: 'crash', exact: false, fromEpoch, closedToOpenMs: Math.round(elapsedMs(startedMs, systemClock.steadyMs())), floor };
  say(`${from.name} crashed, ${to.name} opens, ${move.closedToOpenMs} ms, floor ${JSON.stringify(floor)}`);
  return move;
};

/** Which epochs each key did not vote for, from `from` to before `to`. */
const missedIn = (all: readonly Published[], of: { indices: readonly number[]; from: number; to: number }): number => {
  const voted = new Set(all.flatMap((one) => (one.kind === 'vote' ? [`${one.validator}/${one.target}`] : [])));
  return of.indices.flatMap((index) => range(of.from, of.to - of.from).filter((epoch) => !voted.has(`${index}/${epoch}`))).length;
};

const teamReport = (team: Team, moves: readonly Move[], of: { steady: number; end: number }) => {
  const all = team.machines.flatMap(({ proxy }) => proxy.published);
  const [switched, crash] = moves;
  if (switched === undefined || crash === undefined) throw new Error('not all moves were made');
  const missed = (from: number, to: number): number => missedIn(all, { indices: team.indices, from, to });
  const votes = (machine: Machine): number => machine.proxy.published.filter(({ kind }) => kind === 'vote').length;
  const blocks = (machine: Machine): number => machine.proxy.published.filter(({ kind }) => kind === 'block').length;
  return {
    keys: team.indices.length,
    votes: Object.fromEntries(team.machines.map((one) => [one.name, votes(one)])),
    blocks: Object.fromEntries(team.machines.map((one) => [one.name, blocks(one)])),
    unknown: team.machines.reduce((sum, { proxy }) => sum + proxy.unknown, 0),
    conflicts: conflictsIn(all),
    missedVotes: {
      before: missed(of.steady, switched.fromEpoch),
      plannedSwitch: missed(switched.fromEpoch, crash.fromEpoch),
      crash: missed(crash.fromEpoch, of.end),
    },
    moves,
  };
};

const start = async (net: LodestarNet): Promise<{ signer: Team; keymanager: Team; owed: Map<string, number> }> => {
  await net.start();
  say(`The chain answers at ${net.url}; logs in ${net.folder}`);
  const owed = new Map<string, number>();
  const [a, b] = [
    await signerMachine({ net, owed, indices: sets.signer }, 'amber'),
    await signerMachine({ net, owed, indices: sets.signer }, 'birch'),
  ];
  const [c, d] = [
    await keymanagerMachine({ net, owed, indices: sets.keymanager }, 'cedar'),
    await keymanagerMachine({ net, owed, indices: sets.keymanager }, 'dogwood'),
  ];
  const [signer, keymanager]: Team[] = [
    { indices: sets.signer, machines: [a, b] },
    { indices: sets.keymanager, machines: [c, d] },
  ];
  if (signer === undefined || keymanager === undefined) throw new Error('no teams');
  for (const team of [signer, keymanager]) await open(team.machines[0], { indices: team.indices, floor: zero });
  return { signer, keymanager, owed };
};

const controlReport = (machines: readonly { readonly proxy: RecordingProxy }[]) => {
  const all = machines.map(({ proxy }) => proxy.published);
  const counted = (kind: Published['kind']): number[] => all.map((published) => published.filter((one) => one.kind === kind).length);
  return { votes: counted('vote'), blocks: counted('block'), conflicts: conflictsIn(all.flat()).length };
};

const runControl = async (net: LodestarNet): Promise<unknown> => {
  await net.start();
  const owed = new Map<string, number>();
  const control = await Promise.all(['elm', 'fir'].map((name) => plainMachine({ net, owed, indices: sets.control }, name)));
  await net.untilSlot(((await epochNow(net)) + 5) * slotsPerEpoch);
  return { control: controlReport(control) };
};

const run = async (net: LodestarNet): Promise<unknown> => {
  const { signer, keymanager, owed } = await start(net);
  const steady = (await epochNow(net)) + 1;
  await net.untilSlot(steady * slotsPerEpoch);
  say('Beside them two clients with the same keys and no guard.');
  const control = await Promise.all(['elm', 'fir'].map((name) => plainMachine({ net, owed, indices: sets.control }, name)));
  // In the middle of an epoch: nobody chooses when a machine fails.
  const middle = slotsPerEpoch / 2;
  await net.untilSlot((steady + 1) * slotsPerEpoch + middle);
  const switches = [await planned(net, signer), await planned(net, keymanager)] as const;
  const crashEpoch = (await epochNow(net)) + 2;
  await net.untilSlot(crashEpoch * slotsPerEpoch + middle);
  const crashes = [await crashed(net, signer, switches[0].floor), await crashed(net, keymanager, switches[1].floor)] as const;
  const end = crashEpoch + 4;
  await net.untilSlot(end * slotsPerEpoch);
  return {
    chain: { client: 'Lodestar 1.5.1', secondsPerSlot, slotsPerEpoch, headSlot: await net.headSlot() },
    signer: teamReport(signer, [switches[0], crashes[0]], { steady, end }),
    keymanager: teamReport(keymanager, [switches[1], crashes[1]], { steady, end }),
    control: controlReport(control),
  };
};

interface Report {
  readonly conflicts: readonly unknown[];
}

const main = async (): Promise<void> => {
  const lodestar = await installLodestar(say);
  const net = new LodestarNet({ lodestar, clock: systemClock, validators: 20, ownValidators: sets.own.length, secondsPerSlot });
  const ends = ['SIGINT', 'SIGTERM'] as const;
  for (const name of ends) process.once(name, () => process.exit(1));
  try {
    if (values.gate) {
      const told = await runGate(net, { say, indices: [...sets.signer, ...sets.keymanager] });
      process.stdout.write(`${JSON.stringify(told)}\n`);
      process.exitCode = told.ok ? 0 : told.conflicts > 0 ? 3 : 1;
      return;
    }
    const found = (await (values.control ? runControl(net) : run(net))) as { signer?: Report; keymanager?: Report; control: { conflicts: number } };
    const guarded = [found.signer, found.keymanager].flatMap((report) => report?.conflicts ?? []);
    const good = guarded.length === 0 && found.control.conflicts > 0;
    process.stdout.write(`${JSON.stringify({ ok: good, ...found })}\n`);
    // Three is what a drill ends with too: two signatures for one duty. A control that found nothing shows that this machine was too slow to tell.
    if (!good) process.exitCode = guarded.length > 0 ? 3 : 1;
  } finally {
    await systemClock.sleep(durationMs(100));
    await net.close();
  }
};

await main();
// The recorders and signers of the machines listen until the end.
process.exit();
