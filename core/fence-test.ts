import * as z from 'zod';
import type { ValidatorConfig } from './config.ts';
import { evidenceKinds, type EvidenceKind } from './evidence.ts';
import { nodeId, validatorId, type NodeId, type ValidatorId } from './ids.ts';
import { powerOf } from './power.ts';
import { powerTestCodes } from './power-proof.ts';
import { accepts } from './proofs.ts';

/**
 * Whether each fence that acts on a machine could still give its proof. Nothing is stopped to find out. Pure: FenceTest asks, this judges. What rests on
 * a guard is looked at each minute (GuardSilent, GuardUnarmed), and people are nobody's to test.
 */

export const fenceTestCodes = [
  /** SSM did not take the command, or it did not end in time. */
  'CommandNotRun',
  /** The document ran and did not say what it must: it, or what the node says about the validator, was changed. */
  'CommandUnusable',
  /** The unit that would be stopped is not there. */
  'UnitMissing',
  ...powerTestCodes,
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
  /** Names this test. */
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

const tested: readonly EvidenceKind[] = ['stopped', 'powered-off'];

/** Each fence that a failover of this validator could use on one of its machines. */
export const wantedFences = ({ nodes, policy }: Pick<ValidatorConfig, 'nodes' | 'policy'>): WantedFence[] =>
  nodes.flatMap((node) =>
    tested
      .filter((kind) => accepts(policy, kind))
      .filter((kind) => kind !== 'powered-off' || powerOf(node) !== null)
      .map((kind) => ({ node: node.id, kind })),
  );

export interface Verdict {
  readonly code: FenceTestCode;
  readonly how: string;
}

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
/** They are tested each day; so many hours after the last success it is overdue. */
export const overdueHours = 26;

/** Hours since each of these fences worked last: those of the oldest. A test that is only begun or failed makes nothing younger. */
export const untestedHours = (wanted: readonly WantedFence[], record: FenceTestRecord | undefined, nowMs: number): number =>
  wanted.reduce((most, one) => {
    const workedAtMs = record?.results.find(({ node, kind }) => node === one.node && kind === one.kind)?.workedAtMs;
    const hours = workedAtMs === undefined ? neverHours : Math.max(0, Math.floor((nowMs - workedAtMs) / hourMs));
    return Math.max(most, Math.min(neverHours, hours));
  }, 0);

/** Those whose last test failed, of what is still wanted. */
export const failedOf = (wanted: readonly WantedFence[], record: FenceTestRecord | undefined): readonly FenceResult[] =>
  (record?.results ?? []).filter(({ node, kind, code }) => code !== 'works' && wanted.some((one) => one.node === node && one.kind === kind));

export interface FencesSeen {
  readonly config: Pick<ValidatorConfig, 'nodes' | 'policy'>;
  readonly record: FenceTestRecord | undefined;
}

/** Of the whole fleet: how many fences failed their last test, and for how long the oldest has not worked. */
export const fenceTotals = (all: readonly FencesSeen[], nowMs: number): { readonly failed: number; readonly ageHours: number } => ({
  failed: all.reduce((sum, { config, record }) => sum + failedOf(wantedFences(config), record).length, 0),
  ageHours: all.reduce((most, { config, record }) => Math.max(most, untestedHours(wantedFences(config), record, nowMs)), 0),
});

/** What a person is told of one validator's fences. */
export const sayFences = ({ config, record }: FencesSeen, nowMs: number): { readonly ok: boolean; readonly sentence: string } => {
  const wanted = wantedFences(config);
  if (wanted.length === 0) return { ok: true, sentence: 'No fence of it acts on a machine: there is nothing to test.' };
  const [failed, hours] = [failedOf(wanted, record), untestedHours(wanted, record, nowMs)];
  const nameOf = (id: NodeId): string => config.nodes.find((node) => node.id === id)?.name ?? id;
  const told = failed.map(({ node, kind, code }) => `${nameOf(node)} ${kind} (${code})`).join(', ');
  if (failed.length > 0) return { ok: false, sentence: `${failed.length} of ${wanted.length} fences failed their last test: ${told}.` };
  if (hours >= neverHours) return { ok: false, sentence: `Not each of its ${wanted.length} fences has ever been tested with success.` };
  const sentence = `All ${wanted.length} fences worked when they were tested, the oldest ${hours} h ago.`;
  return { ok: hours < overdueHours, sentence };
};
