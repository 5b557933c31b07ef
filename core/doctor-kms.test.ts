import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configOf } from '../test/support/core.ts';
import { onlyNodesSign, tellKmsKey, tellKmsSigners } from './doctor-kms.ts';

const roleOf = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
const config = configOf((one) => {
  one['custody'] = 'gate';
  one['nodes'] = ['amber', 'birch', 'cedar'].map((name, index) => ({ name, id: `i-0000000${index}`, principal: roleOf(`baton-node-${name}`) }));
});
const [amber, birch] = [roleOf('baton-node-amber'), roleOf('baton-node-birch')];
const deny = (of: Record<string, unknown> = {}) => ({
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'kms:Sign',
      Resource: '*',
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': [amber, birch] } },
      ...of,
    },
  ],
});
const sparing = (...who: unknown[]) => deny({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': who } } });

test('the key policy that the documents give denies signing to all but the nodes', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'signing-key-policy.json'), 'utf8');
  expect(onlyNodesSign(JSON.parse(text), config.nodes)).toBe(true);
});
test.each<[string, unknown, boolean]>([
  ['a denial', deny(), true],
  ['one for everybody in other words', deny({ Principal: '*' }), true],
  ['one of everything', deny({ Action: ['kms:Decrypt', 'kms:*'] }), true],
  ['one of more', deny({ Action: ['kms:Verify', 'kms:Sign'] }), true],
  ['one that compares as text', deny({ Condition: { StringNotEquals: { 'aws:PrincipalArn': amber } } }), true],
  ['one that compares with patterns', deny({ Condition: { ArnNotLike: { 'aws:PrincipalArn': amber } } }), true],
  ['one alone', { Statement: deny().Statement[1] }, true],
  ['a node by a session of its role', sparing('arn:aws:sts::123456789012:assumed-role/baton-node-amber/i-1'), true],
  ['nobody spared at all', sparing(), true],
  ['an allowance', deny({ Effect: 'Allow' }), false],
  ['one for somebody', deny({ Principal: { AWS: amber } }), false],
  ['one for a service', deny({ Principal: { Service: '*' } }), false],
  ['one of something else', deny({ Action: 'kms:Verify' }), false],
  ['one of all but something', deny({ NotAction: 'kms:Verify' }), false],
  ['one without a condition', deny({ Condition: undefined }), false],
  [
    'one with another condition too',
    deny({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': amber }, Bool: { 'aws:ViaAWSService': 'false' } } }),
    false,
  ],
  ['one that asks for two things', deny({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': amber, 'aws:SourceArn': 'x' } } }), false],
  ['one that asks for something else', deny({ Condition: { ArnNotEquals: { 'aws:SourceArn': amber } } }), false],
  ['one that compares the other way', deny({ Condition: { ArnEquals: { 'aws:PrincipalArn': amber } } }), false],
  ['one whose condition is none', deny({ Condition: { ArnNotEquals: 'x' } }), false],
  ['somebody else spared', sparing(amber, roleOf('admin')), false],
  ['a node of another account spared', sparing(amber.replace('123456789012', '210987654321')), false],
  ['a user of the name spared', sparing('arn:aws:iam::123456789012:user/baton-node-amber'), false],
  ['a pattern spared', sparing('arn:aws:iam::123456789012:role/*'), false],
  ['a pattern of one letter spared', sparing('arn:aws:iam::123456789012:role/x?/baton-node-amber'), false],
  ['what is no name spared', sparing(7), false],
  ['no statement', { Statement: 'x' }, false],
  ['no policy', null, false],
])('a key policy with %s', (_, policy, told) => {
  expect(onlyNodesSign(policy, config.nodes)).toBe(told);
});

const seen = { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', publicKey: 'AAAA' };
const look = { key: { value: seen }, policy: { value: deny() }, publicKey: 'AAAA' };
const next = 'Use a role with DoctorPolicy of a stack whose SigningKeyArns names the key, and see that the key is enabled.';
test('the key is told', () => {
  expect(tellKmsKey(look)).toEqual({ state: 'ok', sentence: 'The key in KMS can be used, and is the one of this validator.', next: null });
  expect(tellKmsKey({ ...look, publicKey: 'BBBB' })).toEqual({
    state: 'fail',
    sentence: 'The key in KMS cannot sign for this validator: its public key is AAAA, the validator’s is BBBB.',
    next: 'Mend kmsKey in validators.yaml, then: baton plan validators.yaml',
  });
  expect(tellKmsKey({ ...look, key: { unknown: 'Not known: x.' } })).toEqual({ state: 'unknown', sentence: 'Not known: x.', next });
});
test('who may sign is told', () => {
  expect(tellKmsSigners(look, config)).toEqual({
    state: 'ok',
    sentence: 'Its key policy denies kms:Sign to all but the nodes. Who may change that policy may change this.',
    next: null,
  });
  expect(tellKmsSigners({ ...look, policy: { value: {} } }, config)).toEqual({
    state: 'warn',
    sentence: 'Its key policy does not deny kms:Sign to all but the nodes: whoever else may sign with it signs past the arbiter.',
    next: 'aws kms put-key-policy, with the denial of docs/signing-key-policy.json',
  });
  expect(tellKmsSigners({ ...look, policy: { unknown: 'Not known: x.' } }, config)).toEqual({ state: 'unknown', sentence: 'Not known: x.', next });
});
