import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alex, recordOf, run, sam } from '../test/support/core.ts';
import { blocks as asSlackTakesThem } from '../test/support/slack.ts';
import type { ApprovalRecord } from './approval.ts';
import { evidenceKinds } from './evidence.ts';
import { escaped, isOpen, momentOf, slackMessageOf, type Shown } from './slack-message.ts';

const nowMs = 1_700_000_000_000;
const until = '<!date^1700000900^{date_short_pretty} {time_secs}|2023-11-14 22:28:20 UTC>';
const then = '<!date^1700000000^{date_short_pretty} {time_secs}|2023-11-14 22:13:20 UTC>';
const waiting = (of: Partial<ApprovalRecord> = {}): ApprovalRecord =>
  recordOf({ expiresAtMs: nowMs + 900_000, token: 'task-token', sentence: 'Fence amber, then let birch sign for hub-1. Reason: it <died>.', ...of });
const link = 'https://console.example.com/one';
const at = (of: Partial<Shown> = {}): Shown => ({ nowMs, link, ...of });
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
const said = { type: 'section', text: plain('Fence amber, then let birch sign for hub-1. Reason: it &lt;died&gt;.') };
const about = {
  type: 'context',
  elements: [{ type: 'mrkdwn', text: 'Asked by robin · plan `ffffffffffff` · <https://console.example.com/one|one>', verbatim: true }],
};
const value = `${'a'.repeat(32)}.${'f'.repeat(64)}`;
const confirmed = (word: string) => ({
  title: plain(`${word} hub-1?`),
  text: plain('Plan ffffffffffff. Fence amber, then let birch sign for hub-1. Reason: it &lt;died&gt;.'),
  confirm: plain(word),
  deny: plain('Cancel'),
});
const denial = { type: 'button', action_id: 'baton_deny', style: 'danger', text: plain('Deny'), confirm: confirmed('Deny'), value };
const buttons = {
  type: 'actions',
  elements: [{ type: 'button', action_id: 'baton_approve', style: 'primary', text: plain('Approve'), confirm: confirmed('Approve'), value }, denial],
};
const happens = section(
  '*What will happen* The node that signs is fenced until there is a proof that it cannot sign; then the other node gets the key and signs in a ' +
    'new term. In between nobody signs.',
);
const evidence = section('*Evidence that is accepted* stopped (stopped by command), attested (a person)');
const risk = section(
  '*What can go wrong* The validator stands still until one of these proofs is there; without a proof nothing is released. ' +
    'Approve only if nobody signs with a copy of this key.',
);
const time = section(`*Until* ${until}, in about 15 min`);
const typed = section('Or type `baton approve hub-1 --plan ffffffffffff`, or `baton deny hub-1`.');
const accepts = ['stopped', 'attested'] as const;

describe('what waits is told whole', () => {
  test('with what will happen, what can go wrong, how long there is, and both ways to answer', () => {
    const message = slackMessageOf(waiting({ accepts: [...accepts] }), at());
    expect(message).toEqual({
      text: 'Approve or deny: hub-1',
      blocks: [{ type: 'header', text: plain('Approve or deny: hub-1') }, said, happens, evidence, risk, time, buttons, typed, about],
    });
  });
  test('with how far it is', () => {
    const decisions = [{ by: alex, answer: 'approve' as const, atMs: nowMs }];
    expect(slackMessageOf(waiting({ quorum: 2, decisions, accepts: [...accepts] }), at()).blocks.slice(2)).toEqual([
      happens,
      evidence,
      risk,
      time,
      buttons,
      typed,
      section(`1 of 2 have approved\nApproved by alex, ${then}`),
      about,
    ]);
    expect(slackMessageOf(waiting({ quorum: 2 }), at()).blocks.slice(2)).toEqual([
      happens,
      risk,
      time,
      buttons,
      typed,
      section('0 of 2 have approved'),
      about,
    ]);
  });
  test('every kind of evidence has its words', () => {
    expect(JSON.stringify(slackMessageOf(waiting({ accepts: [...evidenceKinds] }), at()))).toContain(
      'relinquished (its own word), stopped (stopped by command), powered-off (power cut), lapsed (lease ran out), attested (a person)',
    );
  });
  test.each([
    [900_000, 'in about 15 min'],
    [899_999, 'in about 14 min'],
    [60_000, 'in about 1 min'],
    [59_999, 'in less than a minute'],
    [1, 'in less than a minute'],
  ])('%i ms before its end it is over %s', (leftMs, words) => {
    expect(slackMessageOf(waiting(), at({ nowMs: nowMs + 900_000 - leftMs })).blocks).toContainEqual(section(`*Until* ${until}, ${words}`));
  });
  test('an attestation is asked for in a dialog', () => {
    expect(slackMessageOf(waiting({ purpose: 'attestation', accepts: ['attested'], quorum: 2 }), at())).toEqual({
      text: 'Attestation needed: hub-1',
      blocks: [
        { type: 'header', text: plain('Attestation needed: hub-1') },
        said,
        section('*What will happen* Your words become the proof: the other node then gets the key and signs in a new term. Until then nobody signs.'),
        section(
          '*What can go wrong* If that node can still sign, two nodes sign and the stake is lost. Attest only what you did yourself and have seen to hold.',
        ),
        time,
        { type: 'actions', elements: [{ type: 'button', action_id: 'baton_attest', style: 'primary', text: plain('Attest…'), value }, denial] },
        section('Or type `baton attest hub-1 --statement "…"`, or `baton deny hub-1`.'),
        section('0 of 2 have attested'),
        about,
      ],
    });
  });
  test('who asked is shown as text', () => {
    expect(JSON.stringify(slackMessageOf(waiting({ requester: 'arn/<!channel>' }), at()))).toContain('Asked by &lt;!channel&gt; · plan');
  });
});

describe('what is over has no button', () => {
  const decided = (answer: 'approve' | 'deny') => [
    { by: alex, answer: 'approve' as const, atMs: nowMs },
    { by: 'slack/T0A/U0A/sam', answer, atMs: nowMs },
  ];
  test.each<[string, Partial<ApprovalRecord>, readonly unknown[], Partial<Shown>]>([
    [
      'Approved',
      { state: 'approved', quorum: 2, decisions: decided('approve') },
      [section(`Approved by alex, ${then}\nApproved by sam, ${then}`)],
      {},
    ],
    ['Denied', { state: 'denied', quorum: 2, decisions: decided('deny') }, [section(`Approved by alex, ${then}\nDenied by sam, ${then}`)], {}],
    [
      'Attested',
      { purpose: 'attestation', state: 'approved', quorum: 2, decisions: decided('approve') },
      [section(`Attested by alex, ${then}\nAttested by sam, ${then}`)],
      { over: true },
    ],
    [
      'Denied',
      { purpose: 'attestation', state: 'denied', decisions: [{ by: sam, answer: 'deny', atMs: nowMs }] },
      [section(`Denied by sam, ${then}`)],
      {},
    ],
    ['Expired', { state: 'expired' }, [], {}],
    ['Expired', { expiresAtMs: nowMs, quorum: 2 }, [], {}],
    ['Expired', { expiresAtMs: nowMs, quorum: 2 }, [], { over: true }],
    ['Withdrawn', { quorum: 2 }, [], { over: true }],
  ])('%s', (head, of, lines, shown) => {
    expect(slackMessageOf(waiting({ ...of, accepts: ['stopped'] }), at(shown))).toEqual({
      text: `${head}: hub-1`,
      blocks: [{ type: 'header', text: plain(`${head}: hub-1`) }, said, ...lines, about],
    });
  });
  test.each<[boolean, Partial<ApprovalRecord>, Partial<Shown>]>([
    [true, {}, {}],
    [true, {}, { over: false }],
    [true, {}, { nowMs: nowMs + 899_999 }],
    [false, {}, { nowMs: nowMs + 900_000 }],
    [false, {}, { over: true }],
    [false, { state: 'approved' }, {}],
  ])('open is %s: %#', (open, of, shown) => {
    expect(isOpen(waiting(of), at(shown))).toBe(open);
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
        const { text: short, blocks } = slackMessageOf({ ...record, accepts: [...evidenceKinds] }, at());
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
  const shown = JSON.stringify(slackMessageOf(waiting({ decisions: [...decisions, { by: sam, answer: 'deny', atMs: nowMs }] }), at()));
  expect([shown.includes('by 39-,'), shown.includes('by 40-,'), shown.includes('Denied by sam')]).toEqual([false, true, true]);
});
