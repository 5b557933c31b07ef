import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { answerTo, type Asked, type Promises, type Question } from '../../core/ask.ts';
import { newHold, type HoldState } from '../../core/hold.ts';
import type { NodeReport } from '../../core/report.ts';
import { durationMs, steadyMs } from '../../core/time.ts';
import { timing } from '../../core/timing.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber, birch, cedar, questionOf, reportOf, t, v } from '../../test/support/core.ts';
import { ask } from './client.ts';
import { checkPeers, endOf, peers as peersShape, type PeersConfig } from './config.ts';
import { Peers, type View } from './peers.ts';
import { PeerServer } from './server.ts';
import { signedLine } from './wire.ts';
import { publicKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';

/** Guards that ask each other over real connections, and others that would like to. */

const ends: AbortController[] = [];
afterEach(() => {
  for (const one of ends.splice(0)) one.abort();
});
const signal = (): AbortSignal => {
  const one = new AbortController();
  ends.push(one);
  return one.signal;
};
const rawOf = (key: KeyObject): string => rawPublicKeyOf(key).toString('base64');
const [amberKey, birchKey, strangerKey] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const idle = (): Asked => ({
  validator: v,
  hold: newHold(birch, { relinquished: 0, floor: 1 }),
  promises: { untilMs: steadyMs(0) },
  writer: { mode: 'writer', ackedMs: steadyMs(0) },
  idle: true,
  peers: [amber],
});

const serve = async (timeoutMs = 2_000): Promise<{ port: number; asked: Question[] }> => {
  const asked: Question[] = [];
  const server = new PeerServer({
    clock: systemClock,
    privateKey: birchKey.privateKey,
    keys: new Map([[amber, amberKey.publicKey]]),
    timeoutMs: durationMs(timeoutMs),
    answer: (one) => {
      asked.push(one);
      return answerTo(idle(), one, steadyMs(1_000)).answer;
    },
  });
  return { port: await server.listen({ host: '127.0.0.1', port: 0 }, signal()), asked };
};
const peerAt = (port: number, publicKey = birchKey.publicKey) => ({ host: '127.0.0.1', port, publicKey });
const soon = (): AbortSignal => systemClock.timeout(durationMs(1_500));

/** Everything that comes until the other side ends; what is sent is made from the challenge. */
const raw = (port: number, send: (challenge: string) => string | Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let got = '';
    let first = true;
    socket
      .on('data', (chunk) => {
        got += chunk.toString();
        if (!first || !got.includes('\n')) return;
        first = false;
        socket.write(send((JSON.parse(got) as { challenge: string }).challenge));
      })
      .on('error', () => undefined)
      .on('close', () => {
        resolve(got);
      });
  });
const linesOf = (got: string): number => got.split('\n').length - 1;

describe('one question', () => {
  test('is answered', async () => {
    const { port } = await serve();
    expect(await ask(peerAt(port), questionOf(), amberKey.privateKey, soon())).toMatchObject({ ...questionOf(), outcome: 'promised' });
    expect(await ask(peerAt(port), questionOf({ term: t(1), asked: cedar }), amberKey.privateKey, soon())).toMatchObject({ outcome: 'refused' });
  });
  test('is not answered to who does not sign as its asker', async () => {
    const { port, asked } = await serve();
    await expect(ask(peerAt(port), questionOf(), strangerKey.privateKey, soon())).rejects.toThrow('the connection ended');
    await expect(ask(peerAt(port), questionOf({ asker: cedar }), amberKey.privateKey, soon())).rejects.toThrow('the connection ended');
    expect(asked).toEqual([]);
  });
  test('of an earlier connection is not answered', async () => {
    const { port, asked } = await serve();
    let heard = '';
    await raw(port, (challenge) => (heard = signedLine('question', challenge, questionOf(), amberKey.privateKey)));
    expect(asked.length).toBe(1);
    expect(linesOf(await raw(port, () => heard))).toBe(1);
    expect(linesOf(await raw(port, (challenge) => signedLine('answer', challenge, questionOf(), amberKey.privateKey)))).toBe(1);
    expect(asked.length).toBe(1);
  });
  test.each<[string, string | Buffer]>([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n'],
    ['bytes', Buffer.from([0xff, 0xfe, 0x0a])],
    ['JSON of another shape', '{"said":{},"signature":""}\n'],
    ['a line that is too long', `${'x'.repeat(5_000)}\n`],
    ['a line that does not end', 'x'.repeat(5_000)],
  ])('%s ends the connection without an answer', async (_, bytes) => {
    const { port, asked } = await serve();
    expect(linesOf(await raw(port, () => bytes))).toBe(1);
    expect(asked).toEqual([]);
  });
  test('that comes too slowly is not waited for', async () => {
    const { port, asked } = await serve(200);
    expect(linesOf(await raw(port, () => '{'))).toBe(1);
    expect(asked).toEqual([]);
  });
  test('finds no room while others keep the connections, and finds it again when they are gone', async () => {
    const { port } = await serve(400);
    const flood = Array.from({ length: 40 }, () => raw(port, () => ''));
    await systemClock.sleep(durationMs(100));
    await expect(ask(peerAt(port), questionOf(), amberKey.privateKey, soon())).rejects.toThrow('the connection ended');
    await Promise.all(flood);
    expect(await ask(peerAt(port), questionOf(), amberKey.privateKey, soon())).toMatchObject({ outcome: 'promised' });
  });
});

describe('an answer', () => {
  const fake = async (say: (challenge: string, socket: Socket) => string): Promise<number> => {
    const server = createServer((socket) => {
      const challenge = 'c'.repeat(64);
      socket.write(`${JSON.stringify({ challenge })}\n`);
      socket.on('error', () => undefined).once('data', () => socket.write(say(challenge, socket)));
    });
    signal().addEventListener('abort', () => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  };
  const promised = { ...questionOf(), outcome: 'promised', why: 'w' } as const;
  test('counts when it is signed by who was asked, for this connection', async () => {
    const port = await fake((challenge) => signedLine('answer', challenge, promised, birchKey.privateKey));
    expect(await ask(peerAt(port), questionOf(), amberKey.privateKey, soon())).toEqual(promised);
  });
  test.each<[string, (challenge: string) => string]>([
    ['by another', (challenge) => signedLine('answer', challenge, promised, strangerKey.privateKey)],
    ['on another connection', () => signedLine('answer', 'd'.repeat(64), promised, birchKey.privateKey)],
    ['as a question', (challenge) => signedLine('question', challenge, promised, birchKey.privateKey)],
    ['and changed', (challenge) => signedLine('answer', challenge, promised, birchKey.privateKey).replace('"term":1', '"term":2')],
  ])('signed %s counts for nothing', async (_, say) => {
    const port = await fake(say);
    await expect(ask(peerAt(port), questionOf(), amberKey.privateKey, soon())).rejects.toThrow(
      'the answer is not signed by the guard that was asked',
    );
  });
  test('that never comes is not waited for, nor one without end', async () => {
    const short = (): AbortSignal => systemClock.timeout(durationMs(100));
    await expect(ask(peerAt(await fake(() => '')), questionOf(), amberKey.privateKey, short())).rejects.toThrow('the connection ended');
    await expect(ask(peerAt(await fake(() => 'x'.repeat(5_000))), questionOf(), amberKey.privateKey, soon())).rejects.toThrow('the line is too long');
    await expect(ask(peerAt(1), questionOf(), amberKey.privateKey, soon())).rejects.toThrow('the connection ended');
  });
});

/** amber, which holds and reads nothing, and birch, which stands by: each with its own memory of promises. */
const pair = async (of: { birchIdle?: boolean; asks?: (typeof amber)[] } = {}) => {
  const freePort = async (): Promise<number> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  const ports = [await freePort(), await freePort()];
  const all = [
    { node: amber, key: amberKey, address: `127.0.0.1:${ports[0] ?? 0}` },
    { node: birch, key: birchKey, address: `127.0.0.1:${ports[1] ?? 0}` },
  ];
  const rounds: number[] = [];
  const said: string[] = [];
  const run = signal();
  const promised = all.map(({ node, key, address }, index) => {
    const now = systemClock.steadyMs();
    const word: NodeReport = reportOf({ node, asks: of.asks ?? [birch] });
    const state: { promises: Promises } = { promises: { untilMs: now } };
    const held: HoldState = {
      ...newHold(node, { relinquished: 0, floor: 1 }),
      ...(index === 0 ? { term: t(1), deadlineMs: steadyMs(now + 9_000) } : {}),
    };
    const nodes = all
      .filter((one) => one.node !== node)
      .map((one) => ({ node: one.node, address: one.address, publicKey: rawOf(one.key.publicKey) }));
    const own = new Peers({
      config: { validator: v, node, timing: timing.parse({ pollMs: 200, readTimeoutMs: 500 }), peers: { listen: address, keyFile: '/k', nodes } },
      clock: systemClock,
      privateKey: key.privateKey,
      say: (sentence) => said.push(sentence),
      reporter: {
        word,
        writer: { mode: 'writer', ackedMs: now },
        get promises() {
          return state.promises;
        },
        promise: (promises) => {
          state.promises = promises;
        },
      },
    });
    const view: View = {
      hold: () => held,
      idle: () => index === 0 || (of.birchIdle ?? true),
      readFailed: () => index === 0,
      extend: ({ sentMs }) => rounds.push(sentMs),
    };
    void own.run(view, run);
    return state;
  });
  await systemClock.sleep(durationMs(900));
  return { rounds, said, promised };
};

describe('two guards', () => {
  test('the holder goes on, round after round, and the other keeps what it promised', async () => {
    const { rounds, promised } = await pair();
    expect(rounds.length).toBeGreaterThan(1);
    expect(rounds.length).toBeLessThan(6);
    expect((promised[1]?.promises.untilMs ?? 0) - systemClock.steadyMs()).toBeGreaterThan(13_000);
  });
  test('one that is not idle promises nothing', async () => {
    const { rounds, said } = await pair({ birchIdle: false });
    expect(rounds).toEqual([]);
    expect(said).toContain(`Not all others promise: ${birch} refuses: this guard is not idle.`);
  });
  test('a node that was declared and cannot be asked is missed', async () => {
    const { rounds, said } = await pair({ asks: [birch, cedar] });
    expect(rounds).toEqual([]);
    expect(said).toContain(`Not all others promise: ${cedar} gives no answer that counts.`);
  });
});

describe('the configuration', () => {
  const node = (of: object = {}) => ({ node: birch, address: 'birch.internal:7946', publicKey: rawOf(birchKey.publicKey), ...of });
  const of = (more: Partial<PeersConfig> = {}) => ({
    node: amber,
    onControlPlaneLoss: 'ask',
    peers: peersShape.parse({ listen: '[::]:7946', keyFile: '/etc/baton/peer.pem', nodes: [node()], ...more }),
    chain: { kind: 'cometbft' },
    timing: timing.parse({}),
  });
  const refused = (what: Parameters<typeof checkPeers>[0], field: string): void => {
    expect(() => {
      checkPeers(what);
    }).toThrow(expect.objectContaining({ field }) as Error);
  };
  test('is taken', () => {
    expect(() => {
      checkPeers(of());
      checkPeers({ ...of(), onControlPlaneLoss: 'stop', peers: undefined });
    }).not.toThrow();
    expect(endOf('[::1]:80')).toEqual({ host: '::1', port: 80 });
    expect(endOf('birch:7946')).toEqual({ host: 'birch', port: 7_946 });
    expect(publicKeyOf(Buffer.from(rawOf(birchKey.publicKey), 'base64')).equals(birchKey.publicKey)).toBe(true);
  });
  test('is refused where asking is wrong or cannot be', () => {
    refused({ ...of(), onControlPlaneLoss: 'stop' }, 'peers');
    refused({ ...of(), chain: { kind: 'systemd' } }, 'onControlPlaneLoss');
    refused({ ...of(), peers: undefined }, 'peers');
    refused(of({ listen: '0.0.0.0:0' }), 'peers');
    refused(of({ listen: '0.0.0.0:65536' }), 'peers');
    refused(of({ nodes: [node({ node: amber })] as PeersConfig['nodes'] }), 'peers.nodes');
    refused({ ...of(), timing: timing.parse({ promiseMs: 8_000 }) }, 'timing.promiseMs');
  });
  test.each([{ node: birch }, { address: 'birch.internal:7946' }, { publicKey: rawOf(birchKey.publicKey) }])('%o twice is refused', (same) => {
    const other = { node: cedar, address: 'cedar:7946', publicKey: rawOf(strangerKey.publicKey), ...same };
    refused(of({ nodes: [node(), other] as PeersConfig['nodes'] }), 'peers.nodes');
  });
  test.each(['birch', 'birch:', ':7946', 'a b:1', 'birch:123456', '::1:80'])('the address %s is refused', (listen) => {
    expect(peersShape.safeParse({ listen, keyFile: '/k', nodes: [node()] }).success).toBe(false);
  });
});
