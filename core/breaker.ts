import * as z from 'zod';
import { validatorId, type ValidatorId } from './ids.ts';
import { utcOf } from './time.ts';

/**
 * The circuit breaker of the fleet. A sign that somebody signs twice may be of a cause that all validators share (this program, a clock, a
 * person), so it freezes every one: no term is taken and no key released until a person has looked. Fencing goes on, and holders go on signing.
 *
 *     suspicions (written by functions)   1 ── 2 ── 3        frozen: a number above `through`
 *     clearance  (written by people)      through ──▲
 *
 * Two items, so that IAM lets functions only freeze and people only clear. Nothing but a clearance ends a freeze: no time, no later look.
 */

export const suspicionKinds = ['two-signers', 'slashed'] as const;
const mostKept = 20;
export const longestWhat = 500;
const number = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const who = z.string().min(1).max(2_048);

export const suspicion = z.strictObject({
  number,
  kind: z.enum(suspicionKinds),
  validator: validatorId,
  /** One sentence. */
  what: z.string().min(1).max(longestWhat),
  /** Which function saw it. */
  by: who,
  /** Wall clock of the recorder, for people only. */
  atMs: z.number().int().min(0),
});
export type Suspicion = z.infer<typeof suspicion>;

/** `last` is the number of the newest; oldest first, the oldest are left out. */
export const suspicions = z
  .strictObject({ last: number, found: z.array(suspicion).min(1).max(mostKept) })
  .refine(({ last, found }) => found.at(-1)?.number === last, 'expected the newest last');
export type Suspicions = z.infer<typeof suspicions>;

const clear = z.strictObject({ through: number, by: who, reason: z.string().min(1).max(1_000), atMs: z.number().int().min(0) });
export type Clear = z.infer<typeof clear>;
export const clearance = z.strictObject({ through: number, history: z.array(clear).min(1).max(mostKept) });
export type Clearance = z.infer<typeof clearance>;

export interface BreakerRecord {
  readonly suspicions: Suspicions | undefined;
  readonly clearance: Clearance | undefined;
}

export interface Frozen {
  /** Those that nobody has cleared; none when the record contradicts itself or cannot be read. */
  readonly open: readonly Suspicion[];
  /** What a clearance must name; null when there is nothing that it could. */
  readonly last: number | null;
  readonly sentence: string;
}

const restore = 'Nobody is released while nobody knows what was suspected.';
export const unreadable = (why: string): Frozen => ({
  open: [],
  last: null,
  sentence: `The record of the breaker cannot be used: ${why}. ${restore}`,
});

/** Whether the fleet is frozen, and by what; null when it is not. */
export const frozenBy = ({ suspicions: found, clearance: cleared }: BreakerRecord): Frozen | null => {
  const through = cleared?.through ?? 0;
  const last = found?.last ?? 0;
  if (last < through) return unreadable(`suspicion ${through} was cleared and ${last} is the newest`);
  if (!found || last === through) return null;
  const open = found.found.filter((one) => one.number > through);
  const told = open.map(({ number: n, validator, what, by, atMs }) => `${n}. ${validator}: ${what} (${by}, ${utcOf(atMs)})`);
  return { open, last, sentence: `The fleet is frozen: ${told.join(' ')}` };
};

/** What a function saw. */
export type Seen = Omit<Suspicion, 'number'>;

/** The record with it added; null when the same is open already: one cause is told once. */
export const withSuspicion = (record: BreakerRecord, seen: Seen): Suspicions | null => {
  const open = frozenBy(record)?.open ?? [];
  if (open.some(({ kind, validator }) => kind === seen.kind && validator === seen.validator)) return null;
  // Above what was ever cleared, whatever became of the record before.
  const next = Math.max(record.suspicions?.last ?? 0, record.clearance?.through ?? 0) + 1;
  return { last: next, found: [...(record.suspicions?.found ?? []), { ...seen, number: next }].slice(-mostKept) };
};

export const withClear = (record: BreakerRecord, one: Clear): Clearance => ({
  through: one.through,
  history: [...(record.clearance?.history ?? []), one].slice(-mostKept),
});

/**
 * Whether a person may take a term of this validator although the fleet is frozen: where two sign, what must happen is that one is fenced.
 * ReleaseKey knows no such exception, so nobody signs afterwards.
 */
export const fenceOnly = (frozen: Frozen, of: { readonly validator: ValidatorId; readonly byHand: boolean }): boolean =>
  of.byHand && frozen.open.some(({ kind, validator }) => kind === 'two-signers' && validator === of.validator);
