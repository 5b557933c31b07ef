import { describe, expect, test } from 'vitest';
import { executionName } from '../../core/ids.ts';
import { baton, enrolled, executions, hub, inWords, records, set, started, text, told, useCli } from '../support/cli-bench.ts';
import { amber, birch, reportOf, robin } from '../support/core.ts';

useCli();

let sequence = 1;
const alive = (): void => {
  set({
    onSleep: async () => {
      sequence += 1;
      for (const node of [amber, birch]) await records().writeReport(reportOf({ validator: hub, node, sequence, signing: node === amber }));
    },
  });
};

describe('explain gates', () => {
  test('shows each gate for each of those who might ask, and starts nothing', async () => {
    await enrolled();
    alive();
    await records().pause(hub, { by: robin, reason: 'Upgrade.', atMs: 1 });
    expect(await inWords('explain', 'gates', 'hub-1')).toBe(0);
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('hub-1: what Assess would see now, and what each request is held to');
    expect(lines[1]).toBe('  watch   failover  switchover  gate');
    expect(lines).toContain(`  CLOSED  CLOSED    CLOSED      pause: paused by ${robin}: Upgrade.; required: not paused`);
    expect(lines).toContain('  open    waived    waived      cool-down: none within a day; required: 600 s between two');
    expect(lines).toContain('  open    open      open        lag birch: 0 behind head 100; required: at most 5');
    expect(lines).toContain('  asks    asks      asks        approval: mode approve; required: 1 of role/approver');
    expect(started).toEqual([]);
  });
  test('as JSON says who would be refused, and why', async () => {
    await enrolled((one) => {
      one['policy'] = { mode: 'watch' };
    });
    alive();
    expect(await baton('explain', 'gates', 'hub-1')).toBe(0);
    expect((told['requests'] as { code: string | null }[]).map(({ code }) => code)).toEqual(['Watching', null, null]);
    expect((told['gates'] as { gate: string }[]).find(({ gate }) => gate === 'mode')).toEqual({
      gate: 'mode',
      node: null,
      seen: 'watch',
      required: 'approve or auto, or a person who asks',
      verdicts: ['closed', 'open', 'open'],
    });
  });
  test('of a validator that is not enrolled has one gate', async () => {
    await enrolled();
    expect(await baton('explain', 'gates')).toBe(2);
    expect(told).toMatchObject({ error: { message: 'explain gates needs a validator' } });
    expect(await baton('explain', 'gates', 'hub-9')).toBe(2);
  });
});

describe('explain of an execution', () => {
  const name = executionName.parse('hub-1.t1.x');
  const gate = { gate: 'pause', node: null, seen: 'paused by robin: x', required: 'not paused', verdict: 'closed' };
  const assessed = (output: string): void => {
    executions.set(name, {
      found: { status: 'FAILED' },
      events: [
        { id: 1, type: 'TaskStateEntered', atMs: 1, state: 'Assess' },
        { id: 2, type: 'TaskStateExited', atMs: 2, state: 'Assess', output },
      ],
    });
  };
  test('shows what its own Assess looked at', async () => {
    assessed(JSON.stringify({ decision: 'refused', sentence: 'No.', gates: [gate, { ...gate, gate: 'synced', node: birch, verdict: 'open' }] }));
    expect(await inWords('explain', name)).toBe(0);
    expect(text).toContain(
      [
        'What Assess looked at:',
        ...['CLOSED  pause', `open    synced ${birch}`].map((one) => `  ${one}: paused by robin: x; required: not paused`),
      ].join('\n'),
    );
    await baton('explain', name);
    expect(told).toMatchObject({ gates: [gate, { gate: 'synced' }] });
  });
  test.each(['{"sentence":"An older version."}', 'half {', JSON.stringify({ gates: [{ ...gate, verdict: 'maybe' }] })])(
    'that says %s shows none',
    async (output) => {
      assessed(output);
      await baton('explain', name);
      expect(told).toMatchObject({ gates: null });
    },
  );
});
