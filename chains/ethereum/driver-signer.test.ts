import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { timing } from '../../core/timing.ts';
import { freePort } from '../../local/ports.ts';
import { systemClock } from '../../runtime/clock.ts';
import { beaconWorld, serveBeacon } from '../../test/support/beacon.ts';
import { blockOf, chainRoot, floor, folder, keyFile, publicKeys, selectionOf, useEthereumFolder, voteOf } from '../../test/support/ethereum.ts';
import { registry } from '../registry.ts';
import type { Driver } from '../driver.ts';
import { StateFile } from '../state.ts';

/** The guard as the signer, as a client on the node meets it: over HTTP, on active and standby alike. */

useEthereumFolder();

const [first] = publicKeys;
const never = new AbortController().signal;
let port: number;
let stop: AbortController;
let running: Promise<void>;
let driver: Driver;
let mayNow: boolean;
let beaconUrl: string;
let closeBeacon: () => Promise<void>;
const world = beaconWorld();

const made = async (chain: Record<string, unknown>): Promise<Driver> => {
  const make = await registry['ethereum']?.driver();
  if (make === undefined) throw new Error('no driver');
  const base = { kind: 'ethereum', publicKeys, genesisValidatorsRoot: chainRoot, slotsPerEpoch: 8, beacon: beaconUrl };
  return make({
    config: {
      chain: { ...base, ...chain },
      unit: 'client.service',
      paths: { keyDir: join(folder, 'k'), stateDir: join(folder, 's') },
      timing: timing.parse({}),
    },
    state: new StateFile(join(folder, 's', 'watermark.json')),
    clock: systemClock,
    systemctl: undefined as never,
    maySign: () => mayNow,
  });
};

const up = async (): Promise<void> => {
  driver = await made({ mode: 'signer', signerPort: port });
  stop = new AbortController();
  running = driver.run(stop.signal);
  await driver.demote(never);
};

beforeEach(async () => {
  ({ url: beaconUrl, close: closeBeacon } = await serveBeacon(world));
  Object.assign(world, beaconWorld());
  port = await freePort();
  mayNow = true;
  await up();
});
afterEach(async () => {
  stop.abort();
  await running;
  await closeBeacon();
});

const sign = async (body: unknown): Promise<number> =>
  (
    await fetch(`http://127.0.0.1:${port}/api/v1/eth2/sign/${first}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    })
  ).status;
const open = async (of = floor): Promise<void> => {
  driver.prepare(of);
  await driver.activate({ key: keyFile(), floor: of }, never);
};

describe('the gate', () => {
  test('a standby names its keys and signs nothing', async () => {
    expect(await (await fetch(`http://127.0.0.1:${port}/api/v1/eth2/publicKeys`)).json()).toEqual(publicKeys);
    for (const body of [voteOf(1, 3), blockOf(20), selectionOf(20)]) expect(await sign(body)).toBe(412);
    expect(await driver.watermark()).toBe(null);
  });
  test('opens, closes at once, and tells the exact mark', async () => {
    await open();
    expect(await sign(voteOf(1, 3))).toBe(200);
    expect(await sign(blockOf(27))).toBe(200);
    driver.closeGate();
    expect(await sign(voteOf(1, 4))).toBe(412);
    expect(await sign(selectionOf(30))).toBe(200);
    await driver.demote(never);
    expect(await sign(selectionOf(30))).toBe(412);
    expect(await driver.watermark()).toEqual({ kind: 'eip3076', slot: 27, source: 1, target: 3 });
  });
  test('is closed while the lease may have run out', async () => {
    await open();
    mayNow = false;
    expect(await sign(voteOf(1, 3))).toBe(412);
  });
  test('the floor of a later term holds, also after a restart of the guard', async () => {
    await open();
    expect(await sign(voteOf(1, 3))).toBe(200);
    await driver.demote(never);
    await open({ ...floor, source: 4, target: 6 });
    expect(await sign(voteOf(4, 6))).toBe(412);
    stop.abort();
    await running;
    await up();
    await open();
    expect(await sign(voteOf(4, 6))).toBe(412);
    expect(await sign(voteOf(4, 7))).toBe(200);
  });
});

describe('a record that is lost', () => {
  test('is told: the same term is not opened again', async () => {
    await open();
    expect(driver.lostWatermark()).toBe(false);
    rmSync(join(folder, 's', 'signed.jsonl'));
    expect(driver.lostWatermark()).toBe(true);
  });
  test('also when only the mark is', async () => {
    await open();
    rmSync(join(folder, 's', 'watermark.json'));
    expect(driver.lostWatermark()).toBe(true);
  });
});

test('the mark of another chain opens nothing', () => {
  expect(() => {
    driver.prepare({ kind: 'slot', slot: 5 });
  }).toThrow();
});

describe('health', () => {
  test('is that of the beacon node', async () => {
    expect(await driver.health(false, never)).toEqual({ synced: true, height: 40, distress: null });
    Object.assign(world, { health: 206 });
    expect((await driver.health(false, never)).synced).toBe(false);
    await closeBeacon();
    expect(await driver.health(false, never)).toEqual({
      synced: false,
      height: null,
      distress: 'ValidatorDown: no answer from the beacon node.',
    });
  });
});

describe('the configuration', () => {
  test.each([
    [{ mode: 'signer' }, 'chain.signerPort is not set: mode signer needs it'],
    [{ mode: 'keymanager' }, 'chain.keymanager is not set: mode keymanager needs it'],
  ])('%o is not whole', async (chain, message) => {
    await expect(made(chain)).rejects.toThrow(message);
  });
});
