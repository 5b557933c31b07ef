import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ValidatorConfig } from '../core/config.ts';
import { configOf } from '../test/support/core.ts';
import { addressOf } from './cometbft/probe.ts';
import { chains } from './index.ts';
import type { Before, Look } from './probe.ts';
import { atPointer } from './systemd/probe.ts';

/** Probes against a real HTTP server that can tell the truth, nothing, or nonsense. */

const publicKey = 'bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=';
const me = addressOf(publicKey);
const signal = new AbortController().signal;
const world = {
  head: 10,
  catchingUp: false,
  network: 'hub',
  signed: new Set<number>(),
  flag: 2,
  inSet: true,
  progress: 10,
  answer: null as ((response: ServerResponse) => void) | null,
  evidence: null as unknown, // in the block of height 9
};
let server: Server;
let config: ValidatorConfig;

const ofNothing = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855';
const reply = (path: string, query: URLSearchParams): unknown => {
  const height = Number(query.get('height'));
  if (path === '/status')
    return {
      result: { node_info: { network: world.network }, sync_info: { latest_block_height: String(world.head), catching_up: world.catchingUp } },
    };
  if (path === '/commit') {
    const mine = world.signed.has(height) ? [{ block_id_flag: world.flag, validator_address: me }] : [{ block_id_flag: 1, validator_address: '' }];
    return {
      result: {
        signed_header: {
          header: { height: String(height), evidence_hash: height === 9 && world.evidence !== null ? 'AB' : ofNothing },
          commit: { signatures: [{ block_id_flag: 2, validator_address: 'OTHER' }, ...mine] },
        },
      },
    };
  }
  if (path === '/block') return { result: { block: { evidence: { evidence: world.evidence } } } };
  if (path === '/validators') return { result: { validators: [{ address: 'OTHER' }, ...(world.inSet ? [{ address: me }] : [])], total: '2' } };
  if (path === '/head') return { height: world.head };
  return { deep: { 'a/b': world.progress } };
};

beforeAll(async () => {
  server = createServer((request, response) => {
    if (world.answer) {
      world.answer(response);
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    response.setHeader('content-type', 'application/json').end(JSON.stringify(reply(pathname, searchParams)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  config = configOf((one) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    one['vantages'] = [
      { name: 'east', url },
      { name: 'west', url: `${url}/` },
      { name: 'gone', url: 'http://127.0.0.1:9' },
    ];
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  Object.assign(world, {
    head: 10,
    catchingUp: false,
    network: 'hub',
    signed: new Set([8, 9]),
    flag: 2,
    inSet: true,
    progress: 10,
    answer: null,
    evidence: null,
  });
});
const look = (of: ValidatorConfig, before: Before | null = null, vantage = 'east'): Promise<Look> => chains.look(of, vantage, before, signal);
const after = (seen: Look, agoMs = 5_000): Before => ({ memory: seen.memory, agoMs });

test('the address is CometBFT’s', () => {
  expect(me).toMatch(/^[0-9A-F]{40}$/);
  expect(addressOf(Buffer.alloc(32).toString('base64'))).toBe('66687AADF862BD776C8FC18B8E9F8E2008971485');
});

describe('cometbft', () => {
  test('its signature in a final commit is signing; a vote for nil is too', async () => {
    expect((await look(config)).result).toMatchObject({ observation: 'signing', head: 10, lastSigned: 9 });
    world.flag = 3;
    expect((await look(config)).result.observation).toBe('signing');
  });
  test('no signature in the new commits is failing', async () => {
    const first = await look(config);
    world.head = 12;
    expect((await look(config, after(first))).result).toMatchObject({
      observation: 'failing',
      sentence: 'No signature in commits 10 to 11.',
      lastSigned: 9,
    });
  });
  test('one signature among the new commits is enough', async () => {
    const first = await look(config);
    Object.assign(world, { head: 13, signed: new Set([9, 12]) });
    expect((await look(config, after(first))).result).toMatchObject({ observation: 'signing', lastSigned: 12 });
  });
  test('outside the validator set nothing can be told', async () => {
    Object.assign(world, { signed: new Set(), inSet: false });
    expect((await look(config)).result).toMatchObject({ observation: 'unobservable', sentence: `${me} is not in the validator set.` });
  });
  const voted = (validator_address: string): unknown[] => [
    { type: 'tendermint/DuplicateVoteEvidence', value: { vote_a: { validator_address }, vote_b: { validator_address } } },
  ];
  test('evidence of a double signature in a block is told, signing or not', async () => {
    world.evidence = voted(me);
    const slashed = `Block 9 holds evidence that ${me} signed twice.`;
    expect((await look(config)).result).toMatchObject({ observation: 'signing', slashed });
    world.signed = new Set();
    expect((await look(config)).result).toMatchObject({ observation: 'failing', slashed });
    world.inSet = false;
    expect((await look(config)).result).toMatchObject({ observation: 'unobservable', slashed });
    world.evidence = [{ type: 'tendermint/LightClientAttackEvidence', value: { byzantine_validators: [{ address: me }] } }];
    expect((await look(config)).result).toMatchObject({ slashed });
  });
  test('evidence against others is nothing to this validator; what cannot be read may be against it', async () => {
    world.evidence = voted('OTHER');
    expect((await look(config)).result).not.toHaveProperty('slashed');
    world.evidence = 'nonsense';
    expect((await look(config)).result).toMatchObject({ slashed: 'Block 9 holds evidence of a double signature, and whose could not be read.' });
  });
  test('a head that stands still is a halt only after its time', async () => {
    const first = await look(config);
    const second = await look(config, after(first, 30_000));
    expect(second.result.observation).toBe('signing');
    expect((await look(config, after(second, 29_999))).result.observation).toBe('signing');
    expect((await look(config, after(second, 30_000))).result.observation).toBe('halted');
  });
  test('a missing signature is not counted again while nothing new comes', async () => {
    world.signed = new Set();
    const first = await look(config);
    expect(first.result.observation).toBe('failing');
    expect((await look(config, after(first))).result.observation).toBe('unobservable');
  });
  test.each<[string, () => void]>([
    [
      'catching up',
      () => {
        world.catchingUp = true;
      },
    ],
    [
      'on another chain',
      () => {
        world.network = 'other';
      },
    ],
    [
      'answering 500',
      () => {
        world.answer = (response) => {
          response.writeHead(500).end();
        };
      },
    ],
    [
      'answering nonsense',
      () => {
        world.answer = (response) => {
          response.end('<html>');
        };
      },
    ],
    [
      'answering JSON of another shape',
      () => {
        world.answer = (response) => {
          response.end('{"result":null}');
        };
      },
    ],
    [
      'answering a height that is none',
      () => {
        world.head = Number.NaN;
      },
    ],
    [
      'redirecting',
      () => {
        world.answer = (response) => {
          response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
        };
      },
    ],
    [
      'answering without end',
      () => {
        world.answer = (response) => {
          for (let count = 0; count < 40; count += 1) response.write('x'.repeat(100_000));
        };
      },
    ],
    [
      'hanging up',
      () => {
        world.answer = (response) => {
          response.destroy();
        };
      },
    ],
  ])('a vantage that is %s is unobservable', async (_, change) => {
    change();
    expect((await look(config)).result.observation).toBe('unobservable');
  });
  test('one that is slow, gone or not known is unobservable', async () => {
    world.answer = () => undefined;
    expect((await look(config)).result.observation).toBe('unobservable');
    expect((await look(config, null, 'gone')).result.observation).toBe('unobservable');
    expect((await look(config, null, 'nowhere')).result.observation).toBe('unobservable');
  });
  test('signed above: one vantage is enough for yes, more than half must have seen everything for no', async () => {
    expect(await chains.signedAbove(config, 8, signal)).toBe(true);
    expect(await chains.signedAbove(config, 9, signal)).toBe(false);
    expect(await chains.signedAbove({ ...config, vantages: config.vantages.slice(1) }, 9, signal)).toBe(null);
    // The last five commits are looked at: 6 to 10.
    world.signed = new Set();
    expect(await chains.signedAbove(config, 5, signal)).toBe(false);
    expect(await chains.signedAbove(config, 4, signal)).toBe(null);
  });
  test('landed counts only signatures above the baseline, the head’s own too', async () => {
    expect(await chains.landed(config, 'east', 9, signal)).toEqual({ signed: false, head: 10, whole: true });
    world.signed = new Set([10]);
    expect(await chains.landed(config, 'east', 9, signal)).toEqual({ signed: true, head: 10, whole: true });
    expect(await chains.landed(config, 'gone', 9, signal)).toEqual({ signed: false, head: null, whole: false });
  });
  test('the head needs more than half of the vantages', async () => {
    expect(await chains.headOf(config, signal)).toBe(10);
    expect(await chains.headOf({ ...config, vantages: config.vantages.slice(1) }, signal)).toBe(null);
  });
});

describe('systemd', () => {
  const daemon = (): ValidatorConfig => ({
    ...config,
    chain: { kind: 'systemd', progressPath: '/progress', progressPointer: '/deep/a~1b', headPath: '/head', headPointer: '/height' },
  });
  test('progress is signing; a head that moves alone is failing; a head that stands still is neither', async () => {
    const first = await look(daemon());
    expect(first.result).toMatchObject({ observation: 'signing', head: 10, lastSigned: 10 });
    world.head = 11;
    expect((await look(daemon(), after(first))).result.observation).toBe('failing');
    world.progress = 11;
    expect((await look(daemon(), after(first))).result.observation).toBe('signing');
    world.head = 10;
    expect((await look(daemon(), after(first))).result.observation).toBe('signing');
    expect((await look(daemon(), after(first, 60_000))).result.observation).toBe('halted');
  });
  test.each([
    ['text', '"12"'],
    ['a fraction', '1.5'],
    ['negative', '-1'],
    ['nothing', 'null'],
  ])('a progress that is %s is unobservable', async (_, text) => {
    world.answer = (response) => {
      response.end(`{"height":10,"deep":{"a/b":${text}}}`);
    };
    expect((await look(daemon())).result.observation).toBe('unobservable');
  });
  test('signed above is a duty above', async () => {
    expect(await chains.signedAbove(daemon(), 9, signal)).toBe(true);
    expect(await chains.signedAbove(daemon(), 10, signal)).toBe(false);
  });
  test('landed is a duty above the baseline', async () => {
    expect(await chains.landed(daemon(), 'east', 9, signal)).toEqual({ signed: true, head: 10, whole: true });
    expect(await chains.landed(daemon(), 'east', 10, signal)).toEqual({ signed: false, head: 10, whole: true });
  });
  test.each([
    ['/a/b', { a: { b: 1 } }, 1],
    ['/a~1b', { 'a/b': 2 }, 2],
    ['/a~0b', { 'a~b': 3 }, 3],
    ['/0', [4], 4],
    ['/x', {}, undefined],
    ['/toString', {}, undefined],
    ['/a/b', { a: 'text' }, undefined],
  ])('pointer %s of %j is %s', (pointer, document, expected) => {
    expect(atPointer(document, pointer)).toBe(expected);
  });
});
