import { keysIn, type Call, type Input } from '../sim/clients.ts';
import { keyId, tableName } from '../sim/guard-run.ts';
import type { Context, Question, Who } from './ask.ts';
import { account, type Stack } from './stack.ts';

/** What IAM is asked about one call of an SDK, with its real input. One call may be several questions. */

type Asked = Omit<Question, 'who'>;

const context = (value: unknown): Record<string, string> => (value ?? {}) as Record<string, string>;

/** The keys that KMS gives about an encryption context. */
export const contextKeys = (pairs: Readonly<Record<string, string>>): Context => ({
  'kms:EncryptionContextKeys': Object.keys(pairs),
  ...Object.fromEntries(Object.entries(pairs).map(([key, value]) => [`kms:EncryptionContext:${key}`, value])),
});

/** DynamoDB, SNS and SQS use the table's key in the caller's name. */
export const through = (stack: Stack, service: 'dynamodb' | 'sns' | 'sqs', action: string): Asked => {
  const { region, suffix } = stack.resolved;
  return {
    action: `kms:${action}`,
    resource: stack.resolved.attribute('TableKey', 'Arn'),
    context: { 'kms:ViaService': `${service}.${region}.${suffix}`, 'kms:CallerAccount': account },
  };
};

const tableArn = (stack: Stack): string =>
  'LeaseTable' in stack.resolved.resources ? stack.resolved.attribute('LeaseTable', 'Arn') : String(stack.resolved.parameters['HomeTableArn']);

const keysOf = (input: Input): string[] => {
  const keys = keysIn(input);
  if (keys.length === 0) throw new Error('a call without a key');
  return keys;
};

/** Top-level attributes that an expression names; every name in it is written #name. */
const namesIn = (input: Input): readonly string[] => {
  const names = context(input['ExpressionAttributeNames']);
  const parts = ['ConditionExpression', 'UpdateExpression', 'ProjectionExpression'].map((part) => String((input[part] as string | undefined) ?? ''));
  return [...parts.join(' ').matchAll(/(?<![.\w])#\w+/g)].map(([name]) => names[name] ?? name);
};

const attributesOf = (action: string, input: Input): Context => {
  const projected = input['ProjectionExpression'] !== undefined;
  if (['GetItem', 'BatchGetItem'].includes(action) && !projected) return { 'dynamodb:Select': 'ALL_ATTRIBUTES' };
  const all = [...new Set(['pk', ...Object.keys(context(input['Item'])), ...namesIn(input)])];
  const { ReturnValues: returned } = input;
  return {
    'dynamodb:Attributes': all,
    ...(action === 'GetItem' ? { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' } : {}),
    ...(typeof returned === 'string' ? { 'dynamodb:ReturnValues': returned } : {}),
  };
};

const dynamo = (stack: Stack, { action, input }: Call): Asked[] => {
  if ((input['TableName'] ?? Object.keys(context(input['RequestItems']))[0]) !== tableName) throw new Error('another table');
  if (action === 'DescribeTable') return [{ action: 'dynamodb:DescribeTable', resource: tableArn(stack) }];
  const item = {
    action: `dynamodb:${action}`,
    resource: tableArn(stack),
    context: { 'dynamodb:LeadingKeys': keysOf(input), ...attributesOf(action, input) },
  };
  return 'LeaseTable' in stack.resolved.resources ? [item, through(stack, 'dynamodb', 'Decrypt')] : [item];
};

const kms = (stack: Stack, { action, input }: Call): Asked[] => {
  const used = [input['KeyId'], input['SourceKeyId'], input['DestinationKeyId']].filter((one) => one !== undefined);
  if (used.some((one) => one !== keyId)) throw new Error('another key');
  const resource = stack.resolved.attribute('CustodyKey', 'Arn');
  const asked = (name: string, more: Context): Asked => ({ action: `kms:${name}`, resource, context: { 'kms:CallerAccount': account, ...more } });
  if (action === 'ReEncrypt') {
    const same = { 'kms:ReEncryptOnSameKey': 'true' };
    return [
      asked('ReEncryptFrom', { ...contextKeys(context(input['SourceEncryptionContext'])), ...same }),
      asked('ReEncryptTo', { ...contextKeys(context(input['DestinationEncryptionContext'])), ...same }),
    ];
  }
  if (action === 'CreateGrant') {
    const [[type, pairs] = [undefined, undefined]] = Object.entries((input['Constraints'] ?? {}) as Record<string, Record<string, string>>);
    return [
      asked('CreateGrant', {
        'kms:GranteePrincipal': String(input['GranteePrincipal']),
        'kms:GrantOperations': input['Operations'] as string[],
        ...(type === undefined ? {} : { 'kms:GrantConstraintType': type, ...contextKeys(context(pairs)) }),
      }),
    ];
  }
  if (action === 'DescribeKey') return [asked(action, {})];
  return [asked(action, contextKeys(context(input['EncryptionContext'])))];
};

const arnOf = (stack: Stack, service: string, resource: string): string => {
  const { partition, region } = stack.resolved;
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
};

export const instanceArn = (stack: Stack, id: string): string =>
  id.startsWith('mi-') ? arnOf(stack, 'ssm', `managed-instance/${id}`) : arnOf(stack, 'ec2', `instance/${id}`);

const ssm = (stack: Stack, { action, input }: Call): Asked[] => {
  if (action === 'GetParameter') return [{ action: 'ssm:GetParameter', resource: arnOf(stack, 'ssm', `parameter${String(input['Name'])}`) }];
  if (action === 'GetDocument') return [{ action: 'ssm:GetDocument', resource: arnOf(stack, 'ssm', `document/${String(input['Name'])}`) }];
  if (action !== 'SendCommand') return [{ action: `ssm:${action}`, resource: '*' }];
  const tag = { 'ssm:resourceTag/baton': stack.resolved.stack };
  const machines = (input['InstanceIds'] as string[]).map((id) => ({ action: 'ssm:SendCommand', resource: instanceArn(stack, id), context: tag }));
  return [{ action: 'ssm:SendCommand', resource: arnOf(stack, 'ssm', `document/${String(input['DocumentName'])}`) }, ...machines];
};

const ec2 = (stack: Stack, { action, input }: Call): Asked[] => {
  if (action === 'DescribeInstances') return [{ action: 'ec2:DescribeInstances', resource: '*' }];
  const tag = { 'ec2:ResourceTag/baton': stack.resolved.stack };
  return (input['InstanceIds'] as string[]).map((id) => ({ action: `ec2:${action}`, resource: instanceArn(stack, id), context: tag }));
};

const states = (_stack: Stack, { action, input }: Call): Asked[] => {
  const found = [input['stateMachineArn'], input['executionArn']].find((one) => typeof one === 'string');
  return [{ action: `states:${action}`, resource: typeof found === 'string' ? found : '*' }];
};

const sns = (stack: Stack, { action }: Call): Asked[] => [
  { action: `sns:${action}`, resource: stack.resolved.ref('Topic') },
  ...(action === 'Publish' ? [through(stack, 'sns', 'GenerateDataKey')] : []),
];

const approvals = (stack: Stack, { action }: Call): Asked[] => [
  { action: `execute-api:${action}`, resource: arnOf(stack, 'execute-api', `${stack.resolved.ref('ApprovalsApi')}/$default/POST/answers`) },
];

/** Its reference takes a list of alarms on * only; the data that judges wants one of them. */
const cloudwatch = (stack: Stack, { action, input }: Call): Asked[] => [
  { action: `cloudwatch:${action}`, resource: arnOf(stack, 'cloudwatch', `alarm:${String(input['AlarmNamePrefix'])}x`) },
];
const scheduler = (_stack: Stack, { action }: Call): Asked[] => [{ action: `scheduler:${action}`, resource: '*' }];

const lambda = (stack: Stack, { action, input }: Call): Asked[] => [
  { action: `lambda:${action}Function`, resource: arnOf(stack, 'lambda', `function:${String(input['FunctionName'])}`) },
];

const translators = {
  dynamo,
  kms,
  ssm,
  ec2,
  sfn: states,
  sns,
  approvals,
  cloudwatch,
  scheduler,
  lambda,
};

export const questionsOf = (stack: Stack, who: Who, call: Call): Question[] =>
  translators[call.service](stack, call).map((asked) => ({ who, ...asked }));
