import { describe, expect, test } from 'vitest';
import { parseAt, parseWindow } from '../../cli/window.ts';
import { executionInput } from '../../functions/contract.ts';
import { executionName } from '../../core/ids.ts';
import { epochMs } from '../../core/time.ts';
import { baton, enrolled, executions, hub, inputs, inWords, records, set, started, text, told, useCli } from '../support/cli-bench.ts';
import { alex, birch, cedar, robin } from '../support/core.ts';

useCli();

// 2023-11-14T22:13:20Z, the clock of the bench.
const now = epochMs(1_700_000_000_000);
const at = (iso: string): number => Date.parse(iso);

describe('when', () => {
  test.each([
    ['23:00', '2023-11-14T23:00:00Z', '2023-11-14T23:15:00Z'],
    ['02:00', '2023-11-15T02:00:00Z', '2023-11-15T02:15:00Z'],
    ['22:13', '2023-11-15T22:13:00Z', '2023-11-15T22:28:00Z'],
    ['2023-11-15T02:00:00Z', '2023-11-15T02:00:00Z', '2023-11-15T02:15:00Z'],
    ['2023-11-15T02:00+02:00', '2023-11-15T00:00:00Z', '2023-11-15T00:15:00Z'],
    ['2023-11-15T22:13:20Z', '2023-11-15T22:13:20Z', '2023-11-15T22:28:20Z'],
  ])('--at %s', (typed, from, to) => {
    expect(parseAt(typed, now)).toEqual({ notBeforeMs: at(from), notAfterMs: at(to) });
  });
  test.each([
    ['23:00-01:00', '2023-11-14T23:00:00Z', '2023-11-15T01:00:00Z'],
    ['22:00-23:00', '2023-11-14T22:00:00Z', '2023-11-14T23:00:00Z'],
    ['21:00-22:00', '2023-11-15T21:00:00Z', '2023-11-15T22:00:00Z'],
    ['23:00-22:00', '2023-11-14T23:00:00Z', '2023-11-15T22:00:00Z'],
    ['22:14-22:13', '2023-11-14T22:14:00Z', '2023-11-15T22:13:00Z'],
  ])('--window %s', (typed, from, to) => {
    expect(parseWindow(typed, now)).toEqual({ notBeforeMs: at(from), notAfterMs: at(to) });
  });
  test.each(['24:00', '2:00', 'noon', '2023-11-14T22:13:20Z', '2023-11-15T22:13:21Z', '2023-11-15T02:00:00', '2023-02-31T26:00:00Z', ''])(
    '--at %j is refused',
    (typed) => {
      expect(() => parseAt(typed, now)).toThrow(expect.objectContaining({ code: 'InputInvalid', field: '--at' }));
    },
  );
  test.each(['02:00', '02:00-02:00', '02:00-03:00-04:00', '02:00-25:00', 'x-y', ''])('--window %j is refused', (typed) => {
    expect(() => parseWindow(typed, now)).toThrow(expect.objectContaining({ code: 'InputInvalid', field: '--window' }));
  });
});

const third = (one: Record<string, unknown>): void => {
  one['nodes'] = [...(one['nodes'] as unknown[]), { name: 'cedar', id: cedar, principal: 'arn:aws:iam::123456789012:role/cedar' }];
};

describe('a planned switchover', () => {
  test('starts an execution that waits, and notes it', async () => {
    await enrolled();
    expect(await baton('switchover', 'hub-1', '--at', '02:00', '--reason', 'Kernel.')).toBe(0);
    const [execution = ''] = started;
    const window = { notBeforeMs: at('2023-11-15T02:00:00Z'), notAfterMs: at('2023-11-15T02:15:00Z') };
    expect(told).toEqual({ validator: 'hub-1', execution, status: 'RUNNING', planned: { to: birch, ...window } });
    expect(inputs.map((one) => executionInput.parse(one))).toEqual([
      {
        validator: 'hub-1',
        kind: 'switchover',
        to: birch,
        cause: { kind: 'operator', by: robin, reason: 'Kernel.' },
        notBefore: '2023-11-15T02:00:00Z',
        notAfter: '2023-11-15T02:15:00Z',
      },
    ]);
    expect(await records().readPlanned(hub)).toEqual({ execution, to: birch, ...window, by: robin, reason: 'Kernel.' });
    await inWords('status', 'hub-1');
    expect(text).toContain(
      `  planned: to birch (${birch}) between 2023-11-15 02:00:00 UTC and 2023-11-15 02:15:00 UTC, by ${robin}: Kernel.   or: baton cancel ${execution}\n`,
    );
    await baton('status', 'hub-1');
    expect(told).toMatchObject({ validators: [{ planned: { execution, to: birch } }] });
  });
  test('needs its node where there are several', async () => {
    await enrolled(third);
    expect(await baton('switchover', 'hub-1', '--window', '23:00-01:00')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--to' } });
    expect([started, await records().readPlanned(hub)]).toEqual([[], undefined]);
    expect(await baton('switchover', 'hub-1', '--window', '23:00-01:00', '--to', 'cedar')).toBe(0);
    expect(told).toMatchObject({ planned: { to: cedar } });
  });
  test('is one at a time, until it is cancelled or over', async () => {
    await enrolled();
    await baton('switchover', 'hub-1', '--at', '02:00');
    const [first = ''] = started;
    expect(await baton('switchover', 'hub-1', '--at', '03:00')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'MovePlanned', fix: `baton cancel ${first}` } });
    expect(started).toHaveLength(1);
    expect(await baton('cancel', first)).toBe(0);
    expect(await baton('switchover', 'hub-1', '--at', '03:00')).toBe(0);
    const record = await records().readPlanned(hub);
    expect(record?.execution).toBe(started[1]);
    if (record) await records().writePlanned(hub, { ...record, notAfterMs: now }, record.execution);
    expect(await baton('switchover', 'hub-1', '--at', '04:00')).toBe(0);
    expect(started).toHaveLength(3);
  });
  test('that could not be started goes nowhere, whether it was or not', async () => {
    await enrolled();
    set({ unreachable: true });
    expect(await baton('switchover', 'hub-1', '--at', '02:00')).toBe(6);
    expect(told).toMatchObject({ error: { code: 'WorkflowFailed' } });
    expect(await records().readPlanned(hub)).toMatchObject({ cancelledBy: robin });
    set({ unreachable: false });
    expect(await baton('switchover', 'hub-1', '--at', '02:00')).toBe(0);
  });
  test.each([
    ['two times', ['--at', '02:00', '--window', '02:00-03:00']],
    ['a time that is past', ['--at', '2020-01-01T00:00:00Z']],
  ])('with %s starts nothing', async (_, args) => {
    await enrolled();
    expect(await baton('switchover', 'hub-1', ...args)).toBe(2);
    expect([started, await records().readPlanned(hub)]).toEqual([[], undefined]);
  });
});

describe('cancel', () => {
  const planned = async (): Promise<string> => {
    await enrolled();
    await baton('switchover', 'hub-1', '--at', '02:00');
    return started[0] ?? '';
  };
  test('calls off what waits; the same again says who did', async () => {
    const execution = await planned();
    expect(await baton('cancel', execution)).toBe(0);
    expect(told).toEqual({ validator: 'hub-1', execution, cancelled: true, by: robin });
    set({ me: alex });
    expect(await baton('cancel', execution)).toBe(0);
    expect(told).toMatchObject({ by: robin });
    await baton('status', 'hub-1');
    expect(told).toMatchObject({ validators: [{ planned: null }] });
  });
  test('of what has begun says that nothing stops it half-way', async () => {
    const execution = await planned();
    executions.set(executionName.parse(execution), {
      found: { status: 'RUNNING' },
      events: [
        { id: 1, type: 'WaitStateEntered', atMs: 1, state: 'AwaitWindow' },
        { id: 2, type: 'TaskStateEntered', atMs: 2, state: 'Assess' },
      ],
    });
    expect(await baton('cancel', execution)).toBe(4);
    expect(told).toMatchObject({ cancelled: false });
    await inWords('cancel', execution);
    expect(text).toContain('It has begun already: it may go on, and nothing stops it half-way.\n');
  });
  test.each([
    ['hub-1.t1.by-hand-00000000', 'MoveUnknown'],
    ['hub-9.t1.by-hand-00000000', 'ValidatorUnknown'],
    ['a b', 'InputInvalid'],
    ['Hub.t1', 'InputInvalid'],
  ])('of %s is refused', async (name, code) => {
    await planned();
    expect(await baton('cancel', name)).toBe(2);
    expect(told).toMatchObject({ error: { code } });
    expect(await records().readPlanned(hub)).not.toHaveProperty('cancelledBy');
  });
});
