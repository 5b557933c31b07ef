import type { Question } from './ask.ts';
import { through } from './questions.ts';
import { account, type Stack } from './stack.ts';

/** What AWS itself does with the roles and keys of the stack, read from its resources: logs, traces, schedules, the workflow, alarms. */

interface Named {
  readonly name: string;
  readonly question: Question;
}

type Properties = Readonly<Record<string, unknown>>;

const of = (value: unknown, key: string): unknown => (value as Properties)[key];

const runtime = (stack: Stack, role: string, properties: Properties): Named[] => {
  const group = String(of(properties['LoggingConfig'], 'LogGroup'));
  const { partition, region } = stack.resolved;
  const stream = `arn:${partition}:logs:${region}:${account}:log-group:${group}:log-stream:2026/01/01/[$LATEST]0`;
  const who = { role };
  const failed = of(of(of(properties['EventInvokeConfig'] ?? {}, 'DestinationConfig') ?? {}, 'OnFailure') ?? {}, 'Destination');
  const kept = typeof failed === 'string' ? [{ action: 'sqs:SendMessage', resource: failed }, through(stack, 'sqs', 'GenerateDataKey')] : [];
  return [
    { action: 'logs:CreateLogStream', resource: stream },
    { action: 'logs:PutLogEvents', resource: stream },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
    ...kept,
  ].map((one) => ({ name: role, question: { who, ...one } }));
};

const workflow = (stack: Stack, properties: Properties): Named[] => {
  const given = Object.entries(properties['DefinitionSubstitutions'] as Record<string, string>);
  const who = { role: 'FailoverRole' };
  const asked = given.flatMap(([name, arn]) =>
    name === 'TopicArn'
      ? [{ action: 'sns:Publish', resource: arn }, through(stack, 'sns', 'GenerateDataKey')]
      : [{ action: 'lambda:InvokeFunction', resource: arn }],
  );
  const traced = ['GetSamplingRules', 'GetSamplingTargets', 'PutTraceSegments', 'PutTelemetryRecords'];
  const all = [...asked, ...traced.map((action) => ({ action: `xray:${action}`, resource: '*' }))];
  return all.map((one) => ({ name: 'FailoverRole', question: { who, ...one } }));
};

const schedule = (stack: Stack, properties: Properties): Named[] => {
  const target = properties['Target'];
  const role = Object.keys(stack.roleArn).find((id) => stack.roleArn[id] === of(target, 'RoleArn')) ?? '';
  const failed = of(target, 'DeadLetterConfig');
  const kept =
    failed === undefined ? [] : [{ action: 'sqs:SendMessage', resource: String(of(failed, 'Arn')) }, through(stack, 'sqs', 'GenerateDataKey')];
  return [{ action: 'lambda:InvokeFunction', resource: String(of(target, 'Arn')) }, ...kept].map((one) => ({
    name: role,
    question: { who: { role }, ...one },
  }));
};

const trusted: Readonly<Record<string, string>> = { FailoverRole: 'states', ScheduleRole: 'scheduler', WarmRole: 'scheduler' };

const assumes = (stack: Stack): Named[] => {
  const { partition, region, resources, stack: name } = stack.resolved;
  const source: Readonly<Record<string, string>> = {
    states: `arn:${partition}:states:${region}:${account}:stateMachine:${name}-failover`,
    scheduler: `arn:${partition}:scheduler:${region}:${account}:schedule-group/default`,
  };
  const roles = Object.keys(resources).filter(
    (id) => resources[id]?.Type === 'AWS::IAM::Role' && !/^(Requester|Approver|Custodian|Deployer)/.test(id),
  );
  return roles.map((id) => {
    const service = trusted[id] ?? 'lambda';
    const context = service === 'lambda' ? {} : { 'aws:SourceAccount': account, 'aws:SourceArn': source[service] as string };
    return {
      name: service,
      question: { who: { service: `${service}.amazonaws.com` }, action: 'sts:AssumeRole', resource: stack.roleArn[id] as string, context },
    };
  });
};

/** Services that use the table's key, or publish, in their own name. */
const inTheirName = (stack: Stack): Named[] => {
  const { resolved } = stack;
  const key = resolved.attribute('TableKey', 'Arn');
  const from = { 'aws:SourceAccount': account };
  const cloudwatch = { service: 'cloudwatch.amazonaws.com' };
  const groups = Object.entries(resolved.resources).filter(([, { Type }]) => Type === 'AWS::Logs::LogGroup');
  return [
    { name: 'cloudwatch', question: { who: cloudwatch, action: 'sns:Publish', resource: resolved.ref('Topic'), context: from } },
    { name: 'cloudwatch', question: { who: cloudwatch, action: 'kms:GenerateDataKey', resource: key, context: from } },
    { name: 'events', question: { who: { service: 'events.amazonaws.com' }, action: 'kms:GenerateDataKey', resource: key, context: from } },
    ...groups.map(([id]) => {
      const group = resolved.attribute(id, 'Arn').replace(/:\*$/, '');
      const context = { 'kms:EncryptionContext:aws:logs:arn': group };
      return {
        name: 'logs',
        question: { who: { service: `logs.${resolved.region}.${resolved.suffix}` }, action: 'kms:GenerateDataKey', resource: key, context },
      };
    }),
  ];
};

export const servicesOf = (stack: Stack): readonly Named[] => {
  const { resources, ref } = stack.resolved;
  const found: Named[] = [...assumes(stack), ...inTheirName(stack)];
  for (const [id, { Type, Properties: properties }] of Object.entries(resources)) {
    if (Type === 'AWS::Serverless::Function') found.push(...runtime(stack, `${id.replace(/Function$/, '')}Role`, properties));
    if (Type === 'AWS::Serverless::StateMachine') found.push(...workflow(stack, properties));
    if (Type === 'AWS::Scheduler::Schedule') found.push(...schedule(stack, properties));
    if (Type === 'AWS::Events::Rule') {
      const context = { 'aws:SourceArn': stack.resolved.attribute(id, 'Arn') };
      const resource = stack.resolved.attribute('DeadLetterQueue', 'Arn');
      found.push({ name: ref(id), question: { who: { service: 'events.amazonaws.com' }, action: 'sqs:SendMessage', resource, context } });
    }
  }
  return found;
};
