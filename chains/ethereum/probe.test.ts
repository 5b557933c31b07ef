import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ValidatorConfig } from '../../core/config.ts';
import { beaconWorld, serveBeacon } from '../../test/support/beacon.ts';
import { configOf } from '../../test/support/core.ts';
import { chainRoot, publicKeys } from '../../test/support/ethereum.ts';
import { closeServer, listen } from '../../local/loopback.ts';
import { chains } from '../index.ts';
import recorded from './fixtures/lodestar-1.5.1.json' with { type: 'json' };
import type { Before, Look } from '../probe.ts';

/** A beacon node that can tell the truth, nothing, or nonsense. Two keys: 3 votes in slot 3 of each epoch of 8, 6 in slot 6. */

const world = beaconWorld();
const signal = new AbortController().signal;
let close: () => Promise<void>;
let config: ValidatorConfig;

beforeAll(async () => {
  const served = await serveBeacon(world);
  close = served.close;
  config = configOf((one) => {
    one['chain'] = { kind: 'ethereum', mode: 'signer', publicKeys: [...publicKeys], genesisValidatorsRoot: chainRoot, slotsPerEpoch: 8 };
    one['vantages'] = [
      { name: 'east', url: served.url },
      { name: 'west', url: `${served.url}/` },
      { name: 'gone', url: 'http://127.0.0.1:9' },
    ];
  });
});
afterAll(() => close());
beforeEach(() => {
  Object.assign(world, beaconWorld(), { keys: new Map(publicKeys.map((key, at) => [at === 0 ? 3 : 6, key])) });
});
const look = (before: Before | null = null): Promise<Look> => chains.look(config, 'east', before, signal);
const after = (seen: Look, agoMs = 5_000): Before => ({ memory: seen.memory, agoMs });
/** Looks at each of these heads, one after the other. */
const looks = async (...heads: number[]): Promise<Look> => {
  let seen: Look | null = null;
  for (const head of heads) {
    world.head = head;
    seen = await look(seen === null ? null : after(seen));
  }
  if (seen === null) throw new Error('no look');
  return seen;
};

describe('votes', () => {
  test('that landed are signing', async () => {
    world.voted.add(38);
    expect((await looks(40)).result).toMatchObject({ observation: 'signing', head: 40, lastSigned: 38 });
  });
  test('since Electra stand among those of the committees before', async () => {
    world.electra = true;
    expect((await looks(40)).result.observation).toBe('failing');
    world.voted.add(38);
    expect((await looks(40)).result).toMatchObject({ observation: 'signing', lastSigned: 38 });
  });
  test('of others are not theirs', async () => {
    world.voted.add(37);
    expect((await looks(40)).result).toMatchObject({ observation: 'failing', lastSigned: null });
  });
  test('are not owed in every slot: until the next it is as it was', async () => {
    world.voted.add(38);
    expect((await looks(40, 41, 42)).result).toMatchObject({ observation: 'signing', lastSigned: 38 });
  });
  test('that are missed twice are failing, once is not', async () => {
    world.voted.add(38);
    expect((await looks(40, 43, 45)).result).toMatchObject({
      observation: 'unobservable',
      sentence: 'A vote was not seen in 1 slot; one may be missed by anybody.',
    });
    expect((await looks(40, 43, 45, 47)).result.observation).toBe('unobservable');
    expect((await looks(40, 43, 45, 47, 48)).result).toMatchObject({
      observation: 'failing',
      lastSigned: 38,
      sentence: 'No vote landed in 2 slots, head 48.',
    });
  });
  test('that land again end it', async () => {
    world.voted.add(38).add(51);
    expect((await looks(40, 45, 48, 50, 52)).result).toMatchObject({ observation: 'signing', lastSigned: 51 });
  });
  test('that were never seen are missed in blocks that were read', async () => {
    // 33 to 40 are read: the votes of 35 and 38 would stand there.
    expect((await looks(40)).result).toMatchObject({ observation: 'failing', lastSigned: null });
    // Of 34 to 41 that of 43 cannot be told yet.
    Object.assign(world, { keys: new Map([[3, publicKeys[0]]]) });
    expect((await looks(41)).result.observation).toBe('unobservable');
    expect((await looks(41, 44)).result.observation).toBe('unobservable');
    expect((await looks(41, 44, 45)).result.observation).toBe('failing');
  });
  test('in blocks that nobody read are not missed', async () => {
    world.voted.add(38);
    expect((await looks(40, 60)).result).toMatchObject({ observation: 'unobservable', lastSigned: 38 });
  });
  test('a block of theirs shows as well that they sign', async () => {
    world.proposed.add(39);
    expect((await looks(40)).result).toMatchObject({ observation: 'signing', lastSigned: 39 });
  });
});

describe('what speaks against a failure', () => {
  const failing = async (): Promise<string> => (await looks(41, 45, 48)).result.observation;
  test('the node has seen the keys at work', async () => {
    world.live = true;
    expect(await failing()).toBe('unobservable');
  });
  test('but not that it does not tell', async () => {
    world.live = null;
    expect(await failing()).toBe('failing');
  });
  test('nor what it saw before they stopped, in the same epoch', async () => {
    world.live = true;
    world.voted.add(43);
    Object.assign(world, { keys: new Map(publicKeys.map((key, at) => [at === 0 ? 3 : 5, key])) });
    expect((await looks(41, 44, 47, 52)).result.observation).toBe('unobservable');
  });
  test('the chain does not finalise', async () => {
    world.finalized = 1;
    expect((await looks(41, 45, 48)).result).toMatchObject({ observation: 'unobservable', sentence: 'The chain has not finalised since epoch 1.' });
  });
  test('the head stands still: a halt, after its time', async () => {
    world.voted.add(38);
    const first = await looks(40);
    const second = await look(after(first, 30_000));
    expect(second.result.observation).toBe('signing');
    expect((await look(after(second, 200_000))).result.observation).toBe('halted');
  });
});

describe('what cannot be read is unobservable', () => {
  test.each([
    ['a node that syncs', { syncing: true }, 'it is syncing'],
    ['a node that does not know its chain is valid', { optimistic: true }, 'it is syncing'],
    ['a node that is not well', { health: 503 }, 'not well'],
    ['a node that syncs, by its health', { health: 206 }, 'not well'],
    ['another chain', { chain: `0x${'0b'.repeat(32)}` }, 'it is on the chain of'],
    ['keys that are no validators', { keys: new Map() }, 'None of the keys is an active validator.'],
    ['keys that have left', { exited: new Set([3, 6]) }, 'None of the keys is an active validator.'],
    ['nonsense for the validators', { broken: '/states/head/validators' }, 'ZodError'],
    ['nonsense for a block', { broken: '/blocks/' }, 'ZodError'],
    ['nonsense for the duties', { broken: '/duties/' }, 'ZodError'],
    ['nonsense for the genesis', { broken: '/genesis' }, 'ZodError'],
  ])('%s', async (_, change, sentence) => {
    world.voted.add(38);
    Object.assign(world, change);
    const { result } = await looks(40);
    expect(result.observation).toBe('unobservable');
    expect(result.sentence).toContain(sentence);
  });
  test('a node that is gone', async () => {
    expect((await chains.look(config, 'gone', null, signal)).result.observation).toBe('unobservable');
  });
  test('an answer without end', async () => {
    world.answer = (response) => {
      response.writeHead(200);
      const fill = (): void => {
        while (response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on('drain', fill);
      fill();
    };
    expect((await look()).result.observation).toBe('unobservable');
  });
});

test('a slashed key is told, whatever else is seen', async () => {
  world.slashed.add(3);
  world.voted.add(38);
  expect((await looks(40)).result).toMatchObject({ observation: 'signing', slashed: `1 of 2 keys are slashed, first ${publicKeys[0]}.` });
});

describe('what landed above a slot', () => {
  const landed = (above: number) => chains.landed(config, 'east', above, signal);
  test('a vote for a later slot, seen in a block', async () => {
    world.voted.add(38);
    expect(await landed(37)).toEqual({ signed: true, head: 40, whole: true });
    expect(await landed(38)).toEqual({ signed: false, head: 40, whole: true });
  });
  test('an empty slot is passed over', async () => {
    world.voted.add(38);
    world.empty.add(38);
    expect((await landed(35)).signed).toBe(true);
  });
  test('what is too long ago was not looked at as a whole', async () => {
    expect(await landed(31)).toEqual({ signed: false, head: 40, whole: false });
    expect((await landed(32)).whole).toBe(true);
    expect(await landed(2)).toEqual({ signed: false, head: 40, whole: false });
  });
  test('nothing lies above the head', async () => {
    expect(await landed(50)).toEqual({ signed: false, head: 40, whole: true });
  });
  test('what cannot be read is not known', async () => {
    world.syncing = true;
    expect(await landed(37)).toEqual({ signed: false, head: null, whole: false });
  });
});

describe('the head', () => {
  test('is the slot of now, with or without a block', async () => {
    world.behind = 3;
    expect(await chains.headOf(config, signal)).toBe(43);
  });
  test('of a node that syncs is none', async () => {
    world.syncing = true;
    expect(await chains.headOf(config, signal)).toBe(null);
  });
});

describe('replies that Lodestar gave', () => {
  const { replies } = recorded as { replies: Record<string, { status: number; body: unknown }> };
  const genesis = replies['GET /eth/v1/beacon/genesis']?.body as { data: { genesis_validators_root: string } };
  const [path = ''] = Object.keys(replies).filter((one) => one.includes('/states/head/validators'));
  const keys = new URL(path.slice(4), 'http://x').searchParams.getAll('id');
  const served = createServer((request, response) => {
    const reply = replies[`${request.method} ${request.url}`] ?? { status: 404, body: { message: 'not recorded' } };
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body === null ? '' : JSON.stringify(reply.body));
  });
  let own: ValidatorConfig;
  beforeAll(async () => {
    const url = await listen(served);
    own = configOf((one) => {
      const { genesis_validators_root: genesisValidatorsRoot } = genesis.data;
      one['chain'] = { kind: 'ethereum', mode: 'signer', publicKeys: keys, genesisValidatorsRoot, slotsPerEpoch: 8 };
      one['vantages'] = [
        { name: 'east', url },
        { name: 'west', url },
      ];
    });
  });
  afterAll(() => closeServer(served));
  test('show votes and blocks', async () => {
    const { result } = await chains.look(own, 'east', null, signal);
    expect(result).toEqual({ observation: 'signing', head: 60, lastSigned: 56, sentence: 'Voted for slot 56, head 60.' });
    expect(await chains.landed(own, 'east', 53, signal)).toEqual({ signed: true, head: 60, whole: true });
    expect(await chains.landed(own, 'east', 57, signal)).toEqual({ signed: false, head: 60, whole: true });
    expect(await chains.headOf(own, signal)).toBe(60);
  });
});
