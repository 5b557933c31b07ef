import type { Context } from '../ask.ts';
import { account, custody, guardItem, item, node, sealedFor, table, tableKey, type Denied } from './names.ts';

/** Calls of a node. It may read its lease and its own report, and write that report with the guard's fields. */

const own = node();
const mine = 'node#hub-1#i-0a11ce0000000001';
const report = (key: string): Context => ({ 'dynamodb:LeadingKeys': [key], 'dynamodb:Attributes': guardItem });

export const nodes: readonly Denied[] = [
  { who: own, action: 'dynamodb:UpdateItem', resource: table, context: item('lease#hub-1'), why: 'a node changes its lease' },
  { who: own, action: 'dynamodb:PutItem', resource: table, context: report('lease#hub-1'), why: 'a node replaces its lease' },
  { who: own, action: 'dynamodb:DeleteItem', resource: table, context: item('lease#hub-1'), why: 'a node deletes its lease' },
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item('lease#hub-2'), why: "a node reads another validator's lease" },
  {
    who: own,
    action: 'dynamodb:GetItem',
    resource: table,
    context: item('node#hub-1#i-0b0b000000000002'),
    why: "a node reads another node's report",
  },
  {
    who: own,
    action: 'dynamodb:PutItem',
    resource: table,
    context: report('node#hub-1#i-0b0b000000000002'),
    why: "a standby writes the active's proof that it gave up",
  },
  {
    who: own,
    action: 'dynamodb:PutItem',
    resource: table,
    context: report('node#hub-2#i-0a11ce0000000001'),
    why: 'a node reports for another validator',
  },
  {
    who: own,
    action: 'dynamodb:PutItem',
    resource: table,
    context: { 'dynamodb:LeadingKeys': [mine], 'dynamodb:Attributes': [...guardItem, 'holder'] },
    why: "a node writes an attribute that is not the guard's",
  },
  { who: own, action: 'dynamodb:PutItem', resource: table, context: item(mine), why: 'a write whose attributes are not told' },
  { who: own, action: 'dynamodb:PutItem', resource: table, context: { 'dynamodb:Attributes': guardItem }, why: 'a write whose key is not told' },
  { who: own, action: 'dynamodb:GetItem', resource: table, why: 'a read whose key is not told' },
  { who: own, action: 'dynamodb:UpdateItem', resource: table, context: item(mine), why: 'a node updates its report in part' },
  { who: own, action: 'dynamodb:DeleteItem', resource: table, context: item(mine), why: 'a node deletes its report, and with it its floor' },
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item('vault#hub-1'), why: 'a node reads the sealed key at rest' },
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item('config#hub-1'), why: 'a node reads the configuration' },
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item(`approval#${'a'.repeat(32)}`), why: 'a node reads a task token' },
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item('fleet'), why: 'a node reads which validators there are' },
  { who: own, action: 'dynamodb:Query', resource: table, context: item('lease#hub-1'), why: 'a node queries, even for its own lease' },
  { who: own, action: 'dynamodb:Scan', resource: table, why: 'a node reads the whole table' },
  {
    who: own,
    action: 'dynamodb:BatchGetItem',
    resource: table,
    context: { 'dynamodb:LeadingKeys': ['lease#hub-1', 'lease#hub-2'] },
    why: "a node reads another's lease beside its own",
  },
  { who: own, action: 'dynamodb:BatchWriteItem', resource: table, context: item(mine), why: 'a node writes several items at once' },
  { who: own, action: 'dynamodb:PartiQLSelect', resource: table, context: item('lease#hub-1'), why: 'a node reads by PartiQL' },
  { who: own, action: 'dynamodb:DeleteTable', resource: table, why: 'a node deletes the table' },
  { who: node({ tags: {} }), action: 'dynamodb:GetItem', resource: table, context: item('lease#hub-1'), why: 'a role without tags is no node' },
  {
    who: node({ tags: { 'baton-validator': 'hub-1' } }),
    action: 'dynamodb:PutItem',
    resource: table,
    context: report('node#hub-1#'),
    why: 'a role that does not say which node it is reports nothing',
  },
  {
    who: node({ tags: { 'baton-validator': '*', 'baton-node': '*' } }),
    action: 'dynamodb:GetItem',
    resource: table,
    context: item('lease#hub-2'),
    why: 'a star in a tag is no pattern',
  },
  {
    who: node({ tags: { 'baton-validator': 'hub-1', 'baton-validator-2': 'hub-2', 'baton-node': 'i-0a11ce0000000001' } }),
    action: 'dynamodb:GetItem',
    resource: table,
    context: item('lease#hub-3'),
    why: 'a node of two validators reads the lease of a third',
  },
  { who: own, action: 'kms:Decrypt', resource: custody, context: sealedFor('2'), why: 'a node decrypts without a grant' },
  {
    who: own,
    action: 'kms:Decrypt',
    resource: custody,
    context: sealedFor('2', 'i-0b0b000000000002'),
    why: 'a standby decrypts what is sealed for the active',
  },
  { who: own, action: 'kms:GenerateDataKey', resource: custody, context: sealedFor('2'), why: 'a node seals something' },
  { who: own, action: 'kms:ReEncryptFrom', resource: custody, context: sealedFor('2'), why: 'a node seals a key for somebody else' },
  {
    who: own,
    action: 'kms:CreateGrant',
    resource: custody,
    context: {
      ...sealedFor('2'),
      'kms:GrantConstraintType': 'EncryptionContextEquals',
      'kms:GrantOperations': ['Decrypt'],
      'kms:GranteePrincipal': `arn:aws:iam::${account}:role/baton-node-amber`,
    },
    why: 'a node gives itself a grant',
  },
  {
    who: own,
    action: 'kms:Decrypt',
    resource: tableKey,
    context: { 'kms:CallerAccount': account },
    why: "a node decrypts with the table's key itself",
  },
  { who: own, action: 'states:SendTaskSuccess', resource: '*', why: 'a node approves' },
  {
    who: own,
    action: 'states:StartExecution',
    resource: `arn:aws:states:us-east-1:${account}:stateMachine:baton-failover`,
    why: 'a node starts a failover',
  },
  { who: own, action: 'ssm:SendCommand', resource: `arn:aws:ssm:us-east-1:${account}:document/baton-fence`, why: 'a node fences another' },
  {
    who: own,
    action: 'lambda:InvokeFunction',
    resource: `arn:aws:lambda:us-east-1:${account}:function:baton-release-key`,
    why: 'a node releases a key',
  },
];
