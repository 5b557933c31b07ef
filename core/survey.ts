import { notReady } from './assess-gates.ts';
import type { WaitingRecord } from './approval.ts';
import type { ValidatorConfig } from './config.ts';
import type { NodeId, ValidatorId } from './ids.ts';
import type { Lease } from './lease.ts';
import type { NodeReport } from './report.ts';
import { dayMs, durationMs, type EpochMs } from './time.ts';

/** What a person should know of the fleet, from what stands in the table. Pure: survey reads, this judges. */

/** The reports of one validator's nodes, read shortly after one another: never at one instant. */
export type Look = Readonly<Record<string, NodeReport | undefined>>;

/**
 * How survey looks, so that one hand-over is never taken for two signers:
 *
 *     look ── 12 s ── look ── 12 s ── look ── 12 s ── look        two nodes signing in all four, both risen between each two
 *
 * Let A hand over to B, and all four looks show both signing. The first shows B, so B had opened before that look ended. What a report says is as
 * old as its way to the table: a read time-out and the write before it in the guard's queue, less than the 12 s; only the last word of a guard that
 * is gone may arrive at any later time, for the next would need the acknowledgement of that one. A rose between the second and the third look, and
 * again after, so that word was no last one, and was said after the first look had ended: A signed after B had opened, which is no hand-over.
 *
 * A holder reports more often than that. Who holds nothing is seen to report by the fourth look.
 */
export const surveyLooks = 4;
export const betweenLooksMs = durationMs(12_000);

/** Stands for never, where a metric needs a number. */
export const neverDays = 9_999;

const rose = (node: NodeId, before: Look, after: Look): boolean => (after[node]?.sequence ?? 0) > (before[node]?.sequence ?? 0);

/** Nodes whose report did not rise while it was watched. One look alone shows nothing. */
export const silentIn = (nodes: readonly NodeId[], looks: readonly Look[]): readonly NodeId[] => {
  const [first, ...more] = looks;
  const last = more.at(-1);
  return first && last ? nodes.filter((node) => !rose(node, first, last)) : [];
};

/** Nodes that said in every look that they sign, each time in a newer report. */
export const signingThrough = (nodes: readonly NodeId[], looks: readonly Look[]): readonly NodeId[] =>
  nodes.filter((node) =>
    looks.every((look, index) => {
      const before = looks[index - 1];
      return look[node]?.signing === true && (!before || rose(node, before, look));
    }),
  );

/** What one survey saw. */
export interface Looks {
  /** What the survey before saw, as long ago as a guard that lives takes to report; undefined when nothing is known of it. */
  readonly before?: Look | undefined;
  /** Oldest first. */
  readonly looks: readonly Look[];
}

/** For who lives, the look before counts. For two signers it does not: too much may have been handed over since. */
export const watchedIn = ({ before, looks }: Looks): readonly Look[] => (before === undefined ? looks : [before, ...looks]);

/** True while nobody can tell of each whether it lives: who holds nothing may be silent for almost as long as all looks take. */
export const isUnknown = (nodes: readonly NodeId[], { before, looks }: Looks): boolean =>
  before === undefined && looks.length < surveyLooks && (looks.length < 2 || silentIn(nodes, looks).length > 0);

/**
 * Whether another look could tell more: a guard that was not seen long enough to rise, or a second signer that is not ruled out.
 * @param several that several sign is as it must be (custody gate).
 */
export const looksOn = (nodes: readonly NodeId[], of: Looks, several = false): boolean =>
  of.looks.length < surveyLooks && (isUnknown(nodes, of) || (!several && signingThrough(nodes, of.looks).length > 1));

/** One validator as it was read. */
export interface Surveyed extends Looks {
  readonly config: ValidatorConfig;
  readonly lease: Lease;
  /** False only when the service says that the execution of the claim has ended. */
  readonly claimRunning: boolean;
  /** Nodes that were fenced and not brought back. */
  readonly quarantined: readonly NodeId[];
  /** The newest record of what waits for people, whatever its state. */
  readonly open: WaitingRecord | undefined;
  readonly history: readonly { readonly atMs: number }[];
}

export interface Judgement {
  readonly validator: ValidatorId;
  readonly paused: boolean;
  readonly guardsSilent: readonly NodeId[];
  readonly guardUnarmed: boolean;
  readonly standbyNotReady: boolean;
  /** The nodes that seem to sign at once; fewer than two are none. */
  readonly signers: readonly NodeId[];
  /** Why nothing goes on by itself, or null. */
  readonly needsPerson: string | null;
  readonly approvalWaitingSeconds: number;
  readonly drillAgeDays: number;
}

const quiet = {
  guardsSilent: [],
  guardUnarmed: false,
  standbyNotReady: false,
  needsPerson: null,
  approvalWaitingSeconds: 0,
  drillAgeDays: 0,
} as const;

/** Whole days from then until now, not below 0: the clocks are those of different machines. */
export const daysSince = (atMs: number, nowMs: EpochMs): number => Math.max(0, Math.floor((nowMs - atMs) / dayMs));

const suspects = (nodes: readonly NodeId[], looks: readonly Look[]): readonly NodeId[] => {
  const signing = signingThrough(nodes, looks);
  return looks.length < surveyLooks || signing.length < 2 ? [] : signing;
};

// What an older version stored does not say since when it waits.
const waitingSeconds = ({ config, open }: Surveyed, nowMs: EpochMs): number => {
  if (open?.state !== 'pending' || nowMs >= open.expiresAtMs) return 0;
  const sinceMs = open.createdAtMs ?? open.expiresAtMs - config.policy.approvalMs;
  return Math.max(0, Math.floor((nowMs - sinceMs) / 1_000));
};

const noneReady = (seen: Surveyed, silent: readonly NodeId[]): boolean => {
  const { config, lease, quarantined } = seen;
  const looks = watchedIn(seen);
  const reports = looks.at(-1);
  const active = reports?.[lease.holder];
  // Reports are of different ages. What a standby said last it said after the first look, and then it must have been where the active was before it.
  const head = silent.includes(lease.holder) ? null : (looks[0]?.[lease.holder]?.height ?? null);
  const ready = config.nodes.filter(
    ({ id }) =>
      id !== lease.holder &&
      !silent.includes(id) &&
      notReady({ config, node: id, report: reports?.[id], head, build: active?.build, quarantined: quarantined.includes(id) }) === null,
  );
  return config.nodes.length > 1 && ready.length === 0;
};

const isUnarmed = ({ config, lease, looks }: Surveyed): boolean => {
  const report = looks.at(-1)?.[lease.holder];
  if (!report || lease.phase !== 'HELD' || config.policy.onControlPlaneLoss === 'hold') return false;
  return !report.armed || report.armedTerm !== lease.releasedTerm;
};

// Who has one node only cannot be moved: there is nothing to drill.
const drillAge = ({ config, history }: Surveyed, nowMs: EpochMs): number => {
  if (config.nodes.length < 2) return 0;
  const [newest] = history.map(({ atMs }) => atMs).sort((a, b) => b - a);
  return newest === undefined ? neverDays : Math.min(neverDays, daysSince(newest, nowMs));
};

/** A standby's distress makes it no candidate, which is counted as such; the holder's is nobody's to mend but a person's. */
const whyPerson = ({ lease, looks, claimRunning }: Surveyed): string | null => {
  if (lease.phase !== 'HELD' && !claimRunning) return `term ${lease.term} is ${lease.phase} and ${lease.claim} has ended`;
  const distress = looks.at(-1)?.[lease.holder]?.distress ?? null;
  return distress === null ? null : `${lease.holder} asks for help: ${distress}`;
};

/** One validator that could be read. A pause silences all but two signers: these may cost the stake whoever works on them. */
export const judge = (seen: Surveyed, of: { readonly paused: boolean; readonly nowMs: EpochMs }): Judgement => {
  const { config, looks } = seen;
  const nodes = config.nodes.map(({ id }) => id);
  const shared = { ...quiet, validator: config.id, paused: of.paused, signers: suspects(nodes, looks) };
  if (of.paused) return shared;
  const silent = silentIn(nodes, watchedIn(seen));
  return {
    ...shared,
    guardsSilent: silent,
    guardUnarmed: isUnarmed(seen),
    standbyNotReady: noneReady(seen, silent),
    needsPerson: whyPerson(seen),
    approvalWaitingSeconds: waitingSeconds(seen, of.nowMs),
    drillAgeDays: drillAge(seen, of.nowMs),
  };
};

/** Fewer than this sign: one more that fails, and nobody does. */
const fewestSigners = 2;

/** Of signers that are up and ask for help, the first. */
const whyPersonOfGate = (config: ValidatorConfig, last: Look | undefined, silent: readonly NodeId[]): string | null => {
  const asking = config.nodes.flatMap(({ id, name }) => {
    const distress = silent.includes(id) ? null : (last?.[id]?.distress ?? null);
    return distress === null ? [] : [`${name} (${id}) asks for help: ${distress}`];
  });
  return asking[0] ?? null;
};

/** One validator of custody gate: that several sign is as it must be, and one that does not is to be mended. */
export const judgeGate = (seen: Looks & Pick<Surveyed, 'config'>, { paused }: { readonly paused: boolean }): Judgement => {
  const { config, looks } = seen;
  const shared = { ...quiet, validator: config.id, paused, signers: [] };
  if (paused) return shared;
  const nodes = config.nodes.map(({ id }) => id);
  const [silent, last] = [silentIn(nodes, watchedIn(seen)), looks.at(-1)];
  const signing = nodes.filter((id) => !silent.includes(id) && last?.[id]?.signing === true);
  return {
    ...shared,
    guardsSilent: silent,
    standbyNotReady: signing.length < fewestSigners,
    needsPerson: whyPersonOfGate(config, last, silent),
  };
};

/** One validator of which something cannot be used: what its reports say of two signers, and that a person must look. */
export const judgeBroken = (of: {
  readonly validator: ValidatorId;
  readonly paused: boolean;
  readonly why: string;
  readonly nodes: readonly NodeId[];
  readonly looks: readonly Look[];
}): Judgement => ({
  ...quiet,
  validator: of.validator,
  paused: of.paused,
  signers: suspects(of.nodes, of.looks),
  needsPerson: of.paused ? null : of.why,
});
