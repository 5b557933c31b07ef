import * as z from 'zod';

/** The largest counter that any command, document or item carries. */
const counter = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Ethereum: slot of a block, source and target epoch of a vote. */
export const eip3076 = z.strictObject({ kind: z.literal('eip3076'), slot: counter, source: counter, target: counter });

/**
 * The highest duty that may have been signed. Three shapes: `consensus` (height, round, step: CometBFT), `slot` (one counter: any daemon whose
 * duties are numbered) and `eip3076` (Ethereum: the highest slot of a block, source and target epoch of an attestation, over all keys of the
 * validator). Compared only within one shape; the parts of the third are kept apart, for none of them stands for another.
 */
export const watermark = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('consensus'),
    height: counter,
    round: z.number().int().min(0).max(2_147_483_647),
    /** 1 propose, 2 prevote, 3 precommit. */
    step: z.number().int().min(0).max(3),
  }),
  z.strictObject({ kind: z.literal('slot'), slot: counter }),
  eip3076,
]);
export type Watermark = z.infer<typeof watermark>;

/** The counter of a mark that the head of its chain is compared with: its height or its slot. */
export const heightOf = (mark: Watermark): number => (mark.kind === 'consensus' ? mark.height : mark.slot);

/** How a chain numbers its duties. */
export type Duty =
  | { readonly kind: 'consensus' }
  | { readonly kind: 'slot' }
  | { readonly kind: 'eip3076'; /** Slots of one epoch: 32, on some networks fewer. */ readonly slotsPerEpoch: number };

/** In words. */
export const dutyOf = (mark: Watermark): string => {
  if (mark.kind === 'consensus') return `height ${mark.height}, round ${mark.round}, step ${mark.step}`;
  return mark.kind === 'slot' ? `slot ${mark.slot}` : `slot ${mark.slot}, source ${mark.source}, target ${mark.target}`;
};

const highestRound = 2_147_483_647;
const lastStep = 3;

const parts = (mark: Watermark): readonly [number, number, number] => {
  if (mark.kind === 'consensus') return [mark.height, mark.round, mark.step];
  return mark.kind === 'slot' ? [mark.slot, 0, 0] : [mark.slot, mark.source, mark.target];
};

/** As one word, for parameters of commands. */
export const markWord = (mark: Watermark): string => (mark.kind === 'slot' ? `slot-${mark.slot}` : `${mark.kind}-${parts(mark).join('-')}`);

const sameKind = (a: Watermark, b: Watermark): void => {
  if (a.kind !== b.kind) throw new RangeError(`a ${a.kind} watermark cannot be compared with a ${b.kind} one`);
};

/**
 * Lexicographic order of two watermarks of one kind.
 * @throws RangeError when the kinds differ, or the parts have no order: ask `covers` there.
 */
export const compare = (a: Watermark, b: Watermark): -1 | 0 | 1 => {
  sameKind(a, b);
  if (a.kind === 'eip3076') throw new RangeError('two eip3076 watermarks have no order');
  const [height, round, step] = parts(a);
  const [otherHeight, otherRound, otherStep] = parts(b);
  return (Math.sign(height - otherHeight) || Math.sign(round - otherRound) || Math.sign(step - otherStep)) as -1 | 0 | 1;
};

/**
 * Nothing that `b` says may have been signed lies above `a`.
 * @throws RangeError when the kinds differ.
 */
export const covers = (a: Watermark, b: Watermark): boolean => {
  sameKind(a, b);
  if (a.kind !== 'eip3076') return compare(a, b) >= 0;
  const others = parts(b);
  return parts(a).every((part, index) => part >= (others[index] ?? 0));
};

/** What covers both and nothing more; null is below everything. */
export const highest = (a: Watermark | null, b: Watermark | null): Watermark | null => {
  if (a === null || b === null) return a ?? b;
  if (covers(a, b)) return a;
  if (a.kind !== 'eip3076') return b;
  const [slot, source, target] = parts(b);
  return { kind: a.kind, slot: Math.max(a.slot, slot), source: Math.max(a.source, source), target: Math.max(a.target, target) };
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
 * All that may have been signed up to a height or slot. An attestation in a slot is for the epoch of that slot, and its source is an epoch before its
 * target; whoever was ahead of the head may have been an epoch further.
 */
const markUpTo = (reached: number, duty: Duty): Watermark => {
  if (duty.kind === 'consensus') return { kind: duty.kind, height: reached, round: highestRound, step: lastStep };
  if (duty.kind === 'slot') return { kind: duty.kind, slot: reached };
  const epoch = Math.floor(reached / duty.slotsPerEpoch);
  return { kind: duty.kind, slot: reached, source: epoch, target: epoch + 1 };
};

/**
 * The floor for the next holder: the exact last duty when the proof carries it, else the head seen after the proof plus a margin, else null.
 * Null means that nobody knows what was signed: no release.
 * @param head highest head over the vantages, read after the fence was proven; null when too few answered.
 * @param margin how far the fenced node may have been ahead of that head, in heights or slots.
 * @param nodes how far the fenced node and the candidate said they were: see headWith.
 */
export const watermarkAfter = (of: {
  duty: Duty;
  evidence: { readonly watermark?: Watermark | undefined };
  head: number | null;
  margin: number;
  nodes?: NodeHeights;
}): Watermark | null => {
  if (of.evidence.watermark?.kind === of.duty.kind) return of.evidence.watermark;
  const head = headWith(of.head ?? Number.NaN, of.nodes);
  const reached = head + of.margin;
  if (!Number.isSafeInteger(reached) || head < 0) return null;
  return markUpTo(reached, of.duty);
};

/**
 * The floor that a new term is given: what may have been signed, and never below the floor of the term before. Null: no release.
 * @throws RangeError when the floor before is of another kind: nobody can tell which is higher.
 */
export const floorAfter = (of: Parameters<typeof watermarkAfter>[0] & { readonly before: Watermark | null }): Watermark | null => {
  const reached = watermarkAfter(of);
  return reached === null ? null : highest(of.before, reached);
};

/**
 * A signature of the validator above this height shows that the mark is not its last duty. A precommit is the last step that lands; an attestation
 * for an epoch may land for any slot of it.
 */
export const endOf = (mark: Watermark, duty: Duty): number => {
  if (mark.kind === 'consensus') return mark.step < lastStep ? mark.height - 1 : mark.height;
  return mark.kind === 'eip3076' && duty.kind === 'eip3076' ? Math.max(mark.slot, (mark.target + 1) * duty.slotsPerEpoch - 1) : mark.slot;
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
  return before !== null && (before.kind !== mark.kind || !covers(mark, before)) ? undefined : mark;
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
