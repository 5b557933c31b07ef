import { expect, test } from 'vitest';
import { alive, baton, enrolled, inWords, set, text, told, useCli } from '../support/cli-bench.ts';
import { amber, birch } from '../support/core.ts';

useCli();

test('the head and a margin, as each signer of the chain keeps it', async () => {
  await enrolled();
  alive([birch]);
  expect(await baton('export-state', 'hub-1', '--format', 'cometbft')).toBe(0);
  expect(told).toEqual({
    validator: 'hub-1',
    format: 'cometbft',
    watermark: { kind: 'consensus', height: 102, round: 2_147_483_647, step: 3 },
    state: { height: '102', round: 2_147_483_647, step: 3 },
  });
  await baton('export-state', 'hub-1', '--format', 'horcrux');
  expect(told['state']).toEqual({ height: '102', round: '2147483647', step: 3 });
  expect(await inWords('export-state', 'hub-1', '--format', 'tmkms')).toBe(0);
  expect(text).toBe('{\n  "height": "102",\n  "round": "2147483647",\n  "step": 2,\n  "block_id": null\n}\n');
});

test('is refused while the holder signs', async () => {
  await enrolled();
  alive([amber, birch]);
  expect(await baton('export-state', 'hub-1', '--format', 'cometbft')).toBe(4);
  expect(told).toMatchObject({
    error: { code: 'HolderSigns', message: 'amber (i-0a11ce0000000001) signs: what it signs from now on would not be in the file' },
  });
});

test('nothing is written that is not known', async () => {
  await enrolled();
  set({ head: null });
  expect(await baton('export-state', 'hub-1', '--format', 'cometbft')).toBe(4);
  expect(told).toMatchObject({ error: { code: 'WatermarkUnknown' } });
});

test('a format that its chain does not have', async () => {
  await enrolled();
  expect(await baton('export-state', 'hub-1', '--format', 'eip3076')).toBe(2);
  expect(told).toMatchObject({
    error: { code: 'InputInvalid', message: '--format is "eip3076": expected cometbft, horcrux, tmkms', field: '--format' },
  });
  expect(await baton('export-state', 'hub-1', '--format', 'toString')).toBe(2);
});
