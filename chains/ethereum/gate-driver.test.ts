import fc from 'fast-check';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { applyClaim, applyClosing, type Arbiter, type ClaimOutcome, type DutyClaim, type Unknown } from '../../core/gate.ts';
import { nodeId, type NodeId } from '../../core/ids.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber, attempt, birch, v } from '../../test/support/core.ts';
import {
  blockOf,
  chainRoot,
  conflictsAmong,
  folder,
  keyFile,
  publicKeys,
  selectionOf,
  useEthereumFolder,
  voteOf,
  type TestVote,
} from '../../test/support/ethereum.ts';
import { StateFile } from '../state.ts';
import type { EthereumNode } from './config.ts';
import { EthereumGateDriver } from './gate-driver.ts';
import { lanesOf } from './lanes.ts';

useEthereumFolder();

const [first, second] = publicKeys;
const cedar = nodeId.parse('i-0cedaa0000000003');
const never = new AbortController().signal;
const floor = { kind: 'eip3076', slot: 10, source: 1, target: 2 } as const;

/** The arbiter by its rule alone, with replies that can be lost and requests that never arrive. */
class TestArbiter {
  readonly items = new Map<string, Arbiter>();
  /** What becomes of the next requests: `lost` is done and not answered, `silent` never arrives. */
  readonly next: ('lost' | 'silent')[] = [];

  constructor() {
    for (const { lane, part } of lanesOf(publicKeys).all)
      this.items.set(lane, { validator: v, lane, phase: 'open', watermark: part(floor), claimed: null, version: 1, attempt: attempt('open') });
  }

  async claim(claim: DutyClaim): Promise<ClaimOutcome | Unknown> {
    const fate = this.next.shift();
    if (fate === 'silent') return { outcome: 'unknown', cause: new Error('silent') };
    const outcome = applyClaim(this.items.get(claim.lane ?? ''), claim);
    if (outcome.outcome === 'won') this.items.set(claim.lane ?? '', outcome.item);
    return fate === 'lost' ? { outcome: 'unknown', cause: new Error('lost') } : outcome;
  }
}

let arbiter = new TestArbiter();
const drivers: EthereumGateDriver[] = [];
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.demote()));
  arbiter = new TestArbiter();
});

const driverOf = (node: NodeId, of: { maySign?: () => boolean; name?: string } = {}): EthereumGateDriver => {
  const stateDir = join(folder, of.name ?? node);
  mkdirSync(stateDir, { recursive: true });
  const chain: EthereumNode = {
    kind: 'ethereum',
    mode: 'signer',
    publicKeys: [...publicKeys],
    genesisValidatorsRoot: chainRoot,
    slotsPerEpoch: 8,
    beacon: 'http://127.0.0.1:1',
    signerPort: 9_000,
    genesisForkVersion: '0x00000001',
  };
  const driver = new EthereumGateDriver({
    config: { validator: v, node, chain, paths: { stateDir } },
    state: new StateFile(join(stateDir, 'watermark.json')),
    clock: systemClock,
    maySign: of.maySign ?? (() => true),
    claim: (claim) => arbiter.claim(claim),
  });
  drivers.push(driver);
  return driver;
};
const opened = async (node: NodeId, of: Parameters<typeof driverOf>[1] = {}): Promise<EthereumGateDriver> => {
  const driver = driverOf(node, of);
  await driver.activate(keyFile());
  return driver;
};
const ask = async (driver: EthereumGateDriver, body: unknown, key: string = first): Promise<number> => {
  const outcome = await driver.sign(key, body);
  return outcome.ok ? 200 : outcome.status;
};

describe('two signers with the same keys', () => {
  test.each([
    ['a double vote', voteOf(1, 3), voteOf(1, 3, '09')],
    ['a vote that surrounds', voteOf(3, 4), voteOf(2, 5)],
    ['a vote that is surrounded', voteOf(1, 6), voteOf(2, 5)],
    ['a second block of a slot', blockOf(20), blockOf(20, '09')],
    ['a lower block', blockOf(20), blockOf(19)],
  ])('%s of the other one is refused', async (_, mine, then) => {
    const [one, other] = [await opened(amber), await opened(birch)];
    expect(await ask(one, mine)).toBe(200);
    expect(await ask(other, then)).toBe(412);
    const third = await opened(cedar);
    expect(await ask(third, mine)).toBe(200);
    expect(await third.sign(first, mine)).toEqual(await one.sign(first, mine));
  });
  test('keys, and blocks and votes, are apart', async () => {
    const [one, other] = [await opened(amber), await opened(birch)];
    expect(await ask(one, voteOf(5, 9))).toBe(200);
    expect(await ask(other, voteOf(1, 4), second)).toBe(200);
    expect(await ask(other, blockOf(11))).toBe(200);
  });
  test('the floors of the arbiter hold, whatever the disk knows', async () => {
    const one = await opened(amber);
    expect(await ask(one, blockOf(10))).toBe(412);
    expect(await ask(one, voteOf(1, 2))).toBe(412);
    expect(await ask(one, voteOf(0, 3))).toBe(412);
    expect(await ask(one, blockOf(11))).toBe(200);
  });
  test('what cannot be slashed is signed without asking, also while the arbiter is silent', async () => {
    const one = await opened(amber);
    arbiter.next.push('silent', 'silent');
    expect(await ask(one, selectionOf(20))).toBe(200);
    expect(arbiter.next).toHaveLength(2);
  });
});

describe('an arbiter that does not answer', () => {
  test('nothing leaves, and the guard says so until it answers again', async () => {
    const one = await opened(amber);
    arbiter.next.push('silent', 'silent');
    expect(await one.sign(first, voteOf(1, 3))).toEqual({ ok: false, status: 500, reason: 'the arbiter does not answer' });
    expect((await one.health(true, never)).distress).toContain('SignerDown');
    expect(await ask(one, voteOf(1, 3))).toBe(200);
  });
  test('a lost reply is found again by the same claim', async () => {
    const one = await opened(amber);
    arbiter.next.push('lost');
    expect(await ask(one, voteOf(1, 3))).toBe(200);
    expect(arbiter.items.get(`${first}vote`)?.version).toBe(2);
  });
  test('a claim that was lost twice is the other one’s to repeat, and nobody’s to change', async () => {
    const [one, other] = [await opened(amber), await opened(birch)];
    arbiter.next.push('lost', 'lost');
    expect(await ask(one, voteOf(1, 3))).toBe(500);
    expect(await ask(other, voteOf(1, 3, '09'))).toBe(412);
    expect(await ask(await opened(cedar), voteOf(1, 3))).toBe(200);
  });
  test('a closed one ends it for all', async () => {
    const one = await opened(amber);
    for (const [lane, item] of arbiter.items) {
      const closed = applyClosing(item, { validator: v, lane, attempt: attempt('close') });
      if (closed.outcome === 'done') arbiter.items.set(lane, closed.item);
    }
    expect(await ask(one, blockOf(20))).toBe(412);
    expect(await ask(one, selectionOf(20))).toBe(200);
  });
  test('a key without one signs nothing', async () => {
    arbiter.items.clear();
    expect(await ask(await opened(amber), blockOf(20))).toBe(412);
  });
  test('a signature that is not of this message does not leave', async () => {
    const [one, other] = [await opened(amber), await opened(birch)];
    expect(await ask(one, blockOf(20))).toBe(200);
    const item = arbiter.items.get(`${first}block`);
    if (item?.claimed) arbiter.items.set(`${first}block`, { ...item, claimed: { ...item.claimed, signature: 'QQ==' } });
    expect(await ask(other, blockOf(20))).toBe(500);
  });
});

describe('membership', () => {
  test('without keys nothing is signed', async () => {
    const one = driverOf(amber);
    expect(await ask(one, selectionOf(20))).toBe(412);
    await one.activate(keyFile());
    await one.demote();
    expect(await ask(one, blockOf(20))).toBe(412);
  });
  test('who is no member claims nothing', async () => {
    const one = await opened(amber, { maySign: () => false });
    expect(await ask(one, blockOf(20))).toBe(412);
    expect(arbiter.items.get(`${first}block`)?.version).toBe(1);
  });
  test('a signature does not leave a node that ceased to be a member while it asked', async () => {
    const one = await opened(amber);
    const asking = one.sign(first, blockOf(20));
    one.closeGate();
    expect(await asking).toEqual({ ok: false, status: 412, reason: 'this node ceased to be a member while the arbiter was asked' });
    expect(await ask(await opened(birch), blockOf(20, '09'))).toBe(412);
  });
});

test('whatever three signers are asked, and whatever is lost, nothing that leaves conflicts', async () => {
  const step = fc.record({
    by: fc.nat(2),
    key: fc.constantFrom(first, second),
    fate: fc.constantFrom<('lost' | 'silent' | 'well')[]>('well', 'well', 'lost', 'silent'),
    source: fc.nat(6),
    ahead: fc.nat(4),
    block: fc.boolean(),
    fill: fc.constantFrom('01', '09'),
  });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      arbiter = new TestArbiter();
      round += 1;
      const signers = [
        await opened(amber, { name: `a${round}` }),
        await opened(birch, { name: `b${round}` }),
        await opened(amber, { name: `c${round}` }),
      ];
      const votes: TestVote[] = [];
      const blocks = new Map<string, string>();
      for (const { by, key, fate, source, ahead, block, fill } of steps) {
        if (fate !== 'well') arbiter.next.push(fate, fate);
        const [target, slot] = [source + ahead, 8 + source + ahead];
        const body = block ? blockOf(slot, fill) : voteOf(source, target, fill);
        const left = (await signers[by]?.sign(key, body))?.ok === true;
        arbiter.next.length = 0;
        if (left && block) {
          expect(blocks.get(`${key}/${slot}`) ?? fill).toBe(fill);
          blocks.set(`${key}/${slot}`, fill);
        } else if (left) votes.push({ key, source, target, fill });
      }
      expect(conflictsAmong(votes)).toEqual([]);
      await Promise.all(signers.map((driver) => driver.demote()));
    }),
    { numRuns: 40 },
  );
});
