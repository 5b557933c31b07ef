import { expect, test } from 'vitest';
import { applyClaim, claimOf, type Arbiter, type ClaimOutcome, type DutyClaim, type Unknown } from '../core/gate.ts';
import { amber, attempt, v } from '../test/support/core.ts';
import { VirtualClock } from '../test/support/virtual-clock.ts';
import { ArbiterAsk } from './ask-arbiter.ts';

const opened: Arbiter = { validator: v, phase: 'open', watermark: { kind: 'slot', slot: 10 }, claimed: null, version: 1, attempt: attempt('open') };
const claim = (slot: number, lane?: string): DutyClaim =>
  claimOf({
    validator: v,
    ...(lane === undefined ? {} : { lane }),
    node: amber,
    duty: { kind: 'slot', slot },
    claimed: { content: 'a'.repeat(64), signature: 'QQ==', time: null },
  });
const silent: Unknown = { outcome: 'unknown', cause: new Error('silent') };

/** Over one item, which a test may put back. */
const world = (fates: ('silent' | 'lost')[] = []) => {
  const at = { item: opened, asked: 0 };
  const ask = async (one: DutyClaim): Promise<ClaimOutcome | Unknown> => {
    at.asked += 1;
    const fate = fates.shift();
    if (fate === 'silent') return silent;
    const outcome = applyClaim(at.item, one);
    if (outcome.outcome === 'won') at.item = outcome.item;
    return fate === 'lost' ? silent : outcome;
  };
  return { at, arbiter: new ArbiterAsk({ ask, clock: new VirtualClock() }) };
};

test('it is asked twice at most, and a lost reply is found again', async () => {
  const once = world(['lost']);
  expect(await once.arbiter.ask(claim(11))).toMatchObject({ outcome: 'repeat', claimed: { signature: 'QQ==' } });
  expect([once.at.asked, once.at.item.version]).toEqual([2, 2]);
  const never = world(['silent', 'silent', 'silent']);
  expect(await never.arbiter.ask(claim(11))).toEqual(silent);
  expect(never.at.asked).toBe(2);
});

test('an arbiter that came back from an earlier time lets nothing leave', async () => {
  const { at, arbiter } = world();
  await arbiter.ask(claim(11));
  const early = at.item;
  await arbiter.ask(claim(12));
  await arbiter.ask(claim(13));
  expect(at.item.version).toBe(4);
  at.item = early;
  // Above what it knows, and below what was signed: it would win.
  expect(await arbiter.ask(claim(12))).toMatchObject({
    outcome: 'unknown',
    cause: { name: 'ArbiterWentBack', message: 'it shows 3 writes after 4' },
  });
  expect(await arbiter.ask(claim(5))).toMatchObject({ outcome: 'unknown', cause: { name: 'ArbiterWentBack' } });
  // Once it has as many writes again it is no longer told apart; by then a claim is as new as what was lost.
  expect(await arbiter.ask(claim(20))).toMatchObject({ outcome: 'won', item: { version: 4 } });
});

test('each lane counts for itself', async () => {
  const { at, arbiter } = world();
  await arbiter.ask(claim(11, 'avote'));
  await arbiter.ask(claim(12, 'avote'));
  at.item = opened;
  expect(await arbiter.ask(claim(11, 'bvote'))).toMatchObject({ outcome: 'won', item: { version: 2 } });
});
