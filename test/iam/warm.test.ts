import { expect, test } from 'vitest';
import { ask, type Question } from './ask.ts';
import { item, role, slackParameter, stacks, table } from './denied/names.ts';

/** What each function reads for a warm-up (functions/warm.test.ts) is allowed by what its verb needs. */

const read = (name: string, key: string): Question => ({
  who: role(name),
  action: 'dynamodb:GetItem',
  resource: table,
  context: item(key),
});

test.each<[string, Question]>([
  ['Assess', read('Assess', 'config#-')],
  ['RequestApproval', read('RequestApproval', 'config#-')],
  ['TakeTerm', read('TakeTerm', 'config#-')],
  ['Fence', read('Fence', 'config#-')],
  ['ReleaseKey', read('ReleaseKey', 'config#-')],
  ['Verify', read('Verify', 'config#-')],
  ['Settle', read('Settle', 'history#-')],
  ['Slack', { who: role('Slack'), action: 'ssm:GetParameter', resource: slackParameter }],
])('%s', async (_, question) => {
  expect(await ask(stacks.home, question)).toMatchObject({ allowed: true });
});
