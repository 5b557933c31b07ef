import * as z from 'zod';
import type { HoldState } from './hold.ts';
import { nodeId, term, validatorId, type NodeId, type Term, type ValidatorId } from './ids.ts';
import { canonicalJson } from './plan.ts';
import type { NodeReport } from './report.ts';
import { addMs, durationMs, elapsedMs, steadyMs, type DurationMs, type SteadyMs } from './time.ts';
import { lapseMs, longestPromiseMs, type Timing } from './timing.ts';
import type { WriterState } from './writer.ts';

/**
 * Policy `ask`: a holder that cannot read the lease asks every other guard, and goes on only while all of them promise. A promise says: "I hold
 * nothing, I have read no term above yours, and until its time is over I shall not say in my own item that no promise of mine is live." That
 * word of the candidate is what `lapsed` needs (core/proofs.ts): without it no lapse is proven, and nobody is released on one.
 */

/**
 * How long a guard promises after its last acknowledged report. A guard elsewhere with the same node identity may have taken its item over
 * meanwhile, and says for that long that a promise may be live.
 */
export const longestSilenceMs = durationMs(14_400_000);

const asked = {
  validator: validatorId,
  asker: nodeId,
  asked: nodeId,
  /** The term that the asker holds. */
  term,
  promiseMs: z.number().int().min(1).max(longestPromiseMs).transform(durationMs),
  /** Of this one question: an answer to another counts for nothing. */
  nonce: z.string().regex(/^[0-9a-f]{64}$/),
};

export const question = z.strictObject(asked);
export type Question = z.infer<typeof question>;

export const answer = z.strictObject({ ...asked, outcome: z.enum(['promised', 'refused']), why: z.string().min(1).max(200) });
export type Answer = z.infer<typeof answer>;

/** The text that is signed: the purpose, the challenge of this connection, and everything that is said. */
export const signedText = (purpose: 'question' | 'answer', challenge: string, said: Question | Answer): string =>
  canonicalJson(['baton', purpose, challenge, said]);

/** What a guard has promised, on its own steady clock. Null in its place: it does not know yet what was promised in this node's name. */
export interface Promises {
  readonly untilMs: SteadyMs;
}

/**
 * What a guard takes for promised when its first report is acknowledged: it has forgotten what it promised in its last life. Where that life
 * has not provably ended, or could not say itself that nothing is promised, a copy of this machine may be promising on, cut off from the table.
 * @param of.before the report that it took over; `of.ended`: its writer ran here and has ended, or a person says so. `of.promiseMs`: the
 * longest promise there is.
 */
export const newPromises = (
  of: { before: NodeReport | undefined; ended: boolean; timing: Pick<Timing, 'drift' | 'marginMs'>; promiseMs?: DurationMs },
  takenOverMs: SteadyMs,
): Promises => {
  const { before, ended, promiseMs = longestPromiseMs } = of;
  const known = before === undefined || (ended && before.promised === false);
  return { untilMs: addMs(takenOverMs, known ? promiseMs : lapseMs(durationMs(longestSilenceMs + promiseMs), of.timing)) };
};

/** Whether a promise may be live. While it is, the guard's report says so. */
export const isPromised = (promises: Promises | null, nowMs: SteadyMs): boolean => promises === null || nowMs < promises.untilMs;

/** What a report says about promises: both at one instant. A flag from before a promise with a floor from after it would be false. */
export const testimonyOf = (hold: Pick<HoldState, 'floor'>, promises: Promises | null, nowMs: SteadyMs): Pick<NodeReport, 'floor' | 'promised'> => ({
  floor: hold.floor,
  promised: isPromised(promises, nowMs),
});

/** What the guard that is asked knows of itself. */
export interface Asked {
  readonly validator: ValidatorId;
  readonly hold: HoldState;
  readonly promises: Promises | null;
  readonly writer: Pick<WriterState, 'mode' | 'ackedMs'>;
  /** Its validator is verified to be stopped, and nothing of it is about to change. */
  readonly idle: boolean;
  readonly peers: readonly NodeId[];
}

/** A late report of an earlier life can land until one of this life is acknowledged, and would say that nothing is promised. */
const isHeard = ({ mode, ackedMs }: Asked['writer'], nowMs: SteadyMs): boolean =>
  mode === 'writer' && ackedMs !== null && elapsedMs(ackedMs, nowMs) < longestSilenceMs;

const unheard = 'the table has acknowledged no report of this guard for too long';

const whyNot = (of: Asked, { validator, asker, asked: to, term: theirs }: Question, nowMs: SteadyMs): string | null => {
  if (validator !== of.validator || to !== of.hold.node) return 'it asks another guard';
  if (asker === of.hold.node || !of.peers.includes(asker)) return `${asker} is none of the nodes that this guard knows`;
  if (!isHeard(of.writer, nowMs)) return unheard;
  if (of.hold.term !== null) return `this guard holds term ${of.hold.term}`;
  if (!of.idle) return 'this guard is not idle';
  if (of.hold.floor > theirs) return `this guard has read term ${of.hold.floor}, which is above term ${theirs}`;
  return null;
};

/** Answers one question. A promise counts from now, on this guard's clock, and is to be kept in `promises` before the answer leaves. */
export const answerTo = (of: Asked, put: Question, nowMs: SteadyMs): { readonly answer: Answer; readonly promises: Promises | null } => {
  const { promises } = of;
  const refused = (why: string) => ({ answer: { ...put, outcome: 'refused' as const, why }, promises });
  if (promises === null) return refused(unheard);
  const why = whyNot(of, put, nowMs);
  if (why !== null) return refused(why);
  const untilMs = steadyMs(Math.max(promises.untilMs, addMs(nowMs, put.promiseMs)));
  return {
    answer: { ...put, outcome: 'promised', why: `This guard holds nothing and has read no term above ${put.term}.` },
    promises: { untilMs },
  };
};

/** One round of questions of a holder: one to each of the nodes that it declared for its term. */
export interface Round {
  readonly term: Term;
  /** When the round began, before the first question left. */
  readonly sentMs: SteadyMs;
  readonly promiseMs: DurationMs;
  readonly questions: readonly Question[];
}

const answers = (put: Question, given: Answer | null): boolean =>
  given !== null &&
  given.outcome === 'promised' &&
  given.validator === put.validator &&
  given.asker === put.asker &&
  given.asked === put.asked &&
  given.term === put.term &&
  given.promiseMs === put.promiseMs &&
  given.nonce === put.nonce;

/**
 * Why the holder may not go on by this round, or null: every node that it declared was asked, and each has promised in answer to this very
 * question.
 * @param asks the nodes that it declared for its term.
 * @param given the answers, in the order of the questions; null where none came in time.
 */
export const whyNotUnanimous = (round: Round, asks: readonly NodeId[], given: readonly (Answer | null)[]): string | null => {
  if (asks.length === 0) return 'there is nobody to ask';
  for (const node of asks) {
    const index = round.questions.findIndex(
      ({ asked: to, term: of, promiseMs }) => to === node && of === round.term && promiseMs === round.promiseMs,
    );
    const [put, said] = [round.questions[index], given[index] ?? null];
    if (put === undefined) return `${node} was not asked`;
    if (!answers(put, said)) return `${node} ${said?.outcome === 'refused' ? `refuses: ${said.why}` : 'gives no answer that counts'}`;
  }
  return null;
};
