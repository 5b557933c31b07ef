import * as z from 'zod';
import { BatonError } from '../../core/errors.ts';
import type { Watermark } from '../../core/watermark.ts';

/**
 * The sign state that other signers keep, as a watermark. Where two readings are possible the higher one is taken: CometBFT and horcrux
 * count propose 1, prevote 2, precommit 3; tmkms counts the same steps 0, 1, 2; horcrux and tmkms write numbers as text.
 */

const whole = z.union([
  z.number().int().min(0),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);
const signState = z.looseObject({ height: whole, round: whole.optional(), step: whole.optional() });

const lastStep = 3;
const largestRound = 2_147_483_647;

/** @throws BatonError InputInvalid when the text is no sign state. */
export const fromSignState = (text: string): Watermark => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BatonError('InputInvalid', 'the sign state is not JSON', {
      cause,
      field: '--state',
      fix: 'Give priv_validator_state.json, or the state file of tmkms or horcrux.',
    });
  }
  const found = signState.safeParse(value);
  if (!found.success) {
    throw new BatonError('InputInvalid', `the sign state has no valid ${found.error.issues[0]?.path.join('.') || 'height'}`, {
      field: '--state',
      fix: 'Give priv_validator_state.json, or the state file of tmkms or horcrux.',
    });
  }
  const { height, round, step } = found.data;
  // tmkms is told by its block_id; a step of its counting is one lower than CometBFT's.
  const shift = typeof value === 'object' && value !== null && 'block_id' in value ? 1 : 0;
  return { kind: 'consensus', height, round: Math.min(round ?? largestRound, largestRound), step: Math.min((step ?? lastStep) + shift, lastStep) };
};

const need = (mark: Watermark): Extract<Watermark, { kind: 'consensus' }> => {
  if (mark.kind !== 'consensus') throw new RangeError(`a ${mark.kind} watermark is no sign state of CometBFT`);
  return mark;
};

/**
 * A watermark as the file that another signer keeps. None of them holds a signature or its bytes, so that nothing can be given again: each signs only
 * above it. tmkms counts the steps from 0, and its lowest stands for a whole height's begin as well.
 */
export const signStateFormats: Readonly<Record<string, (mark: Watermark) => unknown>> = {
  cometbft: (mark) => {
    const { height, round, step } = need(mark);
    return { height: String(height), round, step };
  },
  horcrux: (mark) => {
    const { height, round, step } = need(mark);
    return { height: String(height), round: String(round), step };
  },
  tmkms: (mark) => {
    const { height, round, step } = need(mark);
    return { height: String(height), round: String(round), step: Math.max(0, step - 1), block_id: null };
  },
};
