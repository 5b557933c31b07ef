import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, fencing, leaseOf, reportOf, robin, run } from '../test/support/core.ts';
import { assessGate, type AssessGate } from './assess-gates.ts';
import { assessRequest, type AssessInput } from './assess.ts';
import { epochMs } from './time.ts';

/** Every gate, in words, as `baton explain` shows it. */

const request = { execution: run('one'), kind: 'failover' as const, cause: { kind: 'verdict' as const, by: 'watch', reason: 'Failing.' } };
const byHand = { ...request, cause: { kind: 'operator' as const, by: robin, reason: 'Asked.' } };
const base = (of: Partial<AssessInput> = {}): AssessInput => ({
  config: configOf(),
  configHash: 'c'.repeat(64),
  lease: leaseOf(),
  verdict: 'failing',
  head: 101,
  paused: null,
  frozen: null,
  history: [],
  nowMs: epochMs(100_000_000),
  claimRunning: false,
  dryRun: false,
  approvalAlways: false,
  reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch, signing: false }) },
  silent: [],
  quarantined: [],
  window: null,
  request,
  ...of,
});
const frozen = {
  open: [{ number: 1, kind: 'two-signers' as const, validator: configOf().id, what: 'Both say so.', by: 'survey', atMs: 0 }],
  last: 1,
  sentence: 'The fleet is frozen.',
};
const rows = (of: Partial<AssessInput> = {}): string[] =>
  assessRequest(base(of)).gates.map(({ gate, node, seen, required, verdict }) => [gate, node ?? '-', seen, required, verdict].join(' | '));
const rowOf = (gate: string, of: Partial<AssessInput> = {}): string | undefined => rows(of).find((row) => row.startsWith(`${gate} |`));

test('a request that the watch makes, and all that it is held to', () => {
  expect(rows()).toEqual([
    'window | - | 1970-01-02 03:46:40 UTC | any time (waived: no window was asked for) | waived',
    'pause | - | not paused | not paused | open',
    'breaker | - | closed | closed | open',
    'mode | - | approve | approve or auto, or a person who asks | open',
    'claim | - | term 1 is HELD | driven by no other | open',
    'chain | - | failing | not halted | open',
    'quiet | - | failing, term 1 is HELD | healthy and HELD (waived: no drill) | waived',
    'verdict | - | failing | failing | open',
    'circuit-breaker | - | 0 within a day | fewer than 3, each settled | open',
    'cool-down | - | none within a day | 600 s between two | open',
    `reported | ${birch} | report 7 | a report | open`,
    `quarantine | ${birch} | none | none | open`,
    `distress | ${birch} | none | none | open`,
    `synced | ${birch} | true | true | open`,
    `height | ${birch} | 100 | a height | open`,
    `lag | ${birch} | 1 behind head 101 | at most 5 | open`,
    `disk | ${birch} | 5000000000 bytes free | 1000000000 bytes | open`,
    `build | ${birch} | b1 | b1 | open`,
    `alive | ${birch} | its report rises | it rises | open`,
    `candidate | - | ${birch} | one that is ready | open`,
    'dry-run | - | off | off | open',
    'approval | - | mode approve | 1 of role/approver | asks',
  ]);
});

test('of a validator that is not enrolled nothing else is judged', () => {
  expect(rows({ lease: undefined })).toEqual(['enrolled | - | no lease | a lease | closed']);
});

describe('the request', () => {
  test.each<[string, Partial<AssessInput>, string]>([
    ['window', { window: { notAfterMs: epochMs(100_060_000), cancelled: false } }, '1970-01-02 03:46:40 UTC | before 1970-01-02 03:47:40 UTC | open'],
    [
      'window',
      { window: { notAfterMs: epochMs(99_940_000), cancelled: false } },
      '1970-01-02 03:46:40 UTC | before 1970-01-02 03:45:40 UTC | closed',
    ],
    ['window', { window: { notAfterMs: epochMs(100_060_000), cancelled: true } }, 'cancelled | before 1970-01-02 03:47:40 UTC | closed'],
    ['pause', { paused: { by: robin, reason: 'Upgrade' } }, `paused by ${robin}: Upgrade | not paused | closed`],
    ['breaker', { frozen }, 'The fleet is frozen. | closed | closed'],
    ['breaker', { frozen, request: byHand }, 'The fleet is frozen. | closed (waived: it is to be fenced; nobody is released) | waived'],
    ['breaker', { frozen: { ...frozen, open: [] }, request: byHand }, 'The fleet is frozen. | closed | closed'],
    ['mode', { config: configOf((one) => (one['policy'] = { mode: 'watch' })) }, 'watch | approve or auto, or a person who asks | closed'],
    ['claim', { lease: fencing(), claimRunning: true }, 'term 2 is FENCING; one runs | driven by no other | closed'],
    ['claim', { lease: fencing() }, 'term 2 is FENCING; one has ended | driven by no other | open'],
    ['claim', { claimRunning: true }, 'term 1 is HELD | driven by no other | open'],
    ['chain', { verdict: 'halted' }, 'halted | not halted | closed'],
    ['verdict', { verdict: 'unobservable' }, 'unobservable | failing | closed'],
    ['verdict', { verdict: 'healthy' }, 'healthy | failing | closed'],
    ['verdict', { verdict: 'suspect' }, 'suspect | failing | closed'],
    ['verdict', { verdict: 'healthy', request: byHand }, 'healthy | failing (waived: a person asks) | waived'],
    ['verdict', { request: { ...request, kind: 'switchover' } }, 'failing | failing (waived: a planned move) | waived'],
    ['cool-down', { lease: fencing() }, 'none within a day | 600 s between two (waived: the term is moving already) | waived'],
    ['cool-down', { lease: fencing({ phase: 'FENCED' }) }, 'none within a day | 600 s between two (waived: the term is moving already) | waived'],
    ['cool-down', { history: [{ execution: 'x', atMs: 99_940_000 }] }, '60 s ago | 600 s between two | closed'],
    [
      'circuit-breaker',
      { lease: fencing({ phase: 'RELEASED' }), request: byHand },
      `0 within a day; ${amber} has never been seen signing in term 2 | fewer than 3, each settled (waived: a person asks) | waived`,
    ],
    ['cool-down', { history: [1, 2].map((s) => ({ execution: `x${s}`, atMs: 99_900_000 - s * 1_000 })) }, '101 s ago | 1200 s between two | closed'],
    [
      'circuit-breaker',
      { lease: fencing({ phase: 'RELEASED' }) },
      `0 within a day; ${amber} has never been seen signing in term 2 | fewer than 3, each settled | closed`,
    ],
    [
      'circuit-breaker',
      { history: [1, 2, 3].map((atMs) => ({ execution: 'x', atMs: 90_000_000 + atMs })) },
      '3 within a day | fewer than 3, each settled | closed',
    ],
    ['dry-run', { dryRun: true }, 'on | off | closed'],
    ['dry-run', { dryRun: true, silent: [birch] }, 'on | off | open'],
    ['approval', { approvalAlways: true }, 'mode approve, and the stack asks for everything | 1 of role/approver | asks'],
    ['approval', { config: configOf((one) => (one['policy'] = { mode: 'auto' })) }, 'mode auto | nobody | open'],
    [
      'approval',
      { config: configOf((one) => (one['policy'] = { approvers: ['role/a', 'user/b'], quorum: 2 })) },
      'mode approve | 2 of role/a, user/b | asks',
    ],
  ])('%s of %o', (gate, of, expected) => {
    expect(rowOf(gate, of)).toBe(`${gate} | - | ${expected}`);
  });
});

describe('a standby', () => {
  const birchIs = (of: Parameters<typeof reportOf>[0]): Partial<AssessInput> => ({
    reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch, ...of }) },
  });
  test.each<[string, Partial<AssessInput>, string]>([
    ['reported', { reports: {} }, 'no report | a report | closed'],
    ['quarantine', { quarantined: [birch] }, 'fenced, and not brought back | none | closed'],
    ['distress', birchIs({ distress: 'DiskFull' }), 'DiskFull | none | closed'],
    ['synced', birchIs({ synced: false }), 'false | true | closed'],
    ['height', birchIs({ height: null }), 'null | a height | closed'],
    ['lag', birchIs({ height: null }), '? behind head 101 | at most 5 | open'],
    ['lag', birchIs({ height: 95 }), '6 behind head 101 | at most 5 | closed'],
    ['lag', { head: null }, '0 behind head ? | at most 5 | open'],
    ['disk', birchIs({ diskFreeBytes: 5 }), '5 bytes free | 1000000000 bytes | closed'],
    ['disk', birchIs({ diskFreeBytes: null }), '? bytes free | 1000000000 bytes | open'],
    ['build', birchIs({ build: 'b2' }), 'b2 | b1 | closed'],
    ['build', { reports: { [birch]: reportOf({ node: birch, build: 'b2' }) } }, 'b2 | any | open'],
    ['alive', { silent: [birch] }, 'its report stands still | it rises | closed'],
  ])('%s of %o', (gate, of, expected) => {
    expect(rowOf(gate, of)).toBe(`${gate} | ${birch} | ${expected}`);
  });
  test.each<[string, Partial<AssessInput>, string]>([
    ['not ready', { silent: [birch] }, 'none is ready | one that is ready | closed'],
    ['the recorded active', { request: { ...byHand, to: amber } }, `${amber} | not the recorded active | closed`],
    ['a stranger', { request: { ...byHand, to: cedar } }, `${cedar} | a node of the validator | closed`],
    ['nobody', { config: configOf((one) => void (one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1))) }, 'no standby | a standby | closed'],
  ])('that is %s', (_, of, expected) => {
    expect(rowOf('candidate', of)).toBe(`candidate | - | ${expected}`);
  });
  test('that is not asked for is not judged', () => {
    const three = configOf((one) => {
      one['nodes'] = [...(one['nodes'] as unknown[]), { name: 'cedar', id: cedar, principal: 'arn:aws:iam::123456789012:role/cedar' }];
    });
    const about = (of: Partial<AssessInput>): (string | null)[] => [
      ...new Set(assessRequest(base({ config: three, ...of })).gates.map(({ node }) => node)),
    ];
    expect(about({})).toEqual([null, birch, cedar]);
    expect(about({ request: { ...byHand, to: birch } })).toEqual([null, birch]);
  });
});

test('every gate fits into what the state machine carries, however long the words', () => {
  const long: AssessInput = base({
    paused: { by: robin, reason: 'x'.repeat(1_000) },
    reports: { [birch]: reportOf({ node: birch, distress: 'y'.repeat(500) }) },
    config: configOf((one) => (one['policy'] = { approvers: Array.from({ length: 50 }, (_, index) => `role/${'z'.repeat(100)}${index}`) })),
  });
  const { gates } = assessRequest(long);
  const shown = gates.map((one): AssessGate => assessGate.parse(one));
  expect(shown).toHaveLength(22);
  expect(Math.max(...shown.flatMap(({ seen, required }) => [seen.length, required.length]))).toBe(300);
});

test.each<[string, Partial<AssessInput>, Record<string, string>]>([
  [
    'the fleet is frozen, and this validator is not the suspected one',
    { frozen: { ...frozen, open: [] }, request: byHand },
    { code: 'FleetFrozen', sentence: 'The fleet is frozen.', next: 'baton breaker' },
  ],
  [
    'the only standby was fenced',
    { quarantined: [birch] },
    {
      code: 'CandidateNotReady',
      sentence: `No standby is ready: ${birch}: it was fenced, and neither rejoin nor a person has brought it back (baton readmit).`,
    },
  ],
])('is refused when %s', (_, of, expected) => {
  expect(assessRequest(base(of))).toMatchObject({ decision: 'refused', ...expected });
});
