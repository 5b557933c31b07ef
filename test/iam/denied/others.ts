import type { Context } from '../ask.ts';
import { contextKeys } from '../questions.ts';
import { account, custody, grant, queue, roleArn, sameKey, sealedFor, stateMachine, tableKey, topic, vaulted, type Denied } from './names.ts';

/** Calls of administrators, of services that act for somebody else, and ways into a role. */

const admin = { admin: 'administrator' };
const assume = (name: string, context: Context): Pick<Denied, 'action' | 'resource' | 'context'> => ({
  action: 'sts:AssumeRole',
  resource: roleArn(name),
  context,
});
const withMfa = { 'aws:MultiFactorAuthPresent': 'true' };

export const others: readonly Denied[] = [
  {
    who: { admin: 'aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef' },
    action: 'kms:GenerateDataKey',
    resource: custody,
    context: vaulted,
    why: 'an administrator of IAM Identity Center seals a key',
  },
  { who: admin, action: 'kms:Decrypt', resource: custody, context: sealedFor('2'), why: 'an administrator opens a released key' },
  { who: admin, action: 'kms:Decrypt', resource: custody, context: vaulted, why: 'an administrator opens a sealed key' },
  { who: admin, action: 'kms:CreateGrant', resource: custody, context: grant(), why: 'an administrator gives a grant' },
  { who: admin, action: 'kms:ReEncryptFrom', resource: custody, context: { ...vaulted, ...sameKey }, why: 'an administrator moves a sealed key' },
  { who: admin, action: 'kms:GenerateDataKey', resource: custody, context: vaulted, why: 'an administrator seals a key' },
  {
    who: { admin: 'baton-release-key-2' },
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant(),
    why: 'a role with nearly the right name gives a grant',
  },
  {
    who: admin,
    action: 'kms:Decrypt',
    resource: tableKey,
    context: { 'kms:CallerAccount': account },
    why: "an administrator uses the table's key past the table",
  },
  {
    who: admin,
    action: 'kms:Decrypt',
    resource: tableKey,
    context: { 'kms:CallerAccount': account, 'kms:ViaService': 'lambda.us-east-1.amazonaws.com' },
    why: "another service uses the table's key",
  },
  {
    who: admin,
    action: 'kms:Decrypt',
    resource: tableKey,
    context: { 'kms:CallerAccount': '999999999999', 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' },
    why: "another account uses the table's key through DynamoDB",
  },
  {
    who: admin,
    action: 'kms:CreateGrant',
    resource: tableKey,
    context: { 'kms:CallerAccount': account, 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com', 'kms:GrantIsForAWSResource': 'false' },
    why: "somebody gives a grant on the table's key that is not DynamoDB's own",
  },
  {
    who: { service: 'cloudwatch.amazonaws.com' },
    action: 'kms:GenerateDataKey',
    resource: tableKey,
    context: { 'aws:SourceAccount': '999999999999' },
    why: "another account's alarm uses the key",
  },
  {
    who: { service: 'cloudwatch.amazonaws.com' },
    action: 'sns:Publish',
    resource: topic,
    context: { 'aws:SourceAccount': '999999999999' },
    why: "another account's alarm writes to people",
  },
  {
    who: { service: 'events.amazonaws.com' },
    action: 'kms:Decrypt',
    resource: tableKey,
    context: { 'aws:SourceAccount': '999999999999' },
    why: "another account's rule uses the key",
  },
  {
    who: { service: 'events.amazonaws.com' },
    action: 'sqs:SendMessage',
    resource: queue,
    context: { 'aws:SourceArn': `arn:aws:events:us-east-1:${account}:rule/other` },
    why: 'another rule fills the queue',
  },
  {
    who: { service: 'logs.us-east-1.amazonaws.com' },
    action: 'kms:Decrypt',
    resource: tableKey,
    context: contextKeys({ 'aws:logs:arn': `arn:aws:logs:us-east-1:${account}:log-group:/aws/lambda/other` }),
    why: 'another log group uses the key',
  },
  { who: admin, action: 'sns:Publish', resource: topic, context: { 'aws:SecureTransport': 'false' }, why: 'a message over plain HTTP' },
  { who: { user: 'robin' }, ...assume('baton-requester', { 'sts:RoleSessionName': 'robin' }), why: 'a role without a second factor' },
  { who: { user: 'robin' }, ...assume('baton-approver', { ...withMfa, 'sts:RoleSessionName': 'alex' }), why: "a session under somebody else's name" },
  {
    who: admin,
    ...assume('baton-approver', { ...withMfa, 'sts:RoleSessionName': 'somebody' }),
    why: 'a role from another role, under a name of choice',
  },
  {
    who: { service: 'states.amazonaws.com' },
    action: 'sts:AssumeRole',
    resource: 'FailoverRole',
    context: { 'aws:SourceAccount': account, 'aws:SourceArn': `${stateMachine}-other` },
    why: "another workflow takes the workflow's role",
  },
  {
    who: { service: 'scheduler.amazonaws.com' },
    action: 'sts:AssumeRole',
    resource: 'ScheduleRole',
    context: { 'aws:SourceAccount': '999999999999', 'aws:SourceArn': 'arn:aws:scheduler:us-east-1:999999999999:schedule-group/default' },
    why: "another account's schedule takes the schedule's role",
  },
  { who: { service: 'ec2.amazonaws.com' }, action: 'sts:AssumeRole', resource: 'ReleaseKeyRole', why: 'a machine takes the role of a function' },
];
