import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Unknown } from '../../core/gate.ts';
import { amber, v } from '../../test/support/core.ts';
import { dir, publicKey, seed, useFolder, vote } from '../../test/support/privval.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { StateFile } from '../state.ts';
import { CometbftGateDriver } from './gate-driver.ts';
import type { ConnectionOptions } from './privval/connection.ts';

useFolder();

const status = { result: { sync_info: { latest_block_height: '7', catching_up: false } } };
const never = new AbortController().signal;

const driverOf = (claim: () => Promise<Unknown>) => {
  const dialled: ConnectionOptions[] = [];
  const state = new StateFile(join(dir, 'w.json'));
  const driver = new CometbftGateDriver({
    config: {
      validator: v,
      node: amber,
      chain: { kind: 'cometbft', chainId: 'c', publicKey: publicKey.toString('base64'), socket: 'unix:///run/x.sock', rpc: 'http://127.0.0.1:1' },
      paths: { stateDir: dir },
    },
    state,
    clock: new VirtualClock(),
    maySign: () => true,
    claim,
    dial: (options) => {
      dialled.push(options);
      return { connected: true, run: async () => undefined };
    },
    ask: async () => status,
  });
  return { driver, dialled, state };
};
const silent = async (): Promise<Unknown> => ({ outcome: 'unknown', cause: new Error('x') });

test('dials the socket, signs while it is active, and tells when the arbiter is silent', async () => {
  const { driver, dialled } = driverOf(silent);
  await driver.run(never);
  expect(dialled[0]?.path).toBe('/run/x.sock');
  const sign = async (height: bigint) => dialled[0]?.signer.sign(vote({ height }), 'c');
  expect(await sign(5n)).toMatchObject({ ok: false, code: 1 });
  await driver.activate(Buffer.from(seed));
  expect(await driver.health(true, never)).toEqual({ synced: true, height: 7, distress: null });
  expect(await sign(5n)).toMatchObject({ ok: false, code: 5 });
  expect((await driver.health(true, never)).distress).toMatch(/^ArbiterSilent: /);
  expect((await driver.health(false, never)).distress).toBe(null);
  driver.closeGate();
  expect(await sign(6n)).toMatchObject({ ok: false, code: 1 });
});

test('a disk that fails is told as a signer that has stopped, and opens anew', async () => {
  const { driver, dialled, state } = driverOf(silent);
  await driver.run(never);
  await driver.activate(Buffer.from(seed));
  const save = state.save.bind(state);
  state.save = () => {
    throw new Error('ENOSPC');
  };
  expect(await dialled[0]?.signer.sign(vote(), 'c')).toMatchObject({ ok: false, code: 4 });
  expect(await driver.health(true, never)).toMatchObject({ stalled: true, distress: expect.stringMatching(/^SignerStopped: /) as string });
  state.save = save;
  await driver.activate(Buffer.from(seed));
  expect((await driver.health(true, never)).stalled).toBe(undefined);
});

test('demoting waits for what is under way, and nothing of it leaves', async () => {
  let release: () => void = () => undefined;
  const { driver, dialled } = driverOf(
    () =>
      new Promise((resolve) => {
        release = () => {
          resolve({ outcome: 'unknown', cause: new Error('late') });
        };
      }),
  );
  await driver.run(never);
  await driver.activate(Buffer.from(seed));
  let ended = false;
  const asked = dialled[0]?.signer.sign(vote(), 'c');
  await new Promise((resolve) => setImmediate(resolve));
  const demoted = driver.demote().then(() => (ended = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  release();
  await demoted;
  expect(await asked).toMatchObject({ ok: false });
});
