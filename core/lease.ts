import * as z from 'zod';
import { evidence, type Evidence } from './evidence.ts';
import {
  attemptId,
  executionName,
  nextTerm,
  nodeId,
  term,
  validatorId,
  type AttemptId,
  type ExecutionName,
  type NodeId,
  type Term,
  type ValidatorId,
} from './ids.ts';
import { watermark, type Watermark } from './watermark.ts';

/**
 * The lease: who may sign, and the only ways in which that can change.
 *
 *     Enrol → HELD ── TakeTerm ──▶ FENCING ── RecordProof ──▶ FENCED ── Release ──▶ RELEASED ── Settle ──▶ HELD
 *                 (any phase can be taken:          └─ Reinstate (term+1) ─┴──────────────▲
 *                  term+1, holder unchanged)
 *
 * A transition is data: what must be true of the item (`expect`) and what is then written (`set`, `remove`).
 * The DynamoDB adapter compiles it to one conditional UpdateItem; the explorer judges it with `applyWrite`.
 */

export const phases = ['HELD', 'FENCING', 'FENCED', 'RELEASED'] as const;
export type Phase = (typeof phases)[number];

/** Key material sealed for one node and one term. All strings are base64, but for the grant token as KMS gives it. */
export const sealed = z.strictObject({
  node: nodeId,
  term,
  /** AES-256-GCM: 12-byte nonce, ciphertext, 16-byte tag. */
  box: z.string().max(200_000),
  /** The data key, encrypted by KMS under exactly {validator, node, term}. */
  dataKey: z.string().max(8_000),
  grantToken: z.string().max(3_000),
  /** What the holder before has handed over: no secret, and judged by the driver of the new one. 16 KB. */
  handover: z.base64().max(21_848).optional(),
});
export type Sealed = z.infer<typeof sealed>;

export const lease = z.strictObject({
  validator: validatorId,
  term,
  /** The recorded active. */
  holder: nodeId,
  phase: z.enum(phases),
  /** The execution that drives this term; `enrol` before the first. */
  claim: executionName,
  candidate: nodeId,
  /** The term in which `holder` was released or enrolled: the term its guard's `armed` report must name. */
  releasedTerm: term,
  evidence: evidence.optional(),
  sealed: sealed.optional(),
  /** Nothing at or below this may be signed by the holder of this term. */
  watermark: watermark.optional(),
  /** Another one than before wakes the guards (core/pace.ts). Says nothing of who may sign, and no transition looks at it. */
  call: z
    .string()
    .regex(/^[a-f0-9]{16}$/, 'expected 16 hex digits')
    .optional(),
  version: z.number().int().min(1),
  attempt: attemptId,
});
export type Lease = z.infer<typeof lease>;

export type TransitionName = 'Enrol' | 'TakeTerm' | 'RecordProof' | 'Release' | 'Settle' | 'Reinstate';

/** What must be true of the stored item; `absent` means that there is no item. */
export type Expectation =
  { readonly absent: true } | { readonly absent: false; readonly term: Term; readonly phases: readonly Phase[]; readonly claim?: ExecutionName };

type Optional = 'evidence' | 'sealed' | 'watermark';

/** One conditional write. `version` rises by one with each. */
export interface LeaseWrite {
  readonly transition: TransitionName;
  readonly validator: ValidatorId;
  readonly attempt: AttemptId;
  readonly expect: Expectation;
  readonly set: Partial<Omit<Lease, 'validator' | 'version' | 'attempt' | 'call'>>;
  readonly remove: readonly Optional[];
}

/** What became of a write. `unknown`: no answer from the table; it may or may not have happened. */
export type WriteOutcome =
  | { readonly outcome: 'done'; readonly lease: Lease; readonly earlier: boolean }
  | { readonly outcome: 'refused'; readonly found: Lease | undefined }
  | { readonly outcome: 'unknown'; readonly cause: unknown };

export const enrol = (of: {
  validator: ValidatorId;
  holder: NodeId;
  evidence: Evidence;
  attempt: AttemptId;
  sealed?: Sealed;
  watermark?: Watermark;
}): LeaseWrite => {
  const first = 1 as Term;
  return {
    transition: 'Enrol',
    validator: of.validator,
    attempt: of.attempt,
    expect: { absent: true },
    set: {
      term: first,
      holder: of.holder,
      phase: 'HELD',
      claim: 'enrol' as ExecutionName,
      candidate: of.holder,
      releasedTerm: first,
      evidence: of.evidence,
      ...(of.sealed ? { sealed: of.sealed } : {}),
      ...(of.watermark ? { watermark: of.watermark } : {}),
    },
    remove: [],
  };
};

/** Takes the next term from exactly the (term, phase) that was assessed. The holder stays: it is the one to fence. */
export const takeTerm = (seen: Lease, by: { claim: ExecutionName; candidate: NodeId; attempt: AttemptId }): LeaseWrite => ({
  transition: 'TakeTerm',
  validator: seen.validator,
  attempt: by.attempt,
  expect: { absent: false, term: seen.term, phases: [seen.phase] },
  set: { term: nextTerm(seen.term), phase: 'FENCING', claim: by.claim, candidate: by.candidate },
  remove: ['evidence', 'sealed'],
});

/** The part of the lease an execution drives: its term and its own name. */
export interface Driven {
  readonly validator: ValidatorId;
  readonly term: Term;
  readonly claim: ExecutionName;
}

export const recordProof = (of: Driven, by: { evidence: Evidence; attempt: AttemptId }): LeaseWrite => ({
  transition: 'RecordProof',
  validator: of.validator,
  attempt: by.attempt,
  expect: { absent: false, term: of.term, phases: ['FENCING'], claim: of.claim },
  set: { phase: 'FENCED', evidence: by.evidence },
  remove: [],
});

export const release = (of: Driven, by: { candidate: NodeId; watermark?: Watermark; sealed?: Sealed; attempt: AttemptId }): LeaseWrite => ({
  transition: 'Release',
  validator: of.validator,
  attempt: by.attempt,
  expect: { absent: false, term: of.term, phases: ['FENCED'], claim: of.claim },
  set: {
    phase: 'RELEASED',
    holder: by.candidate,
    releasedTerm: of.term,
    ...(by.sealed ? { sealed: by.sealed } : {}),
    ...(by.watermark ? { watermark: by.watermark } : {}),
  },
  remove: [],
});

export const settle = (of: Driven, by: { attempt: AttemptId }): LeaseWrite => ({
  transition: 'Settle',
  validator: of.validator,
  attempt: by.attempt,
  expect: { absent: false, term: of.term, phases: ['RELEASED'], claim: of.claim },
  set: { phase: 'HELD' },
  remove: [],
});

/** Gives a new term to the recorded active itself. `holder` is what the caller read in this very term. */
export const reinstate = (of: Driven, by: { holder: NodeId; watermark?: Watermark; sealed?: Sealed; attempt: AttemptId }): LeaseWrite => ({
  transition: 'Reinstate',
  validator: of.validator,
  attempt: by.attempt,
  expect: { absent: false, term: of.term, phases: ['FENCING', 'FENCED'], claim: of.claim },
  set: {
    term: nextTerm(of.term),
    phase: 'RELEASED',
    holder: by.holder,
    candidate: by.holder,
    releasedTerm: nextTerm(of.term),
    ...(by.sealed ? { sealed: by.sealed } : {}),
    ...(by.watermark ? { watermark: by.watermark } : {}),
  },
  remove: ['evidence'],
});

/** True when the stored item meets the expectation. The same judgement DynamoDB makes of the compiled condition. */
export const meets = (found: Lease | undefined, expect: Expectation): boolean => {
  if (expect.absent) return found === undefined;
  return (
    found !== undefined &&
    found.term === expect.term &&
    expect.phases.includes(found.phase) &&
    (expect.claim === undefined || found.claim === expect.claim)
  );
};

/** The write as the table would judge it: done, done earlier (its reply was lost), or refused. */
export const applyWrite = (found: Lease | undefined, write: LeaseWrite): WriteOutcome => {
  if (meets(found, write.expect)) {
    const kept: Partial<Lease> = { ...found };
    for (const field of write.remove) delete kept[field];
    const next = { ...kept, ...write.set, validator: write.validator, attempt: write.attempt, version: (found?.version ?? 0) + 1 } as Lease;
    return { outcome: 'done', lease: next, earlier: false };
  }
  if (found?.attempt === write.attempt) return { outcome: 'done', lease: found, earlier: true };
  return { outcome: 'refused', found };
};
