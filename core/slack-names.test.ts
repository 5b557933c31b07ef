import { describe, expect, test } from 'vitest';
import { slackChannel, slackEntryOf, slackMessageAt, slackTeam, slackTrigger, slackTs, slackUser, slackUserOf } from './slack-names.ts';

describe('names of Slack', () => {
  test.each([
    [slackTeam, 'T0A', `T${'Z9'.repeat(10)}`, ['T0', `T${'0'.repeat(21)}`, 't0a', 'E0A', 'xT0A', 'T0A/']],
    [slackUser, 'U0A', `W${'Z9'.repeat(10)}`, ['U0', `U${'0'.repeat(21)}`, 'u0a', 'B0A', 'xU0A', 'U0A/']],
    [slackChannel, 'C0A', `G${'Z9'.repeat(10)}`, ['C0', `C${'0'.repeat(21)}`, 'c0a', '#failovers', 'xC0A', 'C0A ']],
    [
      slackTs,
      '1.1',
      `${'1'.repeat(12)}.${'1'.repeat(9)}`,
      ['1', '.1', '1.', '1x1', `${'1'.repeat(13)}.1`, `1.${'1'.repeat(10)}`, 'x1.1', '1.1x', '1.x'],
    ],
    [slackTrigger, '1', `a.B-_${'9'.repeat(195)}`, ['', `1${'0'.repeat(200)}`, 'x y', ' x', 'x/']],
  ])('%#', (schema, shortest, longest, wrong) => {
    expect([schema.safeParse(shortest).success, schema.safeParse(longest).success]).toEqual([true, true]);
    for (const one of wrong) expect(schema.safeParse(one).success, one).toBe(false);
  });
  test('a message is a channel and a moment, and nothing else', () => {
    expect(slackMessageAt.safeParse({ channel: 'C0A', ts: '1.1' }).success).toBe(true);
    for (const wrong of [{ channel: 'C0A' }, { ts: '1.1' }, { channel: 'C0A', ts: '1.1', token: 'x' }])
      expect(slackMessageAt.safeParse(wrong).success).toBe(false);
  });
});

describe('an approver in Slack', () => {
  test.each<[string, string | undefined]>([
    ['slack/T0A/U0A/robin', 'T0A/U0A'],
    ['slack/T0123ABCD/W0456EFGH/robin.b+x=1,2@example-1_z', 'T0123ABCD/W0456EFGH'],
    [`slack/T0A/U0A/${'n'.repeat(64)}`, 'T0A/U0A'],
    [`slack/T0A/U0A/${'n'.repeat(65)}`, undefined],
    ['slack/T0A/U0A/n', undefined],
    ['slack/T0A/U0A/', undefined],
    ['slack/T0A/U0A', undefined],
    ['slack/T0A/U0A/robin/alex', undefined],
    ['slack/T0A/U0A/robin alex', undefined],
    ['slack/U0A/T0A/robin', undefined],
    ['slack/T0/U0A/robin', undefined],
    ['slack/T0A/U0/robin', undefined],
    [`slack/T${'0'.repeat(21)}/U0A/robin`, undefined],
    [`slack/T0A/U${'0'.repeat(21)}/robin`, undefined],
    ['slack/t0a/u0a/robin', undefined],
    ['Slack/T0A/U0A/robin', undefined],
    ['xslack/T0A/U0A/robin', undefined],
    ['role/approver', undefined],
  ])('%s is %s', (entry, user) => {
    expect(slackUserOf(entry)).toBe(user);
  });
  const approvers = ['role/approver', 'slack/T0A/U0A/robin', 'slack/T0A/U0B/alex', 'slack/T0B/U0A/sam'];
  test('is found by workspace and user together', () => {
    expect(slackEntryOf(approvers, { team: 'T0A', user: 'U0B' })).toBe('slack/T0A/U0B/alex');
    expect(slackEntryOf(approvers, { team: 'T0B', user: 'U0A' })).toBe('slack/T0B/U0A/sam');
  });
  test.each([
    ['T0B', 'U0B'],
    ['T0C', 'U0A'],
    ['', ''],
    ['role', 'approver'],
  ])('%s/%s is none of them', (team, user) => {
    expect(slackEntryOf(approvers, { team, user })).toBeUndefined();
  });
});
