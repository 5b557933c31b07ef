import { describe, expect, test } from 'vitest';
import { ask } from './ask.ts';
import { denied, tables } from './denied/index.ts';
import { questionOf, stacks } from './denied/names.ts';

/** Calls that nobody may make, each as somebody would make it. */

describe.each(Object.entries(tables))('%s', (_, table) => {
  test.each(table)('$why', async (one) => {
    expect((await ask(stacks[one.in ?? 'home'], questionOf(one))).allowed).toBe(false);
  });
});

test('every denied call has a reason of its own', () => {
  const reasons = denied.map(({ why, in: place = 'home' }) => `${why} ${place}`);
  expect(reasons.filter((one, index) => reasons.indexOf(one) !== index)).toEqual([]);
  expect(denied.length).toBeGreaterThan(200);
});

describe('the simulator says when a question means nothing', () => {
  const who = { role: 'AssessRole' };
  const table = stacks.home.resolved.attribute('LeaseTable', 'Arn');
  test.each([
    ['an action that is not there', { who, action: 'dynamodb:GetItems', resource: table }, 'invalid.action'],
    [
      'a key that the action does not take',
      { who, action: 'dynamodb:Scan', resource: table, context: { 'dynamodb:LeadingKeys': ['a'] } },
      'means nothing',
    ],
    ['a resource of another kind', { who, action: 'dynamodb:GetItem', resource: 'arn:aws:sns:us-east-1:123456789012:a' }, 'no.resource.types'],
    [
      'an encryption context where there is none',
      { who, action: 'sns:Publish', resource: 'arn:aws:sns:us-east-1:123456789012:a', context: { 'kms:EncryptionContext:validator': 'a' } },
      'takes no encryption context',
    ],
    ['a role that is not there', { who: { role: 'NoRole' }, action: 'dynamodb:GetItem', resource: table }, 'there is no role NoRole'],
    [
      'a policy that is not there',
      { who: { policy: 'NoPolicy', name: 'a' }, action: 'dynamodb:GetItem', resource: table },
      'there is no policy NoPolicy',
    ],
  ])('%s', async (_, question, reason) => {
    await expect(ask(stacks.home, question)).rejects.toThrow(reason);
  });
});
