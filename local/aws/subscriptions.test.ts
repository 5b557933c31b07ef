import { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, describe, expect, test } from 'vitest';
import { Notify } from '../../aws/notify.ts';
import { epochMs, steadyMs, type Clock } from '../../core/time.ts';
import { deploymentOf, type Deployment } from '../deployment.ts';
import type { InvokeResult } from '../lambda/pool.ts';
import { templateFile } from '../lambda/bundle.ts';
import { startAwsServer } from './server.ts';
import { localSns, type Published } from './small.ts';
import { Deliveries, passes, publishedBy, subscriptionsOf, type Subscription } from './subscriptions.ts';

const topic = 'arn:aws:sns:us-east-1:123456789012:topic';
const one: Published = { topic, subject: 'Baton: hub-1 is halted', message: 'It is.', attributes: { kind: 'trouble', validator: 'hub-1' } };
const subscription = (of: Partial<Subscription> = {}): Subscription => ({
  arn: `${topic}:1`,
  topic,
  name: 'baton-relay',
  filter: undefined,
  retries: 2,
  ...of,
});

/** Sleeps pass at once and are noted. */
const deliveriesTo = (subscriptions: readonly Subscription[], results: InvokeResult[] = []) => {
  const [got, slept]: [unknown[], number[]] = [[], []];
  const clock: Clock = {
    epochMs: () => epochMs(Date.UTC(2026, 10, 28, 4, 0, 0)),
    steadyMs: () => steadyMs(0),
    sleep: async (length) => {
      slept.push(length);
    },
    timeout: () => new AbortController().signal,
  };
  const deliveries = new Deliveries(subscriptions, {
    clock,
    invoke: async (name, event) => {
      got.push({ name, event: structuredClone(event) });
      return results.shift() ?? { ok: true, payload: null };
    },
    randomHex: (bytes) => '0'.repeat(2 * bytes),
    signal: new AbortController().signal,
  });
  return { deliveries, got, slept };
};

const event = {
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: `${topic}:1`,
      Sns: {
        Type: 'Notification',
        MessageId: '00000000-0000-0000-0000-000000000000',
        TopicArn: topic,
        Subject: 'Baton: hub-1 is halted',
        Message: 'It is.',
        Timestamp: '2026-11-28T04:00:00.000Z',
        SignatureVersion: '1',
        Signature: 'local',
        SigningCertUrl: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-local.pem',
        UnsubscribeUrl: `https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${topic}:1`,
        MessageAttributes: { kind: { Type: 'String', Value: 'trouble' }, validator: { Type: 'String', Value: 'hub-1' } },
      },
    },
  ],
};

describe('what is published', () => {
  test('comes to the function as SNS gives it', async () => {
    const { deliveries, got } = deliveriesTo([subscription()]);
    deliveries.publish(one);
    await deliveries.settled();
    expect(got).toEqual([{ name: 'baton-relay', event }]);
  });
  test('has no subject when none was given', async () => {
    const { deliveries, got } = deliveriesTo([subscription()]);
    deliveries.publish({ ...one, subject: '', attributes: {} });
    await deliveries.settled();
    expect(got).toMatchObject([{ event: { Records: [{ Sns: { Subject: null, MessageAttributes: {} } }] } }]);
  });
  test('does not come from another topic, or past the filter', async () => {
    const { deliveries, got } = deliveriesTo([subscription({ topic: 'arn:other' }), subscription({ filter: { kind: ['waiting'] } })]);
    deliveries.publish(one);
    await deliveries.settled();
    expect(got).toEqual([]);
  });
  test('comes again, the same, when the function fails, and is then a letter', async () => {
    const failed: InvokeResult = { ok: false, errorType: 'AlertFailed', errorMessage: 'telegram refused it' };
    const { deliveries, got, slept } = deliveriesTo([subscription()], [failed, failed, failed]);
    deliveries.publish(one);
    await deliveries.settled();
    expect(got).toEqual([event, event, event].map((each) => ({ name: 'baton-relay', event: each })));
    expect(slept).toEqual([60_000, 120_000]);
    expect(deliveries.letters).toEqual([{ name: 'baton-relay', event, errorMessage: 'telegram refused it' }]);
  });
  test('is no letter when a later try succeeds', async () => {
    const { deliveries, got } = deliveriesTo([subscription({ retries: 1 })], [{ ok: false, errorType: 'E', errorMessage: 'e' }]);
    deliveries.publish(one);
    await deliveries.settled();
    expect([got.length, deliveries.letters]).toEqual([2, []]);
  });
});

test.each([
  [{ kind: ['waiting', 'trouble'] }, true],
  [{ kind: ['waiting'] }, false],
  [{ validator: [{ prefix: 'hub-' }], kind: ['trouble'] }, true],
  [{ validator: [{ prefix: 'hub-' }], kind: ['ended'] }, false],
  [{ execution: [{ exists: false }] }, true],
  [{ kind: [{ exists: false }] }, false],
  [{ execution: ['a', { prefix: '' }] }, false],
])('the filter %j lets it through: %s', (filter, through) => {
  expect(passes(filter, one.attributes)).toBe(through);
});
test('a filter that is not known here is refused, not ignored', () => {
  expect(() => passes({ kind: [{ 'anything-but': ['test'] }] }, one.attributes)).toThrow('the filter {"anything-but":["test"]} is not known here');
});

describe('the template', () => {
  const deployment = deploymentOf(templateFile, {});
  const withSubscription = (properties: Record<string, unknown>): Deployment => ({
    ...deployment,
    resolved: {
      ...deployment.resolved,
      resources: { ...deployment.resolved.resources, Sub: { Type: 'AWS::SNS::Subscription', Properties: properties, Metadata: {} } as never },
      ref: () => 'arn:sub',
    },
  });
  const arn = deployment.functions.find(({ name }) => name === 'baton-start-on-alarm')?.arn;
  test('names the function, its filter and its retries', () => {
    const properties = { TopicArn: topic, Protocol: 'lambda', Endpoint: arn, FilterPolicy: { kind: ['test'] } };
    expect(subscriptionsOf(withSubscription(properties)).at(-1)).toEqual({
      arn: 'arn:sub',
      topic,
      name: 'baton-start-on-alarm',
      filter: { kind: ['test'] },
      retries: 2,
    });
  });
  test.each([
    [{ Endpoint: 'arn:nobody' }, 'Sub: arn:nobody is no function of the template'],
    [{ FilterPolicyScope: 'MessageBody' }, 'Sub: only attributes are filtered here'],
    [{ DeliveryPolicy: {} }, 'Sub: unknown key DeliveryPolicy'],
  ])('is refused with %j', (wrong, message) => {
    expect(() => subscriptionsOf(withSubscription({ TopicArn: topic, Protocol: 'lambda', Endpoint: arn, ...wrong }))).toThrow(message);
  });
});

describe('both ways of publishing', async () => {
  const published: Published[] = [];
  const server = await startAwsServer([localSns((each) => published.push(each))]);
  afterAll(() => server.close());
  test('give the same', async () => {
    const client = new SNSClient({
      region: 'us-east-1',
      endpoint: server.endpoint,
      credentials: server.principal('arn:aws:iam::1:role/x'),
      maxAttempts: 1,
    });
    await new Notify({ client, topic }).send({ kind: 'trouble', subject: one.subject, message: one.message, validator: 'hub-1' });
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    const task = {
      TopicArn: topic,
      Subject: one.subject,
      Message: one.message,
      MessageAttributes: { kind: attribute('trouble'), validator: attribute('hub-1') },
    };
    expect([...published, publishedBy(task)]).toEqual([one, one]);
  });
});
