import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../aws/workflow.ts';
import { figuresOf, recoveryMs, sparkline, trendOf, type Run } from '../../cli/report-figures.ts';
import { timingsOf } from '../../cli/timings.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { baton, enrolled, executions, hub, inWords, listed, records, text, told, useCli } from '../support/cli-bench.ts';

useCli();

const dayMs = 86_400_000;
const nowMs = new VirtualClock().epochMs();
const one = (of: Partial<Run> = {}): Run => ({
  execution: 'hub-1.t1.ab',
  kind: 'failover',
  startedMs: 1,
  end: 'SUCCEEDED',
  tookTerm: true,
  toSignatureMs: 10_000,
  askedMs: 4_000,
  ...of,
});

const exited = (state: string, atMs: number, output: unknown): WorkflowEvent => ({
  id: atMs,
  type: 'TaskStateExited',
  state,
  atMs,
  output: JSON.stringify(output),
});
const entered = (state: string, atMs: number): WorkflowEvent => ({ id: atMs, type: 'TaskStateEntered', state, atMs });
const event = (type: string, atMs: number): WorkflowEvent => ({ id: atMs, type, atMs });

/** A failover that was asked about for 4 s and signs after `signedMs`. */
const history = (startMs: number, signedMs: number | null): WorkflowEvent[] => [
  event('ExecutionStarted', startMs),
  entered('RequestApproval', startMs + 1_000),
  exited('RequestApproval', startMs + 5_000, { answer: 'approved' }),
  exited('TakeTerm', startMs + 6_000, { term: 2 }),
  exited('Fence', startMs + 7_000, { state: 'pending' }),
  exited('Fence', startMs + 8_000, { state: 'fenced' }),
  exited('ReleaseKey', startMs + 9_000, { holder: 'i-1' }),
  ...(signedMs === null ? [] : [exited('Verify', startMs + signedMs, { state: 'signing' })]),
  event(signedMs === null ? 'ExecutionFailed' : 'ExecutionSucceeded', startMs + (signedMs ?? 60_000) + 1_000),
];

describe('the times of an execution', () => {
  test('are counted from its start', () => {
    expect(timingsOf(history(5_000, 12_000))).toEqual({
      approvedMs: 5_000,
      termTakenMs: 6_000,
      fencedMs: 8_000,
      releasedMs: 9_000,
      signedMs: 12_000,
      endedMs: 13_000,
      askedMs: 4_000,
    });
  });
  test('are none of what did not happen', () => {
    const nothing = { approvedMs: null, termTakenMs: null, fencedMs: null, releasedMs: null, signedMs: null, endedMs: null, askedMs: 0 };
    expect(timingsOf([])).toEqual(nothing);
    const failed = [
      exited('TakeTerm', 1, { Error: 'StaleTerm' }),
      exited('ReleaseKey', 1, { Error: 'x' }),
      exited('RequestApproval', 1, { answer: 'denied' }),
    ];
    expect(timingsOf([event('ExecutionStarted', 1), ...failed, { ...exited('Fence', 1, 0), output: 'x' }])).toEqual(nothing);
  });
  test('count the time of each question, also of one that still waits', () => {
    const asked = [event('ExecutionStarted', 0), entered('RequestAttestation', 10), event('TaskScheduled', 11)];
    expect(timingsOf(asked).askedMs).toBe(0);
    expect(timingsOf([...asked, event('ExecutionAborted', 40)])).toMatchObject({ askedMs: 30, endedMs: 40 });
    expect(timingsOf([...asked, exited('RequestAttestation', 20, {}), entered('RequestApproval', 20), event('ExecutionTimedOut', 25)]).askedMs).toBe(
      15,
    );
  });
});

describe('figures', () => {
  test('are about those that took the term; a failover waits for people at its own cost, a drill does not', () => {
    expect(recoveryMs(one())).toBe(10_000);
    expect(recoveryMs(one({ kind: 'drill' }))).toBe(6_000);
    expect(recoveryMs(one({ kind: 'by-hand', askedMs: 20_000 }))).toBe(0);
    expect(recoveryMs(one({ toSignatureMs: null }))).toBe(null);
    const runs = [
      one(),
      one({ kind: 'drill', toSignatureMs: 44_000 }),
      one({ toSignatureMs: 30_000 }),
      one({ toSignatureMs: null, end: 'Unfenceable' }),
      one({ tookTerm: false, toSignatureMs: null, end: 'Denied' }),
      one({ end: 'RUNNING' }),
    ];
    expect(figuresOf(runs, 30_000)).toEqual({
      runs: 6,
      drills: 1,
      ends: { Denied: 1, RUNNING: 1, SUCCEEDED: 3, Unfenceable: 1 },
      recoveries: 4,
      medianMs: 30_000,
      longestMs: 40_000,
      within: 2,
      share: 0.5,
    });
    expect(figuresOf([], 1)).toEqual({ runs: 0, drills: 0, ends: {}, recoveries: 0, medianMs: null, longestMs: null, within: 0, share: null });
  });
  test('tell a trend when both times have a median', () => {
    const of = (ms: number | null) => figuresOf(ms === null ? [] : [one({ toSignatureMs: ms })], 1);
    expect([trendOf(of(9_000), of(10_000)), trendOf(of(8_999), of(10_000)), trendOf(of(11_001), of(10_000))]).toEqual(['same', 'faster', 'slower']);
    expect([trendOf(of(null), of(1)), trendOf(of(1), of(null))]).toEqual([null, null]);
  });
  test('draw a line, oldest first', () => {
    const runs = [
      one({ startedMs: 3, toSignatureMs: 8_000 }),
      one({ startedMs: 1, toSignatureMs: 1_000 }),
      one({ startedMs: 2, toSignatureMs: null }),
    ];
    expect(sparkline(runs)).toBe('▂×█');
    expect(sparkline([one({ toSignatureMs: 0 }), one({ end: 'RUNNING' }), one({ tookTerm: false })])).toBe('▁');
    expect(sparkline([])).toBe('');
  });
});

describe('report', () => {
  const put = (name: string, agoDays: number, signedMs: number | null, end?: string): void => {
    const startedMs = nowMs - agoDays * dayMs;
    const status = end === undefined ? 'SUCCEEDED' : 'FAILED';
    listed.push({ name, status, startedMs });
    executions.set(name, { found: { status, ...(end === undefined ? {} : { error: end }) }, events: history(startedMs, signedMs) });
  };
  beforeEach(async () => {
    await enrolled();
  });

  test('of a validator that was never moved', async () => {
    expect(await inWords('report', 'hub-1')).toBe(0);
    expect(text.split('\n').slice(2)).toEqual([
      'hub-1: 0 executions, 0 of them drills',
      '  no recovery',
      '  the period before: 0 recoveries, median none',
      '  a drill is overdue: never moved   next: baton drill --real --validator hub-1',
      '',
    ]);
  });
  test('against the objective and the period before', async () => {
    put('hub-1.t6.drill-back-20260304', 1, 12_000);
    put('hub-1.t5.ab12', 2, 50_000);
    put('hub-1.t4.by-hand-ab', 3, null, 'Unfenceable');
    put('hub-1.t1.ab12', 40, 80_000);
    put('hub-10.t1.ab12', 1, 1_000);
    await records().addHistory(hub, { execution: 'hub-1.t6.drill-back-20260304', atMs: nowMs - dayMs });
    await records().addHistory(hub, { execution: 'hub-1.t2.old', atMs: nowMs - 4 * dayMs });
    expect(await inWords('report', 'hub-1', '--objective', '45')).toBe(0);
    expect(text.split('\n').slice(2)).toEqual([
      'hub-1: 3 executions, 1 of them drills (SUCCEEDED 2, Unfenceable 1)',
      '  3 recoveries: median 50.0 s, longest 50.0 s, 1 of 3 within 45.0 s (33 %)',
      '  ×█▂',
      '  the period before: 1 recoveries, median 80.0 s: now faster',
      '  1 moves are known by their time alone: Step Functions has forgotten them',
      '',
    ]);
    expect(await baton('report')).toBe(0);
    expect(told).toMatchObject({
      days: 30,
      objectiveSeconds: 45,
      knownSinceMs: nowMs - 60 * dayMs,
      unread: 0,
      validators: [
        { validator: 'hub-1', now: { runs: 3, drills: 1, recoveries: 3 }, trend: 'faster', movedDays: 1, drillOverdue: false, forgotten: 1 },
      ],
      fleet: { validator: null, now: { runs: 3 } },
      runs: [{ kind: 'drill' }, { kind: 'failover' }, { kind: 'by-hand' }, { kind: 'failover' }],
    });
  });
  test('says what it cannot know', async () => {
    expect(await baton('report', 'hub-1', '--days', '90')).toBe(0);
    expect(told).toMatchObject({ knownSinceMs: nowMs - 90 * dayMs });
    for (let index = 0; index < 302; index += 1) listed.push({ name: `hub-1.t${index + 1}.ab`, status: 'ABORTED', startedMs: nowMs });
    expect(await inWords('report', 'hub-1')).toBe(0);
    expect(text).toContain('300 executions, 0 of them drills (ABORTED 300)');
    expect(text).toContain('2 older executions were not looked into: ask for fewer days, or for one validator.');
  });
  test.each([
    ['--days', '0'],
    ['--days', '366'],
    ['--days', 'x'],
    ['--objective', '0'],
    ['--objective', '86401'],
  ])('%s %s is refused', async (option, value) => {
    expect(await baton('report', option, value)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: option } });
  });
  test('of a stranger, and of an empty fleet', async () => {
    expect(await baton('report', 'hub-9')).toBe(2);
  });
});
