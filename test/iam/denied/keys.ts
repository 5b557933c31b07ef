import { contextKeys } from '../questions.ts';
import { account, custody, grant, role, roleArn, sameKey, sealedFor, vaulted, type Denied } from './names.ts';

/** The key that seals the validators' keys: who may not open, move or grant what. */

export const keys: readonly Denied[] = [
  { who: role('ReleaseKey'), action: 'kms:Decrypt', resource: custody, context: vaulted, why: 'release-key opens the sealed key' },
  { who: role('Reinstate'), action: 'kms:Decrypt', resource: custody, context: sealedFor('2'), why: 'reinstate opens a released key' },
  { who: role('ReleaseKey'), action: 'kms:GenerateDataKey', resource: custody, context: vaulted, why: 'release-key seals another key' },
  {
    who: role('ReleaseKey'),
    action: 'kms:ReEncryptFrom',
    resource: custody,
    context: { ...sealedFor('1'), ...sameKey },
    why: 'release-key passes on what was sealed for another node',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:ReEncryptTo',
    resource: custody,
    context: { ...vaulted, ...sameKey },
    why: 'release-key seals for no node at all',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:ReEncryptTo',
    resource: custody,
    context: { ...sealedFor('2'), 'kms:ReEncryptOnSameKey': 'false' },
    why: 'release-key moves the sealed key under another key',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GranteePrincipal': roleArn('baton-assess') }),
    why: 'a grant to a role that is no node',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GranteePrincipal': 'arn:aws:iam::999999999999:role/baton-node-amber' }),
    why: 'a grant into another account',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GranteePrincipal': `arn:aws:iam::${account}:user/robin` }),
    why: 'a grant to a person',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GranteePrincipal': `arn:aws:sts::${account}:assumed-role/baton-release-key/x` }),
    why: 'a grant to itself',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GrantOperations': ['Decrypt', 'GenerateDataKey'] }),
    why: 'a grant for more than Decrypt',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GrantOperations': ['CreateGrant'] }),
    why: 'a grant to grant',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: grant({ 'kms:GrantConstraintType': 'EncryptionContextSubset' }),
    why: 'a grant for more contexts than one',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: { 'kms:GranteePrincipal': roleArn('baton-node-amber'), 'kms:GrantOperations': ['Decrypt'], 'kms:CallerAccount': account },
    why: 'a grant without a constraint',
  },
  {
    who: role('ReleaseKey'),
    action: 'kms:CreateGrant',
    resource: custody,
    context: {
      ...contextKeys({ validator: 'hub-1', node: 'i-1' }),
      'kms:GrantConstraintType': 'EncryptionContextEquals',
      'kms:GrantOperations': ['Decrypt'],
      'kms:GranteePrincipal': roleArn('baton-node-amber'),
    },
    why: 'a grant for every term',
  },
  { who: role('ReleaseKey'), action: 'kms:RevokeGrant', resource: custody, why: 'release-key takes a grant back' },
  { who: role('Assess'), action: 'kms:CreateGrant', resource: custody, context: grant(), why: 'assess gives a grant' },
  {
    who: role('Fence'),
    action: 'kms:ReEncryptTo',
    resource: custody,
    context: { ...sealedFor('2'), ...sameKey },
    why: 'fence seals a key for a node',
  },
  { who: role('Answer'), action: 'kms:CreateGrant', resource: custody, context: grant(), why: 'answer gives a grant' },
];
