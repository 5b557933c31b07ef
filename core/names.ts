import { BatonError } from './errors.ts';
import { executionName, type ExecutionName, type Term, type ValidatorId } from './ids.ts';

/**
 * Name of an execution: the same for the same validator, term and episode, so that a second start of it is refused by the workflow service.
 * @throws BatonError InputInvalid when the episode does not fit.
 */
export const failoverName = (of: { validator: ValidatorId; term: Term; episode: string }): ExecutionName => {
  const name = `${of.validator}.t${of.term}.${of.episode}`;
  const found = executionName.safeParse(name);
  if (!found.success)
    throw new BatonError('InputInvalid', `execution name ${name} is not valid: expected 1–80 of A–Z, a–z, 0–9, _, . and -`, {
      field: 'episode',
      fix: 'Shorten the episode.',
    });
  return found.data;
};
