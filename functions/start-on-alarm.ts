import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { validatorId, type ValidatorId } from '../core/ids.ts';
import { failoverName } from '../core/names.ts';
import { startOnAlarm as contract } from './contract.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

const longestReason = 1_000;

const validatorIn = (alarm: string, prefix: string): ValidatorId => {
  const found = validatorId.safeParse(alarm.startsWith(prefix) ? alarm.slice(prefix.length) : '');
  if (found.success) return found.data;
  throw new BatonError('ValidatorUnknown', `the alarm ${alarm} names no validator`, {
    field: 'detail.alarmName',
    fix: `Name the alarm ${prefix} and then the validator, as baton status shows it.`,
  });
};

/** One event starts one execution, however often it is delivered. Whether anything may be moved, Assess decides. */
export const startOnAlarm: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'records' | 'lease' | 'workflow' | 'alarmPrefix'
> = async (input, deps, signal) => {
  const { alarmName, state } = input.detail;
  if (state.value !== 'ALARM') return { execution: null, sentence: `The alarm ${alarmName} is ${state.value}: nothing to do.` };
  const { config } = await needConfig(deps, validatorIn(alarmName, deps.alarmPrefix), signal);
  if (config.custody === 'gate')
    return { execution: null, sentence: `${config.id} has custody gate: every member signs, so there is nothing to move.` };
  const lease = await deps.lease.read(config.id, signal);
  if (!lease) throw new BatonError('LeaseMissing', `${config.id} has no lease`, { fix: 'baton apply validators.yaml' });
  const episode = `alarm-${createHash('sha256').update(input.id).digest('hex').slice(0, 12)}`;
  // It may be delivered again after its own execution has taken the next term, under which it would have another name.
  if (lease.claim.endsWith(`.${episode}`)) return { execution: lease.claim, sentence: `This event has started ${lease.claim} before.` };
  const name = failoverName({ validator: config.id, term: lease.term, episode });
  const reason = (state.reason ?? '').slice(0, longestReason).toWellFormed() || 'The alarm gave no reason.';
  const fresh = await deps.workflow.start(
    { name, input: { validator: config.id, kind: 'failover', cause: { kind: 'alarm', by: alarmName, reason } } },
    signal,
  );
  return { execution: name, sentence: fresh ? `Started ${name} because ${alarmName} rings.` : `This event has started ${name} before.` };
};

export const handler = handlerOf({ name: 'StartOnAlarm', ...contract }, startOnAlarm, {
  clock: make.clock,
  records: make.records,
  lease: make.lease,
  workflow: make.workflow,
  alarmPrefix: make.alarmPrefix,
  measure: make.measure,
});
