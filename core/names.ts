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

/** `there` and `back` are started by the schedule, `real` by a person who does both at once. */
export type DrillWay = 'there' | 'back' | 'real';

/** Name of a drill: what is done to practise, so that history, report and the circuit breaker can tell it from what had to be done. */
export const drillName = (of: { validator: ValidatorId; term: Term; way: DrillWay; mark: string }): ExecutionName =>
  failoverName({ validator: of.validator, term: of.term, episode: `drill-${of.way}-${of.mark}` });

/** True for the name of a drill, of this way or of any. */
export const isDrill = (execution: string, way?: DrillWay): boolean => {
  const found = /^[a-z0-9-]+\.t\d+\.drill-(there|back|real)-/.exec(execution)?.[1];
  return found !== undefined && (way === undefined || way === found);
};
