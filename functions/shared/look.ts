import type { Chains, ProbeMemory, Round } from '../../chains/index.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { durationMs, elapsedMs } from '../../core/time.ts';
import { verdict, type Observation, type Sample, type VerdictState } from '../../core/verdict.ts';
import type { Deps } from './deps.ts';

/** What each vantage remembers of the look before, by its name. */
export type Memories = Readonly<Record<string, ProbeMemory | undefined>>;

export interface Seen {
  readonly sample: Sample;
  readonly memories: Memories;
  readonly head: number | null;
  readonly sentences: readonly string[];
  /** What a vantage says of a double signature of this validator, or null. */
  readonly slashed: string | null;
}

/**
 * One look from every vantage at once. A probe never throws: what it cannot tell is `unobservable`.
 * @param round of the looks at the whole fleet, when this is one of them.
 */
export const lookAll = async (
  chains: Chains,
  config: ValidatorConfig,
  before: { readonly memories: Memories; readonly agoMs: number },
  signal: AbortSignal,
  round?: Round,
): Promise<Seen> => {
  const looks = await Promise.all(
    config.vantages.map(async ({ name }) => {
      const memory = before.memories[name];
      return { name, ...(await chains.look(config, name, memory === undefined ? null : { memory, agoMs: before.agoMs }, signal, round)) };
    }),
  );
  const observations: Record<string, Observation> = {};
  const memories: Record<string, ProbeMemory | undefined> = {};
  for (const { name, result, memory } of looks) {
    observations[name] = result.observation;
    memories[name] = memory;
  }
  const heads = looks.flatMap(({ result }) => (result.head === null ? [] : [result.head]));
  return {
    sample: { observations },
    memories,
    head: heads.length === 0 ? null : Math.max(...heads),
    slashed: looks.flatMap(({ name, result }) => (result.slashed === undefined ? [] : [`${name}: ${result.slashed}`]))[0] ?? null,
    sentences: looks.map(({ name, result }) => `${name}: ${result.sentence}`),
  };
};

/** Between two looks; where the watch looks more often than that, half of its time: nobody signs until it is told. */
const betweenLooksMs = durationMs(500);
const longestMs = durationMs(20_000);

/**
 * Looks until something can be told: only a new block shows whether a signature landed in it.
 * @param of.anew a validator that signed before it was looked at is said to sign only when it does so in a block that came since.
 */
export const lookUntilTold = async (
  deps: Pick<Deps, 'chains' | 'clock'>,
  { config, anew }: { readonly config: ValidatorConfig; readonly anew: boolean },
  signal: AbortSignal,
): Promise<{ state: VerdictState; head: number | null }> => {
  let memories: Memories = {};
  let first: number | null = null;
  let told: { state: VerdictState; head: number | null } = { state: 'unobservable', head: null };
  const betweenMs = durationMs(Math.min(betweenLooksMs, Math.ceil(config.timing.probeMs / 2)));
  const maxLooks = Math.ceil(longestMs / betweenMs);
  const startedMs = deps.clock.steadyMs();
  let lookedMs = startedMs;
  for (let look = 0; look < maxLooks && elapsedMs(startedMs, deps.clock.steadyMs()) < longestMs; look += 1) {
    const agoMs = elapsedMs(lookedMs, deps.clock.steadyMs());
    lookedMs = deps.clock.steadyMs();
    const seen = await lookAll(deps.chains, config, { memories, agoMs }, signal);
    memories = seen.memories;
    told = { state: verdict([seen.sample], { ...config.policy.verdict, failing: 1, window: 1, healthy: 1 }, 'suspect').state, head: seen.head };
    first ??= seen.head;
    const stale = anew && told.state === 'healthy' && seen.head === first;
    // The first look alone may show what was signed before the failure.
    if (look > 0 && told.state !== 'unobservable' && !stale) return told;
    await deps.clock.sleep(betweenMs, signal);
  }
  return told;
};
