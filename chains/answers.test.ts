import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { closeServer, listen } from '../local/loopback.ts';
import { configOf } from '../test/support/core.ts';
import { addressOf } from './cometbft/probe.ts';
import { chains, Round } from './index.ts';

/** What several validators ask of one place is asked once, and never in the name of another place. */

const keys = [1, 2, 3].map((fill) => Buffer.alloc(32, fill).toString('base64'));
const signers = keys.slice(0, 2).map(addressOf);
const signal = new AbortController().signal;
let asked: string[] = [];
let broken = false;
let servers: Server[] = [];
let urls: string[] = [];

const reply = (path: string): unknown => {
  if (path === '/status') return { result: { node_info: { network: 'hub' }, sync_info: { latest_block_height: '10', catching_up: false } } };
  if (path.startsWith('/validators')) return { result: { validators: keys.map((key) => ({ address: addressOf(key) })), total: '3' } };
  const commit = { signatures: signers.map((address) => ({ block_id_flag: 2, validator_address: address })) };
  return { result: { signed_header: { header: { height: path.split('=')[1] }, commit } } };
};

beforeAll(async () => {
  servers = ['east', 'west'].map((name) =>
    createServer((request, response) => {
      asked.push(`${name} ${request.url}`);
      if (broken) response.writeHead(500).end();
      else response.end(JSON.stringify(reply(request.url ?? '')));
    }),
  );
  urls = await Promise.all(servers.map(listen));
});
afterAll(() => Promise.all(servers.map(closeServer)));
beforeEach(() => {
  [asked, broken] = [[], false];
});

const of = (key: string | undefined, chainId = 'hub') =>
  configOf((one) => {
    one['chain'] = { kind: 'cometbft', chainId, publicKey: key };
    one['vantages'] = [
      { name: 'east', url: urls[0] },
      { name: 'west', url: urls[1] },
      { name: 'also-east', url: urls[0] },
    ];
  });
const lookAt = async (round: Round | undefined, vantage: string): Promise<string[]> => {
  const looks = await Promise.all(keys.map((key) => chains.look(of(key), vantage, null, signal, round)));
  return looks.map(({ result }) => result.observation);
};

test('three validators of one chain: each question once, and each validator its own answer', async () => {
  expect(await lookAt(new Round(), 'east')).toEqual(['signing', 'signing', 'failing']);
  expect(asked.toSorted()).toEqual([
    'east /commit?height=8',
    'east /commit?height=9',
    'east /status',
    'east /validators?height=9&page=1&per_page=100',
  ]);
});

test('two vantages never share an answer, not even where their URL is the same', async () => {
  const round = new Round();
  for (const vantage of ['east', 'west', 'also-east']) await lookAt(round, vantage);
  expect(asked.filter((one) => one === 'east /status').length).toBe(2);
  expect(asked.filter((one) => one === 'west /status').length).toBe(1);
});

test('the next round asks anew; whoever looks without a round does too', async () => {
  await lookAt(new Round(), 'east');
  await lookAt(new Round(), 'east');
  expect(asked.filter((one) => one === 'east /status').length).toBe(2);
  await lookAt(undefined, 'east');
  expect(asked.filter((one) => one === 'east /status').length).toBe(5);
});

test('trouble is shared too, in this round alone', async () => {
  broken = true;
  expect(await lookAt(new Round(), 'east')).toEqual(['unobservable', 'unobservable', 'unobservable']);
  expect(asked).toEqual(['east /status']);
  broken = false;
  expect(await lookAt(new Round(), 'east')).toEqual(['signing', 'signing', 'failing']);
});

test('a validator of another chain takes no answer of this one for its own', async () => {
  const round = new Round();
  expect(await lookAt(round, 'east')).toEqual(['signing', 'signing', 'failing']);
  expect((await chains.look(of(keys[0], 'other'), 'east', null, signal, round)).result).toMatchObject({
    observation: 'unobservable',
    sentence: 'Error: it is on chain hub',
  });
});

test('an endpoint that hangs takes no turn from another', async () => {
  const open: (() => void)[] = [];
  const hole = createServer((_, response) => open.push(() => response.end())).listen(0, '127.0.0.1');
  await once(hole, 'listening');
  const url = `http://127.0.0.1:${(hole.address() as { port: number }).port}`;
  const stuck = configOf((one) => {
    one['chain'] = { kind: 'systemd', headPath: '/h', headPointer: '/a', progressPath: '/p', progressPointer: '/a' };
    one['vantages'] = [{ name: 'east', url }];
  });
  const over = new AbortController();
  const waiting = Array.from({ length: 300 }, () => chains.look(stuck, 'east', null, over.signal));
  expect(await lookAt(new Round(), 'east')).toEqual(['signing', 'signing', 'failing']);
  // Eight of the three hundred were sent; the others wait for them.
  expect(open.length).toBeLessThanOrEqual(8);
  over.abort();
  expect(new Set((await Promise.all(waiting)).map(({ result }) => result.observation))).toEqual(new Set(['unobservable']));
  await closeServer(hole);
});
