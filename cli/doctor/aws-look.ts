import { DescribeAlarmsCommand, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { ListSchedulesCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { ListSubscriptionsByTopicCommand, type SNSClient } from '@aws-sdk/client-sns';
import { DescribeInstanceInformationCommand, GetDocumentCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { BatonError } from '../../core/errors.ts';
import type { NodeId } from '../../core/ids.ts';
import type { Clock } from '../../core/time.ts';
import type { AlarmSeen, MachineSeen, StackLook } from './look.ts';

/** StackLook by the SDK. */

export interface LookClients {
  readonly ssm: SSMClient;
  readonly kms: KMSClient;
  readonly cloudwatch: CloudWatchClient;
  readonly sns: SNSClient;
  readonly scheduler: SchedulerClient;
  readonly sts: STSClient;
  readonly ec2: EC2Client;
}

export interface LookOptions {
  readonly clients: LookClients;
  readonly stack: string;
  readonly keyId: string;
  readonly topic: string | undefined;
  readonly clock: Pick<Clock, 'epochMs'>;
}

const maxPages = 10;

const asked = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (cause) {
    throw new BatonError('ProbeFailed', `${what} gives no answer: ${(cause as Error).name}`, { cause, fix: 'Look at your role, then run it again.' });
  }
};

/** Every page of a list. What stands on later pages than ten is not known, so then there is no answer. */
const pages = async <T>(
  what: string,
  page: (token: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
): Promise<T[]> => {
  const all: T[] = [];
  let token: string | undefined;
  for (let read = 0; read < maxPages; read += 1) {
    const { items, next } = await asked(what, () => page(token));
    all.push(...items);
    if (next === undefined) return all;
    token = next;
  }
  throw new BatonError('ProbeFailed', `${what} has more than ${maxPages} pages`, { fix: 'Look by hand.' });
};

const alarmsOf = ({ clients, stack }: LookOptions, signal: AbortSignal): Promise<AlarmSeen[]> =>
  pages('cloudwatch:DescribeAlarms', async (token) => {
    const found = await clients.cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: `${stack}-`, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100, NextToken: token }),
      { abortSignal: signal },
    );
    const all = [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])];
    const items = all.map((one) => ({
      name: one.AlarmName ?? '',
      state: one.StateValue ?? '',
      actionsEnabled: one.ActionsEnabled ?? false,
      actions: one.AlarmActions?.length ?? 0,
      sinceMs: one.StateUpdatedTimestamp?.getTime() ?? 0,
    }));
    return { items, next: found.NextToken };
  });

const subscriptionsOf = async ({ clients, topic }: LookOptions, signal: AbortSignal): ReturnType<StackLook['subscriptions']> => {
  if (topic === undefined) return null;
  const all = await pages('sns:ListSubscriptionsByTopic', async (token) => {
    const found = await clients.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic, NextToken: token }), { abortSignal: signal });
    return { items: found.Subscriptions ?? [], next: found.NextToken };
  });
  const confirmed = all.filter(({ SubscriptionArn: arn }) => arn?.startsWith('arn:')).length;
  return { confirmed, pending: all.length - confirmed };
};

/** The Date of the reply, against the middle of the time that the call took. */
const aheadOf = async ({ clients, clock }: LookOptions, signal: AbortSignal): Promise<number> => {
  const command = new GetCallerIdentityCommand({});
  let date: unknown;
  command.middlewareStack.add(
    (next) => async (args) => {
      const reply = await next(args);
      date = (reply.response as { headers?: Record<string, unknown> } | undefined)?.headers?.['date'];
      return reply;
    },
    { step: 'deserialize', priority: 'high' },
  );
  const before = clock.epochMs();
  await asked('sts:GetCallerIdentity', () => clients.sts.send(command, { abortSignal: signal }));
  const told = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(told)) throw new BatonError('ProbeFailed', 'AWS’s reply has no date', { fix: 'Run it again.' });
  return (before + clock.epochMs()) / 2 - told;
};

const agentsOf = async ({ clients }: LookOptions, nodes: readonly NodeId[], signal: AbortSignal): Promise<Record<string, string | undefined>> => {
  const all = await pages('ssm:DescribeInstanceInformation', async (token) => {
    const filter = { Key: 'InstanceIds', Values: [...nodes] };
    const found = await clients.ssm.send(new DescribeInstanceInformationCommand({ Filters: [filter], NextToken: token }), { abortSignal: signal });
    return { items: found.InstanceInformationList ?? [], next: found.NextToken };
  });
  return Object.fromEntries(all.map(({ InstanceId: id = '', PingStatus: ping }) => [id, ping]));
};

/** One call for each: a single unknown id makes EC2 refuse all of a list. */
const machineOf = async ({ clients }: LookOptions, node: NodeId, signal: AbortSignal): Promise<MachineSeen | undefined> => {
  try {
    const found = await clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [node] }), { abortSignal: signal });
    const [machine] = (found.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    return machine && { state: machine.State?.Name ?? 'unknown', tag: machine.Tags?.find(({ Key }) => Key === 'baton')?.Value ?? null };
  } catch (cause) {
    if ((cause as Error).name.startsWith('InvalidInstanceID')) return undefined;
    throw cause;
  }
};

export const lookBySdk = (options: LookOptions): StackLook => {
  const { clients, stack, keyId } = options;
  return {
    stack,
    document: (name, signal) =>
      asked(`ssm:GetDocument of ${name}`, async () => {
        const found = await clients.ssm.send(new GetDocumentCommand({ Name: name, DocumentFormat: 'JSON' }), { abortSignal: signal });
        return JSON.parse(found.Content ?? '') as unknown;
      }),
    keyState: (signal) =>
      asked(
        'kms:DescribeKey',
        async () => (await clients.kms.send(new DescribeKeyCommand({ KeyId: keyId }), { abortSignal: signal })).KeyMetadata?.KeyState ?? 'unknown',
      ),
    alarms: (signal) => alarmsOf(options, signal),
    subscriptions: (signal) => subscriptionsOf(options, signal),
    schedules: (signal) =>
      pages('scheduler:ListSchedules', async (token) => {
        const found = await clients.scheduler.send(new ListSchedulesCommand({ NamePrefix: `${stack}-`, NextToken: token }), { abortSignal: signal });
        return { items: (found.Schedules ?? []).map(({ Name: name = '', State: state = '' }) => ({ name, state })), next: found.NextToken };
      }),
    clockAheadMs: (signal) => aheadOf(options, signal),
    agents: (nodes, signal) => agentsOf(options, nodes, signal),
    machines: async (nodes, signal) => {
      const known = nodes.filter((id) => id.startsWith('i-'));
      const found = await asked('ec2:DescribeInstances', () =>
        Promise.all(known.map(async (id) => [id, await machineOf(options, id, signal)] as const)),
      );
      return Object.fromEntries(found);
    },
  };
};
