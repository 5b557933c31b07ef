import { describe, expect, test } from 'vitest';
import { evidenceOf } from '../../core/history.ts';
import { baton, enrolled, executions, hub, inWords, records, text, told, useCli } from '../support/cli-bench.ts';

useCli();

const fence = (id: number, output: unknown) => ({ id, type: 'TaskStateExited', state: 'Fence', atMs: id, output: JSON.stringify(output) });
const atMs = 1_700_000_000_000;
const names = (): unknown[] => (told['moves'] as { execution: string }[]).map(({ execution }) => execution);

describe('what proved the fence', () => {
  test('is told by the last pass that ended it, and by no other state', () => {
    const passes = [
      fence(1, { state: 'pending' }),
      fence(2, { state: 'fenced', kind: 'stopped', sentence: 'It is.' }),
      { ...fence(3, { state: 'fenced', kind: 'lapsed' }), type: 'TaskStateEntered' },
      { ...fence(4, { state: 'fenced', kind: 'lapsed' }), state: 'Verify' },
      fence(5, { state: 'exhausted' }),
    ];
    expect(evidenceOf(passes)).toBe('stopped');
    expect(evidenceOf([...passes, fence(6, { state: 'fenced', kind: 'attested' })])).toBe('attested');
  });
  test.each([
    [[]],
    [[fence(1, 7)]],
    [[fence(1, { state: 'fenced', kind: 'said so' })]],
    [[{ id: 1, type: 'TaskStateExited', state: 'Fence', atMs: 1 }]],
  ])('is nothing in %j', (events) => {
    expect(evidenceOf(events)).toBe(null);
  });
});

describe('history', () => {
  test('of a validator that was never moved', async () => {
    await enrolled();
    expect(await inWords('history', 'hub-1')).toBe(0);
    expect(text).toBe('hub-1 has never been moved.\n');
    expect(await baton('history', 'hub-9')).toBe(2);
  });
  test('tells how each ended, newest first', async () => {
    await enrolled();
    await records().addHistory(hub, { execution: 'hub-1.t1.a', atMs });
    await records().addHistory(hub, { execution: 'hub-1.t2.b', atMs: atMs + 60_000 });
    await records().addHistory(hub, { execution: 'hub-1.t3.c', atMs: atMs + 120_000 });
    executions.set('hub-1.t2.b', {
      found: { status: 'SUCCEEDED', sentence: 'birch signs.', startedMs: 1_000, stoppedMs: 13_340 },
      events: [fence(1, { state: 'fenced', kind: 'powered-off' })],
    });
    executions.set('hub-1.t3.c', { found: { status: 'FAILED', error: 'RejoinFailed', cause: 'amber is no standby.', startedMs: 1 }, events: [] });
    expect(await inWords('history', 'hub-1')).toBe(0);
    expect(text.split('\n')).toEqual([
      '2023-11-14 22:15:20 UTC  hub-1.t3.c: FAILED (RejoinFailed), no fence in it',
      '    amber is no standby.',
      '2023-11-14 22:14:20 UTC  hub-1.t2.b: SUCCEEDED, 12.3 s, fenced by powered-off',
      '    birch signs.',
      '2023-11-14 22:13:20 UTC  hub-1.t1.a: Step Functions has forgotten it',
      '',
    ]);
    expect(await baton('history', 'hub-1', '--last', '2')).toBe(0);
    expect(told).toEqual({
      validator: 'hub-1',
      moves: [
        {
          execution: 'hub-1.t3.c',
          settledMs: atMs + 120_000,
          status: 'FAILED',
          end: 'RejoinFailed',
          sentence: 'amber is no standby.',
          tookMs: null,
          evidence: null,
        },
        {
          execution: 'hub-1.t2.b',
          settledMs: atMs + 60_000,
          status: 'SUCCEEDED',
          end: null,
          sentence: 'birch signs.',
          tookMs: 12_340,
          evidence: 'powered-off',
        },
      ],
    });
  });
  test('is bounded', async () => {
    await enrolled();
    for (let index = 0; index < 8; index += 1) await records().addHistory(hub, { execution: `one-${index}`, atMs: atMs + index });
    expect(await baton('history', 'hub-1')).toBe(0);
    expect(names()).toEqual(['one-7', 'one-6', 'one-5', 'one-4', 'one-3']);
    expect(await baton('history', 'hub-1', '--last', '20')).toBe(0);
    expect(names().length).toBe(8);
    for (const wrong of ['0', '21', '1.5', 'all', '']) {
      expect(await baton('history', 'hub-1', '--last', wrong)).toBe(2);
      expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--last', fix: 'Give a whole number from 1 to 20.' } });
    }
  });
});
