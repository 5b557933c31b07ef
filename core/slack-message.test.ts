import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alex, recordOf, run, sam } from '../test/support/core.ts';
import { blocks as asSlackTakesThem } from '../test/support/slack.ts';
import type { ApprovalRecord } from './approval.ts';
import { evidenceKinds } from './evidence.ts';
import { escaped, momentOf, slackMessageOf } from './slack-message.ts';

const nowMs = 1_700_000_000_000;
const until = '<!date^1700000900^{date_short_pretty} {time_secs}|2023-11-14 22:28:20 UTC>';
const then = '<!date^1700000000^{date_short_pretty} {time_secs}|2023-11-14 22:13:20 UTC>';
const waiting = (of: Partial<ApprovalRecord> = {}): ApprovalRecord =>
  recordOf({ expiresAtMs: nowMs + 900_000, token: 'task-token', sentence: 'Fence amber, then let birch sign for hub-1. Reason: it <died>.', ...of });
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
const happens = { type: 'section', text: plain('Fence amber, then let birch sign for hub-1. Reason: it &lt;died&gt;.') };
const plan = { type: 'context', elements: [{ type: 'mrkdwn', text: 'Plan `ffffffffffff` · one', verbatim: true }] };
const value = `${'a'.repeat(32)}.${'f'.repeat(64)}`;
const buttons = {
  type: 'actions',
  elements: [
    { action_id: 'baton_approve', style: 'primary', word: 'Approve' },
    { action_id: 'baton_deny', style: 'danger', word: 'Deny' },
  ].map(({ word, ...own }) => ({
    type: 'button',
    ...own,
    text: plain(word),
    value,
    confirm: {
      title: plain(`${word} hub-1?`),
      text: plain('Plan ffffffffffff. Fence amber, then let birch sign for hub-1. Reason: it &lt;died&gt;.'),
      confirm: plain(word),
      deny: plain('Cancel'),
    },
  })),
};
const evidence = section('*Evidence that is accepted* stopped (stopped by command), attested (a person)');
const risk = section(
  '*What can go wrong* The validator stands still until one of these proofs is there; without a proof nothing is released. ' +
    'Approve only if nobody signs with a copy of this key.',
);

describe('what waits is told whole', () => {
  test('before its message is known', () => {
    const message = slackMessageOf(waiting(), nowMs, ['stopped', 'attested']);
    expect(message).toEqual({
      text: 'Approve or deny: hub-1',
      blocks: [{ type: 'header', text: plain('Approve or deny: hub-1') }, happens, evidence, risk, section(`*Until* ${until}`), buttons, plan],
    });
  });
  test('and from the record alone, with how far it is', () => {
    const decisions = [{ by: alex, answer: 'approve' as const, atMs: nowMs }];
    const slack = { channel: 'C0BATON', ts: '1.1', accepts: ['stopped' as const, 'attested' as const] };
    expect(slackMessageOf(waiting({ quorum: 2, decisions, slack }), nowMs).blocks.slice(2)).toEqual([
      evidence,
      risk,
      section(`*Until* ${until}`),
      buttons,
      section(`1 of 2 have approved\nApproved by alex, ${then}`),
      plan,
    ]);
    expect(slackMessageOf(waiting({ quorum: 2 }), nowMs).blocks.slice(2)).toEqual([
      risk,
      section(`*Until* ${until}`),
      buttons,
      section('0 of 2 have approved'),
      plan,
    ]);
  });
  test('every kind of evidence has its words', () => {
    expect(JSON.stringify(slackMessageOf(waiting(), nowMs, evidenceKinds))).toContain(
      'relinquished (its own word), stopped (stopped by command), powered-off (power cut), lapsed (lease ran out), attested (a person)',
    );
  });
  test('an attestation is asked for, and has no button', () => {
    expect(slackMessageOf(waiting({ purpose: 'attestation' }), nowMs, ['attested'])).toEqual({
      text: 'Attestation needed: hub-1',
      blocks: [
        { type: 'header', text: plain('Attestation needed: hub-1') },
        happens,
        section(`*Until* ${until}`),
        section('Not by a button: type `baton attest hub-1 --statement "…"`, or `baton deny hub-1`.'),
        plan,
      ],
    });
  });
});

describe('what is over has no button', () => {
  const decided = (answer: 'approve' | 'deny') => [
    { by: alex, answer: 'approve' as const, atMs: nowMs },
    { by: 'slack/T0A/U0A/sam', answer, atMs: nowMs },
  ];
  test.each<[string, Partial<ApprovalRecord>, readonly unknown[]]>([
    ['Approved', { state: 'approved', quorum: 2, decisions: decided('approve') }, [section(`Approved by alex, ${then}\nApproved by sam, ${then}`)]],
    ['Denied', { state: 'denied', quorum: 2, decisions: decided('deny') }, [section(`Approved by alex, ${then}\nDenied by sam, ${then}`)]],
    ['Expired', { state: 'expired' }, []],
    ['Expired', { expiresAtMs: nowMs, quorum: 2 }, []],
  ])('%s', (head, of, lines) => {
    const slack = { channel: 'C0BATON', ts: '1.1', accepts: ['stopped' as const] };
    expect(slackMessageOf(waiting({ ...of, slack }), nowMs)).toEqual({
      text: `${head}: hub-1`,
      blocks: [{ type: 'header', text: plain(`${head}: hub-1`) }, happens, ...lines, plan],
    });
  });
});

describe('text from outside', () => {
  test.each([
    ['<!channel> & <@U0ALEX>', '&lt;!channel&gt; &amp; &lt;@U0ALEX&gt;'],
    ['&amp;', '&amp;amp;'],
    ['one\n*Until* never\r\u2028\u2029\u0000\u202e two', 'one *Until* never two'],
    ['\ud800', ' '],
    ['', ''],
  ])('%j is %j', (text, shown) => {
    expect(escaped(text, 100)).toBe(shown);
  });
  test('is cut between letters, never within one', () => {
    expect(escaped('abcdef', 6)).toBe('abcde…');
    expect(escaped('abcde', 6)).toBe('abcde');
    expect(escaped('abc&', 6)).toBe('abc…');
    expect(escaped('a😀b', 4)).toBe('a😀…');
    expect(escaped('a😀b', 3)).toBe('a…');
  });
  test('never opens markup, never makes a line, never is too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 1, max: 300 }), (text, longest) => {
        const shown = escaped(text, longest);
        expect(shown.length).toBeLessThanOrEqual(longest);
        expect(shown.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toMatch(/[&<>\n\r\u2028\u2029]/);
      }),
    );
  });
  test('a moment is of the second that it is in', () => {
    expect(momentOf(nowMs + 900_999)).toBe(until);
  });
});

test('whatever a record holds, Slack takes its message, and it never holds the token', () => {
  const text = fc.string({ unit: 'binary', maxLength: 2_000 });
  const decision = fc.record({
    by: text.filter(({ length }) => length > 0),
    answer: fc.constantFrom('approve' as const, 'deny' as const),
    atMs: fc.nat(),
  });
  fc.assert(
    fc.property(
      fc.record({
        sentence: text,
        purpose: fc.constantFrom('approval' as const, 'attestation' as const),
        state: fc.constantFrom('pending' as const, 'approved' as const, 'denied' as const, 'expired' as const),
        decisions: fc.array(decision, { maxLength: 50 }),
        quorum: fc.integer({ min: 1, max: 10 }),
        expiresAtMs: fc.nat(8_640_000_000_000),
      }),
      (of) => {
        const { sentence, ...rest } = of;
        const record = waiting({ ...rest, sentence: sentence || '.', token: 'task-token-7f3a', execution: run('hub-1.t2.e') });
        const { text: short, blocks } = slackMessageOf(record, nowMs, evidenceKinds);
        const found = asSlackTakesThem.safeParse(blocks);
        expect(found.success ? [] : found.error.issues).toEqual([]);
        expect(JSON.stringify(blocks)).not.toContain('7f3a');
        expect(short.length).toBeLessThan(150);
      },
    ),
  );
});

test('of many answers the last eleven are shown', () => {
  const decisions = Array.from({ length: 50 }, (_, index) => ({ by: `role/${index}-`, answer: 'approve' as const, atMs: nowMs }));
  const shown = JSON.stringify(slackMessageOf(waiting({ decisions: [...decisions, { by: sam, answer: 'deny', atMs: nowMs }] }), nowMs));
  expect([shown.includes('by 39-,'), shown.includes('by 40-,'), shown.includes('Denied by sam')]).toEqual([false, true, true]);
});
