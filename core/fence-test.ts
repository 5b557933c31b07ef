import { z } from 'zod';
import { personOf } from './approval.ts';
import type { ValidatorConfig } from './config.ts';
import { evidenceKinds, type EvidenceKind } from './evidence.ts';
import { nodeId, validatorId, type NodeId, type ValidatorId } from './ids.ts';
import type { Lease } from './lease.ts';
import { powerOf } from './power.ts';
import { accepts } from './proofs.ts';
import type { NodeReport } from './report.ts';

/**
 * Whether each fence that a policy would use could still give its proof. Nothing is stopped to find out. Pure: FenceTest asks, this judges.
 */

export const fenceTestCodes = [
  'works',
  /** The guard's report does not rise, or there is none. */
  'GuardSilent',
  /** The guard is not armed for the term of the holder, or for a lease other than the policy's. */
  'GuardUnarmed',
  /** SSM did not take the command, or it did not end in time. */
  'CommandNotRun',
  /** The document ran and did not say what it must: it, or what the node says about the validator, was changed. */
  'CommandUnusable',
  /** The unit that would be stopped is not there. */
  'UnitMissing',
  'PowerUnreachable',
  'PowerNotAllowed',
  'PowerOtherMachine',
  'PowerUnusable',
  'PowerSecretMissing',
  /** Fewer people may attest than must. */
  'TooFewPeople',
] as const;
export type FenceTestCode = (typeof fenceTestCodes)[number];

export const fenceResult = z.strictObject({
  node: nodeId,
  kind: z.enum(evidenceKinds),
  code: z.enum(fenceTestCodes),
  /** One sentence. */
  how: z.string().min(1).max(600),
  /** Wall clock of who tested, for people and for how old it is. */
  atMs: z.number().int().min(0),
  /** When it worked last; absent when it never did. */
  workedAtMs: z.number().int().min(0).optional(),
});
export type FenceResult = z.output<typeof fenceResult>;

export const fenceTestRecord = z.strictObject({
  validator: validatorId,
  /** Names this test; whoever asked for it waits for this name. */
  id: z.string().regex(/^[a-f0-9]{16}$/),
  /** Who asked: the schedule, or a person. */
  by: z.string().min(1).max(2_048),
  atMs: z.number().int().min(0),
  results: z.array(fenceResult).max(100),
});
export type FenceTestRecord = z.output<typeof fenceTestRecord>;

export interface WantedFence {
  readonly node: NodeId;
  readonly kind: EvidenceKind;
}

const needsHolder: readonly EvidenceKind[] = ['lapsed'];

/** Each fence that a failover of this validator could seek. A lapse is of the holder alone: no other guard has a lease that could lapse. */
export const wantedFences = (config: ValidatorConfig, lease: Lease | undefined): WantedFence[] =>
  config.nodes.flatMap((node) =>
    evidenceKinds
      .filter((kind) => accepts(config.policy, kind))
      .filter((kind) => kind !== 'powered-off' || powerOf(node) !== null)
      .filter((kind) => !needsHolder.includes(kind) || node.id === lease?.holder)
      .map((kind) => ({ node: node.id, kind })),
  );

export interface Verdict {
  readonly code: FenceTestCode;
  readonly how: string;
}

export const judgeRelinquish = (before: NodeReport | undefined, after: NodeReport | undefined): Verdict => {
  if (!after) return { code: 'GuardSilent', how: 'Its guard has never reported.' };
  if (!before || after.sequence <= before.sequence) return { code: 'GuardSilent', how: 'Its guard is silent: its report does not rise.' };
  return { code: 'works', how: 'Its guard reports, and can give a term up.' };
};

export const judgeLapse = (config: ValidatorConfig, lease: Lease | undefined, report: NodeReport | undefined): Verdict => {
  if (!lease || !report) return { code: 'GuardUnarmed', how: 'Its guard has never reported: nothing is known to lapse.' };
  if (!report.armed || report.armedTerm !== lease.releasedTerm)
    return { code: 'GuardUnarmed', how: `Its guard is not armed for term ${lease.releasedTerm}: no time proves anything.` };
  if (report.leaseMs !== config.timing.leaseMs)
    return { code: 'GuardUnarmed', how: `Its guard declares a lease of ${report.leaseMs} ms; the policy has ${config.timing.leaseMs} ms.` };
  return { code: 'works', how: `Its guard is armed for term ${lease.releasedTerm} with a lease of ${report.leaseMs} ms.` };
};

/** The one line that the document `inspect` prints. A later document may say more. */
const inspected = z.looseObject({
  baton: z.literal('inspect'),
  validator: z.string(),
  nonce: z.string(),
  unitLoad: z.string(),
  ok: z.literal(true),
});

export const judgeStop = (of: { readonly validator: ValidatorId; readonly nonce: string; readonly output: unknown }): Verdict => {
  const found = inspected.safeParse(of.output);
  if (!found.success) return { code: 'CommandUnusable', how: 'The document inspect ran and did not print its line.' };
  if (found.data.validator !== of.validator || found.data.nonce !== of.nonce)
    return { code: 'CommandUnusable', how: 'The document inspect answered another question.' };
  if (found.data.unitLoad !== 'loaded' && found.data.unitLoad !== 'masked')
    return { code: 'UnitMissing', how: 'The unit that the node names is not there.' };
  return { code: 'works', how: 'The agent runs a document of this stack there, and the node knows its unit.' };
};

export const judgeAttestation = ({ policy }: ValidatorConfig): Verdict => {
  const { approvers, quorum } = policy;
  // A role stands for everybody who may take it: how many these are, nobody here knows.
  if (approvers.some((one) => /(?:^|:)role\//.test(one))) return { code: 'works', how: `A role may attest; ${quorum} must.` };
  const people = new Set(approvers.map(personOf)).size;
  if (people < quorum) return { code: 'TooFewPeople', how: `${people} may attest, and ${quorum} must.` };
  const all = people === quorum ? ' All of them are needed, and whoever asked for the failover does not count.' : '';
  return { code: 'works', how: `${people} may attest, and ${quorum} must.${all}` };
};

/** What is noted: of what was not tested now, what was known before, as long as it is still wanted. */
export const recordOf = (of: {
  readonly validator: ValidatorId;
  readonly id: string;
  readonly by: string;
  readonly atMs: number;
  readonly wanted: readonly WantedFence[];
  readonly tested: readonly (WantedFence & Verdict)[];
  readonly before: FenceTestRecord | undefined;
}): FenceTestRecord => {
  const same = (one: WantedFence) => (other: WantedFence) => one.node === other.node && one.kind === other.kind;
  const results = of.wanted.flatMap((one): FenceResult[] => {
    const before = of.before?.results.find(same(one));
    const now = of.tested.find(same(one));
    if (!now) return before ? [before] : [];
    const workedAtMs = now.code === 'works' ? of.atMs : before?.workedAtMs;
    return [
      {
        node: one.node,
        kind: one.kind,
        code: now.code,
        how: now.how.slice(0, 600),
        atMs: of.atMs,
        ...(workedAtMs === undefined ? {} : { workedAtMs }),
      },
    ];
  });
  return { validator: of.validator, id: of.id, by: of.by.slice(0, 2_048), atMs: of.atMs, results };
};

const hourMs = 3_600_000;
/** Stands for never, where a metric needs a number. */
export const neverHours = 9_999;

/** Hours since each of these fences worked last: those of the oldest. A test that is only begun or failed makes nothing younger. */
export const untestedHours = (wanted: readonly WantedFence[], record: FenceTestRecord | undefined, nowMs: number): number =>
  wanted.reduce((most, one) => {
    const workedAtMs = record?.results.find(({ node, kind }) => node === one.node && kind === one.kind)?.workedAtMs;
    const hours = workedAtMs === undefined ? neverHours : Math.max(0, Math.floor((nowMs - workedAtMs) / hourMs));
    return Math.max(most, Math.min(neverHours, hours));
  }, 0);

export const failedIn = (record: FenceTestRecord): readonly FenceResult[] => record.results.filter(({ code }) => code !== 'works');
