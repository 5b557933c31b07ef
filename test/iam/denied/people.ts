import {
  account,
  answers,
  api,
  attributes,
  custody,
  document,
  execution,
  functionArn,
  grant,
  item,
  role,
  roleArn,
  sameKey,
  sealedFor,
  powerParameter,
  slackParameter,
  stateMachine,
  table,
  vaulted,
  type Denied,
} from './names.ts';
/** Calls of people, each of which is another person's. */

const [requester, approver, custodian, deployer] = ['Requester', 'Approver', 'Custodian', 'Deployer'].map(role) as [
  Denied['who'],
  Denied['who'],
  Denied['who'],
  Denied['who'],
];
const approval = `approval#${'a'.repeat(32)}`;
const selected = { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' };
const lease = ['validator', 'attempt', 'version', 'term', 'phase', 'claim', 'holder'];
const alarm = `arn:aws:cloudwatch:us-east-1:${account}:alarm:baton-NeedsPerson`;
const starters: readonly Denied[] = [
  { who: requester, action: 'execute-api:Invoke', resource: answers, why: 'who asks approves' },
  ...[requester, approver, custodian].map((who) => ({
    who,
    action: 'ssm:GetParameter',
    resource: powerParameter,
    why: 'a person says that a machine is off',
  })),
  { who: requester, action: 'ssm:GetParameter', resource: slackParameter, why: 'who asks presses for others' },
  { who: requester, action: 'ssm:GetParametersByPath', resource: slackParameter.replace('/slack', ''), why: 'who asks reads all parameters' },
  { who: requester, action: 'states:SendTaskSuccess', resource: '*', why: 'who asks wakes the execution' },
  { who: requester, action: 'states:SendTaskFailure', resource: '*', why: 'who asks fails the waiting task' },
  { who: requester, action: 'states:StartExecution', resource: `${stateMachine}2`, why: 'who asks starts another workflow' },
  { who: requester, action: 'states:StopExecution', resource: execution, why: 'who asks stops a failover half way' },
  { who: requester, action: 'states:UpdateStateMachine', resource: stateMachine, why: 'who asks changes the workflow' },
  { who: requester, action: 'lambda:InvokeFunction', resource: functionArn('take-term'), why: 'who asks takes the term past the workflow' },
  { who: requester, action: 'lambda:InvokeFunction', resource: functionArn('answer'), why: 'who asks answers as somebody else' },
  { who: requester, action: 'ssm:SendCommand', resource: document('baton-fence'), why: 'who asks fences by hand' },
  {
    who: requester,
    action: 'dynamodb:GetItem',
    resource: table,
    context: { ...item(approval), 'dynamodb:Select': 'ALL_ATTRIBUTES' },
    why: 'who asks reads the task token with the rest',
  },
  {
    who: requester,
    action: 'dynamodb:GetItem',
    resource: table,
    context: { ...attributes(approval, 'state', 'token'), ...selected },
    why: 'who asks reads the task token',
  },
  {
    who: requester,
    action: 'dynamodb:GetItem',
    resource: table,
    context: { ...item(approval), ...selected },
    why: 'who asks reads attributes that are not told',
  },
  {
    who: requester,
    action: 'dynamodb:GetItem',
    resource: table,
    context: { ...attributes(approval, 'state'), 'dynamodb:Select': 'ALL_ATTRIBUTES' },
    why: 'who asks reads all attributes and tells of some',
  },
  { who: requester, action: 'dynamodb:GetItem', resource: table, context: item('vault#hub-1'), why: 'who asks reads the sealed key' },
  { who: requester, action: 'dynamodb:PutItem', resource: table, context: item(approval), why: 'who asks writes the approval' },
  { who: requester, action: 'dynamodb:PutItem', resource: table, context: item('config#hub-1'), why: 'who asks makes himself an approver' },
  { who: requester, action: 'dynamodb:UpdateItem', resource: table, context: attributes('lease#hub-1', ...lease), why: 'who asks writes the lease' },
  { who: requester, action: 'dynamodb:DeleteItem', resource: table, context: item('lease#hub-1'), why: 'who asks deletes the lease' },
  { who: requester, action: 'dynamodb:DeleteItem', resource: table, context: item('alert-test'), why: 'who asks forgets the last alert test' },
  { who: requester, action: 'ssm:GetDocument', resource: document('baton-other'), why: 'who looks reads a document of somebody else' },
  { who: requester, action: 'cloudwatch:DisableAlarmActions', resource: alarm, why: 'who looks at the alarms silences them' },
  { who: requester, action: 'dynamodb:DeleteItem', resource: table, context: item('planned#hub-1'), why: 'who asks wipes out what was planned' },
  { who: requester, action: 'dynamodb:Scan', resource: table, why: 'who asks reads the whole table, tokens too' },
  { who: requester, action: 'kms:Decrypt', resource: custody, context: sealedFor('2'), why: 'who asks opens a key' },
];

const answerers: readonly Denied[] = [
  { who: approver, action: 'ssm:GetParameter', resource: slackParameter, why: 'who answers presses for others' },
  { who: custodian, action: 'ssm:GetParameterHistory', resource: slackParameter, why: 'who has the key presses for others' },
  { who: approver, action: 'states:StartExecution', resource: stateMachine, why: 'who approves starts' },
  { who: approver, action: 'states:RedriveExecution', resource: execution, why: 'who approves starts again what failed' },
  { who: approver, action: 'states:SendTaskSuccess', resource: '*', why: 'who approves goes past the endpoint, which knows who he is' },
  { who: approver, action: 'execute-api:Invoke', resource: `${api}/$default/GET/answers`, why: 'who approves calls something else of the endpoint' },
  {
    who: approver,
    action: 'execute-api:Invoke',
    resource: `arn:aws:execute-api:us-east-1:${account}:otherapi12/$default/POST/answers`,
    why: 'who approves calls another endpoint',
  },
  { who: approver, action: 'lambda:InvokeFunction', resource: functionArn('answer'), why: 'who approves answers as somebody else' },
  { who: approver, action: 'dynamodb:PutItem', resource: table, context: item(approval), why: 'who approves writes the record himself' },
  { who: approver, action: 'dynamodb:PutItem', resource: table, context: item('pause#hub-1'), why: 'who approves pauses' },
  { who: approver, action: 'dynamodb:PutItem', resource: table, context: item('planned#hub-1'), why: 'who approves plans a move' },
  {
    who: approver,
    action: 'dynamodb:GetItem',
    resource: table,
    context: { ...attributes(approval, 'token'), ...selected },
    why: 'who approves reads the task token',
  },
  { who: approver, action: 'dynamodb:PutItem', resource: table, context: item('config#hub-1'), why: 'who approves changes the quorum' },
];

const sealers: readonly Denied[] = [
  { who: custodian, action: 'states:StartExecution', resource: stateMachine, why: 'who has the key starts' },
  { who: custodian, action: 'execute-api:Invoke', resource: answers, why: 'who has the key approves' },
  { who: custodian, action: 'states:SendTaskSuccess', resource: '*', why: 'who has the key wakes the execution' },
  { who: custodian, action: 'kms:Decrypt', resource: custody, context: vaulted, why: 'who sealed the key opens it again' },
  {
    who: custodian,
    action: 'kms:GenerateDataKey',
    resource: custody,
    context: { 'kms:CallerAccount': account },
    why: 'a key sealed for no validator',
  },
  { who: custodian, action: 'kms:GenerateDataKey', resource: custody, context: sealedFor('9'), why: 'a key sealed for a node past a release' },
  {
    who: custodian,
    action: 'kms:ReEncryptTo',
    resource: custody,
    context: { ...sealedFor('2'), ...sameKey },
    why: 'who has the key releases it in a later term',
  },
  { who: custodian, action: 'kms:CreateGrant', resource: custody, context: grant(), why: 'who has the key gives a grant in a later term' },
  {
    who: custodian,
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ ...sealedFor('1'), 'kms:GranteePrincipal': roleArn('baton-custodian') }),
    why: 'who has the key gives himself a grant',
  },
  { who: custodian, action: 'kms:PutKeyPolicy', resource: custody, why: 'who has the key changes who may use it' },
  {
    who: custodian,
    action: 'dynamodb:DeleteItem',
    resource: table,
    context: item('lease#hub-1'),
    why: 'who has the key deletes the lease and enrols again',
  },
  { who: custodian, action: 'dynamodb:PutItem', resource: table, context: item('lease#hub-1'), why: 'who has the key replaces the lease' },
  { who: custodian, action: 'dynamodb:PutItem', resource: table, context: item('planned#hub-1'), why: 'who has the key plans a move' },
  { who: custodian, action: 'kms:DisableKey', resource: custody, why: 'who looks after the key disables it' },
  { who: custodian, action: 'dynamodb:PutItem', resource: table, context: item('node#hub-1#i-1'), why: 'who has the key writes the word of a node' },
  { who: custodian, action: 'dynamodb:PutItem', resource: table, context: item(approval), why: 'who has the key writes an approval' },
];

const deployers: readonly Denied[] = [
  { who: deployer, action: 'states:SendTaskSuccess', resource: '*', why: 'who deploys approves' },
  { who: deployer, action: 'execute-api:Invoke', resource: answers, why: 'who deploys answers' },
  { who: deployer, action: 'states:StartExecution', resource: stateMachine, why: 'who deploys starts' },
  { who: deployer, action: 'dynamodb:GetItem', resource: table, context: item('vault#hub-1'), why: 'who deploys reads an item' },
  { who: deployer, action: 'dynamodb:UpdateItem', resource: table, context: item('lease#hub-1'), why: 'who deploys writes the lease' },
  { who: deployer, action: 'dynamodb:DeleteTable', resource: table, why: 'who deploys deletes the table' },
  { who: deployer, action: 'kms:PutKeyPolicy', resource: custody, why: 'who deploys lets himself decrypt' },
  { who: deployer, action: 'kms:Decrypt', resource: custody, context: vaulted, why: 'who deploys opens a key' },
  { who: deployer, action: 'kms:ScheduleKeyDeletion', resource: custody, why: 'who deploys deletes the key of the keys' },
  { who: deployer, action: 'kms:CreateGrant', resource: custody, context: grant(), why: 'who deploys gives a grant' },
  { who: deployer, action: 'lambda:InvokeFunction', resource: functionArn('release-key'), why: 'who deploys calls release-key' },
  { who: deployer, action: 'ssm:SendCommand', resource: document('baton-fence'), why: 'who deploys fences by hand' },
  { who: deployer, action: 'iam:UpdateAssumeRolePolicy', resource: roleArn('baton-node-amber'), why: 'who deploys becomes a node' },
  { who: deployer, action: 'sts:AssumeRole', resource: roleArn('baton-approver'), why: 'who deploys becomes an approver' },
  { who: deployer, action: 'iam:PutRolePolicy', resource: roleArn('baton-approver'), why: 'who deploys widens what an approver may do' },
  {
    who: deployer,
    action: 'iam:CreatePolicyVersion',
    resource: `arn:aws:iam::${account}:policy/baton-node`,
    why: 'who deploys widens what a node may do',
  },
  {
    who: deployer,
    action: 'iam:PassRole',
    resource: roleArn('baton-AssessRole-X'),
    context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    why: 'who deploys gives a role to a machine',
  },
  {
    who: deployer,
    action: 'iam:PassRole',
    resource: roleArn('admin'),
    context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    why: 'who deploys passes a role of somebody else',
  },
  { who: deployer, action: 'iam:CreateRole', resource: roleArn('other'), why: 'who deploys makes a role outside the stack' },
  {
    who: deployer,
    action: 'lambda:UpdateFunctionCode',
    resource: `arn:aws:lambda:us-east-1:${account}:function:other`,
    why: "who deploys changes another stack's function",
  },
];

const both = { policy: 'RequesterPolicy+ApproverPolicy', name: 'both' };
const bounded = 'bounded' as const;

const combined: readonly Denied[] = [
  { who: both, action: 'states:StartExecution', resource: stateMachine, why: 'who has both policies starts' },
  { who: both, action: 'execute-api:Invoke', resource: answers, why: 'who has both policies approves' },
  { who: deployer, action: 'iam:CreateRole', resource: roleArn('baton-x'), why: 'who deploys makes a role without the boundary', in: bounded },
  {
    who: deployer,
    action: 'iam:PutRolePolicy',
    resource: roleArn('baton-x'),
    context: { 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/wide` },
    why: 'who deploys makes a role with a wider boundary',
    in: bounded,
  },
  {
    who: deployer,
    action: 'iam:DeleteRolePermissionsBoundary',
    resource: roleArn('baton-x'),
    why: 'who deploys takes the boundary away',
    in: bounded,
  },
];

export const people: readonly Denied[] = [...starters, ...answerers, ...sealers, ...deployers, ...combined];
