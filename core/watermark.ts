import { z } from 'zod';

/**
 * The highest duty that may have been signed. Two shapes: `consensus` (height, round, step: CometBFT) and `slot`
 * (one counter: any daemon whose duties are numbered). Compared only within one shape.
 */
export const watermark = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('consensus'),
    height: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    round: z.number().int().min(0).max(2_147_483_647),
    /** 1 propose, 2 prevote, 3 precommit. */
    step: z.number().int().min(0).max(3),
  }),
  z.strictObject({ kind: z.literal('slot'), slot: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
]);
export type Watermark = z.infer<typeof watermark>;

/** The counter of a mark: its height or its slot. */
export const heightOf = (mark: Watermark): number => (mark.kind === 'consensus' ? mark.height : mark.slot);

/** In words. */
export const dutyOf = (mark: Watermark): string =>
  mark.kind === 'consensus' ? `height ${mark.height}, round ${mark.round}, step ${mark.step}` : `slot ${mark.slot}`;

/** As one word, for parameters of commands. */
export const markWord = (mark: Watermark): string =>
  mark.kind === 'consensus' ? `consensus-${mark.height}-${mark.round}-${mark.step}` : `slot-${mark.slot}`;

/** Which shape the duties of a chain have. */
export const kindOf = (chain: 'cometbft' | 'systemd'): Watermark['kind'] => (chain === 'cometbft' ? 'consensus' : 'slot');

const highestRound = 2_147_483_647;
const lastStep = 3;

const parts = (mark: Watermark): readonly [number, number, number] =>
  mark.kind === 'consensus' ? [mark.height, mark.round, mark.step] : [mark.slot, 0, 0];

/**
 * Lexicographic order of two watermarks of one kind.
 * @throws RangeError when the kinds differ: there is no order between them.
 */
export const compare = (a: Watermark, b: Watermark): -1 | 0 | 1 => {
  if (a.kind !== b.kind) throw new RangeError(`a ${a.kind} watermark cannot be compared with a ${b.kind} one`);
  const [height, round, step] = parts(a);
  const [otherHeight, otherRound, otherStep] = parts(b);
  return (Math.sign(height - otherHeight) || Math.sign(round - otherRound) || Math.sign(step - otherStep)) as -1 | 0 | 1;
};

/** The higher of two; null is below everything. */
export const highest = (a: Watermark | null, b: Watermark | null): Watermark | null => {
  if (a === null || b === null) return a ?? b;
  return compare(a, b) < 0 ? b : a;
};

export interface NodeHeights {
  readonly heights: readonly (number | null | undefined)[];
  /** How far two honest views of the chain may lie apart. */
  readonly maxLag: number;
}

/**
 * The head, with the word of nodes that have seen more of the chain: vantages that lag would put the floor below what the fenced node signed.
 * A node that is further than honest views lie apart shows that one of them is wrong, and not which: NaN, no release. It is not followed there,
 * for no floor ever falls again.
 */
const headWith = (head: number, nodes: NodeHeights | undefined): number => {
  const highestSeen = Math.max(head, ...(nodes?.heights ?? []).map((height) => height ?? head));
  return highestSeen > head + (nodes?.maxLag ?? 0) ? Number.NaN : highestSeen;
};

/**
 * The floor for the next holder: the exact last duty when the proof carries it, else the head seen after the proof plus a margin, else null.
 * Null means that nobody knows what was signed: no release.
 * @param head highest head over the vantages, read after the fence was proven; null when too few answered.
 * @param margin how far the fenced node may have been ahead of that head, in heights or slots.
 * @param nodes how far the fenced node and the candidate said they were: see headWith.
 */
export const watermarkAfter = (of: {
  chain: 'cometbft' | 'systemd';
  evidence: { readonly watermark?: Watermark | undefined };
  head: number | null;
  margin: number;
  nodes?: NodeHeights;
}): Watermark | null => {
  const kind = kindOf(of.chain);
  if (of.evidence.watermark?.kind === kind) return of.evidence.watermark;
  const head = headWith(of.head ?? Number.NaN, of.nodes);
  const reached = head + of.margin;
  if (!Number.isSafeInteger(reached) || head < 0) return null;
  return kind === 'consensus' ? { kind, height: reached, round: highestRound, step: lastStep } : { kind, slot: reached };
};

/**
 * The floor that a new term is given: what may have been signed, and never below the floor of the term before. Null: no release.
 * @throws RangeError when the floor before is of another kind: nobody can tell which is higher.
 */
export const floorAfter = (of: Parameters<typeof watermarkAfter>[0] & { readonly before: Watermark | null }): Watermark | null => {
  const reached = watermarkAfter(of);
  return reached === null ? null : highest(of.before, reached);
};

/** A signature of the validator above this height shows that the mark is not its last duty. A precommit is the last step that lands. */
export const endOf = (mark: Watermark): number => {
  if (mark.kind === 'slot') return mark.slot;
  return mark.step < lastStep ? mark.height - 1 : mark.height;
};

/**
 * The exact last duty that a proof carries, if it can be. A disk that came back from a snapshot tells an old one: below the floor of its own
 * term, or below what the chain shows. Then it is none, and the head counts.
 * @param of.signedAbove whether the chain shows a signature above `endOf` the mark; null when nobody can tell.
 */
export const soundMark = (of: {
  readonly mark: Watermark | undefined;
  readonly before: Watermark | null;
  readonly signedAbove: boolean | null;
}): Watermark | undefined => {
  const { mark, before, signedAbove } = of;
  if (mark === undefined || signedAbove !== false) return undefined;
  return before !== null && (before.kind !== mark.kind || compare(mark, before) < 0) ? undefined : mark;
};

/** What the signer remembers of the last duty it signed. */
export interface LastDuty {
  readonly watermark: Watermark;
  /** Hash of the duty's content without its timestamp. */ readonly content: string;
}

/**
 * May this duty be signed? `repeat`: it is the last one again, give back the stored signature. `refuse`: it is at or below something
 * that may have been signed. The caller must make check and advance one atomic step.
 */
export const judgeDuty = (of: { last: LastDuty | null; floor: Watermark | null; duty: LastDuty }): 'sign' | 'repeat' | 'refuse' => {
  const { last, floor, duty } = of;
  if (last !== null) {
    const order = compare(duty.watermark, last.watermark);
    if (order < 0) return 'refuse';
    if (order === 0) return duty.content === last.content ? 'repeat' : 'refuse';
  }
  return floor !== null && compare(duty.watermark, floor) <= 0 ? 'refuse' : 'sign';
};
