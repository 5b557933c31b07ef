import { isWildcardOnlyAction } from '@cloud-copilot/iam-simulate';
import { describe, expect, test } from 'vitest';
import { manyOf, stackOf, vantageParameters, type Policy, type Stack, type Statement } from './stack.ts';

/** Every star in a policy stands in this list with its reason, and some faults that no single call would show. */

const noResources = 'the service knows no resources for it';
const thisKey = 'in a key policy this is the key itself';
const whole = 'a denial names it whole';

/** By policy and Sid; `*` for a policy stands for every role of a function. */
const wholeResource: Readonly<Record<string, string>> = {
  '* Trace': noResources,
  'FenceRole FollowCommands': noResources,
  'RejoinRole FollowCommands': noResources,
  'FenceTestRole FollowCommands': noResources,
  'FenceTestRole SeePower': noResources,
  'FenceRole SeePower': noResources,
  'RejoinRole SeePower': noResources,
  'AnswerRole WakeExecution': 'Step Functions knows no resources for it; the token, which only the record holds, names the execution',
  'FailoverRole DeliverLog': noResources,
  'DeployerServicesPolicy WithoutResources': noResources,
  'DeployerServicesPolicy CompositeAlarms': 'CloudWatch takes them for composite alarms on * only',
  'SlackRole WakeExecution': 'as AnswerRole',
  'DoctorPolicy SeeMachinesAndAlarms': noResources,
  'DoctorPolicy SeeSchedules': noResources,
  'RequesterPolicy NeverWake': whole,
  'RequesterPolicy NeverReadByPath': whole,
  'ApproverPolicy NeverReadByPath': whole,
  'CustodianPolicy NeverReadByPath': whole,
  'ApproverPolicy NeverStart': whole,
  'ApproverPolicy NeverWake': whole,
  'CustodianPolicy NeverStart': whole,
  'CustodianPolicy NeverWake': whole,
  'DeployerPolicy NeverAct': whole,
  'DeployerPolicy NeverUnbound': whole,
};

/** ARNs with a star in them, by what comes before the first one. */
const partResource: Readonly<Record<string, string>> = {
  'arn:aws:logs:us-east-1:123456789012:log-group:': 'the streams of one log group, or the log groups of this stack',
  'arn:aws:states:us-east-1:123456789012:execution:baton-failover:': 'the executions of one state machine',
  'arn:aws:ec2:us-east-1:123456789012:instance/': 'machines that carry the tag: the condition says so',
  'arn:aws:ssm:us-east-1:123456789012:managed-instance/': 'machines that carry the tag: the condition says so',
  'arn:aws:execute-api:us-east-1:123456789012:': 'the whole of one API, denied',
  'arn:aws:dynamodb:us-east-1:123456789012:table/baton-': 'the table and its backups, denied, or tables of this stack',
  'arn:aws:iam::123456789012:role/baton-': 'roles of this stack, or of nodes, denied',
  'arn:aws:iam::123456789012:policy/baton-': 'policies of this stack',
  'arn:aws:cloudformation:us-east-1:123456789012:stack/': 'one stack, whose id ends in letters of chance',
  'arn:aws:cloudformation:us-east-1:aws:transform/': 'the two transforms of the template',
  'arn:aws:s3:::aws-sam-cli-managed-default-': 'the bucket of sam deploy, whose name ends in letters of chance',
  'arn:aws:apigateway:us-east-1::/': 'an API has no id before it is made',
  'arn:aws:lambda:us-east-1:123456789012:function:baton-': 'functions of this stack',
  'arn:aws:ssm:us-east-1:123456789012:parameter/baton/power/': 'the secrets of power, each named by its node',
  'arn:aws:ssm:us-east-1:123456789012:document/baton-': 'documents of this stack',
  'arn:aws:sns:us-east-1:123456789012:baton-': 'topics of this stack',
  'arn:aws:sqs:us-east-1:123456789012:baton-': 'queues of this stack',
  'arn:aws:scheduler:us-east-1:123456789012:schedule/default/baton-': 'schedules of this stack',
  'arn:aws:events:us-east-1:123456789012:rule/baton-': 'rules of this stack',
  'arn:aws:cloudwatch:us-east-1:123456789012:alarm:baton-': 'alarms of this stack',
  'arn:aws:cloudwatch::123456789012:dashboard/baton': 'the dashboard of this stack',
};

/** Their data lists alarms as resources; their API reference takes composite alarms on * only. */
const compositeOnly: readonly string[] = ['cloudwatch:DescribeAlarms', 'cloudwatch:PutCompositeAlarm'];

const wholeAction: Readonly<Record<string, string>> = {
  'DeployerPolicy NeverPeopleOrNodes': 'denied but for reads',
  'DeadLetterQueuePolicy OnlyEncrypted': 'everything over plain HTTP is denied',
};

const everybody: Readonly<Record<string, string>> = {
  'TopicPolicy OnlyEncrypted': 'denied to everybody over plain HTTP',
  'DeadLetterQueuePolicy OnlyEncrypted': 'denied to everybody over plain HTTP',
  'TableKey ThroughServices': 'everybody of this account, through the service alone: the condition says so',
  'TableKey TableGrants': 'everybody of this account, through DynamoDB alone: the condition says so',
};

const home = stackOf({ SlackEnabled: 'true', DrillsEnabled: 'true' });
const stacks: readonly [string, Stack][] = [
  ['home', home],
  ['vantage', stackOf(vantageParameters(home.resolved))],
];

const statementsOf = (policies: readonly Policy[]): readonly { name: string; holder: string; statement: Statement }[] =>
  policies.flatMap(({ holder, statements }) => statements.map((statement) => ({ name: `${holder} ${statement.Sid ?? ''}`, holder, statement })));

const rolePolicies = ({ identity }: Stack): readonly Policy[] => [...new Set(Object.values(identity).flat())];
const isKey = (stack: Stack, holder: string): boolean => stack.resolved.resources[holder]?.Type === 'AWS::KMS::Key';

describe.each(stacks)('%s', (_, stack) => {
  const own = statementsOf(rolePolicies(stack));
  const resource = statementsOf(Object.values(stack.resource)).filter(({ holder }) => !holder.endsWith('Role'));

  test('every * as a resource has its reason', () => {
    const found = own.filter(({ statement }) => manyOf(statement.Resource).includes('*'));
    const known = ({ name, statement }: (typeof found)[number]): boolean => name in wholeResource || `* ${statement.Sid ?? ''}` in wholeResource;
    expect(found.filter((one) => !known(one)).map(({ name }) => name)).toEqual([]);
  });
  test('every star in an ARN has its reason', () => {
    const stars = own.flatMap(({ statement }) => manyOf(statement.Resource)).filter((arn) => arn !== '*' && arn.includes('*'));
    expect(stars.filter((arn) => !Object.keys(partResource).some((begin) => arn.startsWith(begin)))).toEqual([]);
  });
  test('every star in an action, and every NotAction, has its reason', () => {
    const all = [...own, ...resource];
    const found = all.filter(({ statement }) => statement.NotAction !== undefined || manyOf(statement.Action).some((action) => action.includes('*')));
    expect(found.filter(({ name }) => !(name in wholeAction) && name !== 'DeployerPolicy NeverCustody').map(({ name }) => name)).toEqual([]);
    expect(own.filter(({ statement }) => statement.NotAction !== undefined && statement.Effect === 'Allow')).toEqual([]);
  });
  test('everybody as a principal has its reason', () => {
    const open = resource.filter(({ statement }) => JSON.stringify(statement.Principal).includes('"*"'));
    expect(open.filter(({ name }) => !(name in everybody)).map(({ name }) => name)).toEqual([]);
    expect(open.filter(({ statement }) => statement.Condition === undefined)).toEqual([]);
  });
  test(`a key policy is about ${thisKey}`, () => {
    const keys = resource.filter(({ holder }) => isKey(stack, holder));
    expect(keys.filter(({ statement }) => statement.Resource !== '*')).toEqual([]);
    expect(keys.length).toBeGreaterThan(5);
  });
  test('every action is one that the service knows', async () => {
    const all = [...own, ...resource].flatMap(({ statement }) => [...manyOf(statement.Action), ...manyOf(statement.NotAction)]);
    for (const action of new Set(all.filter((one) => !one.includes('*')))) {
      const [service = '', name = ''] = action.split(':');
      expect([action, await isWildcardOnlyAction(service, name).then(() => 'known')]).toEqual([action, 'known']);
    }
  });
  test('what is allowed on * can be allowed on nothing less, and the other way round', async () => {
    const wrong: string[] = [];
    for (const { name, statement } of own.filter(({ statement: { Effect } }) => Effect === 'Allow')) {
      for (const action of manyOf(statement.Action)) {
        const [service = '', call = ''] = action.split(':');
        const onStar = compositeOnly.includes(action) || (await isWildcardOnlyAction(service, call));
        if (onStar !== (statement.Resource === '*')) wrong.push(`${name} ${action}`);
      }
    }
    expect(wrong).toEqual([]);
  });
  test('items are reached only by their key', () => {
    const items = own.filter(
      ({ statement }) => statement.Effect === 'Allow' && manyOf(statement.Action).some((action) => /dynamodb:\w+Item$/.test(action)),
    );
    const keyed = ({ statement }: (typeof items)[number]): boolean =>
      statement.Condition?.['Null']?.['dynamodb:LeadingKeys'] === 'false' &&
      Object.entries(statement.Condition).some(([operator, of]) => operator.startsWith('ForAllValues:') && 'dynamodb:LeadingKeys' in of);
    expect(items.filter((one) => !keyed(one)).map(({ name }) => name)).toEqual([]);
  });
  test('what a ForAllValues names must be there', () => {
    const loose = [...own, ...resource].flatMap(({ name, statement }) =>
      Object.entries(statement.Condition ?? {})
        .filter(([operator]) => operator.startsWith('ForAllValues:'))
        .flatMap(([, of]) => Object.keys(of))
        .filter(
          (key) =>
            !Object.keys(statement.Condition?.['Null'] ?? {}).some(
              (known) => known === key || (key === 'kms:EncryptionContextKeys' && known.startsWith('kms:EncryptionContext:')),
            ),
        )
        .map((key) => `${name} ${key}`),
    );
    expect(loose).toEqual([]);
  });
  test('every statement has a name of its own, every policy fits', () => {
    for (const { holder, statements } of rolePolicies(stack)) {
      const names = statements.map(({ Sid }) => Sid ?? '');
      expect([holder, names.filter((name, index) => name === '' || names.indexOf(name) !== index)]).toEqual([holder, []]);
      const limit = holder.endsWith('Role') ? 10_240 : 6_144;
      expect([holder, JSON.stringify({ Version: '2012-10-17', Statement: statements }).length < limit]).toEqual([holder, true]);
    }
  });
});

test('no reason stands for nothing', () => {
  const names = statementsOf([...rolePolicies(home), ...Object.values(home.resource)]);
  const sids = new Set(names.flatMap(({ name, statement }) => [name, `* ${statement.Sid ?? ''}`]));
  const listed = [wholeResource, wholeAction, everybody].flatMap((list) => Object.keys(list));
  expect(listed.filter((name) => !sids.has(name))).toEqual([]);
  const arns = names.flatMap(({ statement }) => manyOf(statement.Resource)).filter((arn) => arn !== '*' && arn.includes('*'));
  expect(Object.keys(partResource).filter((begin) => !arns.some((arn) => arn.startsWith(begin)))).toEqual([]);
});

test('nobody can both start and approve', () => {
  const allowed = (id: string, action: string): boolean =>
    (home.identity[id] ?? []).some(({ statements }) =>
      statements.some(({ Effect, Action }) => Effect === 'Allow' && manyOf(Action).includes(action)),
    );
  const roles = Object.keys(home.identity);
  const answering = ['states:SendTaskSuccess', 'execute-api:Invoke'];
  expect(roles.filter((id) => allowed(id, 'states:StartExecution') && answering.some((action) => allowed(id, action)))).toEqual([]);
  expect(roles.filter((id) => allowed(id, 'states:SendTaskSuccess'))).toEqual(['AnswerRole', 'SlackRole']);
  expect(roles.filter((id) => allowed(id, 'states:StartExecution'))).toEqual([
    'DrillRole',
    'StartOnAlarmRole',
    'WatchRole',
    'RequesterPolicy',
    'RequesterRole',
  ]);
  expect(roles.filter((id) => allowed(id, 'execute-api:Invoke'))).toEqual(['ApproverPolicy', 'ApproverRole']);
  expect(roles.filter((id) => allowed(id, 'kms:CreateGrant'))).toEqual(['ReleaseKeyRole', 'ReinstateRole', 'CustodianPolicy', 'CustodianRole']);
  expect(roles.filter((id) => allowed(id, 'kms:Decrypt'))).toEqual([]);
});

test.each([
  ['cn-north-1', /arn:aws:|us-east-1|(?<!\/sso\.)amazonaws\.com(?!\.cn)/],
  ['us-gov-west-1', /arn:aws:|us-east-1/],
  ['eu-west-1', /us-east-1/],
])('in %s nothing is named as it is elsewhere', (region, elsewhere) => {
  const { identity, resource } = stackOf({}, { region });
  const statements = statementsOf([...Object.values(identity).flat(), ...Object.values(resource)]).map(({ name, statement }) => {
    // Service principals have one name in every partition but for the logs, which name the Region too.
    const { Principal: principal, ...rest } = statement;
    const services = JSON.stringify(principal ?? '').replaceAll(/"\w+\.amazonaws\.com"/g, '""');
    return [name, JSON.stringify(rest).replaceAll(/"(lambda|scheduler|states)\.amazonaws\.com"/g, '""') + services] as const;
  });
  expect(statements.filter(([, text]) => elsewhere.test(text))).toEqual([]);
});
