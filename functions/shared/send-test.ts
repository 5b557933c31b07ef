import type { AlertTests } from '../../aws/alert-test.ts';
import type { Notify } from '../../aws/notify.ts';
import { BatonError } from '../../core/errors.ts';
import type { Clock } from '../../core/time.ts';

/** The test of the way that alerts take: the schedule sends it, and whoever types `baton alert-test`. */

const codeBytes = 4;
const idBytes = 8;

export interface SendTestNeeds {
  readonly clock: Clock;
  readonly randomHex: (bytes: number) => string;
  readonly alertTests: Pick<AlertTests, 'begin'>;
  readonly notify: Pick<Notify, 'send'>;
}

/**
 * Sends one message the way that alerts take. Its code is shown nowhere else: who can type it has got the message.
 * @param by whom it is noted for.
 * @returns the name of the test, which is not its code.
 * @throws BatonError AlertFailed when the topic did not take it, LeaseUnreachable when it could not be noted; then nothing was sent.
 */
export const sendTest = async (by: string, deps: SendTestNeeds, signal?: AbortSignal): Promise<{ readonly id: string }> => {
  const [id, code] = [deps.randomHex(idBytes), deps.randomHex(codeBytes)];
  await deps.alertTests.begin({ id, code, sentAtMs: deps.clock.epochMs(), by }, signal);
  const message = `This is a test of the way that alerts take to you; nothing is wrong. Type what shows that it came: baton alert-test --ack ${code}`;
  if (await deps.notify.send({ kind: 'test', subject: 'Baton: alert test', message, test: id }, signal)) return { id };
  throw new BatonError('AlertFailed', 'the topic did not take the message', {
    field: 'BATON_TOPIC',
    fix: 'Check BATON_TOPIC, and that you may publish to it and use its key; then run it again.',
  });
};
