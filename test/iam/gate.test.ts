import { describe, expect, test } from 'vitest';
import { compileClaim, compileClosing, compileOpening } from '../../aws/arbiter.ts';
import { toItem } from '../../aws/items.ts';
import { claimOf } from '../../core/gate.ts';
import { amber, attempt, v } from '../support/core.ts';
import { tableName } from '../sim/guard-run.ts';
import type { Call } from '../sim/clients.ts';
import { ask, type Who } from './ask.ts';
import { signs } from './denied/gate.ts';
import { signingKeys, stacks } from './denied/names.ts';
import { questionsOf } from './questions.ts';

/** The calls of custody gate, with what is really sent. */

const duty = { kind: 'consensus', height: 5, round: 0, step: 2 } as const;
const claim = claimOf({ validator: v, node: amber, duty, claimed: { content: 'a'.repeat(64), signature: 'QQ==', time: null } });
const sealed = { node: amber, term: 1, box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
const member = { validator: v, node: amber, version: 1, sealed, by: 'kim', atMs: 1, pk: `member#${v}#${amber}` };

const tagged = (suffix: string): Who => ({
  policy: 'NodePolicy+GateNodePolicy+SigningNodePolicy',
  name: 'baton-node-amber',
  tags: { 'baton-node': amber, 'baton-validator': suffix === '' ? v : 'other', ...(suffix === '' ? {} : { [`baton-validator${suffix}`]: v }) },
});
const get = (pk: string) => ({ TableName: tableName, Key: { pk: { S: pk } }, ConsistentRead: true });
const custodian: Who = { role: 'CustodianRole' };
const requester: Who = { role: 'RequesterRole' };

const calls: readonly (readonly [string, Who, string, object])[] = [
  ...['', '-2', '-3', '-4'].flatMap((suffix): (readonly [string, Who, string, object])[] => [
    [`a node claims (baton-validator${suffix})`, tagged(suffix), 'UpdateItem', compileClaim(claim, tableName)],
    [
      `a node claims in a lane (baton-validator${suffix})`,
      tagged(suffix),
      'UpdateItem',
      compileClaim({ ...claim, lane: '0xabvote', duty: { kind: 'eip3076', slot: 0, source: 1, target: 2 } }, tableName),
    ],
    [`a node reads its membership (baton-validator${suffix})`, tagged(suffix), 'GetItem', get(`member#${v}#${amber}`)],
    [`a node looks at the arbiter (baton-validator${suffix})`, tagged(suffix), 'GetItem', get(`arbiter#${v}`)],
    [`a node looks at a lane (baton-validator${suffix})`, tagged(suffix), 'GetItem', get(`arbiter#${v}#0xabvote`)],
  ]),
  ['a custodian opens', custodian, 'UpdateItem', compileOpening({ validator: v, floor: duty, attempt: attempt('e') }, tableName)],
  [
    'a custodian opens a lane',
    custodian,
    'UpdateItem',
    compileOpening({ validator: v, lane: 'ablock', floor: duty, attempt: attempt('e') }, tableName),
  ],
  ['a custodian closes', custodian, 'UpdateItem', compileClosing({ validator: v, attempt: attempt('c') }, tableName)],
  [
    'a custodian adds',
    custodian,
    'PutItem',
    { TableName: tableName, Item: toItem(member), ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } },
  ],
  ...[custodian, requester].flatMap((who): (readonly [string, Who, string, object])[] => [
    [`${JSON.stringify(who)} reads the arbiter`, who, 'GetItem', get(`arbiter#${v}`)],
    [`${JSON.stringify(who)} reads a membership`, who, 'GetItem', get(`member#${v}#${amber}`)],
  ]),
];

const [signingKey = ''] = signingKeys;
const inKms: readonly (readonly [string, Who, string, Readonly<Record<string, string>>])[] = [
  ...['', '-2', '-3', '-4'].map((suffix) => [`a node signs (baton-validator${suffix})`, tagged(suffix), 'kms:Sign', signs()] as const),
  ['a node looks whether the key is its validator’s', tagged(''), 'kms:GetPublicKey', {}],
  ['a custodian looks, before the arbiter is opened', custodian, 'kms:GetPublicKey', {}],
  ['doctor looks', { policy: 'DoctorPolicy', name: 'kim' }, 'kms:GetPublicKey', {}],
  ['doctor looks who else may sign', { policy: 'DoctorPolicy', name: 'kim' }, 'kms:GetKeyPolicy', {}],
];

describe('is allowed with a key in KMS', () => {
  test.each(inKms)('%s', async (_, who, action, context) => {
    expect(await ask(stacks.home, { who, action, resource: signingKey, context })).toMatchObject({ allowed: true });
  });
});

describe('is allowed', () => {
  test.each(calls)('%s', async (_, who, action, input) => {
    const call = { actor: 'x', service: 'dynamo', action, input } as unknown as Call;
    for (const question of questionsOf(stacks.home, who, call))
      expect(await ask(stacks.home, question), question.action).toMatchObject({ allowed: true });
  });
});
