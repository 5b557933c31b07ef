import { describe, expect, test } from 'vitest';
import { baton, dynamo, enrolled, hub, interruptNow, inWords, records, set, stopTable, text, useCli } from '../support/cli-bench.ts';
import { reportOf } from '../support/core.ts';

useCli();

/** What happens in the wait after each look; after the last one somebody types Ctrl-C. */
const between = (...steps: (() => Promise<unknown>)[]): void => {
  const left = [...steps];
  set({
    onSleep: async () => {
      const step = left.shift();
      if (step) await step();
      else interruptNow();
    },
  });
};
const nothing = async (): Promise<void> => undefined;
const report = (sequence: number, height: number) => records().writeReport(reportOf({ validator: hub, sequence, height }));

describe('status --watch', () => {
  test('without a terminal prints what has changed, and ends when it is interrupted', async () => {
    await enrolled();
    between(
      nothing,
      () => report(1, 100),
      nothing,
      () => report(2, 101),
    );
    expect(await inWords('status', '--watch')).toBe(0);
    const at = '2023-11-14 22:13:20 UTC';
    const amber = '  amber (i-0a11ce0000000001)';
    const birch = '  birch (i-0b0b000000000002)';
    expect(text.split('\n')).toEqual([
      at,
      'hub-1: amber (i-0a11ce0000000001) may sign (term 1)',
      `${amber}: no report from its guard`,
      `${birch}: no report from its guard`,
      '  Not each of its 4 fences has ever been tested with success.   next: baton fence-test hub-1',
      at,
      `${amber}: gate open, armed, synced, height 100, build b1`,
      at,
      `${amber}: gate open, armed, synced, height 101, build b1`,
      'Looked 5 times.',
      '',
    ]);
  });
  test('as JSON prints one object for each change', async () => {
    await enrolled();
    between(nothing, () => report(1, 100), nothing);
    expect(await baton('status', 'hub-1', '--watch')).toBe(0);
    const objects = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects.map((one) => Object.keys(one))).toEqual([['frozen', 'validators'], ['frozen', 'validators'], ['looks']]);
    expect(objects.at(-1)).toEqual({ looks: 4 });
  });
  test('on a terminal draws over what stood there', async () => {
    await enrolled();
    set({ terminal: true });
    between(nothing);
    expect(await inWords('status', 'hub-1', '--watch')).toBe(0);
    const screens = text.split('\u001B[H\u001B[2J');
    expect(screens.length).toBe(3);
    expect(screens[1]).toMatch(/^2023-11-14 22:13:20 UTC\nhub-1: amber \(.*\n.*birch.*\n$/s);
    expect(screens[2]).toBe(`${screens[1] ?? ''}Looked 2 times.\n`);
  });
  test('goes on while the table gives no answer; the last look is the exit code', async () => {
    await enrolled();
    const { endpoint } = dynamo;
    between(nothing, stopTable);
    expect(await inWords('status', 'hub-1', '--watch')).toBe(5);
    expect(dynamo.endpoint).not.toBe(endpoint);
    expect(text).toContain('LeaseUnreachable: no answer from the table to: read config#hub-1\nLooked 3 times.\n');
  });
  test('of what is not configured ends at once', async () => {
    await enrolled();
    expect(await baton('status', 'hub-9', '--watch')).toBe(2);
  });
});
