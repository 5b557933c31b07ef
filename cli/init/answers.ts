import { z } from 'zod';
import { node } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { validatorId } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';

/** What `baton init` was told: by a person at a terminal, or by a file for scripts. */

/** The validator's own systemd unit, as guard/install.sh takes it. */
export const unit = z.string().regex(/^[A-Za-z0-9@._-]{1,100}\.service$/, 'expected NAME.service');
/** The socket on which a CometBFT node waits for its signer. */
export const socket = z.string().regex(/^\/(?!tmp\/|var\/tmp\/)\S{1,100}$/, 'expected a path in a folder that only the node’s user may write to');

/** Named in the steps that come next, and in no other place. */
const installed = { unit: unit.optional(), socket: socket.optional() };

const aboutValidator = z.strictObject({ validator: z.record(z.string(), z.unknown()), ...installed });
const aboutNode = z.strictObject({ node: z.strictObject({ validator: validatorId, ...node.shape }), ...installed });

/** `validator` as it stands in validators.yaml, or `node`, with the validator that it is added to. */
export type Answers = z.infer<typeof aboutValidator> | z.infer<typeof aboutNode>;

/** @throws BatonError InputInvalid with the field that is wrong. */
export const answersIn = (text: string, file: string): Answers => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BatonError('InputInvalid', `${file} is not JSON`, { cause, field: '--answers', fix: 'Give {"validator": {…}} or {"node": {…}}.' });
  }
  const schema = value !== null && typeof value === 'object' && 'node' in value ? aboutNode : aboutValidator;
  return parseWith(schema, value, { what: file, code: 'InputInvalid' });
};
