import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Driver } from '../../chains/driver.ts';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { NearBench, nearFacts } from './near.ts';

/** The NEAR driver against a chain that sees two producers where one may be. */

let made: NearBench;
beforeEach(() => {
  made = new NearBench();
  made.chain.run(systemClock, 20);
});
afterEach(() => made.close());

const low = { kind: 'slot', slot: 0 } as const;

test('planned switch, crash and negative control', async () => {
  const { planned, crash, negative } = await nearFacts();
  expect(planned).toMatchObject({ conflicts: 0, newHolder: 'birch' });
  expect(crash).toMatchObject({ conflicts: 0, newHolder: 'birch', probe: { healthy: 'signing', down: 'failing', after: 'signing' } });
  expect(crash.first).toBeGreaterThan(crash.floor);
  expect(negative.conflicts).toBeGreaterThan(0);
});

describe('activation', () => {
  test('puts the key in place for the owner alone and hangs up; neard then says what it is', async () => {
    const { driver, keyDir, units } = await made.side('amber');
    const asDriver: Driver = driver;
    asDriver.prepare(low);
    await driver.activate({ key: made.key(), floor: low }, made.never);
    expect(statSync(join(keyDir, 'validator_key.json')).mode & 0o777).toBe(0o400);
    expect(await driver.health(true, made.never)).toMatchObject({ synced: true, distress: null });
    expect([units.starts, await driver.watermark(), driver.lostWatermark()]).toEqual([0, null, false]);
  });
  test('a neard that overlooks SIGHUP is started anew', { timeout: 60_000 }, async () => {
    const { driver, stand, units } = await made.side('amber');
    stand.deaf = true;
    await driver.activate({ key: made.key(), floor: low }, made.never);
    expect([stand.signer?.account_id, units.starts]).toEqual([made.chain.account, 1]);
  });
  test('nothing is signed up to the floor', async () => {
    const { driver } = await made.side('birch');
    const floor = made.floor(60);
    await driver.activate({ key: made.key(), floor }, made.never);
    await made.more('birch', 1);
    expect(made.chain.produced.at(0)?.height).toBeGreaterThan(floor.slot);
  });
  const key = (of: object): Buffer => Buffer.from(JSON.stringify({ ...made.chain.key, ...of }));
  test.each<[string, () => Buffer, string]>([
    ['of another account', () => key({ account_id: 'birch.poolv1.near' }), 'KeyInvalid: the key is of birch.poolv1.near'],
    ['of another key', () => key({ public_key: 'ed25519:9BQxKLV1Yrd6gSwwPzGZ2oSmwJmPRcTvTKMMB9XVLDhs' }), 'KeyInvalid: the key is of amber'],
    ['that is none', () => Buffer.from('{}'), 'no validator_key.json'],
    ['that is no JSON', () => Buffer.from('x'), 'not JSON'],
  ])('a key %s is not put in place', async (_, bad, message) => {
    const { driver, keyDir } = await made.side('amber');
    await expect(driver.activate({ key: bad(), floor: low }, made.never)).rejects.toThrow(message);
    expect(readdirSync(keyDir)).toEqual([]);
  });
  test('a node that syncs, or waits to be closed, gets no key', async () => {
    const { driver, stand, keyDir } = await made.side('amber');
    stand.syncing = true;
    const activating = driver.activate({ key: made.key(), floor: low }, made.never);
    setTimeout(() => driver.closeGate(), 300);
    await expect(activating).rejects.toThrow('closed before it was started');
    expect(existsSync(join(keyDir, 'validator_key.json'))).toBe(false);
  });
  test('a neard that looks for its key elsewhere is refused', async () => {
    const { driver, keyDir } = await made.side('amber', { keyFile: 'validator_key.json' });
    await expect(driver.activate({ key: made.key(), floor: low }, made.never)).rejects.toThrow('GuardRefused: validator_key_file in config.json');
    expect(readdirSync(keyDir)).toEqual([]);
  });
});

describe('demotion', () => {
  test('takes the key and leaves neard running', async () => {
    const { driver, stand, units, keyDir } = await made.side('amber');
    await driver.activate({ key: made.key(), floor: low }, made.never);
    await driver.demote(made.never);
    expect([stand.up, stand.signer, units.starts, readdirSync(keyDir)]).toEqual([true, null, 0, []]);
    expect(await driver.health(false, made.never)).toMatchObject({ distress: null });
  });
  test.each(['sticky', 'deaf'] as const)('a neard that stays a validator (%s) is restarted without its key: nearcore#11995', async (how) => {
    const { driver, stand, units } = await made.side('amber', { stopMs: 1_500 });
    await driver.activate({ key: made.key(), floor: low }, made.never);
    await made.more('amber', 2);
    stand[how] = true;
    await driver.demote(made.never);
    expect([stand.up, stand.signer, units.starts]).toEqual([true, null, 1]);
  });
  test('one with a key of its own stays down: a restart would make it a validator again', async () => {
    const { driver, stand, units } = await made.side('amber', { stopMs: 1_500, keyFile: 'validator_key.json' });
    writeFileSync(join(stand.home, 'validator_key.json'), made.key());
    await stand.hangUp();
    expect((await driver.health(false, made.never)).distress).toContain('ValidatorUnasked');
    expect([stand.up, units.starts]).toEqual([false, 0]);
  });
  test('where nothing can be shown, it is not demoted', async () => {
    const { driver, stand, units } = await made.side('amber', { stopMs: 600 });
    await driver.activate({ key: made.key(), floor: low }, made.never);
    Object.assign(stand, { deaf: true });
    units.silent = true;
    await expect(driver.demote(made.never)).rejects.toThrow('neard.service does not stop');
  });
  test('a unit that is down is no validator; one that lost its key is told', async () => {
    const { driver, stand } = await made.side('amber');
    await driver.activate({ key: made.key(), floor: low }, made.never);
    stand.signer = null;
    expect(await driver.health(true, made.never)).toMatchObject({ stalled: true, distress: expect.stringContaining('ValidatorLost') as unknown });
    await stand.stop();
    expect((await driver.health(true, made.never)).distress).toContain('ValidatorDown');
    await driver.demote(made.never);
  });
});

test('neard is started again on active and standby alike, but not while it is closed, and not with a key of its own', async () => {
  const { driver, stand, units } = await made.side('amber');
  const ending = new AbortController();
  const running = driver.run(ending.signal);
  await stand.stop();
  await systemClock.sleep(durationMs(1_300));
  expect(units.starts).toBe(0);
  await driver.demote(made.never);
  await made.until(() => stand.up);
  await driver.activate({ key: made.key(), floor: low }, made.never);
  await stand.stop();
  await made.until(() => stand.up);
  expect(stand.signer?.account_id).toBe(made.chain.account);
  driver.closeGate();
  await stand.stop();
  await systemClock.sleep(durationMs(1_300));
  expect([stand.up, units.starts]).toEqual([false, 2]);
  ending.abort();
  await running;
});

describe('planned work', () => {
  test('a restart at the beginning of the longest window, once: the guard takes the height back', async () => {
    const { driver, stand, units } = await made.side('amber');
    const ending = new AbortController();
    const running = driver.run(ending.signal);
    await driver.activate({ key: made.key(), floor: low }, made.never);
    const { height } = made.chain;
    made.chain.windows = [
      [height - 500, height + 5],
      [height + 20, height + 90],
      [height + 60, height + 300],
    ];
    expect(await driver.restartQuietly(made.never)).toContain(`neard ends itself at height ${height + 60} (head `);
    expect(stand.config).toMatchObject({ expected_shutdown: height + 60, genesis_file: 'genesis.json' });
    await made.until(() => !stand.up);
    expect(made.chain.height).toBeGreaterThanOrEqual(height + 60);
    await made.until(() => stand.up && stand.signer !== null);
    const { starts } = units;
    await systemClock.sleep(durationMs(1_300));
    expect([stand.up, units.starts, stand.config.expected_shutdown]).toEqual([true, starts, null]);
    ending.abort();
    await running;
  });
  test('none that is long enough changes nothing; what was asked for is taken back', async () => {
    const { driver, stand } = await made.side('amber');
    made.chain.windows = [[made.chain.height + 500, made.chain.height + 505]];
    await expect(driver.restartQuietly(made.never)).rejects.toThrow('the longest window of this epoch has 5 blocks, 200 are needed');
    expect(stand.config.expected_shutdown).toBe(null);
    made.chain.windows = [[made.chain.height + 5_000, made.chain.height + 5_500]];
    await driver.restartQuietly(made.never);
    expect(stand.config.expected_shutdown).toBeGreaterThan(5_000);
    expect(await driver.cancelRestart()).toBe('neard does not end itself.');
    expect(stand.config.expected_shutdown).toBe(null);
    await stand.stop();
    await expect(driver.cancelRestart()).rejects.toThrow('neard was not told of it');
  });
});
