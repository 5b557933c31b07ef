import type { z } from 'zod';
import { attemptId } from '../core/ids.ts';
import { settle as settleWrite } from '../core/lease.ts';
import { settle as contract } from './contract.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

/** RELEASED → HELD, after Verify saw it sign. */
export const settle: Act<z.output<typeof contract.input>, z.input<typeof contract.output>, 'clock' | 'records' | 'lease'> = async (
  input,
  deps,
  signal,
) => {
  const lease = await deps.lease.mustWrite(settleWrite(input, { attempt: attemptId.parse(`${input.claim}/Settle/${input.term}`) }), signal);
  await deps.records.addHistory(input.validator, { execution: input.claim, atMs: deps.clock.epochMs() }, signal);
  return { sentence: `${lease.holder} holds term ${lease.term} of ${lease.validator}.` };
};

export const handler = handlerOf({ name: 'Settle', ...contract, warm: 'history' }, settle, {
  clock: make.clock,
  records: make.records,
  lease: make.lease,
  measure: make.measure,
});
