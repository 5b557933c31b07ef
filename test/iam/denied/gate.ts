import type { Context, Who } from '../ask.ts';
import { attributes, item, role, signingKeys, table, type Denied } from './names.ts';

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

const [ownKey = '', otherKey = ''] = signingKeys;
/** What KMS tells of a call that the signer makes with its validator's key. */
export const signs = (of: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'aws:ResourceTag/baton-validator': 'hub-1',
  'kms:SigningAlgorithm': 'ED25519_SHA_512',
  'kms:MessageType': 'RAW',
  ...of,
});
const without = (key: string): Context => Object.fromEntries(Object.entries(signs()).filter(([name]) => name !== key));
const signer: Who = { ...own, policy: 'NodePolicy+GateNodePolicy+SigningNodePolicy' };
const sign = { action: 'kms:Sign', resource: ownKey };

const kmsKeys: readonly Denied[] = [
  {
    who: signer,
    ...sign,
    resource: otherKey,
    context: signs({ 'aws:ResourceTag/baton-validator': 'hub-2' }),
    why: "a node signs with another validator's key",
  },
  { who: signer, ...sign, context: without('aws:ResourceTag/baton-validator'), why: 'a node signs with a key that has no tag' },
  { who: signer, ...sign, context: signs({ 'kms:SigningAlgorithm': 'ED25519_PH_SHA_512' }), why: 'a node signs by another algorithm' },
  { who: signer, ...sign, context: without('kms:SigningAlgorithm'), why: 'a node signs by an algorithm that is not told' },
  { who: signer, ...sign, context: signs({ 'kms:MessageType': 'DIGEST' }), why: 'a node signs a digest' },
  { who: signer, ...sign, context: without('kms:MessageType'), why: 'a node signs what is not told to be a message' },
  { who: { ...signer, tags: { 'baton-node': 'i-0a11ce0000000001' } }, ...sign, context: signs(), why: 'a node of no validator signs in KMS' },
  { who: { ...signer, tags: { 'baton-validator': 'hub-1' } }, ...sign, context: signs(), why: 'a role that is no node signs in KMS' },
  { who: own, ...sign, context: signs(), why: 'a member whose key is sealed signs in KMS' },
  { who: plain, ...sign, context: signs(), why: 'a node of custody release signs in KMS' },
  { who: { ...signer, name: 'baton-node-dogwood' }, ...sign, context: signs(), why: 'a node that the key policy does not name signs in KMS' },
  { who: { admin: 'somebody' }, ...sign, context: signs(), why: 'an administrator signs with a key in KMS' },
  { who: { user: 'sam' }, ...sign, context: signs(), why: 'a user who may do everything signs with a key in KMS' },
  ...['Custodian', 'Requester', 'Approver', 'Deployer', 'Watch', 'ReleaseKey', 'Fence'].map((id): Denied => ({
    who: role(id),
    ...sign,
    context: signs(),
    why: `${id} signs with a key in KMS`,
  })),
  { who: { admin: 'somebody' }, action: 'kms:CreateGrant', resource: ownKey, why: 'an administrator grants a key in KMS to others' },
  { who: { admin: 'somebody' }, action: 'kms:ReplicateKey', resource: ownKey, why: 'an administrator copies a key in KMS to another Region' },
  { who: signer, action: 'kms:PutKeyPolicy', resource: ownKey, why: 'a node lets others sign' },
  { who: signer, action: 'kms:TagResource', resource: ownKey, why: 'a node gives a key to another validator' },
];

export const gate: readonly Denied[] = [
  ...kmsKeys,
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
  { who: own, action: 'dynamodb:GetItem', resource: table, context: item('arbiter#hub-2'), why: "a node reads another validator's arbiter" },
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
