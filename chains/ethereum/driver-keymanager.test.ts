import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { timing } from '../../core/timing.ts';
import { systemClock } from '../../runtime/clock.ts';
import { chainRoot, floor, folder, keyFile, publicKeys, secrets, useEthereumFolder } from '../../test/support/ethereum.ts';
import { TestClient, token } from '../../test/support/keymanager.ts';
import { StateFile } from '../state.ts';
import { node } from './config.ts';
import { KeymanagerDriver } from './driver-keymanager.ts';

/** A client with its faults: demoted is told only when no key can come back, and no mark is told that the client did not export. */

useEthereumFolder();

const [first, second] = publicKeys;
const signal = new AbortController().signal;
let client: TestClient;
beforeEach(async () => {
  client = new TestClient(folder);
  await client.listen();
  writeFileSync(join(folder, 'token'), `${token}\n`);
});
afterEach(() => client.close());

const driverOf = (of: { restartProves?: boolean; stopMs?: number; keystoreDirs?: string[] } = {}): KeymanagerDriver =>
  new KeymanagerDriver({
    config: {
      chain: node.parse({
        kind: 'ethereum',
        mode: 'keymanager',
        publicKeys,
        genesisValidatorsRoot: chainRoot,
        slotsPerEpoch: 8,
        beacon: 'http://127.0.0.1:9',
        keymanager: {
          url: client.url,
          tokenFile: join(folder, 'token'),
          restartProves: of.restartProves ?? true,
          keystoreDirs: of.keystoreDirs ?? [client.keystoreDir],
          importMs: 5_000,
        },
      }),
      unit: 'client.service',
      paths: { keyDir: join(folder, 'k'), stateDir: join(folder, 's') },
      timing: timing.parse({ stopMs: of.stopMs ?? 2_000, leaseMs: 20_000 }),
    },
    state: new StateFile(join(folder, 's', 'watermark.json')),
    clock: systemClock,
    systemctl: client.unit,
  });

const opened = async (of: Parameters<typeof driverOf>[0] = {}): Promise<KeymanagerDriver> => {
  const driver = driverOf(of);
  driver.prepare(floor);
  await driver.activate({ key: keyFile(), floor }, signal);
  return driver;
};

describe('a switch', () => {
  test('imports the keys at their floor, and gives the exact mark when they go', async () => {
    const driver = await opened();
    expect(client.signsWith).toEqual([...publicKeys]);
    expect(client.histories.get(first)).toEqual({ block: { slot: 10, signingRoot: null }, vote: { source: 1, target: 2, signingRoot: null } });
    client.sign(first, { slot: 10, source: 3, target: 4 });
    client.sign(second, { slot: 33, source: 1, target: 3 });
    await driver.demote();
    expect(await driver.watermark()).toEqual({ kind: 'eip3076', slot: 33, source: 3, target: 4 });
    expect(client.signsWith).toEqual([]);
    // The deletion, the restart that proves it, and the last word on what was signed.
    expect(client.log).toEqual(['start', 'POST', 'DELETE', 'stop', 'start', 'DELETE']);
    expect(client.wrongUses).toEqual([]);
  });
  test('back again on the same client', async () => {
    const driver = await opened();
    await driver.demote();
    driver.prepare({ ...floor, target: 9, source: 8 });
    expect(await driver.watermark()).toBe(null);
    await driver.activate({ key: keyFile(), floor: { ...floor, target: 9, source: 8 } }, signal);
    await driver.demote();
    expect(await driver.watermark()).toEqual({ kind: 'eip3076', slot: 10, source: 8, target: 9 });
  });
  test('without the restart where the client is trusted to delete', async () => {
    const driver = await opened({ restartProves: false });
    await driver.demote();
    expect(client.log).toEqual(['start', 'POST', 'DELETE']);
  });
  test('at its start a guard demotes a client that has nothing, and knows no mark', async () => {
    await client.unit.start();
    const driver = driverOf();
    await driver.demote();
    expect(await driver.watermark()).toBe(null);
    expect(client.log).toEqual(['start', 'DELETE']);
  });
  test('a guard that was started anew takes the keys away, with their mark', async () => {
    await opened();
    client.sign(first, { slot: 40, source: 3, target: 5 });
    const later = driverOf();
    await later.demote();
    expect(await later.watermark()).toEqual({ kind: 'eip3076', slot: 40, source: 3, target: 5 });
    expect(client.signsWith).toEqual([]);
  });
});

describe('a client that does not do as it says', () => {
  test.each([
    ['deletes in memory alone', { deletesInMemoryOnly: true }],
    ['exports null', { emptyExport: 'null' }],
    ['exports nothing', { emptyExport: 'empty' }],
    ['exports no votes', { emptyExport: 'no votes' }],
    ['says error for a key', { status: 'error' }],
    ['says something unheard of', { status: 'gone' }],
    ['answers for too few', { tooFew: true }],
    ['still lists them', { stillLists: true }],
    ['hangs', { hangs: true }],
    ['does not start again', { doesNotStart: true }],
  ] as const)('%s: it is stopped, its keystores are wiped, and no mark is told', async (_, faults) => {
    await opened();
    const driver = driverOf({ stopMs: 400 });
    client.sign(first, { slot: 40, source: 3, target: 5 });
    Object.assign(client.faults, faults);
    await driver.demote();
    expect(client.up).toBe(false);
    expect(readdirSync(client.keystoreDir)).toEqual([]);
    expect(await driver.watermark()).toBe(null);
    expect((await driver.health(false, signal)).distress).toContain('ClientWiped');
    Object.assign(client.faults, { doesNotStart: false });
    await client.unit.start();
    expect(client.signsWith).toEqual([]);
  });
  test('goes on with the keys in memory: the restart ends it, and what it signed in between counts', async () => {
    const driver = await opened();
    client.faults.keepsInMemory = true;
    const { stop } = client.unit;
    client.unit.stop = () => {
      if (client.signsWith.includes(first)) client.sign(first, { slot: 50, source: 5, target: 6 });
      return stop();
    };
    await driver.demote();
    expect(await driver.watermark()).toEqual({ kind: 'eip3076', slot: 50, source: 5, target: 6 });
    expect(client.signsWith).toEqual([]);
  });
  test('goes on with the keys in memory, and is trusted without a restart: it is not, for it lists them', async () => {
    const driver = await opened({ restartProves: false });
    client.faults.keepsInMemory = true;
    await driver.demote();
    expect(client.up).toBe(false);
    expect(await driver.watermark()).toBe(null);
  });
  test('a client that is dead is wiped too', async () => {
    const driver = await opened();
    await client.unit.kill();
    await driver.demote();
    await client.unit.start();
    expect(client.signsWith).toEqual([]);
  });
  test('a unit that does not stop is not demoted', async () => {
    await opened();
    const driver = driverOf({ stopMs: 100 });
    client.faults.hangs = true;
    Object.assign(client.unit, { isDown: async () => false });
    await expect(driver.demote()).rejects.toThrow('does not stop');
    expect(readdirSync(client.keystoreDir)).toHaveLength(2);
  });
});

describe('an import that is not clear', () => {
  test.each([
    ['is refused for a key', { status: 'error' }, 'imported not all keys: error'],
    ['was made before', { status: 'duplicate' }, 'imported not all keys: duplicate'],
    ['ends in silence', { diesAtImport: true }, ''],
  ] as const)('%s: nothing signs after the demotion that follows', async (_, faults, message) => {
    const driver = driverOf();
    driver.prepare(floor);
    Object.assign(client.faults, faults);
    await expect(driver.activate({ key: keyFile(), floor }, signal)).rejects.toThrow(message);
    Object.assign(client.faults, { status: null, diesAtImport: false });
    await driver.demote();
    await client.unit.start();
    expect(client.signsWith).toEqual([]);
  });
  test('keys that somebody else put there are not taken over', async () => {
    await client.unit.start();
    client.plant(first);
    const driver = driverOf();
    driver.prepare(floor);
    await expect(driver.activate({ key: keyFile(), floor }, signal)).rejects.toThrow('already');
  });
  test('keys of another validator are not imported', async () => {
    const driver = driverOf();
    driver.prepare(floor);
    await expect(driver.activate({ key: Buffer.from(secrets[0]), floor }, signal)).rejects.toThrow('not those of this validator');
    expect(client.log).toEqual([]);
  });
  test('a closed gate ends it: the client is killed', async () => {
    const driver = driverOf();
    driver.prepare(floor);
    const opening = driver.activate({ key: keyFile(), floor }, signal);
    driver.closeGate();
    await expect(opening).rejects.toThrow();
    await driver.demote();
    await client.unit.start();
    expect(client.signsWith).toEqual([]);
  });
  test('a folder that the client does not fill is no folder of its keys', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    const driver = driverOf({ keystoreDirs: [client.keystoreDir, join(folder, 'elsewhere')] });
    driver.prepare(floor);
    await expect(driver.activate({ key: keyFile(), floor }, signal)).rejects.toThrow('not where the client keeps its keys');
    await driver.demote();
    expect(client.signsWith).toEqual([]);
  });
});

describe('health', () => {
  test('keys on a standby stop its client', async () => {
    await client.unit.start();
    client.plant(first);
    const health = await driverOf().health(false, signal);
    expect(health.distress).toContain('KeysPresent');
    expect(client.up).toBe(false);
  });
  test('a holder whose client is down says so', async () => {
    const driver = await opened();
    expect((await driver.health(true, signal)).distress).toContain('no answer from the beacon node');
    await client.unit.kill();
    expect((await driver.health(true, signal)).distress).toBe('ValidatorDown: client.service is inactive.');
  });
});
