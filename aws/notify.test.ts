import { SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { Notify } from './notify.ts';

const topic = 'arn:aws:sns:us-east-1:123456789012:people';
const notifyWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, notify: new Notify({ client: new SNSClient(options), topic }) };
};
const published = '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';

test('a notice goes to the topic, with no more of its subject than SNS takes', async () => {
  const { sent, notify } = notifyWith(published);
  const signal = someSignal();
  expect(await notify.send({ subject: `${'s'.repeat(99)}xy`, message: 'Nobody signs.' }, signal)).toBe(true);
  expect(sent).toEqual([{ action: 'Publish', input: { TopicArn: topic, Subject: `${'s'.repeat(99)}x`, Message: 'Nobody signs.' }, signal }]);
});

test.each<[string, Answer]>([
  ['refused', new Refusal('NotFound')],
  ['lost', new Error('socket hang up')],
])('a notice that is %s is an answer, never an error', async (_, answer) => {
  expect(await notifyWith(answer).notify.send({ subject: 's', message: 'm' })).toBe(false);
});
