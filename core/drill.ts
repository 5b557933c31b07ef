import type { Policy, ValidatorConfig } from './config.ts';
import type { ExecutionName, NodeId, ValidatorId } from './ids.ts';
import type { Lease } from './lease.ts';
import { drillName, isDrill } from './names.ts';
import { daysSince, type Judgement } from './survey.ts';
import { utcOf, type EpochMs } from './time.ts';
import type { VerdictState } from './verdict.ts';
import { openedAt } from './window.ts';

/**
 * Which drill is to be started now, if any. It remembers nothing between two times that it is asked: where a drill stands is told by the lease.
 *
 *     due ── drill-there, in the window ──▶ HELD, claimed by drill-there ── drill-back, in the window ──▶ HELD, claimed by drill-back
 *                                            whoever moves it otherwise ends the drill
 *
 * The name of an execution holds the term and the day on which the window opened: one try for each way and day, however often it is started.
 */

/** One validator as it was seen. */
export interface DrillSeen {
  readonly config: ValidatorConfig;
  readonly lease: Lease;
  readonly verdict: VerdictState;
  readonly judgement: Judgement;
  readonly history: readonly { readonly atMs: number }[];
}

export interface DrillStart {
  readonly validator: ValidatorId;
  readonly way: 'there' | 'back';
  readonly execution: ExecutionName;
  /** On the way back, the node that was fenced on the way there. */
  readonly to?: NodeId;
  readonly reason: string;
}

/** `starts`, the first first: later ones for when a name was used before. Empty, and why. */
export interface DrillsDue {
  readonly starts: readonly DrillStart[];
  readonly sentence: string;
}

/** Why nothing may be tried beside it, or null. */
const careOf = ({ lease, verdict, judgement }: DrillSeen): string | null => {
  if (judgement.paused) return 'is paused';
  if (judgement.signers.length > 0) return 'seems to have two signers';
  if (judgement.needsPerson !== null) return `needs a person: ${judgement.needsPerson}`;
  if (lease.phase !== 'HELD') return `is being moved: term ${lease.term} is ${lease.phase}`;
  if (judgement.approvalWaitingSeconds > 0) return 'waits for a person';
  if (judgement.guardsSilent.length > 0) return `has silent guards: ${judgement.guardsSilent.join(', ')}`;
  if (judgement.guardUnarmed) return 'has a guard that is not armed';
  if (judgement.standbyNotReady) return 'has no standby that is ready';
  return verdict === 'healthy' ? null : `is ${verdict}`;
};

/** One that asks for drills. */
type Asking = DrillSeen & { readonly drill: NonNullable<Policy['drill']> };

const askingIn = (seen: readonly DrillSeen[]): Asking[] =>
  seen.flatMap((one) => {
    const { drill } = one.config.policy;
    return drill ? [{ ...one, drill }] : [];
  });

/** The node to go back to, when a drill has moved it and nobody has moved it since. */
const backTo = ({ config, lease }: Asking): NodeId | undefined => {
  const from = isDrill(lease.claim, 'there') ? lease.evidence?.node : undefined;
  return from !== lease.holder && config.nodes.some(({ id }) => id === from) ? from : undefined;
};

/** One start, when the window is open for as long as people have to answer; none otherwise. */
const startOf = (seen: Asking, way: DrillStart['way'], nowMs: EpochMs, to?: NodeId): DrillStart[] => {
  const { config, lease, drill } = seen;
  const opened = openedAt(drill.window, nowMs);
  if (opened === null || opened.leftMs <= config.policy.approvalMs) return [];
  const reason = way === 'there' ? `Drill: not moved for ${drill.everyDays} days.` : `Drill: the way back to ${String(to)}.`;
  const mark = utcOf(opened.sinceMs).slice(0, 10).replaceAll('-', '');
  const execution = drillName({ validator: config.id, term: lease.term, way, mark });
  return [{ validator: config.id, way, execution, reason, ...(to === undefined ? {} : { to }) }];
};

/** Long before everything for one that was never moved. */
const lastMovedMs = ({ history }: DrillSeen): number => Math.max(-Infinity, ...history.map(({ atMs }) => atMs));

const isDue = (seen: Asking, nowMs: EpochMs): boolean => seen.config.nodes.length > 1 && daysSince(lastMovedMs(seen), nowMs) >= seen.drill.everyDays;

const none = (sentence: string): DrillsDue => ({ starts: [], sentence });

/**
 * @param of `seen` every validator of the fleet; `unseen` those of which something is not known; `running` the executions that run now.
 */
export const drillsDue = (of: {
  readonly seen: readonly DrillSeen[];
  readonly unseen: readonly ValidatorId[];
  readonly running: readonly string[];
  readonly nowMs: EpochMs;
}): DrillsDue => {
  const { seen, nowMs } = of;
  if (of.running.length > 0) return none(`No drill: ${of.running.slice(0, 5).join(', ')} runs.`);
  if (of.unseen.length > 0) return none(`No drill: ${of.unseen.slice(0, 5).join(', ')} could not be looked at.`);
  for (const one of seen) {
    const care = careOf(one);
    if (care !== null) return none(`No drill: ${one.config.id} ${care}.`);
  }
  const asking = askingIn(seen);
  const away = asking.flatMap((one) => {
    const to = backTo(one);
    return to === undefined ? [] : [{ one, to }];
  });
  if (away.length > 0) {
    const starts = away.flatMap(({ one, to }) => startOf(one, 'back', nowMs, to));
    const names = away.map(({ one }) => one.config.id).join(', ');
    return starts.length > 0 ? { starts, sentence: `The way back is due: ${names}.` } : none(`The way back waits for its window: ${names}.`);
  }
  const starts = asking
    .filter((one) => isDue(one, nowMs))
    .toSorted((a, b) => lastMovedMs(a) - lastMovedMs(b))
    .flatMap((one) => startOf(one, 'there', nowMs));
  return starts.length > 0
    ? {
        starts,
        sentence: `Due: ${starts
          .map(({ validator }) => validator)
          .slice(0, 5)
          .join(', ')}.`,
      }
    : none('No drill is due now.');
};
