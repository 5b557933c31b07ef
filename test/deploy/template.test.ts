import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTemplate } from '../../local/template/index.ts';
import { deployments, resolved, type Deployment } from './deployments.ts';
import { codesOf, isTree, treeAt, type Finding, type Tree } from './finding.ts';
import { functionNames } from './function-names.ts';
import { filesUnder, referenceFindings } from './references.ts';
import { ruleFindings } from './rules.ts';
import { scheduleFindings } from './schedule.ts';

/** The template against Baton's own rules, and each rule against a template that breaks it. */

const root = join(import.meta.dirname, '..', '..');
const template = loadTemplate(join(root, 'template.yaml'));
const files = filesUnder(root);

/** The template with one value changed, or taken away when it is undefined. */
const changed = (path: string, value: unknown): Tree => {
  const tree = structuredClone(template.tree) as Record<string, unknown>;
  const steps = path.split('/');
  const last = steps.pop() ?? '';
  let here: Record<string, unknown> = tree;
  for (const step of steps) {
    here[step] ??= {};
    if (!isTree(here[step])) throw new Error(`${path}: ${step} is no map`);
    here = here[step];
  }
  if (value === undefined) {
    if (!(last in here)) throw new Error(`${path} is not in the template`);
    Reflect.deleteProperty(here, last);
  } else here[last] = value;
  return tree;
};

type Check = (tree: Tree) => Finding[];
const references: Check = (tree) => referenceFindings(tree, files, functionNames());

test.each<[string, Check]>([
  ['rules', ruleFindings],
  ['schedules', scheduleFindings],
  ['files', references],
])('nothing is wrong with the template: %s', (_, check) => {
  expect(check(template.tree)).toEqual([]);
});

describe('what breaks a rule is found', () => {
  test.each<[string, string, unknown, string[]]>([
    ['a function with a URL', 'Resources/WatchFunction/Properties/FunctionUrlConfig', { AuthType: 'AWS_IAM' }, ['FunctionUrl WatchFunction']],
    ['a URL beside', 'Resources/Url', { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'AWS_IAM' } }, ['FunctionUrl Url']],
    ['a public URL', 'Resources/Url', { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'NONE' } }, ['FunctionUrl Url', 'AuthNone Url.AuthType']],
    [
      'a route for everybody',
      'Resources/AnswerFunction/Properties/Events/Post/Properties/Auth',
      { Authorizer: 'NONE' },
      ['AuthNone AnswerFunction.Events.Post.Auth.Authorizer'],
    ],
    [
      'a second route of the function that Slack calls',
      'Resources/SlackFunction/Properties/Events/Get',
      { Type: 'HttpApi', Properties: { ApiId: { Ref: 'ApprovalsApi' }, Method: 'GET', Path: '/slack', Auth: { Authorizer: 'NONE' } } },
      ['AuthNone SlackFunction.Events.Get.Auth.Authorizer'],
    ],
    ['an endpoint for everybody', 'Resources/ApprovalsApi/Properties/Auth', undefined, ['AuthNotIam ApprovalsApi']],
    ['an endpoint without a limit', 'Resources/ApprovalsApi/Properties/DefaultRouteSettings', undefined, ['ApiNotThrottled ApprovalsApi']],
    ['an endpoint without a log', 'Resources/ApprovalsApi/Properties/AccessLogSettings', undefined, ['ApiNotLogged ApprovalsApi']],
    ['a permission for everybody', 'Resources/AlarmRulePermission/Properties/Principal', '*', ['PermissionOpen AlarmRulePermission']],
    [
      'a permission for any account',
      'Resources/AlarmRulePermission/Properties/SourceArn',
      undefined,
      ['PermissionWithoutSource AlarmRulePermission'],
    ],
    ['logs that are never deleted', 'Resources/WatchLogs/Properties/RetentionInDays', undefined, ['LogsKeptForever WatchLogs']],
    ['logs without our key', 'Resources/WatchLogs/Properties/KmsKeyId', undefined, ['LogsWithoutKey WatchLogs']],
    ['a function that makes its own logs', 'Resources/WatchFunction/Properties/LoggingConfig', undefined, ['FunctionWithoutLogGroup WatchFunction']],
    ['a function without a time limit', 'Resources/WatchFunction/Properties/Timeout', undefined, ['FunctionWithoutTimeout WatchFunction']],
    ['a function without memory', 'Resources/WatchFunction/Properties/MemorySize', undefined, ['FunctionWithoutMemorySize WatchFunction']],
    ['a function with a role that SAM makes up', 'Resources/WatchFunction/Properties/Role', undefined, ['FunctionWithoutRole WatchFunction']],
    [
      'a password',
      'Globals/Function/Environment/Variables/RPC_PASSWORD',
      'hunter2',
      ['SecretInline Globals.Function.Environment.Variables.RPC_PASSWORD'],
    ],
    ['an access key', 'Description', `key ${'AKIA'}${'A'.repeat(16)}`, ['SecretInline Description']],
    ['a table that is deleted with the stack', 'Resources/LeaseTable/DeletionPolicy', 'Delete', ['NotRetained LeaseTable.DeletionPolicy']],
    ['a table that an update may replace', 'Resources/LeaseTable/UpdateReplacePolicy', undefined, ['NotRetained LeaseTable.UpdateReplacePolicy']],
    ['a table key that is deleted', 'Resources/TableKey/DeletionPolicy', undefined, ['NotRetained TableKey.DeletionPolicy']],
    ['a custody key that is deleted', 'Resources/CustodyKey/DeletionPolicy', 'RetainExceptOnCreate', ['NotRetained CustodyKey.DeletionPolicy']],
    ['no custody key', 'Resources/CustodyKey', undefined, ['Absent CustodyKey']],
    [
      'leases that expire',
      'Resources/LeaseTable/Properties/TimeToLiveSpecification',
      { Enabled: true },
      ['TableNotLockable LeaseTable.TimeToLiveSpecification'],
    ],
    [
      'replicas of which the last writer wins',
      'Resources/LeaseTable/Properties/MultiRegionConsistency',
      undefined,
      ['TableNotLockable LeaseTable.MultiRegionConsistency'],
    ],
    ['a stack that acts at once', 'Parameters/DryRun/Default', 'false', ['UnsafeDefault Parameters.DryRun']],
    ['a stack that tells others by itself', 'Parameters/RelayEnabled/Default', 'true', ['UnsafeDefault Parameters.RelayEnabled']],
    ['a stack that lets Slack in by itself', 'Parameters/SlackEnabled/Default', 'true', ['UnsafeDefault Parameters.SlackEnabled']],
    ['a stack that drills by itself', 'Parameters/DrillsEnabled/Default', 'true', ['UnsafeDefault Parameters.DrillsEnabled']],
    ['a stack that asks nobody', 'Parameters/ApprovalRequired/Default', 'false', ['UnsafeDefault Parameters.ApprovalRequired']],
    ['a parameter without words', 'Parameters/Mode/Description', undefined, ['ParameterUndescribed Parameters.Mode']],
    ['a parameter without bounds', 'Parameters/Mode/AllowedValues', undefined, ['ParameterUnbounded Parameters.Mode']],
    ['a number without an upper bound', 'Parameters/DrillOverdueDays/MaxValue', undefined, ['ParameterUnbounded Parameters.DrillOverdueDays']],
    ['an output without words', 'Outputs/TopicArn/Description', undefined, ['OutputUndescribed Outputs.TopicArn']],
  ])('%s', (_, path, value, codes) => {
    expect(codesOf(ruleFindings(changed(path, value)))).toEqual(codes);
  });
  test('a hidden parameter with a default', () => {
    const tree = changed('Parameters/Hook', { Type: 'String', Description: 'x', AllowedPattern: '.*', NoEcho: true, Default: 'x' });
    expect(codesOf(ruleFindings(tree))).toEqual(['SecretInline Parameters.Hook']);
  });
});

describe('a file that is not there is found', () => {
  test.each<[string, string, unknown, string[]]>([
    ['the workflow', 'Resources/FailoverStateMachine/Properties/DefinitionUri', 'x.asl.json', ['FileMissing FailoverStateMachine.DefinitionUri']],
    [
      'the workflow, by a reference',
      'Resources/FailoverStateMachine/Properties/DefinitionUri',
      { Ref: 'Uri' },
      ['FileUnknown FailoverStateMachine.DefinitionUri'],
    ],
    [
      'a document',
      'Resources/FenceDocument/Properties/Content/Fn::Transform/Parameters/Location',
      'documents/x.yaml',
      ['FileMissing FenceDocument.Location'],
    ],
    ['the folder of a function', 'Resources/WatchFunction/Properties/CodeUri', 'nowhere/', ['FileMissing WatchFunction.CodeUri']],
    [
      'a folder that sam would install',
      'Resources/WatchFunction/Properties/CodeUri',
      '.',
      ['PackageInCodeUri WatchFunction.CodeUri', 'FileMissing WatchFunction.EntryPoints'],
    ],
    ['an entry point', 'Resources/WatchFunction/Metadata/BuildProperties/EntryPoints', ['look.ts'], ['FileMissing WatchFunction.EntryPoints']],
    ['no entry point', 'Resources/WatchFunction/Metadata', undefined, ['FileUnknown WatchFunction.EntryPoints']],
    [
      'a handler built from another file',
      'Resources/WatchFunction/Metadata/BuildProperties/EntryPoints',
      ['fence.ts'],
      ['HandlerMismatch WatchFunction'],
    ],
    ['a handler that is not exported', 'Resources/WatchFunction/Properties/Handler', 'watch.main', ['HandlerMissing WatchFunction']],
    ['a function that nobody deploys', 'Resources/WatchFunction', undefined, ['FunctionNotDeployed watch']],
  ])('%s', (_, path, value, codes) => {
    expect(codesOf(references(changed(path, value)))).toEqual(codes);
  });
});

test('each place of a schedule is looked at', () => {
  const event = { Type: 'ScheduleV2', Properties: { ScheduleExpression: 'rate(2 minute)' } };
  const rule = { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'at(2027-02-28T23:59:59)' } };
  expect(codesOf(scheduleFindings(changed('Resources/WatchSchedule/Properties/ScheduleExpression', 'rate(1 minutes)')))).toEqual([
    'ScheduleInvalid WatchSchedule.ScheduleExpression',
  ]);
  expect(codesOf(scheduleFindings(changed('Resources/WatchFunction/Properties/Events', { Each: event })))).toEqual([
    'ScheduleInvalid WatchFunction.Events.Each.ScheduleExpression',
  ]);
  expect(codesOf(scheduleFindings(changed('Resources/Rule', rule)))).toEqual(['ScheduleInvalid Rule.ScheduleExpression']);
  const everyOther = ['never', 'rate(1 day)', 'rate(2 day)', 'weekly'];
  expect(codesOf(scheduleFindings(changed('Parameters/AlertTestEvery/AllowedValues', everyOther)))).toEqual([
    'ScheduleInvalid AlertTestSchedule.ScheduleExpression',
    'ScheduleInvalid AlertTestSchedule.ScheduleExpression',
  ]);
  expect(codesOf(scheduleFindings(changed('Parameters/AlertTestEvery/AllowedValues', undefined)))).toEqual([
    'ScheduleInvalid AlertTestSchedule.ScheduleExpression',
  ]);
  expect(codesOf(scheduleFindings(changed('Resources/WatchSchedule/Properties/ScheduleExpression', { Ref: 'Rate' })))).toEqual([
    'ScheduleInvalid WatchSchedule.ScheduleExpression',
  ]);
});

describe('each way to deploy', () => {
  const [home, , three, vantage] = deployments;
  const resolve = (deployment: Deployment | undefined, parameters: Readonly<Record<string, string>> = {}, tree: Tree = template.tree) => {
    if (!deployment) throw new Error('there is no such deployment');
    return resolved({ ...template, tree }, { ...deployment, parameters: { ...deployment.parameters, ...parameters } });
  };
  test.each(deployments.map(({ name }, index) => [name, index] as const))('%s resolves', (_, index) => {
    expect(resolve(deployments[index]).resources['WatchFunction']?.Type).toBe('AWS::Serverless::Function');
  });
  test('a vantage is a watcher and what it needs, and holds no lease and no key of a validator', () => {
    const { resources } = resolve(vantage);
    expect(Object.keys(resources).sort()).toEqual([
      'DeadLetterQueue',
      'DeadLetterQueuePolicy',
      'DeadLetters',
      'FunctionFailing',
      'ScheduleRole',
      'TableKey',
      'Topic',
      'TopicPolicy',
      'ValidatorNeedsHuman',
      'WatchFunction',
      'WatchLogs',
      'WatchRole',
      'WatchSchedule',
      'WatcherSilent',
    ]);
    expect(treeAt(resources, 'WatchFunction', 'Properties', 'Environment', 'Variables')).toMatchObject({
      BATON_HOME_REGION: 'us-east-1',
      BATON_TABLE: 'arn:aws:dynamodb:us-east-1:123456789012:table/baton-LeaseTable-0123456789AB',
      BATON_STATE_MACHINE: 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover',
    });
  });
  test('Slack is made only where it is switched on, and never in a vantage', () => {
    const slackIn = (one: ReturnType<typeof resolve>): unknown[] => [
      Object.keys(one.resources).filter((id) => id.includes('Slack')),
      JSON.stringify(one.resources['RequestApprovalRole'] ?? '').includes('ssm:GetParameter'),
      treeAt(one.resources, 'WatchFunction', 'Properties', 'Environment', 'Variables')['BATON_SLACK_PARAMETER'],
    ];
    const on = { SlackEnabled: 'true' };
    expect(slackIn(resolve(home))).toEqual([[], false, '']);
    expect(slackIn(resolve(home, on))).toEqual([['WarmSlack', 'SlackFunction', 'SlackLogs', 'SlackRole', 'SlackFailing'], true, '/baton/slack']);
    const announcing = (one: ReturnType<typeof resolve>): string[] => Object.keys(one.resources).filter((id) => /^(Announce|EndRule)/.test(id));
    expect([announcing(resolve(home)), announcing(resolve(vantage, on)), announcing(resolve(home, on)).length]).toEqual([[], [], 8]);
    expect(slackIn(resolve(vantage, on))).toEqual([[], false, '']);
  });
  test('the relay and the alert test are made only where they are switched on, and never in a vantage', () => {
    const made = (one: ReturnType<typeof resolve>): string[] => Object.keys(one.resources).filter((id) => /^(Relay|AlertTest)/.test(id));
    const parameter = (one: ReturnType<typeof resolve>): unknown =>
      treeAt(one.resources, 'WatchFunction', 'Properties', 'Environment', 'Variables')['BATON_RELAY_PARAMETER'];
    const test = ['AlertTestFunction', 'AlertTestLogs', 'AlertTestRole', 'AlertTestSchedule'];
    const relay = ['RelayFunction', 'RelayLogs', 'RelayPermission', 'RelayRole', 'RelaySubscription'];
    const on = { RelayEnabled: 'true' };
    expect([made(resolve(home)).sort(), parameter(resolve(home))]).toEqual([test, '']);
    expect([made(resolve(home, on)).sort(), parameter(resolve(home, on))]).toEqual([[...test, ...relay], '/baton/relay']);
    expect(made(resolve(home, { AlertTestEvery: 'never' }))).toEqual([]);
    expect(treeAt(resolve(home, { AlertTestEvery: 'rate(1 day)' }).resources, 'AlertTestSchedule', 'Properties')).toMatchObject({
      ScheduleExpression: 'rate(1 day)',
    });
    expect([made(resolve(vantage, on)), parameter(resolve(vantage, on))]).toEqual([[], '']);
  });
  test('drills are made only where they are switched on, and never in a vantage', () => {
    const drillsIn = (one: ReturnType<typeof resolve>): unknown[] => [
      Object.keys(one.resources).filter((id) => /^Drill(?!Overdue)/.test(id)),
      JSON.stringify(one.resources['ScheduleRole']).includes('-drill'),
    ];
    const on = { DrillsEnabled: 'true' };
    expect(drillsIn(resolve(home))).toEqual([[], false]);
    expect(drillsIn(resolve(home, on))).toEqual([['DrillSchedule', 'DrillFunction', 'DrillLogs', 'DrillRole'], true]);
    expect(drillsIn(resolve(vantage, on))).toEqual([[], false]);
  });
  test('a table over three Regions is strongly consistent, and one of one Region is not said to be', () => {
    expect(treeAt(resolve(three).resources, 'LeaseTable', 'Properties')['MultiRegionConsistency']).toBe('STRONG');
    expect(treeAt(resolve(three).resources, 'LeaseTable', 'Properties')['Replicas']).toHaveLength(3);
    expect(treeAt(resolve(home).resources, 'LeaseTable', 'Properties')['MultiRegionConsistency']).toBeUndefined();
    expect(treeAt(resolve(home).resources, 'LeaseTable', 'Properties')['Replicas']).toHaveLength(1);
  });
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['two Regions', { ReplicaRegion1: 'us-east-2' }, 'Give both ReplicaRegion1 and ReplicaRegion2'],
    ['three Regions without a key', { ReplicaRegion1: 'us-east-2', ReplicaRegion2: 'us-west-2' }, 'Give ReplicaKeyArn1'],
    ['a network without security groups', { PowerSubnetIds: 'subnet-0123456789abcdef0' }, 'Give both PowerSubnetIds and PowerSecurityGroupIds'],
    ['a network that is no subnet', { PowerSubnetIds: 'subnet-0123456789abcdef0,vpc-0123456789abcdef1' }, 'does not match'],
    ['a vantage that does not know its home', { Mode: 'vantage', VantageName: 'west' }, 'Mode vantage needs HomeRegion'],
    ['a mode that is not there', { Mode: 'away' }, 'is not one of home, vantage'],
    ['a DryRun of another spelling', { DryRun: 'False' }, 'is not one of true, false'],
    ['a prefix of roles with a wildcard', { NodeRolePrefix: 'baton-*' }, 'does not match'],
    ['a validator name in the place of a vantage', { VantageName: 'Home' }, 'does not match'],
  ])('refused: %s', (_, parameters, message) => {
    expect(() => resolve(home, parameters)).toThrow(message);
  });
  test('refused: a vantage of the name of the home', () => {
    expect(() => resolve(vantage, { VantageName: 'home' })).toThrow('Give VantageName, another one than home');
  });
  test('a reference to what is not there is found, also where only one mode has it', () => {
    expect(() => resolve(home, {}, changed('Resources/TakeTermRole', undefined))).toThrow('TakeTermRole');
    const reference = { Ref: 'LeaseTable' };
    const tree = changed('Globals/Function/Environment/Variables/BATON_TABLE', reference);
    expect(resolve(home, {}, tree).resources['WatchFunction']?.Type).toBe('AWS::Serverless::Function');
    expect(() => resolve(vantage, {}, tree)).toThrow('LeaseTable');
  });
});
