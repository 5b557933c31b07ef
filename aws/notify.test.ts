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
  expect(await notify.send({ kind: 'test', subject: `${'s'.repeat(99)}xy`, message: 'Nobody signs.' }, signal)).toBe(true);
  const attributes = {
    'MessageAttributes.entry.1.Name': 'kind',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'test',
  };
  const input = { TopicArn: topic, Subject: `${'s'.repeat(99)}x`, Message: 'Nobody signs.', ...attributes };
  expect(sent).toEqual([{ action: 'Publish', input, signal }]);
});

test('what a notice is about goes with it as attributes', async () => {
  const { sent, notify } = notifyWith(published);
  await notify.send({ kind: 'trouble', subject: 's', message: 'm', validator: 'hub-1', execution: 'hub-1-t1-abc' });
  expect(sent[0]?.input).toMatchObject({
    'MessageAttributes.entry.1.Name': 'kind',
    'MessageAttributes.entry.1.Value.StringValue': 'trouble',
    'MessageAttributes.entry.2.Name': 'validator',
    'MessageAttributes.entry.2.Value.StringValue': 'hub-1',
    'MessageAttributes.entry.3.Name': 'execution',
    'MessageAttributes.entry.3.Value.StringValue': 'hub-1-t1-abc',
  });
});

test.each<[string, Answer]>([
  ['refused', new Refusal('NotFound')],
  ['lost', new Error('socket hang up')],
])('a notice that is %s is an answer, never an error', async (_, answer) => {
  expect(await notifyWith(answer).notify.send({ kind: 'test', subject: 's', message: 'm' })).toBe(false);
});
