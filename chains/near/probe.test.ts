import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configOf } from '../../test/support/core.ts';
import { badWays, refusal, RpcWorld } from '../../test/support/rpc-world.ts';
import { durationMs } from '../../core/time.ts';
import type { Before, Look } from '../probe.ts';
import { atOf } from '../answers.ts';
import { config } from './config.ts';
import { nearProbe } from './probe.ts';
import { maintenanceWindows } from './windows.ts';

/** NEAR's probe against the documented replies, and against endpoints that tell nothing. */

interface Validator {
  account_id: string;
  is_slashed: boolean;
  num_produced_blocks: number;
  num_expected_blocks: number;
  num_produced_chunks: number;
  num_expected_endorsements: number;
  num_produced_endorsements: number;
}
interface Replies {
  status: { chain_id: string; sync_info: { latest_block_height: number; syncing: boolean } };
  validators: { current_validators: Validator[]; epoch_start_height: number };
  maintenance_windows: unknown;
  maintenance_windows_of_openapi: unknown;
  block: unknown;
  chunk: unknown;
}
const account = 'amber.poolv1.near';
const of = { ...configOf(), chain: config.parse({ kind: 'near', chainId: 'testnet', accountId: account }) };
const signal = new AbortController().signal;
const world = new RpcWorld();
const top = 187_456_272;
let replies: Replies;

beforeAll(() => world.open());
afterAll(() => {
  world.close();
});
beforeEach(() => {
  replies = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'replies.json'), 'utf8')) as Replies;
  Object.assign(world, { answers: replies, bad: null });
});
const mine = (): Validator => {
  const found = replies.validators.current_validators.find((one) => one.account_id === account);
  if (!found) throw new Error('not there');
  return found;
};
const step = (blocks: number): void => {
  replies.status.sync_info.latest_block_height += blocks;
};
const look = (before: Before | null = null): Promise<Look> => nearProbe.look(of, atOf(world.url, signal), before);
const after = (seen: Look, agoMs = 5_000): Before => ({ memory: seen.memory, agoMs });

describe('a look', () => {
  test('work of the epoch that was done is signing', async () => {
    const { result, memory } = await look();
    expect(result).toEqual({
      observation: 'signing',
      head: top,
      lastSigned: top,
      sentence: `9429 of 9441 blocks, chunks and endorsements, head ${top}.`,
    });
    expect(memory.counts).toEqual({ epochStart: 187_443_633, expected: 9_441, produced: 9_429 });
  });
  test('what was expected since the look before and was not done is failing; half of it is enough to be signing', async () => {
    const first = await look();
    step(5);
    mine().num_expected_endorsements += 5;
    const second = await look(after(first));
    expect(second.result).toMatchObject({
      observation: 'failing',
      lastSigned: top,
      sentence: `0 of 5 blocks, chunks and endorsements, head ${top + 5}.`,
    });
    step(4);
    mine().num_expected_endorsements += 4;
    mine().num_produced_endorsements += 2;
    expect((await look(after(second))).result).toMatchObject({ observation: 'signing', lastSigned: top + 9 });
    mine().num_produced_endorsements -= 1;
    expect((await look(after(second))).result).toMatchObject({ observation: 'failing', lastSigned: top });
  });
  test('where nothing was due, what was seen before holds, and is not counted twice as a failure', async () => {
    const first = await look();
    step(1);
    const second = await look(after(first));
    expect(second.result).toMatchObject({ observation: 'signing', lastSigned: top, sentence: `Nothing was due up to ${top + 1}.` });
    step(1);
    mine().num_expected_blocks += 1;
    const third = await look(after(second));
    expect(third.result.observation).toBe('failing');
    step(1);
    expect((await look(after(third))).result.observation).toBe('unobservable');
  });
  test('counters begin anew with an epoch', async () => {
    const first = await look();
    step(10);
    replies.validators.epoch_start_height = top + 2;
    Object.assign(mine(), {
      num_produced_blocks: 0,
      num_expected_blocks: 0,
      num_produced_chunks: 0,
      num_expected_chunks: 2,
      num_produced_endorsements: 0,
      num_expected_endorsements: 1,
    });
    expect((await look(after(first))).result).toMatchObject({
      observation: 'failing',
      sentence: `0 of 3 blocks, chunks and endorsements, head ${top + 10}.`,
    });
  });
  test('a halt needs its time', async () => {
    const first = await look();
    const second = await look(after(first, 59_999));
    expect(second.result.observation).toBe('signing');
    expect((await look(after(second, 1))).result.observation).toBe('halted');
  });
  test('a mark of slashing is told', async () => {
    expect((await look()).result).not.toHaveProperty('slashed');
    mine().is_slashed = true;
    expect((await look()).result).toMatchObject({ slashed: 'The validator is marked as slashed.' });
  });
  test.each<[unknown, string, string | undefined]>([
    [{ NotEnoughChunks: { produced: 10, expected: 100 } }, 'NotEnoughChunks', undefined],
    ['Unstaked', 'Unstaked', undefined],
    ['Slashed', 'Slashed', 'Kicked out: Slashed.'],
    ['_UnusedSlashed', '_UnusedSlashed', 'Kicked out: _UnusedSlashed.'],
  ])('one that was kicked out for %j is told with the reason', async (reason, name, slashed) => {
    replies.validators.current_validators.pop();
    Object.assign(replies.validators, { prev_epoch_kickout: [{ account_id: account, reason }] });
    const { result } = await look();
    expect(result).toMatchObject({ observation: 'unobservable', sentence: `amber.poolv1.near was kicked out in the last epoch: ${name}.` });
    expect(result.slashed).toBe(slashed);
  });
  test.each<[string, () => void, string]>([
    ['on another chain', () => (replies.status.chain_id = 'mainnet'), 'it is on chain mainnet'],
    ['that syncs', () => (replies.status.sync_info.syncing = true), 'it is syncing'],
    ['without the account', () => replies.validators.current_validators.pop(), 'is no validator of this epoch'],
    ['with the account twice', () => replies.validators.current_validators.push(mine()), 'is named 2 times'],
    ['with more done than expected', () => (mine().num_produced_blocks = 1_000), 'It says that 10354 of 9441 was done.'],
    ['with a count that is none', () => (mine().num_produced_blocks = -1), 'ZodError'],
    ['with a height as text', () => Object.assign(replies.status.sync_info, { latest_block_height: '5' }), 'ZodError'],
    ['that refuses', () => Object.assign(replies, { validators: refusal(-32_000, 'Server error') }), '-32000: Server error'],
  ])('a vantage %s is unobservable', async (_, change, sentence) => {
    change();
    const { result } = await look();
    expect(result.observation).toBe('unobservable');
    expect(result.sentence).toContain(sentence);
  });
  test('counters that fall within an epoch tell nothing', async () => {
    const first = await look();
    step(1);
    mine().num_produced_endorsements -= 5;
    expect((await look(after(first))).result.observation).toBe('unobservable');
  });
  test.each(badWays)('a vantage that is %s is unobservable', async (_, way) => {
    world.bad = way;
    expect((await look()).result.observation).toBe('unobservable');
    expect(await nearProbe.landed(of, world.url, 1, signal)).toEqual({ signed: false, head: null, whole: false });
    expect(await nearProbe.head(of, world.url, signal)).toBe(null);
  });
});

describe('landed', () => {
  test('a new chunk, or a block, of the validator', async () => {
    expect(await nearProbe.landed(of, world.url, top - 1, signal)).toEqual({ signed: true, head: top, whole: true });
    replies.chunk = { author: 'node3' };
    expect(await nearProbe.landed(of, world.url, top - 1, signal)).toEqual({ signed: false, head: top, whole: true });
    Object.assign(replies.block as object, { author: account });
    expect(await nearProbe.landed(of, world.url, top - 1, signal)).toEqual({ signed: true, head: top, whole: true });
  });
  test('only above, and whole only when every author was told', async () => {
    expect(await nearProbe.landed(of, world.url, top, signal)).toEqual({ signed: false, head: top, whole: true });
    replies.chunk = refusal(-32_000, 'UNKNOWN_CHUNK');
    expect(await nearProbe.landed(of, world.url, top - 1, signal)).toEqual({ signed: false, head: top, whole: false });
    replies.block = refusal(-32_000, 'UNKNOWN_BLOCK');
    expect(await nearProbe.landed(of, world.url, top - 1, signal)).toEqual({ signed: false, head: top, whole: false });
  });
  test('a block of another height is none', async () => {
    expect(await nearProbe.landed(of, world.url, top - 2, signal)).toMatchObject({ signed: true });
    replies.chunk = { author: 'node3' };
    expect(await nearProbe.landed(of, world.url, top - 2, signal)).toEqual({ signed: false, head: null, whole: false });
  });
});

describe('windows', () => {
  const windows = [
    { start: 1_028, end: 1_031 },
    { start: 1_034, end: 1_038 },
  ];
  test('are read in both documented forms, under both names', async () => {
    expect(await maintenanceWindows({ url: world.url, account }, signal)).toEqual(windows);
    replies.maintenance_windows = replies.maintenance_windows_of_openapi;
    expect(await maintenanceWindows({ url: world.url, account }, signal)).toEqual(windows);
    world.answers = { maintenance_windows: refusal(-32_601, 'Method not found'), EXPERIMENTAL_maintenance_windows: [[1, 2]] };
    expect(await maintenanceWindows({ url: world.url, account }, signal)).toEqual([{ start: 1, end: 2 }]);
    world.answers = { maintenance_windows: refusal(-32_000, 'Server error') };
    await expect(maintenanceWindows({ url: world.url, account }, signal)).rejects.toThrow('-32000');
  });
});

describe('when nothing is due', () => {
  const quietIn = (within = 600_000): Promise<number | null> | undefined => nearProbe.quietIn?.(of, world.url, durationMs(within), signal);
  const setWindows = (...windows: [number, number][]): void => {
    replies.maintenance_windows = windows.map(([from, to]) => [top + from, top + to]);
  };
  test.each<[string, [number, number][], number | null]>([
    ['now, where a window is open that is long enough', [[-5, 300]], 0],
    [
      'at the next that is long enough, by the fastest blocks',
      [
        [-5, 40],
        [50, 350],
      ],
      30_000,
    ],
    [
      'at the longest of them',
      [
        [10, 20],
        [100, 200],
        [300, 340],
      ],
      60_000,
    ],
    ['nobody knows, without a window that is near', [[1_001, 5_000]], null],
  ])('%s', async (_, windows, expected) => {
    setWindows(...windows);
    expect(await quietIn()).toBe(expected);
  });
  test('nobody knows, from an endpoint of another chain, or one that tells nothing', async () => {
    setWindows([-5, 300]);
    replies.status.chain_id = 'mainnet';
    expect(await quietIn()).toBe(null);
    for (const [, bad] of badWays) {
      world.bad = bad;
      expect(await quietIn()).toBe(null);
    }
  });
});
