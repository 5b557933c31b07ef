import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { SiteKind } from './faults.ts';
import type { Caller, Wire } from './wire.ts';

/** SDK clients whose `send` reaches a simulated service: the adapters above them are the real ones. */

export type Input = Record<string, unknown>;

/** One service: what a command does, seen `staleMs` ago when the read may be stale. Errors are thrown by the service's own names. */
export type Serve = (action: string, input: Input, caller: Caller, staleMs: number) => unknown;

export interface Services {
  readonly dynamo: Serve;
  readonly kms: Serve;
  readonly ssm: Serve;
  readonly ec2: Serve;
  readonly sfn: Serve;
  readonly sns: Serve;
}

export interface Call {
  /** `approvals` is the endpoint where people answer; no function calls the last three. */
  readonly service: keyof Services | 'approvals' | 'cloudwatch' | 'scheduler' | 'lambda';
  readonly action: string;
  readonly input: Input;
  /** As Caller names it. */
  readonly actor: string;
  readonly arn: string;
}
export type OnCall = (call: Call) => void;

/** The same services; `onCall` sees each request as the service would, before it is served. */
export const observed = (services: Services, onCall: OnCall | undefined): Services => {
  if (!onCall) return services;
  const seen = Object.entries(services).map(([service, serve]: [string, Serve]): [string, Serve] => [
    service,
    (action, input, caller, staleMs) => {
      onCall({ service: service as keyof Services, action, input, actor: caller.actor, arn: caller.arn });
      return serve(action, input, caller, staleMs);
    },
  ]);
  return Object.fromEntries(seen) as unknown as Services;
};

export interface Clients {
  readonly dynamo: DynamoDBClient;
  readonly kms: KMSClient;
  readonly ssm: SSMClient;
  readonly ec2: EC2Client;
  readonly sfn: SFNClient;
  readonly sns: SNSClient;
}

const kinds: Record<string, SiteKind> = {
  GetItem: 'read',
  BatchGetItem: 'read',
  Decrypt: 'read',
  ReEncrypt: 'read',
  DescribeInstances: 'staleRead',
  ListCommands: 'staleRead',
  GetCommandInvocation: 'staleRead',
  DescribeExecution: 'staleRead',
  ListExecutions: 'staleRead',
};

interface Keyed {
  readonly pk?: { readonly S?: string };
}

/** The keys of the items that a call is about. */
export const keysIn = (input: Input): string[] => {
  const batches = Object.values((input['RequestItems'] ?? {}) as Record<string, { Keys: Keyed[] }>).flatMap(({ Keys: keys }) => keys);
  return [...batches, (input['Key'] ?? input['Item']) as Keyed | undefined].flatMap((one) => one?.pk?.S ?? []);
};

const aboutOf = (input: Input): string => {
  const [pk] = keysIn(input);
  return pk === undefined ? '' : ` ${pk.split('#')[0] ?? ''}`;
};

interface Command {
  readonly input: Input;
}

const clientOf = (wire: Wire, caller: Caller, serve: Serve) => ({
  send: (command: Command, options: { abortSignal?: AbortSignal } = {}): Promise<unknown> => {
    const action = command.constructor.name.replace(/Command$/, '');
    return wire.call(caller, {
      site: `${action}${aboutOf(command.input)}`,
      kind: kinds[action] ?? 'write',
      signal: options.abortSignal,
      effect: (staleMs) => serve(action, command.input, caller, staleMs),
    });
  },
});

export const clientsFor = (wire: Wire, services: Services, caller: Caller): Clients => {
  const made = Object.fromEntries(Object.entries(services).map(([name, serve]) => [name, clientOf(wire, caller, serve as Serve)]));
  return made as unknown as Clients;
};
