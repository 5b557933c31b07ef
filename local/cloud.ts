import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { join } from 'node:path';
import { HttpAnswers } from '../aws/answers.ts';
import { AlertTests } from '../aws/alert-test.ts';
import { FenceTests } from '../aws/fence-tests.ts';
import { BatonError } from '../core/errors.ts';
import { Approvals } from '../aws/approvals.ts';
import { whoAmI } from '../aws/identity.ts';
import { Keys } from '../aws/keys.ts';
import { KmsKeys } from '../aws/kms-key.ts';
import { ArbiterStore } from '../aws/arbiter.ts';
import { LeaseStore } from '../aws/lease.ts';
import { MemberStore } from '../aws/members.ts';
import { Notify } from '../aws/notify.ts';
import { Records } from '../aws/records.ts';
import { TableCheck } from '../aws/table.ts';
import { Workflow } from '../aws/workflow.ts';
import { chains } from '../chains/index.ts';
import type { Context } from '../cli/context.ts';
import { lookBySdk } from '../cli/doctor/aws-look.ts';
import type { Output } from '../cli/output.ts';
import { durationMs, type Clock } from '../core/time.ts';
import { randomHex } from '../runtime/clock.ts';
import type { TaskCall, TaskReply } from './asl/interpreter.ts';
import { TaskTokens } from './asl/tokens.ts';
import { startApprovalsApi } from './aws/approvals-api.ts';
import { alarmEvent, endEvent, targetsOf } from './aws/events.ts';
import { LocalKms } from './aws/kms.ts';
import { secureParameterOf } from './aws/parameters.ts';
import { startAwsServer, type AwsServer, type OnCall } from './aws/server.ts';
import { localEc2, localSns, localSts, type Published } from './aws/small.ts';
import { documentOf, LocalSsm } from './aws/ssm.ts';
import { LocalStates } from './aws/states.ts';
import { Deliveries, publishedBy, subscriptionsOf } from './aws/subscriptions.ts';
import { startDynamoFront } from './aws/dynamo-front.ts';
import { startDynamo } from './dynamo.ts';
import type { Artifacts } from './artifacts.ts';
import { account, region, stack, type Deployment } from './deployment.ts';
import { LambdaPool } from './lambda/pool.ts';
import type { Machines } from './machines.ts';
import { ownPace, type Pace } from './pace.ts';
import { runSchedules } from './schedules.ts';

/** AWS on one machine: what template.yaml makes of the code, behind loopback endpoints that the unmodified SDK speaks to. */

const sessionOf = (role: string, session: string): string => `arn:aws:sts::${account}:assumed-role/${role}/${session}`;
export const people = {
  custodian: sessionOf(`${stack}-custodian`, 'kim'),
  requester: sessionOf(`${stack}-requester`, 'robin'),
  approver: sessionOf(`${stack}-approver`, 'alex'),
  second: sessionOf(`${stack}-approver`, 'sam'),
} as const;
/** Each node has a role of its own. */
export const nodePrincipal = (node: string): string => sessionOf(`baton-node-${node}`, node);

const mayMove = ['ReEncryptFrom', 'ReEncryptTo', 'CreateGrant'];

const keyPolicyOf = ({ functions }: Deployment): Record<string, readonly string[]> => ({
  [people.custodian]: ['GenerateDataKey', ...mayMove],
  ...Object.fromEntries(
    functions
      .filter(({ logicalId }) => logicalId === 'ReleaseKeyFunction' || logicalId === 'ReinstateFunction')
      .map(({ principal }) => [principal, mayMove]),
  ),
});

export interface Cloud {
  readonly deployment: Deployment;
  readonly endpoints: Readonly<Record<string, string>>;
  /** Where people answer, as `BATON_APPROVALS_URL`. */
  readonly approvalsUrl: string;
  readonly published: readonly Published[];
  readonly states: LocalStates;
  readonly kms: LocalKms;
  readonly lambda: LambdaPool;
  credentials(arn: string): { accessKeyId: string; secretAccessKey: string };
  /** What a person with this ARN works with at the command line. */
  contextFor(arn: string, output: Output): Context;
  /** A CloudWatch alarm of this name goes to ALARM: its event goes where the template's rules send it. */
  ring(alarm: string): Promise<void>;
  /** Starts every schedule of the template, at once and then at its rate; settles when the functions that they keep warm are. */
  startSchedules(): Promise<void>;
  close(): Promise<void>;
}

export interface CloudOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly machines: Machines;
  readonly artifacts: Artifacts;
  /** Judges every call to a service before it is served. */
  readonly onCall?: OnCall;
  readonly pace?: Pace;
  /** Where Slack is, and the content of its parameter. */
  readonly slack?: { readonly url: string; readonly parameter: string };
  /** Content of the relay's parameter: its webhooks may go to this machine alone. */
  readonly relay?: string;
}

const credentialsEnv = (of: { accessKeyId: string; secretAccessKey: string }): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: of.accessKeyId,
  AWS_SECRET_ACCESS_KEY: of.secretAccessKey,
});

/** How the SDK finds the services: by its own variables. */
export const endpointsOf = (dynamo: string, aws: AwsServer): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: dynamo,
  ...Object.fromEntries(['SFN', 'SSM', 'KMS', 'EC2', 'SNS', 'STS'].map((service) => [`AWS_ENDPOINT_URL_${service}`, aws.endpoint])),
});

const replyOf = async (call: TaskCall, cloud: { lambda: LambdaPool; onPublish: (one: Published) => void }): Promise<TaskReply> => {
  const args = call.args as Record<string, unknown>;
  if (call.resource === 'arn:aws:states:::sns:publish') {
    cloud.onPublish(publishedBy(args));
    return { ok: true, result: { MessageId: 'local' } };
  }
  if (!call.resource.startsWith('arn:aws:states:::lambda:invoke'))
    return { ok: false, error: 'States.Runtime', cause: `${call.resource} is not served here` };
  const name = String(args['FunctionName']).split(':function:')[1] ?? '';
  const result = await cloud.lambda.invoke(name, args['Payload']);
  if (result.ok) {
    const answered = { StatusCode: 200, ExecutedVersion: '$LATEST', SdkResponseMetadata: { RequestId: randomHex(16) } };
    return { ok: true, result: { Payload: result.payload, ...answered } };
  }
  return { ok: false, error: result.errorType, cause: JSON.stringify({ errorMessage: result.errorMessage, errorType: result.errorType }) };
};

/** What a person works with at the command line, against these endpoints. */
export const contextFor = (
  endpoints: Record<string, string>,
  credentials: { accessKeyId: string; secretAccessKey: string },
  of: { deployment: Deployment; approvalsUrl: string; clock: Clock; output: Output },
): Context => {
  const { deployment, approvalsUrl, clock, output } = of;
  const common = { region, credentials, maxAttempts: 3 };
  const at = (service: string): { endpoint: string } => ({ endpoint: endpoints[`AWS_ENDPOINT_URL_${service}`] ?? '' });
  const table = { client: new DynamoDBClient({ ...common, ...at('DYNAMODB') }), table: deployment.table };
  const sts = new STSClient({ ...common, ...at('STS') });
  return {
    lease: new LeaseStore(table),
    records: new Records(table),
    arbiter: new ArbiterStore(table),
    members: new MemberStore(table),
    approvals: new Approvals(table),
    answers: new HttpAnswers({ url: approvalsUrl, region, clock, credentials: async () => credentials }),
    alertTests: new AlertTests(table),
    fenceTests: new FenceTests(table),
    fenceTester: { run: () => Promise.reject(new BatonError('CommandFailed', 'no FenceTest runs here', { fix: 'baton doctor' })) },
    tableCheck: new TableCheck(table),
    notify: () => new Notify({ client: new SNSClient({ ...common, ...at('SNS') }), topic: deployment.topicArn }),
    chains,
    look: lookBySdk({
      clients: {
        ssm: new SSMClient({ ...common, ...at('SSM') }),
        kms: new KMSClient({ ...common, ...at('KMS') }),
        cloudwatch: new CloudWatchClient({ ...common, ...at('STS') }),
        sns: new SNSClient({ ...common, ...at('SNS') }),
        scheduler: new SchedulerClient({ ...common, ...at('STS') }),
        sts,
        ec2: new EC2Client({ ...common, ...at('EC2') }),
      },
      stack,
      keyId: deployment.custodyKey,
      topic: deployment.topicArn,
      clock,
    }),
    clock,
    output,
    keys: new Keys({ client: new KMSClient({ ...common, ...at('KMS') }), keyId: deployment.custodyKey }),
    kmsKeys: new KmsKeys({ clientFor: (of) => new KMSClient({ ...common, ...of, ...at('KMS') }) }),
    workflow: new Workflow({ client: new SFNClient({ ...common, ...at('SFN') }), stateMachine: deployment.stateMachineArn }),
    whoAmI: () => whoAmI(sts),
    confirm: async () => true,
    interrupted: () => new AbortController().signal,
  };
};

const notStarted = { ok: false, errorType: 'Lambda.ServiceException', errorMessage: 'not started' } as const;

const servicesOf = (options: CloudOptions, deployment: Deployment, of: { readonly published: Published[]; readonly signal: AbortSignal }) => {
  const { clock, machines, pace = ownPace } = options;
  const tokens = new TaskTokens(() => randomHex(40));
  const late: { lambda: LambdaPool | null } = { lambda: null };
  const deliveries = new Deliveries(subscriptionsOf(deployment), {
    clock,
    invoke: async (name, event) => late.lambda?.invoke(name, event) ?? notStarted,
    randomHex,
    signal: of.signal,
  });
  const onPublish = (one: Published): void => {
    of.published.push(one);
    deliveries.publish(one);
  };
  const invoke = async (call: TaskCall): Promise<TaskReply> => {
    await clock.sleep(durationMs(pace.betweenTasksMs));
    return late.lambda ? replyOf(call, { lambda: late.lambda, onPublish }) : { ok: false, error: 'Lambda.ServiceException', cause: 'not started' };
  };
  const random = (): number => Number.parseInt(randomHex(4), 16) / 2 ** 32;
  const onEnd = (detail: Readonly<Record<string, unknown>>): void => {
    const event = endEvent({ id: randomHex(16), region, account, at: new Date(clock.epochMs()).toISOString(), detail });
    // Best effort, as EventBridge delivers it; what a function makes of it is in its log.
    for (const name of targetsOf(deployment, event)) void late.lambda?.invoke(name, event);
  };
  const states = new LocalStates({ arn: deployment.stateMachineArn, definition: deployment.definition, clock, tokens, invoke, random, onEnd });
  const kms = new LocalKms({ clock, keyId: deployment.custodyKey, policy: keyPolicyOf(deployment), grantDelayMs: 300_000 });
  const documents = Object.fromEntries(deployment.documents.map(({ name, content }) => [name, documentOf(content)]));
  const parameters = Object.entries({ slack: options.slack?.parameter, relay: options.relay }).flatMap(([name, value]) =>
    value === undefined ? [] : [secureParameterOf(deployment, `/${stack}/${name}`, value)],
  );
  const ssm = new LocalSsm({ machines, clock, documents, visibleAfterMs: 100, parameters });
  const all = [states, kms, localSts(), localSns(onPublish), localEc2({ machines, clock, settleMs: pace.settleMs }), ssm];
  return { states, kms, all, late };
};

export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const { clock, dir, onCall, artifacts } = options;
  const { deployment, bundles } = artifacts;
  const dynamo = await startDynamo(deployment.table);
  const published: Published[] = [];
  const stop = new AbortController();
  const { states, kms, all, late } = servicesOf(options, deployment, { published, signal: stop.signal });
  const aws = await startAwsServer(all, onCall);
  const front = onCall ? await startDynamoFront({ upstream: dynamo.endpoint, callerOf: (key) => aws.callerOf(key), onCall }) : null;
  const endpoints = endpointsOf(front?.endpoint ?? dynamo.endpoint, aws);
  const credentialsOf = (arn: string): Record<string, string> => credentialsEnv(aws.principal(arn));
  const slackEnv = options.slack ? { LOCAL_SLACK_URL: options.slack.url } : {};
  const pool = new LambdaPool({
    clock,
    logFile: join(dir, 'functions.log'),
    functions: deployment.functions.map(({ name, variables, timeoutMs, principal, handler: [, exported] }) => ({
      name,
      file: bundles.find((one) => one.name === name)?.file ?? '',
      exported,
      env: { ...variables, ...endpoints, ...slackEnv, ...credentialsOf(principal), AWS_REGION: region, BATON_RELAY_REACH: 'loopback' },
      timeoutMs,
    })),
  });
  late.lambda = pool;
  await pool.start();
  const nameOf = (id: string): string | undefined => deployment.functions.find(({ logicalId }) => logicalId === id)?.name;
  const [answer = '', slack] = [nameOf('AnswerFunction'), nameOf('SlackFunction')];
  const api = await startApprovalsApi({
    region,
    clock,
    holder: (key) => aws.holder(key),
    invoke: (event) => pool.invoke(answer, event),
    invokeSlack: slack === undefined ? undefined : (event) => pool.invoke(slack, event),
  });
  return {
    deployment,
    endpoints,
    approvalsUrl: api.url,
    published,
    states,
    kms,
    lambda: pool,
    credentials: (arn) => aws.principal(arn),
    contextFor: (arn, output) => contextFor(endpoints, aws.principal(arn), { deployment, approvalsUrl: api.url, clock, output }),
    ring: async (alarm) => {
      const at = new Date(clock.epochMs()).toISOString();
      const event = alarmEvent({ id: randomHex(16), alarm, region, account, at, reason: 'Threshold crossed: no signature.' });
      await Promise.all(targetsOf(deployment, event).map((name) => pool.invoke(name, event)));
    },
    startSchedules: () => runSchedules(deployment, pool, clock, stop.signal),
    close: async () => {
      stop.abort();
      await states.stopAll();
      await api.close();
      await pool.close();
      await aws.close();
      await front?.close();
      await dynamo.close();
    },
  };
};
