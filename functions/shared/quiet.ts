import { chainOf } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { Lease } from '../../core/lease.ts';
import type { Plan } from '../../core/plan.ts';
import { durationMs, elapsedMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';

/** How a switchover waits for a time in which nothing is due of the validator. It waits before the term is taken: who may sign is as ever. */

const askMs = durationMs(8_000);
/** Each wait is a few events of an execution, which may have 25,000. */
const shortestMs = 5_000;
/** Slots and blocks come faster or slower than they are meant to. */
const longestMs = 60_000;

export interface Waiting {
  readonly config: ValidatorConfig;
  readonly plan: Plan;
  readonly seen: Lease;
  /** What it was told to wait already, and the end of the window of a planned move. */
  readonly waiting: { readonly waitedMs: number; readonly notAfter: string | null } | undefined;
}

export interface Quiet {
  readonly later: { readonly seconds: number; readonly waitedMs: number; readonly sentence: string } | null;
  /** What there is to say when it does not wait; empty, or begins with a space. */
  readonly sentence: string;
}

const blockLookMs = durationMs(500);
const betweenLooksMs = durationMs(25);
const longestBlockMs = 8_000;

/**
 * Where a validator signs for each block, and the vantages show one soon: until one has just been made. The time until the next is then longest.
 * It says nothing of who may sign, and who cannot see the chain does not wait.
 */
export const untilBlock = async (deps: Pick<Deps, 'chains' | 'clock'>, config: ValidatorConfig, signal: AbortSignal): Promise<void> => {
  const { clock } = deps;
  if (chainOf(config).signsEachBlock !== true) return;
  const startedMs = clock.steadyMs();
  const mostMs = Math.min(longestBlockMs, config.timing.quietWaitMs);
  let first: number | null = null;
  while (elapsedMs(startedMs, clock.steadyMs()) < mostMs) {
    const head = await deps.chains.headOf(config, AbortSignal.any([signal, clock.timeout(blockLookMs)]));
    first ??= head;
    if (head === null || head !== first) return;
    await clock.sleep(betweenLooksMs, signal);
  }
};

/** Only what a person planned waits, and only while it could begin: what has begun, or has come to nothing, is for the write to tell. */
const mayWait = ({ plan, seen }: Waiting): boolean =>
  plan.kind === 'switchover' && plan.phase === 'HELD' && seen.term === plan.term && seen.phase === plan.phase;

/** Whether to wait, and how long until the next look. The wait is bounded by the configuration and by the window of the move. */
export const untilQuiet = async (deps: Pick<Deps, 'chains' | 'clock'>, of: Waiting, signal: AbortSignal): Promise<Quiet> => {
  const { config, waiting } = of;
  const { quietWaitMs } = config.timing;
  if (!waiting || !mayWait(of) || quietWaitMs === 0) return { later: null, sentence: '' };
  const { waitedMs, notAfter } = waiting;
  const openMs = notAfter === null ? Infinity : Date.parse(notAfter) - deps.clock.epochMs();
  const leftMs = Math.min(quietWaitMs - waitedMs, openMs);
  const inMs = await deps.chains.quietIn(config, durationMs(Math.max(0, leftMs)), AbortSignal.any([signal, deps.clock.timeout(askMs)]));
  if (inMs === null) return { later: null, sentence: '' };
  if (inMs === 0) return { later: null, sentence: ' Nothing else is due of it now.' };
  if (leftMs < shortestMs) return { later: null, sentence: ' It has waited as long as it may for a time in which nothing is due.' };
  const seconds = Math.floor(Math.min(leftMs, longestMs, Math.max(shortestMs, inMs)) / 1_000);
  const sentence = `Waits ${seconds} s: nothing is due of ${config.id} in about ${Math.round(inMs / 1_000)} s. Then the term is taken.`;
  return { later: { seconds, waitedMs: waitedMs + seconds * 1_000, sentence }, sentence: '' };
};
