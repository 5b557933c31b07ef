import { z } from 'zod';
import { BatonError } from '../../core/errors.ts';
import { parseWith } from '../../core/parse.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../output.ts';

const codeBytes = 4;
const typed = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-f0-9]{8}$/, 'expected the 8 letters and digits of the message');

/** Sends one message the way that alerts take. Its code is shown nowhere else: who can type it has got the message. */
const send = async (context: Context): Promise<Answer> => {
  const notify = context.notify();
  const by = await context.whoAmI();
  const code = randomHex(codeBytes);
  await context.alertTests.begin({ code, sentAtMs: context.clock.epochMs(), by });
  const sent = await notify.send({
    kind: 'test',
    subject: 'Baton: alert test',
    message: `This is a test of the way that alerts take to you; nothing is wrong. Type what shows that it came: baton alert-test --ack ${code}`,
  });
  if (!sent) {
    throw new BatonError('AlertFailed', 'the topic did not take the message', {
      field: 'BATON_TOPIC',
      fix: 'Check BATON_TOPIC, and that you may publish to it and use its key; then run it again.',
    });
  }
  return {
    lines: ['A test message is on its way to everybody whom alerts reach.', '  next: baton alert-test --ack CODE   (CODE stands in the message)'],
    json: { sent: true, by },
  };
};

const acknowledge = async (context: Context, text: string): Promise<Answer> => {
  const code = parseWith(typed, text, { what: '--ack', code: 'InputInvalid', fix: 'Type the code as the message shows it.' });
  const mine = { code, atMs: context.clock.epochMs(), by: await context.whoAmI() };
  const noted = await context.alertTests.acknowledge(mine);
  const before = noted.atMs !== mine.atMs || noted.by !== mine.by;
  return {
    lines: [before ? `${noted.by} has acknowledged this test before.` : 'Acknowledged: alerts reach people.'],
    json: { acknowledged: true, by: noted.by, atMs: noted.atMs },
  };
};

/** Proves that alerts reach people: a message with a code, and somebody who types it. */
export const alertTest = (context: Context, options: { readonly ack?: string }): Promise<Answer> =>
  options.ack === undefined ? send(context) : acknowledge(context, options.ack);
