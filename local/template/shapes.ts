import { createHash } from 'node:crypto';

/** What Ref and GetAtt give for each type of resource that the template may hold. A type that is not here cannot be resolved. */

export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly suffix: string;
}

/** One resource, seen from its shape. `name` is its physical name: the one it was given, or one as CloudFormation makes it. */
export interface Named extends Place {
  readonly stack: string;
  readonly logicalId: string;
  readonly name: string;
}

type Make = (one: Named) => string;

export interface Shape {
  /** The property that gives the physical name. */
  readonly naming?: string;
  readonly ref: Make;
  readonly attributes: Readonly<Record<string, Make>>;
}

const digest = (one: Omit<Named, 'name' | 'suffix' | 'partition'>): string =>
  createHash('sha256').update([one.stack, one.logicalId, one.account, one.region].join('/')).digest('hex');

/** Names of CloudFormation end in random letters; here they are the same for the same place and stack. */
export const madeName = (one: Omit<Named, 'name'>): string => `${one.stack}-${one.logicalId}-${digest(one).slice(0, 12).toUpperCase()}`;

const arn =
  (service: string, resource: Make, where: 'regional' | 'global' = 'regional'): Make =>
  (one) =>
    `arn:${one.partition}:${service}:${where === 'regional' ? one.region : ''}:${one.account}:${resource(one)}`;

const name: Make = (one) => one.name;
const made: Make = (one) => madeName(one);
const uuid: Make = (one) => digest(one).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
const apiId: Make = (one) => digest(one).slice(0, 10);

const named = (naming: string, service: string, kind: string, separator = '/'): Shape => {
  const own = arn(service, (one) => `${kind}${separator}${one.name}`);
  return { naming, ref: name, attributes: { Arn: own } };
};
const nameless = (ref: Make = made): Shape => ({ ref, attributes: {} });

const stateMachineArn = arn('states', (one) => `stateMachine:${one.name}`);
const topicArn = arn('sns', name);
const policyArn = arn('iam', (one) => `policy/${one.name}`, 'global');
const functionShape = named('FunctionName', 'lambda', 'function', ':');
const queueUrl: Make = (one) => `https://sqs.${one.region}.${one.suffix}/${one.account}/${one.name}`;
const endpoint: Make = (one) => `https://${apiId(one)}.execute-api.${one.region}.${one.suffix}`;
const tableArn = arn('dynamodb', (one) => `table/${one.name}`);
const table: Shape = {
  naming: 'TableName',
  ref: name,
  attributes: { Arn: tableArn, TableId: uuid, StreamArn: (one) => `${tableArn(one)}/stream/2026-01-01T00:00:00.000` },
};
const key: Shape = { ref: uuid, attributes: { KeyId: uuid, Arn: arn('kms', (one) => `key/${uuid(one)}`) } };
const api: Shape = { ref: apiId, attributes: { ApiId: apiId, ApiEndpoint: endpoint } };

export const shapes: Readonly<Record<string, Shape>> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Stage': nameless(),
  'AWS::CloudWatch::Alarm': named('AlarmName', 'cloudwatch', 'alarm', ':'),
  'AWS::CloudWatch::CompositeAlarm': named('AlarmName', 'cloudwatch', 'alarm', ':'),
  'AWS::CloudWatch::Dashboard': { naming: 'DashboardName', ref: name, attributes: {} },
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::Events::Rule': named('Name', 'events', 'rule'),
  'AWS::IAM::ManagedPolicy': { naming: 'ManagedPolicyName', ref: policyArn, attributes: { PolicyArn: policyArn } },
  'AWS::IAM::Policy': { naming: 'PolicyName', ref: name, attributes: {} },
  'AWS::IAM::Role': { naming: 'RoleName', ref: name, attributes: { Arn: arn('iam', (one) => `role/${one.name}`, 'global'), RoleId: uuid } },
  'AWS::KMS::Alias': { naming: 'AliasName', ref: name, attributes: {} },
  'AWS::KMS::Key': key,
  'AWS::KMS::ReplicaKey': key,
  'AWS::Lambda::EventInvokeConfig': nameless(),
  'AWS::Lambda::Function': functionShape,
  'AWS::Lambda::Permission': nameless(),
  'AWS::Logs::LogGroup': {
    naming: 'LogGroupName',
    ref: name,
    attributes: { Arn: (one) => `${arn('logs', (group) => `log-group:${group.name}`)(one)}:*` },
  },
  'AWS::Logs::MetricFilter': nameless(),
  'AWS::Logs::QueryDefinition': nameless(uuid),
  'AWS::SNS::Subscription': nameless((one) => `${topicArn({ ...one, name: one.logicalId })}:${uuid(one)}`),
  'AWS::SNS::Topic': { naming: 'TopicName', ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } },
  'AWS::SNS::TopicPolicy': nameless(),
  'AWS::SQS::Queue': { naming: 'QueueName', ref: queueUrl, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: queueUrl } },
  'AWS::SQS::QueuePolicy': nameless(),
  'AWS::SSM::Document': { naming: 'Name', ref: name, attributes: {} },
  'AWS::SSM::Parameter': { naming: 'Name', ref: name, attributes: {} },
  'AWS::Scheduler::Schedule': {
    naming: 'Name',
    ref: name,
    attributes: { Arn: arn('scheduler', (one) => `schedule/default/${one.name}`) },
  },
  'AWS::Scheduler::ScheduleGroup': named('Name', 'scheduler', 'schedule-group'),
  'AWS::Serverless::Function': functionShape,
  'AWS::Serverless::HttpApi': api,
  'AWS::Serverless::StateMachine': { naming: 'Name', ref: stateMachineArn, attributes: { Arn: stateMachineArn, Name: name } },
  'AWS::StepFunctions::StateMachine': { naming: 'StateMachineName', ref: stateMachineArn, attributes: { Arn: stateMachineArn, Name: name } },
};
