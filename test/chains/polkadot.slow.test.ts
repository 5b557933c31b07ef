import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Driver } from '../../chains/driver.ts';
import { rules } from '../../chains/polkadot/rules.ts';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { configOf } from '../support/core.ts';
import { PolkadotBench, polkadotFacts } from './polkadot.ts';

/** The Polkadot driver in both modes, against a chain that sees one key in two nodes. */

let made: PolkadotBench;
beforeEach(() => {
  made = new PolkadotBench();
  made.chain.run(systemClock, 20);
});
afterEach(() => made.close());

const low = { kind: 'slot', slot: 0 } as const;
const nothing = Buffer.from('{}');

test('planned switch, crash and negative control', async () => {
  const { planned, crash, negative } = await polkadotFacts();
  expect(planned).toMatchObject({ conflicts: 0, newHolder: 'birch', gap: 3 });
  expect(crash).toMatchObject({ conflicts: 0, newHolder: 'birch', probe: { healthy: 'signing', down: 'failing', after: 'signing' } });
  expect(crash.first).toBeGreaterThan(crash.floor);
  expect(negative.conflicts).toBeGreaterThan(0);
});

describe('distinct keys', () => {
  test('a node whose keys the stash has not set tells the call that a person must sign, and signs nothing', async () => {
    const { driver, keys } = await made.side('birch');
    await expect(driver.activate({ key: nothing, floor: low }, made.never)).rejects.toThrow(
      `SetKeysNeeded: sign session.setKeys(keys: ${keys.all}, proof: 0x) with the stash`,
    );
    made.chain.setKeys(keys);
    await driver.activate({ key: nothing, floor: low }, made.never);
    expect(await driver.health(true, made.never)).toMatchObject({ synced: true, distress: null });
    expect([await driver.watermark(), driver.lostWatermark()]).toEqual([null, false]);
  });
  test('a node without its keys is no standby', async () => {
    const { driver, stand } = await made.side('birch');
    const asDriver: Driver = driver;
    asDriver.prepare(low);
    stand.keys.clear();
    expect(await driver.health(false, made.never)).toMatchObject({
      synced: false,
      distress: expect.stringContaining('SessionKeysMissing') as unknown,
    });
    await expect(driver.activate({ key: nothing, floor: low }, made.never)).rejects.toThrow('SessionKeysMissing');
  });
  test.each([
    ['that syncs', { syncing: true }, 'the node is syncing'],
    ['that is no validator', { authority: false }, 'was not started with --validator'],
  ])('a node %s is not activated', async (_, change, message) => {
    const { driver, stand } = await made.side('amber');
    Object.assign(stand, change);
    await expect(driver.activate({ key: nothing, floor: low }, made.never)).rejects.toThrow(message);
  });
  test('a node that the chain names is stopped; one that it names nowhere stays up', async () => {
    const [amber, birch] = [await made.side('amber'), await made.side('birch')];
    await birch.driver.demote(made.never);
    expect(birch.stand.up).toBe(true);
    await amber.driver.demote(made.never);
    expect(amber.stand.up).toBe(false);
    await amber.driver.demote(made.never);
  });
  test('keys that are set but do not count yet, or still count, keep a node from being spared', async () => {
    const [amber, birch] = [await made.side('amber', { stopMs: 1_000 }), await made.side('birch', { stopMs: 1_000 })];
    made.chain.setKeys(birch.keys);
    await birch.driver.demote(made.never);
    expect(birch.stand.up).toBe(false);
    await made.until(() => made.chain.queued === birch.keys.all && made.chain.current === amber.keys.all);
    await amber.driver.demote(made.never);
    expect(amber.stand.up).toBe(false);
  });
  test('a node that does not tell is stopped; where nothing can be shown, it is not demoted', async () => {
    const { driver, stand, units } = await made.side('birch', { stopMs: 600 });
    stand.syncing = true;
    await driver.demote(made.never);
    expect(stand.up).toBe(false);
    await stand.start();
    units.silent = true;
    await expect(driver.demote(made.never)).rejects.toThrow('polkadot.service does not stop');
  });
});

describe('a node that runs on active and standby alike', () => {
  test('is started again while nothing stands against it, and stays down while the chain names its keys', async () => {
    const [amber, birch] = [await made.side('amber'), await made.side('birch')];
    const ending = new AbortController();
    const running = Promise.all([amber.driver.run(ending.signal), birch.driver.run(ending.signal)]);
    await birch.driver.demote(made.never);
    await birch.stand.stop();
    await made.until(() => birch.stand.up);
    await amber.driver.demote(made.never);
    await systemClock.sleep(durationMs(1_500));
    expect([amber.stand.up, amber.units.starts, birch.units.starts]).toEqual([false, 0, 1]);
    await amber.driver.activate({ key: nothing, floor: low }, made.never);
    expect(amber.stand.up).toBe(true);
    await amber.stand.stop();
    await made.until(() => amber.stand.up);
    ending.abort();
    await running;
  });
});

describe('insert-key', () => {
  const mode = 'insert-key' as const;
  test('puts the keys into the keystore in memory after the floor, and takes them with the process', async () => {
    const { driver, keyDir, stand, units } = await made.side('amber', { mode });
    const floor = made.floor(20);
    await driver.activate({ key: made.key(), floor }, made.never);
    await made.more('amber', 1);
    expect(made.chain.authored.at(0)?.height).toBeGreaterThan(floor.slot);
    expect(readdirSync(keyDir)).toHaveLength(2);
    expect(await driver.health(true, made.never)).toMatchObject({ synced: true, distress: null });
    await driver.demote(made.never);
    expect([stand.up, stand.keys.size, readdirSync(keyDir), units.starts]).toEqual([true, 0, [], 1]);
    await driver.demote(made.never);
    expect(units.starts).toBe(1);
  });
  const key = (change: (keys: { type: string; suri: string; public: string }[]) => unknown): Buffer => {
    const { keys } = JSON.parse(made.key().toString()) as { keys: { type: string; suri: string; public: string }[] };
    return Buffer.from(JSON.stringify({ keys: change(keys) }));
  };
  test.each<[string, () => Buffer, string]>([
    ['that is no JSON', () => Buffer.from('x'), 'not JSON'],
    ['that is no list', () => nothing, 'no list of type, suri and public'],
    ['with a key too few', () => key((keys) => keys.slice(1)), 'are not the session keys of this validator'],
    ['of another validator', () => key(([one]) => [one, { type: 'babe', suri: '//x', public: `0x${'ab'.repeat(32)}` }]), 'are not the session keys'],
  ])('a key %s is not inserted', async (_, bad, message) => {
    const { driver, keyDir } = await made.side('amber', { mode });
    await expect(driver.activate({ key: bad(), floor: low }, made.never)).rejects.toThrow(message);
    expect(readdirSync(keyDir)).toEqual([]);
  });
  test('a node with its keystore elsewhere is refused, and so is one that takes the keys elsewhere', async () => {
    const amber = await made.side('amber', { mode, execStart: 'polkadot --validator' });
    await expect(amber.driver.activate({ key: made.key(), floor: low }, made.never)).rejects.toThrow(
      'GuardRefused: polkadot.service must start the node with',
    );
    const birch = await made.side('birch', { mode, keystore: join(made.root, 'elsewhere') });
    await expect(birch.driver.activate({ key: made.key(), floor: low }, made.never)).rejects.toThrow('the keys did not go to');
    await birch.driver.demote(made.never);
    expect([birch.stand.up, birch.units.starts]).toEqual([false, 0]);
  });
  test('a node that keeps nothing, or is closed while it waits, gets nowhere', async () => {
    const { driver, stand } = await made.side('amber', { mode });
    stand.deaf = true;
    await expect(driver.activate({ key: made.key(), floor: low }, made.never)).rejects.toThrow('the keys did not go to');
    const activating = driver.activate({ key: made.key(), floor: made.floor(1_000_000) }, made.never);
    setTimeout(() => driver.closeGate(), 300);
    await expect(activating).rejects.toThrow('closed before it was started');
  });
  test('keys that nobody gave it are taken away with the process, and told; keys that are lost are told', async () => {
    const { driver, stand } = await made.side('amber', { mode });
    stand.keep('gran', made.keys.grandpa);
    stand.keep('babe', made.keys.babe);
    await expect(driver.activate({ key: made.key(), floor: low }, made.never)).rejects.toThrow('nobody gave it them');
    await driver.demote(made.never);
    stand.keep('gran', made.keys.grandpa);
    stand.keep('babe', made.keys.babe);
    expect((await driver.health(false, made.never)).distress).toContain('KeysUnasked');
    expect(stand.keys.size).toBe(0);
    expect(await driver.health(true, made.never)).toMatchObject({ stalled: true, distress: expect.stringContaining('KeysLost') as unknown });
    await stand.stop();
    expect((await driver.health(true, made.never)).distress).toContain('ValidatorDown');
  });
});

describe('the configuration', () => {
  const check = (mode: string, of: object): unknown => {
    const { policy } = configOf();
    const chain = { kind: 'polkadot', genesisHash: made.chain.genesisHash, stash: made.chain.stash, mode };
    return rules.check?.({ chain, policy: { ...policy, evidence: ['stopped', 'powered-off'], ...of } });
  };
  test.each([
    ['insert-key', {}, null],
    ['insert-key', { evidence: ['stopped', 'relinquished'] }, 'relinquished cannot be accepted with chain.mode insert-key'],
    ['insert-key', { evidence: ['lapsed'] }, 'lapsed cannot be accepted with chain.mode insert-key'],
    ['insert-key', { mode: 'auto' }, 'policy.mode is auto'],
    ['distinct-keys', { mode: 'auto', evidence: ['relinquished'] }, null],
  ])('%s with %j', (mode, of, message) => {
    const found = check(mode, of);
    if (message === null) expect(found).toBe(null);
    else expect(found).toMatchObject({ message: expect.stringContaining(message) as unknown });
  });
});
