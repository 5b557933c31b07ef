import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTemplate, resolveTemplate } from '../../local/template/index.ts';
import { dashboardFindings } from './dashboard.ts';
import { codesOf, isTree, treeAt, type Finding, type Tree } from './finding.ts';
import { filesUnder, referenceFindings } from './references.ts';
import { ruleFindings } from './rules.ts';
import { scheduleFindings, scheduleProblem } from './schedule.ts';

/** The template against Baton's own rules, and each rule against a template that breaks it. */

const root = join(import.meta.dirname, '..', '..');
const template = loadTemplate(join(root, 'template.yaml'));
const files = filesUnder(root);

/** Each file of functions/ that has a handler. */
const functionNames = (): string[] =>
  readdirSync(join(root, 'functions'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'contract.ts' && file !== 'environment.ts')
    .map((file) => basename(file, '.ts'));

/** The template with one value changed, or taken away when it is undefined. */
const changed = (path: string, value: unknown): Tree => {
  const tree = structuredClone(template.tree) as Record<string, unknown>;
  const steps = path.split('/');
  const last = steps.pop() ?? '';
  let here: Record<string, unknown> = tree;
  for (const step of steps) {
    here[step] ??= {};
    if (!isTree(here[step])) throw new Error(`${path}: ${step} is no map`);
    here = here[step] as Record<string, unknown>;
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

describe('schedules', () => {
  test.each([
    'rate(1 minute)',
    'rate(5 minutes)',
    'rate(1 day)',
    'cron(0 10 * * ? *)',
    'cron(0/15 8-17 ? * MON-FRI *)',
    'cron(0 9 L * ? 2027-2030)',
    'cron(30 6 ? JAN,JUL 2#1 *)',
    'cron(5 0 15W * ? *)',
    'at(2027-02-28T23:59:59)',
  ])('%s is one', (expression) => {
    expect(scheduleProblem(expression, true)).toBe(null);
  });
  test.each([
    ['rate(1 minutes)', '1 takes the singular, every other number the plural'],
    ['rate(5 minute)', '1 takes the singular, every other number the plural'],
    ['rate(0 minutes)', 'rate is a positive number and minutes, hours or days'],
    ['rate(30 seconds)', 'rate is a positive number and minutes, hours or days'],
    ['rate(1.5 hours)', 'rate is a positive number and minutes, hours or days'],
    ['cron(0 10 * * ?)', 'cron has 6 fields: minutes hours day-of-month month day-of-week year'],
    ['cron(0 10 * * * *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(0 10 ? * ? *)', 'exactly one of day-of-month and day-of-week must be ?'],
    ['cron(60 10 * * ? *)', '60 is no minutes'],
    ['cron(0 24 * * ? *)', '24 is no hours'],
    ['cron(0 10 32 * ? *)', '32 is no day of month'],
    ['cron(0 10 * 13 ? *)', '13 is no month'],
    ['cron(0 10 ? * 0 *)', '0 is no day of week'],
    ['cron(0 10 ? * MON#6 *)', 'MON#6 is no day of week'],
    ['cron(10-5 10 * * ? *)', '10-5 is no minutes'],
    ['cron(0/0 10 * * ? *)', '0/0 is no minutes'],
    ['cron(0 10 * * ? 1969)', '1969 is no year'],
    ['at(2027-02-30T00:00:00)', 'at is yyyy-mm-ddThh:mm:ss'],
    ['at(2027-02-28 00:00:00)', 'at is yyyy-mm-ddThh:mm:ss'],
    ['every(1 minute)', 'expected rate(…), cron(…) or at(…)'],
    ['* * * * *', 'expected rate(…), cron(…) or at(…)'],
  ])('%s is none', (expression, problem) => {
    expect(scheduleProblem(expression, true)).toBe(problem);
  });
  test('a rule of EventBridge knows no at', () => {
    expect(scheduleProblem('at(2027-02-28T23:59:59)', false)).toBe('expected rate(…) or cron(…)');
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
    expect(codesOf(scheduleFindings(changed('Resources/WatchSchedule/Properties/ScheduleExpression', { Ref: 'Rate' })))).toEqual([
      'ScheduleInvalid WatchSchedule.ScheduleExpression',
    ]);
  });
});

describe('dashboards', () => {
  const metric = {
    type: 'metric',
    x: 0,
    y: 0,
    width: 12,
    height: 6,
    properties: { region: 'us-east-1', metrics: [['Baton', 'Done', 'service', 'x']] },
  };
  const found = (...widgets: readonly unknown[]): string[] => codesOf(dashboardFindings('D', JSON.stringify({ widgets })));
  const withMetrics = (metrics: unknown): unknown => ({ ...metric, properties: { region: 'us-east-1', metrics } });
  test('a good one', () => {
    const text = { type: 'text', width: 24, height: 2, properties: { markdown: '# Baton' } };
    const alarms = { type: 'alarm', width: 24, height: 2, properties: { alarms: ['arn:x'] } };
    const lines = [
      ['Baton', 'Done', 'service', 'x', { stat: 'Sum' }],
      ['...', 'y'],
      ['.', 'Failed', '.', '.'],
      [{ expression: 'm1 / 2', label: 'x' }],
    ];
    expect(found(metric, text, alarms, withMetrics(lines))).toEqual([]);
  });
  test.each<[string, unknown, string]>([
    ['a type that is not there', { ...metric, type: 'graph' }, 'WidgetUnknown D.widgets[0]'],
    ['no type', { properties: {} }, 'WidgetUnknown D.widgets[0]'],
    ['beside the page', { ...metric, x: 13 }, 'WidgetPlace D.widgets[0]'],
    ['wider than the page', { ...metric, width: 25 }, 'WidgetPlace D.widgets[0]'],
    ['no height', { ...metric, height: undefined }, 'WidgetPlace D.widgets[0]'],
    ['no Region', { ...metric, properties: { metrics: [['Baton', 'Done']] } }, 'WidgetIncomplete D.widgets[0]'],
    ['no metrics', { ...metric, properties: { region: 'us-east-1' } }, 'WidgetIncomplete D.widgets[0]'],
    ['an empty list of metrics', withMetrics([]), 'WidgetMetrics D.widgets[0]'],
    ['a dimension without a value', withMetrics([['Baton', 'Done', 'service']]), 'WidgetMetrics D.widgets[0]'],
    ['options alone', withMetrics([[{ stat: 'Sum' }]]), 'WidgetMetrics D.widgets[0]'],
    ['a view that is not there', { ...metric, properties: { ...metric.properties, view: 'lines' } }, 'WidgetView D.widgets[0]'],
    ['a text without text', { ...metric, type: 'text', properties: {} }, 'WidgetIncomplete D.widgets[0]'],
  ])('%s', (_, widget, code) => {
    expect(found(widget)).toEqual([code]);
  });
  test('what is no dashboard at all', () => {
    expect(codesOf(dashboardFindings('D', '{"widgets":[}'))).toEqual(['DashboardInvalid D']);
    expect(codesOf(dashboardFindings('D', '{"widgets":[]}'))).toEqual(['DashboardInvalid D']);
    expect(codesOf(dashboardFindings('D', { widgets: [] }))).toEqual(['DashboardInvalid D']);
  });
});

describe('each way to deploy', () => {
  const target = { region: 'eu-west-1', account: '123456789012', stack: 'baton' };
  test('a vantage is a watcher and what it needs, and holds no lease and no key of a validator', () => {
    const parameters = {
      Mode: 'vantage',
      VantageName: 'west',
      HomeRegion: 'us-east-1',
      HomeTableArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/x-y',
      HomeTableKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000',
      HomeStateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover',
    };
    const { resources } = resolveTemplate(template, { ...target, parameters });
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
    expect(treeAt(resources, 'WatchFunction', 'Properties', 'Environment', 'Variables')['BATON_HOME_REGION']).toBe('us-east-1');
  });
});
