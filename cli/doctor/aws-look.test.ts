import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { epochMs } from '../../core/time.ts';
import { amber, birch, cedar } from '../../test/support/core.ts';
import { someSignal } from '../../test/support/wire.ts';
import { lookBySdk } from './aws-look.ts';
import type { StackLook } from './look.ts';

/** The SDK's own clients, whose requests are answered here before they leave. */

type Reply = Readonly<Record<string, unknown>> | Error;
interface Asked {
  readonly action: string;
  readonly input: Record<string, unknown>;
}

const named = (name: string): Error => Object.assign(new Error('as told'), { name });

/** An STS whose replies say this date. */
const dated = (date: string | undefined): STSClient => {
  const body = new TextEncoder().encode('<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>');
  const handle = async () => ({ response: { statusCode: 200, headers: date === undefined ? {} : { date }, body } });
  const requestHandler = { handle, updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}), destroy: () => undefined };
  return new STSClient({ region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1, requestHandler });
};

const looking = (
  answer: (asked: Asked, index: number) => Reply,
  of: { topic?: string; sts?: STSClient } = {},
): { look: StackLook; asked: Asked[] } => {
  const asked: Asked[] = [];
  const client = <C extends { middlewareStack: { add: (middleware: never, options: never) => void } }>(made: C): C => {
    const middleware = (_: unknown, context: { commandName: string }) => async (args: { input: Record<string, unknown> }) => {
      const one = { action: context.commandName.replace(/Command$/, ''), input: args.input };
      asked.push(one);
      const reply = answer(one, asked.length - 1);
      if (reply instanceof Error) throw reply;
      return { output: { ...reply, $metadata: {} }, response: {} };
    };
    made.middlewareStack.add(middleware as never, { step: 'initialize', name: 'answer' } as never);
    return made;
  };
  const options = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  const look = lookBySdk({
    clients: {
      ssm: client(new SSMClient(options)),
      kms: client(new KMSClient(options)),
      cloudwatch: client(new CloudWatchClient(options)),
      sns: client(new SNSClient(options)),
      scheduler: client(new SchedulerClient(options)),
      sts: of.sts ?? client(new STSClient(options)),
      ec2: client(new EC2Client(options)),
    },
    stack: 'baton',
    keyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
    topic: of.topic,
    clock: { epochMs: () => epochMs(1_700_000_000_500) },
  });
  return { look, asked };
};
const signal = someSignal();

describe('what is read', () => {
  test('a document, as JSON', async () => {
    const { look, asked } = looking(() => ({ Content: '{"a":1}' }));
    expect(await look.document('baton-fence', signal)).toEqual({ a: 1 });
    expect(asked).toEqual([{ action: 'GetDocument', input: { Name: 'baton-fence', DocumentFormat: 'JSON' } }]);
  });
  test('the state of the key', async () => {
    const { look, asked } = looking(() => ({ KeyMetadata: { KeyState: 'Disabled' } }));
    expect(await look.keyState(signal)).toBe('Disabled');
    expect(asked[0]?.input).toEqual({ KeyId: 'arn:aws:kms:us-east-1:123456789012:key/k' });
    expect(await looking(() => ({})).look.keyState(signal)).toBe('unknown');
  });
  test('alarms of both kinds, over all pages', async () => {
    const since = new Date(1_600_000_000_000);
    const { look, asked } = looking((_, index) =>
      index === 0
        ? { MetricAlarms: [{ AlarmName: 'baton-A', StateValue: 'OK', ActionsEnabled: true, StateUpdatedTimestamp: since }], NextToken: 'two' }
        : { CompositeAlarms: [{ AlarmName: 'baton-B', StateValue: 'ALARM', ActionsEnabled: false, AlarmActions: ['x', 'y'] }] },
    );
    expect(await look.alarms(signal)).toEqual([
      { name: 'baton-A', state: 'OK', actionsEnabled: true, actions: 0, sinceMs: 1_600_000_000_000 },
      { name: 'baton-B', state: 'ALARM', actionsEnabled: false, actions: 2, sinceMs: 0 },
    ]);
    const input = { AlarmNamePrefix: 'baton-', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 };
    expect(asked.map((one) => one.input)).toEqual([
      { ...input, NextToken: undefined },
      { ...input, NextToken: 'two' },
    ]);
  });
  test('who has subscribed, and who has not confirmed', async () => {
    const { look } = looking(() => ({ Subscriptions: [{ SubscriptionArn: 'arn:aws:sns:x' }, { SubscriptionArn: 'PendingConfirmation' }, {}] }), {
      topic: 'arn:t',
    });
    expect(await look.subscriptions(signal)).toEqual({ confirmed: 1, pending: 2 });
    const { look: without, asked } = looking(() => ({}));
    expect(await without.subscriptions(signal)).toBe(null);
    expect(asked).toEqual([]);
  });
  test('schedules', async () => {
    const { look, asked } = looking(() => ({ Schedules: [{ Name: 'baton-W', State: 'ENABLED' }, {}] }));
    expect(await look.schedules(signal)).toEqual([
      { name: 'baton-W', state: 'ENABLED' },
      { name: '', state: '' },
    ]);
    expect(asked[0]?.input).toMatchObject({ NamePrefix: 'baton-' });
  });
  test('agents, by one filter', async () => {
    const { look, asked } = looking(() => ({ InstanceInformationList: [{ InstanceId: amber, PingStatus: 'Online' }] }));
    expect(await look.agents([amber, cedar], signal)).toEqual({ [amber]: 'Online' });
    expect(asked[0]?.input).toMatchObject({ Filters: [{ Key: 'InstanceIds', Values: [amber, cedar] }] });
  });
  test('instances, each by itself: one that is not known hides no other', async () => {
    const { look, asked } = looking(({ input }) =>
      (input['InstanceIds'] as string[])[0] === amber
        ? {
            Reservations: [
              {
                Instances: [
                  {
                    State: { Name: 'running' },
                    Tags: [
                      { Key: 'a', Value: 'b' },
                      { Key: 'baton', Value: 'baton' },
                    ],
                  },
                ],
              },
            ],
          }
        : named('InvalidInstanceID.NotFound'),
    );
    expect(await look.machines([amber, birch, cedar], signal)).toEqual({ [amber]: { state: 'running', tag: 'baton' }, [birch]: undefined });
    expect(asked).toHaveLength(2);
    const bare = looking(() => ({ Reservations: [{ Instances: [{}] }] })).look;
    expect(await bare.machines([amber], signal)).toEqual({ [amber]: { state: 'unknown', tag: null } });
  });
  test('how far this clock is ahead, by the date of a reply', async () => {
    const { look } = looking(() => ({}), { sts: dated('Tue, 14 Nov 2023 22:13:10 GMT') });
    expect(await look.clockAheadMs(signal)).toBe(10_500);
  });
});

describe('no answer', () => {
  const refusing = (): StackLook => looking(() => named('AccessDeniedException'), { topic: 'arn:t' }).look;
  test.each<[string, (look: StackLook) => Promise<unknown>]>([
    ['ssm:GetDocument of x', (look) => look.document('x', signal)],
    ['kms:DescribeKey', (look) => look.keyState(signal)],
    ['cloudwatch:DescribeAlarms', (look) => look.alarms(signal)],
    ['sns:ListSubscriptionsByTopic', (look) => look.subscriptions(signal)],
    ['scheduler:ListSchedules', (look) => look.schedules(signal)],
    ['sts:GetCallerIdentity', (look) => look.clockAheadMs(signal)],
    ['ssm:DescribeInstanceInformation', (look) => look.agents([amber], signal)],
    ['ec2:DescribeInstances', (look) => look.machines([amber], signal)],
  ])('of %s is told as such', async (what, call) => {
    await expect(call(refusing())).rejects.toMatchObject({ code: 'ProbeFailed', message: `${what} gives no answer: AccessDeniedException` });
  });
  test('is a document that is no JSON, and a reply without a date', async () => {
    await expect(looking(() => ({})).look.document('x', signal)).rejects.toMatchObject({ code: 'ProbeFailed' });
    await expect(looking(() => ({}), { sts: dated(undefined) }).look.clockAheadMs(signal)).rejects.toMatchObject({
      message: 'AWS’s reply has no date',
    });
  });
  test('is a list without end', async () => {
    const { look, asked } = looking(() => ({ NextToken: 'more' }));
    await expect(look.alarms(signal)).rejects.toMatchObject({ message: 'cloudwatch:DescribeAlarms has more than 10 pages' });
    expect(asked).toHaveLength(10);
  });
});
