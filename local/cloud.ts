import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlertTests } from '../aws/alert-test.ts';
import { Approvals } from '../aws/approvals.ts';
import { whoAmI } from '../aws/identity.ts';
import { Keys } from '../aws/keys.ts';
import { LeaseStore } from '../aws/lease.ts';
import { Notify } from '../aws/notify.ts';
import { Records } from '../aws/records.ts';
import { TableCheck } from '../aws/table.ts';
import { Workflow } from '../aws/workflow.ts';
import { chains } from '../chains/index.ts';
import type { Context } from '../cli/context.ts';
import type { Output } from '../cli/output.ts';
import { durationMs, type Clock } from '../core/time.ts';
import { randomHex } from '../runtime/clock.ts';
import { loadDefinition, type Definition } from './asl/definition.ts';
import type { TaskCall, TaskReply } from './asl/interpreter.ts';
import { TaskTokens } from './asl/tokens.ts';
import { LocalKms } from './aws/kms.ts';
import { startAwsServer, type AwsServer } from './aws/server.ts';
import { localEc2, localSns, localSts, type Published } from './aws/small.ts';
import { LocalSsm, readDocument } from './aws/ssm.ts';
import { LocalStates } from './aws/states.ts';
import { startDynamo, type LocalDynamo } from './dynamo.ts';
import { bundleFunctions, type Bundle } from './lambda/bundle.ts';
import { LambdaPool } from './lambda/pool.ts';
import type { Machines } from './machines.ts';

/** AWS on one machine: the real documents, bundles and state machine, behind loopback endpoints that the unmodified SDK speaks to. */

const root = join(import.meta.dirname, '..');
const account = '123456789012';
const region = 'us-east-1';
export const table = 'baton';
export const keyId = `arn:aws:kms:${region}:${account}:key/local`;
export const stateMachineArn = `arn:aws:states:${region}:${account}:stateMachine:baton-failover`;
const topicArn = `arn:aws:sns:${region}:${account}:baton`;

export const people = {
  custodian: `arn:aws:sts::${account}:assumed-role/key-custodian/kim`,
  requester: `arn:aws:sts::${account}:assumed-role/validator-requester/robin`,
  approver: `arn:aws:sts::${account}:assumed-role/validator-approver/alex`,
} as const;
export const nodePrincipal = (node: string): string => `arn:aws:sts::${account}:assumed-role/validator-node/${node}`;
const roleOf = (name: string): string => `arn:aws:sts::${account}:assumed-role/baton-${name}/lambda`;

const mayMove = ['ReEncryptFrom', 'ReEncryptTo', 'CreateGrant'];
const keyPolicy: Record<string, readonly string[]> = {
  [people.custodian]: ['GenerateDataKey', ...mayMove],
  [roleOf('release-key')]: mayMove,
  [roleOf('reinstate')]: mayMove,
};

const functionTimeoutMs: Record<string, number> = { watch: 120_000, rejoin: 100_000, assess: 50_000 };
const substitutionOf = (name: string): string =>
  `${name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}FunctionArn`;

export interface Cloud {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly published: readonly Published[];
  readonly states: LocalStates;
  readonly kms: LocalKms;
  readonly lambda: LambdaPool;
  credentials(arn: string): { accessKeyId: string; secretAccessKey: string };
  /** What a person with this ARN works with at the command line. */
  contextFor(arn: string, output: Output): Context;
  /** Starts the schedule of `watch`, each minute and once at once. */
  startSchedule(): void;
  close(): Promise<void>;
}

const scheduleEveryMs = durationMs(60_000);

const endpointsOf = (dynamo: LocalDynamo, aws: AwsServer): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
  ...Object.fromEntries(['SFN', 'SSM', 'KMS', 'EC2', 'SNS', 'STS'].map((service) => [`AWS_ENDPOINT_URL_${service}`, aws.endpoint])),
});

const replyOf = async (call: TaskCall, cloud: { lambda: LambdaPool; onPublish: (one: Published) => void }): Promise<TaskReply> => {
  const args = call.args as Record<string, unknown>;
  if (call.resource === 'arn:aws:states:::sns:publish') {
    cloud.onPublish({ topic: String(args['TopicArn']), subject: String(args['Subject']), message: String(args['Message']) });
    return { ok: true, result: { MessageId: 'local' } };
  }
  if (!call.resource.startsWith('arn:aws:states:::lambda:invoke'))
    return { ok: false, error: 'States.Runtime', cause: `${call.resource} is not served here` };
  const name = String(args['FunctionName']).split(':function:baton-')[1] ?? '';
  const result = await cloud.lambda.invoke(name, args['Payload']);
  if (result.ok) return { ok: true, result: { Payload: result.payload, StatusCode: 200, ExecutedVersion: '$LATEST' } };
  return { ok: false, error: result.errorType, cause: JSON.stringify({ errorMessage: result.errorMessage, errorType: result.errorType }) };
};

const functionEnv = (name: string, endpoints: Record<string, string>, aws: AwsServer): Record<string, string> => {
  const { accessKeyId, secretAccessKey } = aws.principal(roleOf(name));
  return {
    ...endpoints,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    BATON_TABLE: table,
    BATON_KMS_KEY: keyId,
    BATON_STATE_MACHINE: stateMachineArn,
    BATON_FENCE_DOCUMENT: 'baton-fence',
    BATON_REJOIN_DOCUMENT: 'baton-rejoin',
    BATON_TOPIC: topicArn,
    BATON_HOME_REGION: region,
    BATON_DRY_RUN: 'false',
    BATON_APPROVAL_REQUIRED: 'false',
    BATON_ALARM_PREFIX: 'baton-failover-',
  };
};

const contextFor = (
  endpoints: Record<string, string>,
  credentials: { accessKeyId: string; secretAccessKey: string },
  clock: Clock,
  output: Output,
): Context => {
  const common = { region, credentials, maxAttempts: 3 };
  const at = (service: string): { endpoint: string } => ({ endpoint: endpoints[`AWS_ENDPOINT_URL_${service}`] ?? '' });
  const client = new DynamoDBClient({ ...common, ...at('DYNAMODB') });
  const sts = new STSClient({ ...common, ...at('STS') });
  return {
    lease: new LeaseStore({ client, table }),
    records: new Records({ client, table }),
    approvals: new Approvals({ client, table }),
    alertTests: new AlertTests({ client, table }),
    tableCheck: new TableCheck({ client, table }),
    notify: () => new Notify({ client: new SNSClient({ ...common, ...at('SNS') }), topic: topicArn }),
    chains,
    clock,
    output,
    keys: new Keys({ client: new KMSClient({ ...common, ...at('KMS') }), keyId }),
    workflow: new Workflow({ client: new SFNClient({ ...common, ...at('SFN') }), stateMachine: stateMachineArn }),
    whoAmI: () => whoAmI(sts),
    confirm: async () => true,
  };
};

/** EventBridge Scheduler: `watch` at once and then each minute, whether or not the one before has ended. */
const runSchedule = async (pool: LambdaPool, clock: Clock, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    void pool.invoke('watch', { vantage: 'home' });
    await clock.sleep(scheduleEveryMs, signal).catch(() => undefined);
  }
};

const definitionOf = (bundles: readonly Bundle[]): Definition => {
  const substitutions = Object.fromEntries(
    bundles.map(({ name }) => [substitutionOf(name), `arn:aws:lambda:${region}:${account}:function:baton-${name}`]),
  );
  return loadDefinition(readFileSync(join(root, 'statemachines', 'failover.asl.json'), 'utf8'), { ...substitutions, TopicArn: topicArn });
};

export const startCloud = async (options: { dir: string; clock: Clock; machines: Machines }): Promise<Cloud> => {
  const { clock, machines, dir } = options;
  const bundles = await bundleFunctions(join(root, '.cache', 'bundles'));
  const dynamo = await startDynamo(table);
  const published: Published[] = [];
  const onPublish = (one: Published): void => {
    published.push(one);
  };
  const tokens = new TaskTokens(() => randomHex(40));
  let lambda: LambdaPool | null = null;
  const invoke = (call: TaskCall): Promise<TaskReply> =>
    lambda ? replyOf(call, { lambda, onPublish }) : Promise.resolve({ ok: false, error: 'Lambda.ServiceException', cause: 'not started' });
  const states = new LocalStates({
    arn: stateMachineArn,
    definition: definitionOf(bundles),
    clock,
    tokens,
    invoke,
    random: () => Number.parseInt(randomHex(4), 16) / 2 ** 32,
  });
  const kms = new LocalKms({ clock, keyId, policy: keyPolicy, grantDelayMs: 300_000 });
  const documents = Object.fromEntries(
    ['fence', 'rejoin', 'inspect'].map((name) => [`baton-${name}`, readDocument(join(root, 'documents', `${name}.yaml`))]),
  );
  const aws = await startAwsServer([
    states,
    kms,
    localSts(),
    localSns(onPublish),
    localEc2({ machines, clock, settleMs: 500 }),
    new LocalSsm({ machines, clock, documents, visibleAfterMs: 100 }),
  ]);
  const endpoints = endpointsOf(dynamo, aws);
  lambda = new LambdaPool({
    clock,
    logFile: join(dir, 'functions.log'),
    functions: bundles.map(({ name, file }) => ({
      name,
      file,
      env: functionEnv(name, endpoints, aws),
      timeoutMs: functionTimeoutMs[name] ?? 30_000,
    })),
  });
  await lambda.start();
  const pool = lambda;
  pool.warm(bundles.map(({ name }) => name));
  const stop = new AbortController();
  return {
    endpoints,
    published,
    states,
    kms,
    lambda: pool,
    credentials: (arn) => aws.principal(arn),
    contextFor: (arn, output) => contextFor(endpoints, aws.principal(arn), clock, output),
    startSchedule: () => {
      void runSchedule(pool, clock, stop.signal);
    },
    close: async () => {
      stop.abort();
      await states.stopAll();
      await pool.close();
      await aws.close();
      await dynamo.close();
    },
  };
};
