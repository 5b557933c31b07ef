import { describe, expect, test } from 'vitest';
import { eventsOf, nowMs } from '../test/support/console.ts';
import { failoverView } from './failover-view.ts';
import { textOf } from './html.ts';
import { lanesOf, ticksOf, timeline } from './timeline.ts';

const name = 'hub-1.t1.9c2e';
const ended = () => failoverView(name, { status: 'SUCCEEDED', sentence: 'birch signs.' }, eventsOf(false), nowMs + 60_000);
const running = (atMs = nowMs + 29_000) => failoverView(name, { status: 'RUNNING' }, eventsOf(true), atMs);

describe('a failover', () => {
  test('that ended well', () => {
    expect(ended()).toMatchObject({
      validator: 'hub-1',
      status: 'SUCCEEDED',
      headline: 'It succeeded in 31.4 s.',
      end: 'birch signs.',
      evidence: 'stopped',
      lengthMs: 31_390,
    });
  });
  test('has its moments: evidence before release before the first signature', () => {
    expect(ended().marks.map(({ name: mark, atMs }) => [mark, atMs])).toEqual([
      ['evidence', 25_870],
      ['release', 26_110],
      ['first signature', 29_010],
    ]);
  });
  test('that runs tells the state it is in, and grows', () => {
    expect(running()).toMatchObject({ headline: 'It is in Verify, since 2.9 s. The new holder may sign.', end: null, lengthMs: 29_000 });
    expect(running(nowMs + 31_000).lengthMs).toBe(31_000);
    // By a clock behind that of the workflow service.
    expect(running(nowMs).lengthMs).toBe(26_110);
  });
  test.each([
    ['RequestApproval', 'It waits for people in RequestApproval, since 5.0 s.'],
    ['Fence', 'It is in Fence, since 5.0 s. Nobody new may sign before there is proof.'],
  ])('that is in %s', (state, headline) => {
    const events = [
      { type: 'ExecutionStarted', atMs: nowMs },
      { type: 'TaskStateEntered', atMs: nowMs, state },
    ];
    expect(failoverView(name, { status: 'RUNNING' }, events, nowMs + 5_000).headline).toBe(headline);
  });
  test('that failed before a release says so', () => {
    const events = eventsOf(false).slice(0, 5);
    const view = failoverView(name, { status: 'FAILED', error: 'Denied', cause: 'alex said no.' }, events, nowMs);
    expect(view).toMatchObject({
      headline: 'It ended FAILED after 21.6 s. No right to sign was given.',
      end: 'Denied: alex said no.',
      marks: [],
      evidence: null,
    });
  });
  test('that is forgotten', () => {
    expect(failoverView('by-hand', undefined, [], nowMs)).toMatchObject({ status: 'UNKNOWN', validator: 'by-hand', steps: [], startedMs: null });
  });
  test('whose outputs are no JSON has no moments', () => {
    const events = eventsOf(false).map((one) => (one.output === undefined ? one : { ...one, output: '{' }));
    expect(failoverView(name, { status: 'SUCCEEDED' }, events, nowMs).marks.map(({ name: mark }) => mark)).toEqual(['release']);
  });
});

describe('its picture', () => {
  test('joins the passes of one state, and leaves choices out', () => {
    const lanes = lanesOf(ended().steps, 31_390);
    expect(lanes.map(({ state }) => state)).toEqual([
      'Assess',
      'RequestApproval',
      'TakeTerm',
      'Fence',
      'ReleaseKey',
      'Verify',
      'Settle',
      'Quarantine',
      'Rejoin',
    ]);
    expect(lanes.find(({ state }) => state === 'Fence')).toEqual({
      state: 'Fence',
      passes: 6,
      tookMs: 4_200,
      bars: [{ fromMs: 21_670, toMs: 25_870 }],
      sentence: 'amber is proven fenced: stopped.',
    });
  });
  test('keeps apart what lies apart', () => {
    const steps = [0, 10_000].map((startedMs) => ({ state: 'Fence', startedMs, tookMs: 1_000, sentence: '' }));
    expect(lanesOf(steps, 11_000)[0]?.bars).toEqual([
      { fromMs: 0, toMs: 1_000 },
      { fromMs: 10_000, toMs: 11_000 },
    ]);
  });
  test('hatches what waits for people, and says the same in words', () => {
    const text = textOf(
      timeline(ended()) ??
        (() => {
          throw new Error('no picture');
        })(),
    );
    expect(text).toContain('RequestApproval · 21.4 s · waits for people; TakeTerm · 0.1 s; Fence · 4.2 s · 6 passes;');
    expect(text).toContain('evidence after 25.9 s, release after 26.1 s, first signature after 29.0 s');
    expect(text.match(/url\(#bt-hatch\)/g)?.length).toBe(1);
    expect(text).toContain('role="img" aria-labelledby="bt-time-t bt-time-d"');
  });
  test('has at most eight ticks, however long it took', () => {
    for (const ms of [0, 1, 90, 31_390, 900_000, 86_400_000, 1e12]) expect(ticksOf(ms).length).toBeLessThanOrEqual(8);
    expect(ticksOf(31_390)).toEqual([0, 10_000, 20_000, 30_000]);
  });
  test('of nothing is none', () => {
    expect(timeline(failoverView(name, undefined, [], nowMs))).toBeNull();
  });
});
