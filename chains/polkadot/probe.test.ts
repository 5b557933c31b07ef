import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RpcError, serveRpc, type Endpoint } from '../../local/chains/rpc-server.ts';
import { configOf } from '../../test/support/core.ts';
import { badWays, RpcWorld } from '../../test/support/rpc-world.ts';
import type { Before, Look } from '../probe.ts';
import { atOf } from '../answers.ts';
import { config } from './config.ts';
import { polkadotProbe } from './probe.ts';
import { disabledValidators, sessionValidators } from './storage.ts';

/** Polkadot's probe against the documented replies with a chain behind them, and against endpoints that tell nothing. */

interface Replies {
  system_health: { peers: number; isSyncing: boolean };
  chain_getBlockHash: string;
  chain_getHeader: { number: string; parentHash: string; digest: { logs: string[] } };
}
const read = (): Replies => JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'replies.json'), 'utf8')) as Replies;
const account = (index: number): string => index.toString(16).padStart(64, '0');
const me = 109;
/** The real block is of an authority of this index. */
const size = 297;
const patience = 3;
const chain = config.parse({ kind: 'polkadot', genesisHash: read().chain_getBlockHash, stash: `0x${account(me)}`, patience });
const of = { ...configOf(), chain };
const signal = new AbortController().signal;
const real = 789_629;
const babe = (index: number): string => `0x06424142453402${Buffer.from([index % 256, index >> 8, 0, 0]).toString('hex')}0100000000000000`;
const hashOf = (height: number): string => `0x${height.toString(16).padStart(64, 'f')}`;
const heightOf = (hash: string): number => Number.parseInt(hash.replace(/^0xf*/, ''), 16);

const world = { head: real, mine: new Set<number>(), listed: true, replies: read(), broken: false, disabled: null as string | null };
let endpoint: Endpoint;
const bad = new RpcWorld();
beforeAll(async () => {
  endpoint = await serveRpc((method, params) => {
    const [first] = params as string[];
    if (method === 'chain_getFinalizedHead') return hashOf(world.head);
    if (method === 'state_getStorage' && first === sessionValidators) {
      const all = Array.from({ length: size }, (_, index) => account(index === me && !world.listed ? 9_999 : index));
      return `0x${((size << 2) | 1)
        .toString(16)
        .padStart(4, '0')
        .replace(/(..)(..)/, '$2$1')}${all.join('')}`;
    }
    if (method === 'state_getStorage' && first === disabledValidators) return world.disabled;
    if (method === 'chain_getHeader') {
      const height = heightOf(String(first));
      const parentHash = hashOf(world.broken ? height - 2 : height - 1);
      if (height === real && world.mine.has(real)) return { ...world.replies.chain_getHeader, parentHash };
      return { number: `0x${height.toString(16)}`, parentHash, digest: { logs: [babe(world.mine.has(height) ? me : 5)] } };
    }
    if (!Object.hasOwn(world.replies, method)) throw new RpcError(-32601, 'Method not found');
    return world.replies[method as keyof Replies];
  });
  await bad.open();
});
afterAll(async () => {
  bad.close();
  await endpoint.close();
});
beforeEach(() => {
  Object.assign(world, { head: real, mine: new Set<number>(), listed: true, replies: read(), broken: false, disabled: null });
});
const look = (before: Before | null = null): Promise<Look> => polkadotProbe.look(of, atOf(endpoint.url, signal), before);
const after = (seen: Look, agoMs = 5_000): Before => ({ memory: seen.memory, agoMs });

describe('a look', () => {
  test('a final block of its own is signing', async () => {
    world.mine.add(real);
    const { result, memory } = await look();
    expect(result).toEqual({ observation: 'signing', head: real, lastSigned: real, sentence: `Authored ${real}, final head ${real}.` });
    expect(memory.counts).toEqual({ since: real });
  });
  test('eight blocks back are looked at, not more', async () => {
    world.mine.add(real - 7);
    expect((await look()).result).toMatchObject({ observation: 'signing', lastSigned: real - 7 });
    world.mine = new Set([real - 8]);
    expect((await look()).result.observation).toBe('unobservable');
  });
  test('silence tells nothing until it is more than chance', async () => {
    world.mine.add(real);
    let seen = await look();
    const due = patience * size;
    const step = async (to: number): Promise<void> => {
      while (world.head < to) {
        world.head = Math.min(to, world.head + 8);
        seen = await look(after(seen));
      }
    };
    await step(real + due - 1);
    expect(seen.result).toMatchObject({
      observation: 'unobservable',
      sentence: `No block of its own since ${real}: nothing can be told before ${real + due}.`,
    });
    await step(real + due);
    expect(seen.result).toMatchObject({
      observation: 'failing',
      lastSigned: real,
      sentence: `No block of its own from ${real} to ${real + due}; ${due} are more than chance.`,
    });
    world.mine.add(real + due + 1);
    world.head += 1;
    expect((await look(after(seen))).result).toMatchObject({ observation: 'signing', lastSigned: real + due + 1 });
  });
  test('blocks that were not looked at may have been its own: the count begins anew', async () => {
    const first = await look();
    world.head = real + 5_000;
    const second = await look(after(first));
    expect(second.result).toMatchObject({ observation: 'unobservable' });
    expect(second.memory.counts).toEqual({ since: real + 5_000 - 7 });
  });
  test('an offence of its own is told, whatever else is; of another it is none', async () => {
    world.mine.add(real);
    world.disabled = '0x046d000000a0860100';
    const slashed = 'Disabled in this era for an offence (two signatures, or a vote for what is invalid) of severity 0.01 %.';
    expect((await look()).result).toMatchObject({ observation: 'signing', slashed });
    world.mine.clear();
    expect((await look()).result).toMatchObject({ observation: 'unobservable', slashed });
    world.disabled = '0x046e000000a0860100';
    expect((await look()).result.slashed).toBe(undefined);
    world.listed = false;
    world.disabled = '0x04ffffffffa0860100';
    expect((await look()).result.slashed).toBe(undefined);
  });
  test('outside the active set nothing can be told', async () => {
    world.listed = false;
    expect((await look()).result).toMatchObject({ observation: 'unobservable', sentence: `0x${account(me)} is not in the active set.` });
  });
  test('finality that stands still is a halt only after its time', async () => {
    world.mine.add(real);
    const first = await look();
    const second = await look(after(first, 59_999));
    expect(second.result.observation).toBe('signing');
    expect((await look(after(second, 1))).result.observation).toBe('halted');
  });
  test.each<[string, () => void, string]>([
    ['on another chain', () => (world.replies.chain_getBlockHash = `0x${'ab'.repeat(32)}`), 'it is on the chain 0xabab'],
    ['that syncs', () => (world.replies.system_health.isSyncing = true), 'it is syncing'],
    ['without peers', () => (world.replies.system_health.peers = 0), 'it has no peers'],
    ['with a broken line of parents', () => (world.broken = true), 'the parent of'],
    ['with a digest that is none', () => (world.mine.add(real), (world.replies.chain_getHeader.digest.logs = ['0x0642414245fe'])), 'Error'],
    ['with a height that is none', () => (world.mine.add(real), (world.replies.chain_getHeader.number = '789629')), 'ZodError'],
  ])('a vantage %s is unobservable', async (_, change, sentence) => {
    change();
    const { result } = await look();
    expect(result.observation).toBe('unobservable');
    expect(result.sentence).toContain(sentence);
    expect(result.sentence.length).toBeLessThanOrEqual(300);
  });
  test.each(badWays)('a vantage that is %s is unobservable', async (_, way) => {
    bad.bad = way;
    expect((await polkadotProbe.look(of, atOf(bad.url, signal), null)).result.observation).toBe('unobservable');
    expect(await polkadotProbe.landed(of, bad.url, 1, signal)).toEqual({ signed: false, head: null, whole: false });
    expect(await polkadotProbe.head(of, bad.url, signal)).toBe(null);
  });
});

test('landed is a final block of its own above, and whole only when all were looked at', async () => {
  world.mine.add(real - 3);
  expect(await polkadotProbe.landed(of, endpoint.url, real - 4, signal)).toEqual({ signed: true, head: real, whole: true });
  expect(await polkadotProbe.landed(of, endpoint.url, real - 3, signal)).toEqual({ signed: false, head: real, whole: true });
  expect(await polkadotProbe.landed(of, endpoint.url, real, signal)).toEqual({ signed: false, head: real, whole: true });
  world.mine.clear();
  expect(await polkadotProbe.landed(of, endpoint.url, real - 8, signal)).toEqual({ signed: false, head: real, whole: true });
  expect(await polkadotProbe.landed(of, endpoint.url, real - 9, signal)).toEqual({ signed: false, head: real, whole: false });
  expect(await polkadotProbe.head(of, endpoint.url, signal)).toBe(real);
});
