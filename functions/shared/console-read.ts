import type { Seen } from '../../console/seen.ts';
import { failoverView } from '../../console/failover-view.ts';
import { fleetView } from '../../console/fleet-view.ts';
import type { PageView } from '../../console/page.ts';
import { validatorView } from '../../console/validator-view.ts';
import type { Asked } from '../../console/view.ts';
import type { Frozen } from '../../core/breaker.ts';
import { BatonError } from '../../core/errors.ts';
import type { ExecutionName, ValidatorId } from '../../core/ids.ts';
import type { NodeReport } from '../../core/report.ts';
import { durationMs, elapsedMs, type SteadyMs } from '../../core/time.ts';
import { abreast } from './abreast.ts';
import { frozenNow } from './breaker.ts';
import type { Deps } from './deps.ts';
import { Pulse, sequenceOf } from './pulse.ts';
import { watcherName } from './shards.ts';
import { uncalledMs } from './reports.ts';
import { lookOnce, mostAbreast, nodesOf, readOne, type Reading, type SurveyNeeds } from './survey-read.ts';

/** What the console shows, as it is read: by its function in the cloud, and by the page of a drill. Writes nothing. */

export type ConsoleNeeds = SurveyNeeds | 'executions' | 'settings' | 'watchShards';

/** Whose verdicts are shown. */
const homeVantage = 'home';
const pollMs = durationMs(500);
/** The watch takes a round each five seconds or less. */
const watchMs = 8_000;
/** Looks after the first: nobody waits longer for a page. Who was not seen to live by then is shown as not known yet. */
const maxLooks = 26;

/** What is remembered of who lives: nothing at first, so that the first page takes some seconds. */
export class Pulses {
  readonly guards = new Pulse<NodeReport>(uncalledMs);
  readonly watch = new Pulse<{ readonly sequence: number }>(watchMs);
}

const guardKey = (validator: ValidatorId, node: string): string => `${validator} ${node}`;

const noteGuards = (pulses: Pulses, reading: Reading, atMs: SteadyMs): void => {
  const look = reading.looks.at(-1) ?? {};
  for (const node of nodesOf(reading)) {
    const report = look[node];
    if (report) pulses.guards.note(guardKey(reading.validator, node), report, atMs);
  }
};

const guardsKnown = (pulses: Pulses, reading: Reading, atMs: SteadyMs): boolean =>
  nodesOf(reading).every((node) => !reading.looks.at(-1)?.[node] || pulses.guards.of(guardKey(reading.validator, node), atMs) !== 'unknown');

const watchersOf = ({ watchShards }: Pick<Deps, 'watchShards'>): string[] =>
  Array.from({ length: watchShards }, (_, shard) => watcherName(homeVantage, shard));

// Nobody's item is silence, and so is one that cannot be read.
const noteWatch = async (deps: Pick<Deps, 'records' | 'clock' | 'watchShards'>, pulses: Pulses, signal: AbortSignal): Promise<void> => {
  const note = async (name: string): Promise<void> => {
    const found = await deps.records.readWatcher(name, signal).catch((error: unknown) => {
      if (error instanceof BatonError && error.code === 'LeaseInvalid') return undefined;
      throw error;
    });
    pulses.watch.note(name, { sequence: sequenceOf(found) }, deps.clock.steadyMs());
  };
  await Promise.all(watchersOf(deps).map(note));
};

/** Any that lives looks at everything that falls to none: health is known while one does. */
const watchSeen = (deps: Pick<Deps, 'watchShards'>, pulses: Pulses, atMs: SteadyMs): Omit<Read, 'seen'> & { readonly known: boolean } => {
  const found = watchersOf(deps).map((name) => ({ name, pulse: pulses.watch.of(name, atMs) }));
  const [alive, known] = [found.some(({ pulse }) => pulse === 'alive'), found.every(({ pulse }) => pulse !== 'unknown')];
  const silent = found.filter(({ pulse }) => pulse === 'silent').map(({ name }) => name);
  return { watchAlive: alive || (known ? false : null), silentWatchers: alive ? silent : [], known };
};

const seenOf = (pulses: Pulses, reading: Reading, atMs: SteadyMs, frozen: Frozen | null): Seen => {
  const { validator, looks, trouble, paused } = reading;
  const now = looks.at(-1) ?? {};
  const before = Object.fromEntries(nodesOf(reading).map((node) => [node, now[node] && pulses.guards.before(guardKey(validator, node), atMs)]));
  return {
    validator,
    config: reading.config,
    lease: reading.lease,
    claimRunning: reading.claimRunning,
    pause: paused ? reading.pause : undefined,
    frozen,
    open: reading.open,
    history: reading.history,
    verdict: trouble.broken === null && !trouble.unseen ? reading.verdict : null,
    looks: [before, now],
    quarantined: reading.quarantined,
    watched: guardsKnown(pulses, reading, atMs),
    trouble: { ...trouble },
  };
};

export interface Read {
  readonly seen: readonly Seen[];
  readonly watchAlive: boolean | null;
  /** Those that take no round while another does. */
  readonly silentWatchers: readonly string[];
}

/**
 * Reads these validators, and looks on until each guard and the watch were seen alive or silent, or time runs out.
 * @throws BatonError LeaseUnreachable when not even the watch's item can be read.
 */
export const readSeen = async (
  deps: Pick<Deps, ConsoleNeeds>,
  of: { readonly validators: readonly ValidatorId[]; readonly pulses: Pulses; readonly remainingMs: () => number },
  signal: AbortSignal,
): Promise<Read> => {
  const { clock } = deps;
  const { pulses } = of;
  const startedMs = clock.steadyMs();
  const note = (reading: Reading): void => {
    noteGuards(pulses, reading, clock.steadyMs());
  };
  await noteWatch(deps, pulses, signal);
  const frozen = await frozenNow(deps, signal);
  const readings = await abreast(of.validators, mostAbreast, (validator) => readOne(deps, { validator, vantage: homeVantage }, signal));
  for (const one of readings) note(one);
  // Whoever was seen alive is not looked at again while the watch is waited for.
  const knownAt = new Map<ValidatorId, SteadyMs>();
  for (let look = 1; look <= maxLooks; look += 1) {
    const atMs = clock.steadyMs();
    for (const one of readings) if (!knownAt.has(one.validator) && guardsKnown(pulses, one, atMs)) knownAt.set(one.validator, atMs);
    const unknown = readings.filter(({ validator }) => !knownAt.has(validator));
    if ((unknown.length === 0 && watchSeen(deps, pulses, atMs).known) || elapsedMs(startedMs, atMs) > uncalledMs || of.remainingMs() < 4 * pollMs)
      break;
    await clock.sleep(pollMs, signal);
    await Promise.all([noteWatch(deps, pulses, signal), abreast(unknown, mostAbreast, (one) => lookOnce(deps, one, signal))]);
    for (const one of unknown) note(one);
  }
  const atMs = clock.steadyMs();
  const { watchAlive, silentWatchers } = watchSeen(deps, pulses, atMs);
  return {
    seen: readings.map((one) => seenOf(pulses, one, knownAt.get(one.validator) ?? atMs, frozen)),
    watchAlive,
    silentWatchers,
  };
};

export type Wanted =
  | { readonly page: 'fleet'; readonly asked: Asked }
  | { readonly page: 'validator'; readonly validator: ValidatorId }
  | { readonly page: 'failover'; readonly execution: ExecutionName };

/** @throws BatonError ValidatorUnknown, LeaseUnreachable, LeaseInvalid or WorkflowFailed. */
export const readPage = async (
  deps: Pick<Deps, ConsoleNeeds>,
  of: { readonly wanted: Wanted; readonly pulses: Pulses; readonly remainingMs: () => number },
  signal: AbortSignal,
): Promise<PageView> => {
  const { clock, records, executions, settings } = deps;
  const { wanted } = of;
  if (wanted.page === 'failover') {
    const found = await executions.find(wanted.execution, signal);
    const events = found ? await executions.history(wanted.execution, signal) : [];
    return { page: 'failover', view: failoverView(wanted.execution, found, events, clock.epochMs()) };
  }
  const fleet = await records.readFleet(signal);
  if (wanted.page === 'fleet') {
    const read = await readSeen(deps, { ...of, validators: fleet }, signal);
    const { watchAlive, silentWatchers } = read;
    const view = fleetView(read.seen, { watchAlive, silentWatchers, atMs: clock.epochMs(), dryRun: settings.dryRun });
    return { page: 'fleet', view, asked: wanted.asked };
  }
  const { validator } = wanted;
  if (!fleet.includes(validator)) throw new BatonError('ValidatorUnknown', `no validator ${validator} is configured`, { fix: 'baton status' });
  const read = await readSeen(deps, { ...of, validators: [validator] }, signal);
  const [seen] = read.seen as readonly [Seen];
  return { page: 'validator', view: validatorView(seen, { watchAlive: read.watchAlive, atMs: clock.epochMs(), dryRun: settings.dryRun }) };
};

/** Why there is no page, without what an unexpected failure may hold. */
export const troubleOf = (error: unknown, atMs: number): PageView => {
  const known = error instanceof BatonError;
  return {
    page: 'trouble',
    view: {
      atMs,
      code: known ? error.code : 'Unexpected',
      message: known ? error.message : 'An unexpected failure; the log of the function has it.',
      next: known ? error.fix : 'baton status',
    },
  };
};
