import type { Round } from '../../chains/index.ts';
import { longestWhat } from '../../core/breaker.ts';
import type { WatchRecord } from '../../aws/records.ts';
import type { Lease } from '../../core/lease.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { ExecutionName, ValidatorId } from '../../core/ids.ts';
import { failoverName } from '../../core/names.ts';
import { holding } from '../../core/pause.ts';
import { alertMs } from '../../core/pace.ts';
import { durationMs, elapsedMs, type SteadyMs } from '../../core/time.ts';
import { verdict, verdictStates, type Sample, type VerdictState } from '../../core/verdict.ts';
import type { Deps } from './deps.ts';
import { lookAll, type Memories } from './look.ts';

/** One validator in one round of `watch`: look, judge, and start a failover when the verdict says so. */

/** What a watcher remembers of one validator between its rounds. */
export interface Watched {
  readonly samples: readonly Sample[];
  readonly memories: Memories;
  /** When it was looked at last, on this watcher's steady clock; null before the first look. */
  readonly lookedMs: SteadyMs | null;
  readonly state: VerdictState;
  /** Names this streak of bad rounds; empty while healthy. */
  readonly episode: string;
  readonly paged: boolean;
  /** Paused when it was looked at last; asked for only while it is not healthy. */
  readonly paused: boolean;
  /** The last look at it failed as a whole: nothing is known of it, whatever its state was. */
  readonly unseen: boolean;
  /** The execution that was asked for last: whoever asks for it again is only told that it is there. */
  readonly asked: ExecutionName | null;
  /** When its guards were called last, on this watcher's steady clock; null while it is well. */
  readonly calledMs: SteadyMs | null;
  /** What is stored of it, as text; null while nothing is. */
  readonly stored: string | null;
  /** Its configuration, and when it was read, on this watcher's steady clock. */
  readonly kept: { readonly config: ValidatorConfig; readonly atMs: SteadyMs } | null;
}

export const unwatched: Watched = {
  samples: [],
  memories: {},
  lookedMs: null,
  state: 'healthy',
  episode: '',
  paged: false,
  paused: false,
  unseen: false,
  asked: null,
  calledMs: null,
  stored: null,
  kept: null,
};

/** How long a configuration is looked by while all is well: a change of it is followed after this time at the latest. */
const keptMs = durationMs(55_000);

/** What is not well is judged by what is configured now. Assess and TakeTerm read it for themselves. */
const configOf = async ({ records, clock }: Pick<Deps, 'records' | 'clock'>, validator: ValidatorId, before: Watched, signal: AbortSignal) => {
  const nowMs = clock.steadyMs();
  const { kept, state } = before;
  if (kept !== null && state === 'healthy' && elapsedMs(kept.atMs, nowMs) < keptMs) return kept;
  const found = await records.readConfig(validator, signal);
  return found && { config: found.config, atMs: nowMs };
};

/** Well before a call is old. */
const callEveryMs = durationMs(alertMs / 2);
/** Rounds in a row without a view until people are told. */
const blindRounds = 6;
/** As many samples as anything is judged by: a state that stays is then stored once, and not in each round. */
const keptSamples = ({ window, healthy }: ValidatorConfig['policy']['verdict']): number => Math.max(window, healthy, blindRounds);

const shouldAct = (config: ValidatorConfig, lease: Lease | undefined, state: VerdictState): boolean =>
  state === 'failing' && config.policy.mode !== 'watch' && lease?.phase === 'HELD';

export type WatchNeeds = 'clock' | 'randomHex' | 'records' | 'lease' | 'workflow' | 'notify' | 'chains' | 'measure';

const page = async (
  deps: Pick<Deps, WatchNeeds>,
  config: ValidatorConfig,
  state: VerdictState,
  why: string,
  signal: AbortSignal,
): Promise<boolean> => {
  const move = config.custody === 'gate' ? `baton gate show ${config.id}` : `baton failover ${config.id}`;
  const next = state === 'failing' ? move : `baton status ${config.id}`;
  const subject = `Baton: ${config.id} is ${state}`;
  return deps.notify.send({ kind: 'trouble', subject, message: `${config.id} is ${state}. ${why} Next: ${next}`, validator: config.id }, signal);
};

const blind = (samples: readonly Sample[]): boolean =>
  samples.length >= blindRounds &&
  samples.slice(-blindRounds).every(({ observations }) => Object.values(observations).every((one) => one === 'unobservable'));

export const homeVantage = 'home';

/** Two watchers that see the same failure start one execution: another vantage takes the name that home gave to the streak, if it sees one. */
const sharedEpisode = async (
  { records }: Pick<Deps, 'records'>,
  { validator, vantage }: { validator: ValidatorId; vantage: string },
  own: string,
  signal: AbortSignal,
): Promise<string> => {
  if (vantage === homeVantage) return own;
  const home = await records.readWatch(validator, homeVantage, signal);
  return home && home.episode !== '' ? home.episode : own;
};

/** The whole fleet, before anything else is done about this validator: what made it sign twice may be common to all. */
const freeze = async (
  deps: Pick<Deps, WatchNeeds>,
  { validator, vantage, what }: { readonly validator: ValidatorId; readonly vantage: string; readonly what: string },
  signal: AbortSignal,
): Promise<void> => {
  const one = { kind: 'slashed', validator, what: what.slice(0, longestWhat), by: `watch ${vantage}`, atMs: deps.clock.epochMs() } as const;
  if (!(await deps.records.suspect(one, signal))) return;
  const message = `${what} No failover starts and no key is released for any validator until a person has looked. Next: baton breaker`;
  await deps.notify.send({ kind: 'trouble', subject: `Baton: the fleet is frozen, ${validator} may be slashed`, message, validator }, signal);
};

const textOf = ({ samples, state, episode, paged }: WatchRecord): string => JSON.stringify([samples, state, episode, paged]);

/** Before there is a verdict, and until it is well or a person has answered: the guards are awake when something moves. */
const callAgain = async (
  { lease, clock, randomHex }: Pick<Deps, 'lease' | 'clock' | 'randomHex'>,
  { validator, before, changed }: { readonly validator: ValidatorId; readonly before: Watched; readonly changed: boolean },
  signal: AbortSignal,
): Promise<SteadyMs> => {
  const nowMs = clock.steadyMs();
  if (!changed && before.calledMs !== null && elapsedMs(before.calledMs, nowMs) < callEveryMs) return before.calledMs;
  await lease.call(validator, randomHex(8), signal);
  return nowMs;
};

export const watchOne = async (
  deps: Pick<Deps, WatchNeeds>,
  of: { validator: ValidatorId; vantage: string; before: Watched; round: Round },
  signal: AbortSignal,
): Promise<{ after: Watched; started: ExecutionName | null }> => {
  const { before, validator } = of;
  const kept = await configOf(deps, validator, before, signal);
  if (!kept) return { after: { ...before, kept: null }, started: null };
  const { config } = kept;
  const lookedMs = deps.clock.steadyMs();
  const agoMs = before.lookedMs === null ? 0 : elapsedMs(before.lookedMs, lookedMs);
  const seen = await lookAll(deps.chains, config, { memories: before.memories, agoMs }, signal, of.round);
  // The watch may have been taken over meanwhile: then this is another's to tell.
  signal.throwIfAborted();
  deps.measure.add('ProbeMs', elapsedMs(lookedMs, deps.clock.steadyMs()));
  const samples = [...before.samples, seen.sample].slice(-keptSamples(config.policy.verdict));
  const now = verdict(samples, config.policy.verdict, before.state);
  const episode = now.state === 'healthy' ? '' : before.episode === '' ? deps.randomHex(4) : before.episode;
  // Custody gate has no lease, and nothing that moves.
  const bad = config.custody === 'release' && (now.state === 'suspect' || now.state === 'failing');
  if (seen.slashed !== null) await freeze(deps, { validator, vantage: of.vantage, what: seen.slashed }, signal);
  // Side by side: nobody signs meanwhile.
  const [calledMs, lease, pause] = await Promise.all([
    bad ? callAgain(deps, { validator, before, changed: now.state !== before.state }, signal) : null,
    bad && now.state === 'failing' ? deps.lease.read(validator, signal) : undefined,
    now.state === 'healthy' ? undefined : deps.records.readPause(validator, signal),
  ]);
  const why = `${now.sentence} ${seen.sentences.join(' ')}`;
  let { paged, asked } = before;
  let paused = false;
  let started: ExecutionName | null = null;
  if (now.state === 'healthy') paged = false;
  else {
    paused = holding(pause, deps.clock.epochMs()) !== undefined;
    if (!paused && shouldAct(config, lease, now.state) && lease) {
      const name = failoverName({ validator, term: lease.term, episode: await sharedEpisode(deps, of, episode, signal) });
      const input = { validator, kind: 'failover', cause: { kind: 'verdict', by: 'watch', reason: why.slice(0, 1_000) } } as const;
      if (asked !== name && (await deps.workflow.start({ name, input }, signal))) started = name;
      asked = name;
    }
    // Where nothing is moved, people are told.
    const onlyTold = config.policy.mode === 'watch' || config.custody === 'gate';
    const tell = (now.state === 'failing' && onlyTold) || now.state === 'halted' || blind(samples);
    if (tell && !paged && !paused) paged = await page(deps, config, now.state, why, signal);
  }
  const record = now.state === 'healthy' ? null : { samples: [...samples], state: now.state, episode, paged };
  const stored = record && textOf(record);
  if (stored !== before.stored) await deps.records.writeWatch(validator, of.vantage, record, signal);
  const after = {
    samples,
    memories: seen.memories,
    lookedMs,
    state: now.state,
    episode,
    paged,
    paused,
    unseen: false,
    asked,
    calledMs,
    stored,
    kept,
  };
  return { after, started };
};

const fleetMetrics = {
  healthy: 'FleetHealthy',
  suspect: 'FleetSuspect',
  failing: 'FleetFailing',
  halted: 'FleetHalted',
  unobservable: 'FleetUnobservable',
} as const;

/**
 * One round in figures.
 * @param whole every watcher of this vantage is there. Rounds beside a silent one do not count, so that its silence pages although others look on.
 */
export const measureRound = (measure: Deps['measure'], watched: readonly Watched[], whole = true): void => {
  if (whole) measure.add('WatchRounds', 1);
  // Of a paused validator somebody knows already.
  const counted = watched.filter(({ paused }) => !paused);
  for (const state of verdictStates)
    measure.add(fleetMetrics[state], counted.filter((one) => (one.unseen ? 'unobservable' : one.state) === state).length);
  measure.flush();
};

/** What the watcher before knew: only streaks that are not healthy are stored. */
export const resume = async (deps: Pick<Deps, 'records'>, validator: ValidatorId, vantage: string, signal: AbortSignal): Promise<Watched> => {
  const known = await deps.records.readWatch(validator, vantage, signal);
  if (!known) return unwatched;
  const { samples, state, episode, paged } = known;
  return { ...unwatched, samples, state, episode, paged, stored: textOf(known) };
};
