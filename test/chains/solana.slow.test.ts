import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetRecord } from '../../chains/own-record.ts';
import { readTower, towerFile } from '../../chains/solana/tower.ts';
import type { Driver } from '../../chains/driver.ts';
import { pairOf } from '../../local/chains/solana/pair.ts';
import { towerOf } from '../../local/chains/solana/server.ts';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { runCommand } from '../../runtime/commands.ts';
import { t } from '../support/core.ts';
import { quietIn } from './facts.ts';
import { SolanaBench, slotMs, solanaFacts } from './solana.ts';

/** The Solana driver with the commands of both clients, against a cluster that sees two votes where one may be. */

let made: SolanaBench;
beforeEach(() => {
  made = new SolanaBench();
  made.cluster.run(systemClock, slotMs);
});
afterEach(() => made.close());

const low = { kind: 'slot', slot: 0 } as const;

test('planned switch, crash and negative control', async () => {
  const { planned, crash, negative } = await solanaFacts();
  expect(planned).toMatchObject({ conflicts: 0, newHolder: 'birch' });
  expect(crash).toMatchObject({ conflicts: 0, newHolder: 'birch', probe: { healthy: 'signing', down: 'failing', after: 'signing' } });
  expect(crash.first).toBeGreaterThan(crash.floor);
  expect(crash.gap).toBeGreaterThanOrEqual(200);
  expect(planned.gap).toBeLessThan(crash.gap);
  expect(negative.conflicts).toBeGreaterThan(0);
});

describe('activation', () => {
  test('the key goes through standard input into memory, and is in no file', async () => {
    const { driver, node, stand } = await made.side('amber', { asProcess: true });
    const asDriver: Driver = driver;
    asDriver.prepare(low, t(1));
    await driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    expect(stand.identity.address).toBe(made.cluster.identity.address);
    expect(stand.voters).toHaveLength(1);
    await made.more('amber', 3);
    const files = await runCommand(['grep', '-rlF', made.cluster.identity.text.slice(1, 60), node.ledger], { timeoutMs: 5_000 });
    expect(files).toEqual({ exitCode: 1, stdout: '' });
    expect(await driver.health(true, made.never)).toMatchObject({ synced: true, distress: null });
    expect(await driver.watermark()).toBe(null);
  });
  test('with the tower of the holder before it votes at once, whatever the floor', async () => {
    const [amber, birch] = [await made.side('amber'), await made.side('birch')];
    await amber.driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    await made.more('amber', 3);
    await amber.driver.demote(made.never);
    const tower = await amber.driver.handover();
    expect([tower?.term, tower?.bytes.length]).toEqual([1, 116]);
    await birch.driver.activate({ key: made.key(), floor: made.floor(1_000_000), handover: tower?.bytes ?? null, term: t(2) }, made.never);
    await made.more('birch', 3);
    expect(made.cluster.doubles + made.cluster.forgotten).toBe(0);
  });
  test('a tower that does not hold is none: the floor counts', async () => {
    const { driver, node } = await made.side('birch');
    const floor = made.floor(50);
    await driver.activate({ key: made.key(), floor, handover: towerOf(pairOf(), 1_000_000), term: t(2) }, made.never);
    await made.more('birch', 1);
    expect(made.cluster.votes.at(0)?.slot).toBeGreaterThan(floor.slot);
    expect(readTower(node.ledger, node.identity)).not.toBe(null);
  });
  test('a tower of an earlier term of this node is set aside', async () => {
    const { driver, node } = await made.side('amber');
    const old = towerOf(made.cluster.identity, 7);
    writeFileSync(towerFile(node.ledger, node.identity), old);
    const floor = made.floor(40);
    await driver.activate({ key: made.key(), floor, term: t(3) }, made.never);
    expect(readFileSync(`${towerFile(node.ledger, node.identity)}.old`)).toEqual(old);
    await made.more('amber', 1);
    expect(made.cluster.votes.at(0)?.slot).toBeGreaterThan(floor.slot);
  });
  test('in the same term the tower of this node is the record; without it nothing is signed', async () => {
    const { driver, node, stand } = await made.side('amber');
    await driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    await made.more('amber', 3);
    expect(driver.lostWatermark()).toBe(false);
    await stand.stop();
    await stand.start();
    (node as { rpc: string }).rpc = stand.url;
    expect(await driver.health(true, made.never)).toMatchObject({ stalled: true, distress: expect.stringContaining('IdentityLost') as unknown });
    await driver.demote(made.never);
    await driver.activate({ key: made.key(), floor: made.floor(1_000_000), term: t(1) }, made.never);
    await made.more('amber', 3);
    await stand.stop();
    await stand.start();
    (node as { rpc: string }).rpc = stand.url;
    await runCommand(['rm', towerFile(node.ledger, node.identity)], { timeoutMs: 5_000 });
    expect(driver.lostWatermark()).toBe(true);
    await expect(driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never)).rejects.toThrow(
      'GuardRefused: the tower of term 1 is gone',
    );
    expect(made.cluster.doubles + made.cluster.forgotten).toBe(0);
  });
  test.each<[string, (side: Awaited<ReturnType<SolanaBench['side']>>) => Buffer, string]>([
    ['a key of another identity', () => Buffer.from(pairOf().text), 'KeyInvalid: the key is of'],
    [
      'a keypair of two keys',
      () =>
        Buffer.from(JSON.stringify([...(JSON.parse(pairOf().text) as number[]).slice(0, 32), ...(JSON.parse(pairOf().text) as number[]).slice(32)])),
      'of another key',
    ],
    ['no keypair', () => Buffer.from('[1,2]'), 'no keypair of 64 numbers'],
    ['no JSON', () => Buffer.from('-'), 'not JSON'],
    ['a node that is behind', ({ stand }) => (Object.assign(stand, { behind: true }), made.key()), '-32005: Node is behind by 42 slots'],
    [
      'a node that shows another identity',
      ({ stand }) => (Object.assign(stand, { identity: pairOf() }), made.key()),
      'does not show its spare identity',
    ],
    ['a node that changes nothing', ({ stand }) => (Object.assign(stand, { deaf: true }), made.key()), 'closed while it was started'],
  ])('%s does not vote', async (name, change, message) => {
    const side = await made.side('amber');
    const key = change(side);
    const activating = side.driver.activate({ key, floor: low, term: t(1) }, made.never);
    if (name.endsWith('nothing')) setTimeout(() => side.driver.closeGate(), 1_500);
    await expect(activating).rejects.toThrow(message);
    expect(made.cluster.votes).toEqual([]);
  });
  test('closing ends the wait for the floor', async () => {
    const { driver } = await made.side('amber');
    const activating = driver.activate({ key: made.key(), floor: made.floor(1_000_000), term: t(1) }, made.never);
    setTimeout(() => driver.closeGate(), 300);
    await expect(activating).rejects.toThrow('closed before it was started');
  });
});

describe('demotion', () => {
  test('leaves the validator running under its spare identity, without a voter', async () => {
    const { driver, stand, units } = await made.side('amber');
    await driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    await made.more('amber', 2);
    await driver.demote(made.never);
    expect([stand.up, stand.identity.address, stand.voters, units.kills]).toEqual([true, stand.spare.address, [], 0]);
    expect(await driver.health(false, made.never)).toMatchObject({ distress: null });
  });
  test.each(['wedged', 'deaf'] as const)('a validator that is %s is stopped', async (how) => {
    const { driver, stand } = await made.side('amber', { stopMs: 3_000 });
    await driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    await made.more('amber', 2);
    stand[how] = true;
    await driver.demote(made.never);
    expect(stand.up).toBe(false);
    expect(await driver.handover()).not.toBe(null);
  });
  test('one that does not stop is killed; where nothing can be shown, it is not demoted', async () => {
    const { driver, stand, units } = await made.side('amber', { stopMs: 1_000 });
    await driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    Object.assign(stand, { wedged: true });
    units.hangs = true;
    await driver.demote(made.never);
    expect([stand.up, units.kills]).toEqual([false, 1]);
    await stand.start();
    Object.assign(units, { silent: true });
    await expect(driver.demote(made.never)).rejects.toThrow('sol.service does not stop');
    expect(await driver.handover()).toBe(null);
  });
  test('a unit that is down cannot vote', async () => {
    const { driver, stand } = await made.side('amber');
    await stand.stop();
    await driver.demote(made.never);
    expect(stand.up).toBe(false);
  });
  test('a staked identity that nobody asked for is taken away, and told', async () => {
    const { driver, stand } = await made.side('amber');
    Object.assign(stand, { identity: made.cluster.identity, voters: [made.cluster.voter] });
    expect((await driver.health(false, made.never)).distress).toContain('IdentityUnasked');
    expect([stand.identity.address, stand.voters]).toEqual([stand.spare.address, []]);
    await stand.stop();
    expect((await driver.health(true, made.never)).distress).toContain('ValidatorDown');
  });
});

test('the validator is started again on active and standby alike, and stays down with the staked key from somewhere else', async () => {
  const { driver, stand, units } = await made.side('amber');
  const ending = new AbortController();
  const running = driver.run(ending.signal);
  await stand.stop();
  await driver.demote(made.never);
  await made.until(() => stand.up);
  expect([units.starts, stand.identity.address]).toEqual([1, stand.spare.address]);
  stand.identity = made.cluster.identity;
  Object.assign(stand, { deaf: true });
  expect((await driver.health(false, made.never)).distress).toContain('IdentityUnasked');
  await systemClock.sleep(durationMs(1_300));
  expect([stand.up, units.starts]).toEqual([false, 1]);
  ending.abort();
  await running;
});

describe('the tower of this node', () => {
  const tower = (side: Awaited<ReturnType<SolanaBench['side']>>): string => towerFile(side.node.ledger, side.node.identity);
  test('is handed over with the term in which it voted, and only then', async () => {
    const amber = await made.side('amber');
    writeFileSync(tower(amber), towerOf(made.cluster.identity, 7));
    await amber.driver.demote(made.never);
    expect(await amber.driver.handover()).toBe(null);
    // Released in term 3, and never opened: the tower is of a time before others voted.
    amber.driver.prepare(low, t(3));
    await expect(amber.driver.activate({ key: Buffer.from('-'), floor: low, term: t(3) }, made.never)).rejects.toThrow('KeyInvalid');
    await amber.driver.demote(made.never);
    expect(await amber.driver.handover()).toBe(null);
    await amber.driver.activate({ key: made.key(), floor: low, term: t(3) }, made.never);
    await made.more('amber', 1);
    expect(await amber.driver.handover()).toBe(null);
    await amber.driver.demote(made.never);
    expect((await amber.driver.handover())?.term).toBe(3);
  });
  test('is not the record of a term once the disk came back from an earlier time', async () => {
    const amber = await made.side('amber');
    amber.driver.prepare(low, t(1));
    await amber.driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    await made.more('amber', 1);
    expect(amber.driver.lostWatermark()).toBe(false);
    forgetRecord(join(amber.node.ledger, 'state'));
    expect(amber.driver.lostWatermark()).toBe(true);
    await amber.driver.demote(made.never);
    expect(await amber.driver.handover()).toBe(null);
  });
  test('without a term nothing is opened; a declared term that never opened is not lost', async () => {
    const amber = await made.side('amber');
    await expect(amber.driver.activate({ key: made.key(), floor: low }, made.never)).rejects.toThrow('GuardRefused: votes are recorded by term');
    expect(amber.driver.lostWatermark()).toBe(true);
    amber.driver.prepare(low, t(4));
    expect(amber.driver.lostWatermark()).toBe(false);
    amber.stand.deaf = true;
    const activating = amber.driver.activate({ key: made.key(), floor: low, term: t(4) }, made.never);
    setTimeout(() => amber.driver.closeGate(), 1_000);
    await expect(activating).rejects.toThrow('closed while');
    expect(amber.driver.lostWatermark()).toBe(true);
  });
});

describe('firedancer', () => {
  test('changes its identity by fdctl, takes a lock that was left, and switches with the tower', async () => {
    const [amber, birch] = [await made.side('amber', { client: 'firedancer' }), await made.side('birch', { client: 'firedancer' })];
    for (const { stand } of [amber, birch]) stand.voters = [made.cluster.voter];
    amber.stand.locked = true;
    await amber.driver.activate({ key: made.key(), floor: low, term: t(1) }, made.never);
    await made.more('amber', 3);
    amber.stand.locked = true;
    await amber.driver.demote(made.never);
    expect(amber.stand.identity.address).toBe(amber.stand.spare.address);
    await birch.driver.activate(
      { key: made.key(), floor: made.floor(1_000_000), handover: (await amber.driver.handover())?.bytes ?? null, term: t(2) },
      made.never,
    );
    await made.more('birch', 3);
    expect(made.cluster.doubles + made.cluster.forgotten).toBe(0);
  });
});

describe('the stand-ins refuse wrong usage with 1', () => {
  test.each([
    [['set-identity']],
    [['-l', 'LEDGER', 'set-identity', '--force']],
    [['-l', 'LEDGER', 'set-identity', 'a.json', 'b.json']],
    [['-l', 'LEDGER', 'authorized-voter']],
    [['-l', 'LEDGER', 'reset-identity']],
  ])('agave-validator %j', async (args) => {
    const { node } = await made.side('amber', { asProcess: true });
    const typed = args.map((one) => (one === 'LEDGER' ? node.ledger : one));
    expect((await runCommand([...node.command, ...typed], { timeoutMs: 10_000 })).exitCode).toBe(1);
  });
  test.each([[['set-identity', '--config', 'FILE']], [['set-identity', '-']], [['set-identity', '--config', 'FILE', '--require', '-']], [['keys']]])(
    'fdctl %j',
    async (args) => {
      const { node } = await made.side('amber', { client: 'firedancer', asProcess: true });
      const typed = args.map((one) => (one === 'FILE' ? (node.configFile ?? '') : one));
      expect((await runCommand([...node.command, ...typed], { timeoutMs: 10_000, input: made.key() })).exitCode).toBe(1);
    },
  );
});

test('when no leader slot is near is told by the node itself', async () => {
  const { stand } = await made.side('amber');
  const { genesisHash, voteAccount, identity } = made.cluster;
  const told = (): Promise<number | null> => quietIn({ kind: 'solana', genesisHash, voteAccount, identity: identity.address }, stand.url);
  expect(await told()).toBe(0);
  made.cluster.leaderSlots = [made.cluster.slot + 40, made.cluster.slot + 41];
  const inMs = await told();
  expect(inMs).toBeGreaterThan(0);
  expect(inMs).toBeLessThanOrEqual(42 * 400);
  await stand.stop();
  expect(await told()).toBe(null);
});
