import { expect, test } from 'vitest';
import { FenceTests } from '../../aws/fence-tests.ts';
import { recordOf, wantedFences, type FenceTestCode } from '../../core/fence-test.ts';
import { baton, client, enrolled, fenceAsks, hub, set, text, told, useCli } from '../support/cli-bench.ts';
import { configOf, robin } from '../support/core.ts';

useCli();

const nowMs = 1_700_000_000_000;
/** What FenceTest would note. */
const note = async (code: FenceTestCode = 'works', atMs = nowMs): Promise<void> => {
  const wanted = wantedFences(configOf());
  const tested = wanted.map((one) => ({ ...one, code: one.kind === 'stopped' ? ('works' as const) : code, how: 'So.' }));
  await new FenceTests({ client, table: 'baton' }).write(
    recordOf({ validator: hub, id: '0a1b2c3d4e5f6071', by: robin, atMs, wanted, tested, before: undefined }),
  );
};
const noting = (...of: Parameters<typeof note>): void => {
  fenceAsks.length = 0;
  set({ onFenceTest: () => note(...of) });
};

test('asks the stack to test, and tells what it found', async () => {
  await enrolled();
  noting();
  expect(await baton('fence-test')).toBe(0);
  expect(fenceAsks).toEqual([{ by: robin }]);
  expect(told).toMatchObject({ ok: true, validators: [{ validator: 'hub-1', ok: true }] });
  expect(await baton('fence-test', 'hub-1', '--node', 'birch')).toBe(0);
  expect(fenceAsks[1]).toEqual({ by: robin, validator: 'hub-1', node: 'birch' });
});
test('a fence that failed ends with 7 and the runbook, and status and doctor tell it', async () => {
  await enrolled();
  noting('PowerUnreachable');
  expect(await baton('fence-test', 'hub-1')).toBe(7);
  expect(told).toMatchObject({ ok: false });
  const sentence = '2 of 4 fences failed their last test: amber powered-off (PowerUnreachable), birch powered-off (PowerUnreachable).';
  await baton('status');
  expect(told).toMatchObject({ validators: [{ fences: { ok: false, sentence } }] });
  await baton('doctor', 'hub-1');
  expect((told['findings'] as { check: string }[]).find(({ check }) => check === 'fences')).toMatchObject({
    state: 'fail',
    sentence,
    next: 'baton fence-test hub-1',
  });
});
test('a test of long ago, or none, is a warning', async () => {
  await enrolled();
  await baton('doctor', 'hub-1');
  const fences = () => (told['findings'] as { check: string; state: string }[]).find(({ check }) => check === 'fences');
  expect(fences()).toMatchObject({ state: 'warn', sentence: 'Not each of its 4 fences has ever been tested with success.' });
  await note('works', nowMs - 30 * 3_600_000);
  await baton('doctor', 'hub-1');
  expect(fences()).toMatchObject({ state: 'warn', sentence: 'All 4 fences worked when they were tested, the oldest 30 h ago.' });
  await note();
  await baton('doctor', 'hub-1');
  expect(fences()).toMatchObject({ state: 'ok' });
});
test('a test that noted nothing new is not taken for one that did', async () => {
  await enrolled();
  noting('works', nowMs - 27 * 3_600_000);
  expect(await baton('fence-test', 'hub-1')).toBe(7);
});
test('is refused without the validator of a node, of a node that is not there, and of a validator that is not known', async () => {
  await enrolled();
  noting();
  expect(await baton('fence-test', '--node', 'birch')).toBe(2);
  expect(await baton('fence-test', 'hub-1', '--node', 'cedar')).toBe(2);
  expect(await baton('fence-test', 'hub-2')).toBe(2);
  expect(fenceAsks).toEqual([]);
});
test('no answer of the stack is told as such', async () => {
  await enrolled();
  set({ unreachable: true });
  expect(await baton('fence-test', 'hub-1')).toBe(5);
  expect(text).toContain('no answer');
});
