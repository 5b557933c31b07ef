import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configOf } from '../../test/support/core.ts';
import { badWays, refusal, RpcWorld } from '../../test/support/rpc-world.ts';
import { durationMs } from '../../core/time.ts';
import type { Before, Look } from '../probe.ts';
import { callRpc } from '../rpc.ts';
import { atOf } from '../answers.ts';
import { config } from './config.ts';
import { identityAt } from './node-rpc.ts';
import { solanaProbe } from './probe.ts';

/** Solana's probe against the documented replies, and against endpoints that tell nothing. */

interface Account {
  lastVote: number;
  activatedStake: number;
  nodePubkey: string;
  epochCredits: number[][];
}
interface Replies {
  getVoteAccounts: { current: Account[]; delinquent: Account[] };
  getSlot: number;
  getBalance: { value: number };
  behind: { code: number; message: string };
}
const read = (): Replies => JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'replies.json'), 'utf8')) as Replies;
const vote = '3ZT31jkAGhUaw8jsy4bTknwBMP8i4Eueh52By4zXcsVw';
const identity = 'B97CCUW3AEZFGy6uUg6zUdnNYvnVq5VG8PUtb2HayTDD';
const chain = config.parse({ kind: 'solana', genesisHash: '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d', voteAccount: vote, identity });
const of = { ...configOf(), chain };
const signal = new AbortController().signal;
const world = new RpcWorld();
let replies: Replies;

beforeAll(() => world.open());
afterAll(() => {
  world.close();
});
beforeEach(() => {
  replies = read();
  Object.assign(world, { answers: replies, bad: null });
});
const account = (): Account => {
  const [one] = [...replies.getVoteAccounts.current, ...replies.getVoteAccounts.delinquent];
  if (!one) throw new Error('no account');
  return one;
};
const becomeDelinquent = (): void => {
  replies.getVoteAccounts = { current: [], delinquent: [account()] };
};
const look = (before: Before | null = null): Promise<Look> => solanaProbe.look(of, atOf(world.url, signal), before);
const after = (seen: Look, agoMs = 5_000): Before => ({ memory: seen.memory, agoMs });

describe('a look', () => {
  test('a fresh vote is signing; the account is asked for alone, and kept when it has no stake', async () => {
    const { result, memory } = await look();
    expect(result).toEqual({ observation: 'signing', head: 148, lastSigned: 147, sentence: 'Voted on 147, head 148, 192 credits.' });
    expect(memory.counts).toEqual({ credits: 192 });
    expect(world.asked.at(-1)).toEqual({
      method: 'getVoteAccounts',
      params: [{ commitment: 'confirmed', votePubkey: vote, keepUnstakedDelinquents: true }],
    });
  });
  test.each([
    [179, 'signing'],
    [180, 'failing'],
  ])('at first, a head of %i with a vote on 147 is %s', async (head, observation) => {
    replies.getSlot = head;
    expect((await look()).result.observation).toBe(observation);
  });
  test('a vote that does not rise while the head does is failing, after eight slots', async () => {
    const first = await look();
    replies.getSlot = 155;
    const second = await look(after(first));
    expect(second.result).toMatchObject({ observation: 'unobservable', sentence: 'Only 7 slots since 148.' });
    replies.getSlot = 156;
    const third = await look(after(second));
    expect(third.result).toMatchObject({ observation: 'failing', lastSigned: 147, sentence: 'No vote since 147, head 156 (current).' });
    Object.assign(account(), { lastVote: 170 });
    replies.getSlot = 171;
    expect((await look(after(third))).result.observation).toBe('signing');
  });
  test('late votes of a delinquent that earn nothing are failing; ones that earn are signing', async () => {
    Object.assign(account(), { lastVote: 147 });
    replies.getSlot = 400;
    becomeDelinquent();
    const first = await look();
    expect(first.result).toMatchObject({ observation: 'failing', sentence: 'No vote since 147, head 400 (delinquent).' });
    Object.assign(account(), { lastVote: 200 });
    replies.getSlot = 450;
    const second = await look(after(first));
    expect(second.result.observation).toBe('failing');
    Object.assign(account(), { lastVote: 300, epochCredits: [[2, 193, 64]] });
    replies.getSlot = 500;
    expect((await look(after(second))).result.observation).toBe('signing');
  });
  test('an identity without money is told, and is no failure that a failover cures', async () => {
    replies.getSlot = 400;
    replies.getBalance.value = 4_999;
    expect((await look()).result).toMatchObject({
      observation: 'unobservable',
      sentence: `LowBalance: ${identity} has 4999 lamports left to pay for votes; send it some, a failover cures nothing.`,
    });
    expect(world.asked.at(-1)?.params).toEqual([identity, { commitment: 'confirmed' }]);
    replies.getBalance.value = 20_000_000;
    expect((await look()).result.observation).toBe('failing');
  });
  test('a head that stands still is a halt only after its time', async () => {
    const first = await look();
    const second = await look(after(first, 59_999));
    expect(second.result.observation).toBe('signing');
    expect((await look(after(second, 1))).result.observation).toBe('halted');
  });
  test.each<[string, () => void, string]>([
    ['without the account', () => (replies.getVoteAccounts.current = []), 'is no vote account of this cluster'],
    ['with an account of another node', () => (account().nodePubkey = vote), `votes by ${vote}, not ${identity}`],
    ['with an account without stake', () => (account().activatedStake = 0), 'has no stake'],
    ['with the account twice', () => replies.getVoteAccounts.delinquent.push(account()), 'is named 2 times'],
    [
      'on another cluster',
      () => Object.assign(replies, { getGenesisHash: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG' }),
      'it is on the cluster EtWTRABZ',
    ],
    [
      'that is behind',
      () => Object.assign(replies, { getHealth: refusal(replies.behind.code, replies.behind.message) }),
      '-32005: Node is behind by 42 slots',
    ],
    ['that says it is well in other words', () => Object.assign(replies, { getHealth: 'fine' }), 'ZodError'],
    ['with a slot that is none', () => (replies.getSlot = -1), 'ZodError'],
    ['with a slot as text', () => Object.assign(replies, { getSlot: '148' }), 'ZodError'],
    ['with a vote that is none', () => (account().lastVote = 1.5), 'ZodError'],
  ])('a vantage %s is unobservable', async (_, change, sentence) => {
    change();
    const { result } = await look();
    expect(result.observation).toBe('unobservable');
    expect(result.sentence).toContain(sentence);
    expect(result.sentence.length).toBeLessThanOrEqual(300);
  });
  test.each(badWays)('a vantage that is %s is unobservable', async (_, way) => {
    world.bad = way;
    expect((await look()).result.observation).toBe('unobservable');
    expect(await solanaProbe.landed(of, world.url, 1, signal)).toEqual({ signed: false, head: null, whole: false });
    expect(await solanaProbe.head(of, world.url, signal)).toBe(null);
  });
  test('one that is gone is unobservable', async () => {
    expect((await solanaProbe.look(of, atOf('http://127.0.0.1:9', signal), null)).result.observation).toBe('unobservable');
  });
});

test('landed is a vote above; an account that is not there tells nothing', async () => {
  expect(await solanaProbe.landed(of, world.url, 146, signal)).toEqual({ signed: true, head: 148, whole: true });
  expect(await solanaProbe.landed(of, world.url, 147, signal)).toEqual({ signed: false, head: 148, whole: true });
  replies.getVoteAccounts.current = [];
  expect(await solanaProbe.landed(of, world.url, 147, signal)).toEqual({ signed: false, head: null, whole: false });
  expect(await solanaProbe.head(of, world.url, signal)).toBe(148);
});
test('the identity of a node', async () => {
  expect(await identityAt(callRpc, world.url, signal)).toBe('2r1F4iWqVcb8M1DbAjQuFpebkQHY9hcVU4WuW2DJBppN');
});

describe('when no leader slot is near', () => {
  const start = 1_000_000;
  const plan = (of: { head: number; slots: number[]; slotsInEpoch?: number }): void => {
    const { head, slots, slotsInEpoch = 432_000 } = of;
    replies.getSlot = head;
    Object.assign(replies, {
      getEpochInfo: { absoluteSlot: head, slotIndex: head - start, slotsInEpoch, epoch: 3, blockHeight: 900, transactionCount: null },
      getLeaderSchedule: { [identity]: slots },
    });
  };
  const quietIn = (within = 600_000): Promise<number | null> | undefined => solanaProbe.quietIn?.(of, world.url, durationMs(within), signal);
  test.each<[string, number[], number | null]>([
    ['now, where two minutes lie before the next', [0, 1, 2, 3, 400, 401, 402, 403], 0],
    ['after the last one of many', [110, 111, 112, 113, 150, 151, 152, 153], 21_600],
    [
      'in the longest time of those that are near',
      [110, 200, 280, 360, 470, 580, 680, 780, 880, 980, 1_080, 1_180, 1_280, 1_380, 1_480, 1_580, 1_680],
      104_400,
    ],
    ['now, when it is never the leader', [], 0],
  ])('%s', async (_, slots, expected) => {
    plan({ head: start + 100, slots });
    expect(await quietIn()).toBe(expected);
    expect(world.asked.at(-1)).toEqual({ method: 'getLeaderSchedule', params: [start, { commitment: 'confirmed', identity }] });
  });
  test('looks into the next epoch, where that is near', async () => {
    plan({ head: start + 900, slots: [10, 950], slotsInEpoch: 1_000 });
    expect(await quietIn()).toBe(44_400);
    expect(world.asked.at(-1)).toEqual({ method: 'getLeaderSchedule', params: [start + 1_000, { commitment: 'confirmed', identity }] });
  });
  test('nobody knows, of an epoch that is not planned, on another cluster, or from an endpoint that tells nothing', async () => {
    plan({ head: start + 100, slots: [] });
    Object.assign(replies, { getLeaderSchedule: null });
    expect(await quietIn()).toBe(null);
    plan({ head: start + 100, slots: [] });
    Object.assign(replies, { getGenesisHash: 'B97CCUW3AEZFGy6uUg6zUdnNYvnVq5VG8PUtb2HayTDD' });
    expect(await quietIn()).toBe(null);
    for (const [, bad] of badWays) {
      world.bad = bad;
      expect(await quietIn()).toBe(null);
    }
  });
});
