import { expect, test } from 'vitest';
import { baton, enrolled, hub, records, told, useCli } from '../support/cli-bench.ts';
import { birch, robin, t } from '../support/core.ts';

useCli();

const record = { term: t(2), kind: 'stopped' as const, atMs: 1 };

test('a person brings a fenced node back, with who and why', async () => {
  await enrolled();
  expect(await baton('readmit', 'hub-1', 'birch')).toBe(0);
  expect(told).toMatchObject({ readmitted: false });
  await records().writeQuarantine(hub, birch, record);
  expect(await baton('status', 'hub-1')).toBe(0);
  expect(told).toMatchObject({
    validators: [
      {
        nodes: [
          { name: 'amber', quarantined: false },
          { name: 'birch', quarantined: true },
        ],
      },
    ],
  });
  expect(await baton('readmit', 'hub-1', 'birch', '--reason', 'Its disk was replaced.')).toBe(0);
  expect(told).toEqual({ validator: 'hub-1', node: birch, readmitted: true });
  expect(await records().readQuarantine(hub, birch)).toEqual({
    ...record,
    ended: { by: robin, reason: 'Its disk was replaced.', atMs: 1_700_000_000_000 },
  });
  expect(await baton('readmit', 'hub-1', 'cedar')).toBe(2);
});
test('an older record never covers a newer fence', async () => {
  await enrolled();
  expect(await records().writeQuarantine(hub, birch, { ...record, term: t(3) })).toBe(true);
  expect(await records().writeQuarantine(hub, birch, record)).toBe(false);
  expect(await records().readQuarantine(hub, birch)).toMatchObject({ term: 3 });
});
