import type { Who } from '../ask.ts';
import { attributes, item, role, table, type Denied } from './names.ts';

/** Custody gate: calls of a node of hub-1 that has both policies, and of people. */

const own: Who = {
  policy: 'NodePolicy+GateNodePolicy',
  name: 'baton-node-amber',
  tags: { 'baton-node': 'i-0a11ce0000000001', 'baton-validator': 'hub-1' },
};
const plain: Who = { ...own, policy: 'NodePolicy' };
const fields = ['phase', 'watermark', 'claimed', 'attempt', 'version'];
const mine = 'member#hub-1#i-0a11ce0000000001';
const update = 'dynamodb:UpdateItem';

export const gate: readonly Denied[] = [
  { who: own, action: update, resource: table, context: attributes('arbiter#hub-2', ...fields), why: "a node claims another validator's duty" },
  {
    who: own,
    action: update,
    resource: table,
    context: attributes('arbiter#hub-2#avote', ...fields),
    why: "a node claims in another validator's lane",
  },
  {
    who: own,
    action: update,
    resource: table,
    context: attributes('arbiter#hub-10', ...fields),
    why: 'a node claims where its own name only begins',
  },
  { who: own, action: update, resource: table, context: attributes('arbiter#hub-1#avote', ...fields, 'lane'), why: 'a node opens a lane' },
  { who: own, action: update, resource: table, context: attributes('arbiter#hub-1', ...fields, 'validator'), why: 'a node opens an arbiter' },
  { who: own, action: update, resource: table, context: item('arbiter#hub-1'), why: 'a claim whose attributes are not told' },
  { who: own, action: update, resource: table, context: { 'dynamodb:Attributes': fields }, why: 'a claim whose key is not told' },
  { who: own, action: update, resource: table, context: attributes('lease#hub-1', ...fields), why: 'a member writes a lease' },
  { who: own, action: 'dynamodb:PutItem', resource: table, context: attributes('arbiter#hub-1', ...fields), why: 'a node replaces the arbiter' },
  {
    who: own,
    action: 'dynamodb:DeleteItem',
    resource: table,
    context: item('arbiter#hub-1'),
    why: 'a node deletes the arbiter, and with it its watermark',
  },
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item('arbiter#hub-1'), why: 'a node reads the arbiter without a claim' },
  {
    who: own,
    action: 'dynamodb:GetItem',
    resource: table,
    context: item('member#hub-1#i-0b0b000000000002'),
    why: "a node reads another's sealed key",
  },
  { who: own, action: 'dynamodb:PutItem', resource: table, context: attributes(mine, 'sealed'), why: 'a node makes itself a member' },
  { who: own, action: update, resource: table, context: attributes(mine, 'sealed'), why: 'a node changes its own membership' },
  { who: plain, action: update, resource: table, context: attributes('arbiter#hub-1', ...fields), why: 'a node of custody release claims' },
  { who: plain, action: 'dynamodb:GetItem', resource: table, context: item(mine), why: 'a node of custody release reads a membership' },
  {
    who: role('Requester'),
    action: update,
    resource: table,
    context: attributes('arbiter#hub-1', 'phase', 'attempt', 'version'),
    why: 'who asks closes an arbiter',
  },
  { who: role('Requester'), action: 'dynamodb:PutItem', resource: table, context: attributes(mine, 'sealed'), why: 'who asks makes a member' },
  {
    who: role('Custodian'),
    action: 'dynamodb:DeleteItem',
    resource: table,
    context: item('arbiter#hub-1'),
    why: 'who keeps keys deletes an arbiter',
  },
  { who: role('Watch'), action: update, resource: table, context: attributes('arbiter#hub-1', ...fields), why: 'the watch claims a duty' },
  { who: role('ReleaseKey'), action: update, resource: table, context: attributes('arbiter#hub-1', ...fields), why: 'ReleaseKey writes an arbiter' },
];
