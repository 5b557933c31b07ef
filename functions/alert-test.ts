import type { z } from 'zod';
import { alertTest as contract } from './contract.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { sendTest } from './shared/send-test.ts';

/** Sends one test the way that alerts take, each time that the schedule asks. Nobody's acknowledgement of an older one counts for it. */
export const alertTest: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'randomHex' | 'alertTests' | 'notify'
> = async (_input, deps, signal) => {
  const { id } = await sendTest('the schedule', deps, signal);
  return { sentence: `Sent the alert test ${id}; it waits for baton alert-test --ack CODE.` };
};

export const handler = handlerOf({ name: 'AlertTest', ...contract }, alertTest, {
  clock: make.clock,
  randomHex: make.randomHex,
  alertTests: make.alertTests,
  notify: make.notify,
  measure: make.measure,
});
