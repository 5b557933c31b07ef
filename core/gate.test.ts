import { expect, test } from 'vitest';
import { amber, attempt, birch, v } from '../test/support/core.ts';
import {
  applyClaim,
  applyClosing,
  applyOpening,
  arbiter,
  claimOf,
  isAbove,
  judgeNotOpened,
  judgeLook,
  judgeRefused,
  type Arbiter,
  type DutyClaim,
} from './gate.ts';
import type { Watermark } from './watermark.ts';

const at = (height: number, round = 0, step = 3): Watermark => ({ kind: 'consensus', height, round, step });
const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];
const opened: Arbiter = { validator: v, phase: 'open', watermark: at(10), claimed: null, version: 1, attempt: attempt('open') };
const claim = (duty: Watermark, content = one, node = amber): DutyClaim =>
  claimOf({ validator: v, node, duty, claimed: { content, signature: node === amber ? 'QQ==' : 'Qg==', time: { seconds: '7', nanos: 8 } } });
const stored = { content: one, signature: 'c3RvcmVk', time: { seconds: '5', nanos: 6 }, signer: birch };
const held: Arbiter = { validator: v, phase: 'open', watermark: at(11), claimed: stored, version: 2, attempt: attempt('x') };
const closed: Arbiter = { ...held, phase: 'closed', version: 3, attempt: attempt('close') };

test('a duty above the watermark wins, and is then the watermark', () => {
  const claimed = { content: one, signature: 'QQ==', time: { seconds: '7', nanos: 8 }, signer: 'i-0a11ce0000000001' };
  expect(applyClaim(opened, claim(at(11)))).toEqual({
    outcome: 'won',
    claimed,
    item: { validator: 'hub-1', phase: 'open', watermark: at(11), claimed, version: 2, attempt: `i-0a11ce0000000001/${one}` },
  });
});
test.each([at(11, 0, 1), at(10, 1, 0), at(10, 1, 3)])('so does a later step or round: %j', (duty) => {
  expect(applyClaim(opened, claim(duty)).outcome).toBe('won');
});
test.each([at(10), at(10, 0, 2), at(9, 5, 3)])('a duty at or below the floor is refused: %j', (duty) => {
  expect(applyClaim(opened, claim(duty))).toEqual({ outcome: 'refused', found: opened });
});
test('without an arbiter nothing is signed', () => {
  expect(applyClaim(undefined, claim(at(11)))).toEqual({ outcome: 'refused', found: undefined });
});
test('the very same message gives back the stored signature with its time, whoever asks', () => {
  expect(applyClaim(held, claim(at(11), one, amber))).toEqual({ outcome: 'repeat', claimed: stored });
  expect(applyClaim(held, claim(at(11), one, birch))).toEqual({ outcome: 'repeat', claimed: stored });
});
test('another message for the same duty is refused', () => {
  expect(applyClaim(held, claim(at(11), two, birch))).toEqual({ outcome: 'refused', found: held });
});
test('the same content for an older or a later duty is refused', () => {
  expect(judgeRefused(held, claim(at(10)))).toEqual({ outcome: 'refused', found: held });
  expect(judgeRefused(held, claim(at(12)))).toEqual({ outcome: 'refused', found: held });
});
test('heights are not taken for slots, nor slots for heights', () => {
  expect(applyClaim(opened, claim({ kind: 'slot', slot: 20 }))).toEqual({ outcome: 'refused', found: opened });
  expect(applyClaim(held, claim({ kind: 'slot', slot: 11 }))).toEqual({ outcome: 'refused', found: held });
});
test('a look says what a claim would, but for one that could win', () => {
  const sought = (duty: Watermark, content = one) => ({ validator: v, duty, claimed: { content } });
  expect(judgeLook(opened, sought(at(11)))).toBeNull();
  expect(judgeLook(held, sought(at(12)))).toBeNull();
  expect(judgeLook(held, sought(at(11)))).toEqual({ outcome: 'repeat', claimed: stored });
  expect(judgeLook(held, sought(at(11), two))).toEqual({ outcome: 'refused', found: held });
  expect(judgeLook(held, sought(at(10)))).toEqual({ outcome: 'refused', found: held });
  expect(judgeLook(closed, sought(at(12)))).toEqual({ outcome: 'refused', found: closed });
  expect(judgeLook(closed, sought(at(11)))).toEqual({ outcome: 'refused', found: closed });
  expect(judgeLook(undefined, sought(at(11)))).toEqual({ outcome: 'refused', found: undefined });
  expect(judgeLook(held, sought({ kind: 'slot', slot: 99 }))).toEqual({ outcome: 'refused', found: held });
});
test('an arbiter is opened once, with its floor', () => {
  const opening = { validator: v, floor: at(10), attempt: attempt('open') };
  expect(applyOpening(undefined, opening)).toStrictEqual({ outcome: 'done', item: opened, earlier: false });
  expect(applyOpening(opened, opening)).toEqual({ outcome: 'done', item: opened, earlier: true });
  expect(judgeNotOpened(undefined, opening)).toEqual({ outcome: 'refused', found: undefined });
  expect(applyOpening(held, opening)).toEqual({ outcome: 'refused', found: held });
  expect(applyOpening(closed, opening)).toEqual({ outcome: 'refused', found: closed });
});
test('closing keeps the last duty, once', () => {
  const closing = { validator: v, attempt: attempt('close') };
  expect(applyClosing(held, closing)).toEqual({ outcome: 'done', item: closed, earlier: false });
  expect(applyClosing(closed, { validator: v, attempt: attempt('again') })).toEqual({ outcome: 'done', item: closed, earlier: true });
  expect(applyClosing(undefined, closing)).toEqual({ outcome: 'refused', found: undefined });
});
test.each([at(11), at(12), at(99)])('a closed arbiter gives no signature, not even the stored one: %j', (duty) => {
  expect(applyClaim(closed, claim(duty))).toEqual({ outcome: 'refused', found: closed });
});
test('each try of one claim is the same claim, and those of two nodes are two', () => {
  expect(claim(at(11)).attempt).toBe(`i-0a11ce0000000001/${one}`);
  expect(claim(at(11), two, birch).attempt).toBe(`i-0b0b000000000002/${two}`);
});
test('an item that holds no whole claim is not one', () => {
  const withClaim = (of: object) => arbiter.safeParse({ ...held, claimed: { ...stored, ...of } }).success;
  expect(withClaim({})).toBe(true);
  expect(withClaim({ time: null })).toBe(true);
  expect(arbiter.safeParse(opened).success).toBe(true);
  for (const content of ['a', `${one}a`, `x${one}`, one.toUpperCase()]) expect(withClaim({ content })).toBe(false);
  for (const signature of ['', 'no base64', 'QQ==\n']) expect(withClaim({ signature })).toBe(false);
  expect(withClaim({ signature: 'A'.repeat(1_000) })).toBe(true);
  expect(withClaim({ signature: 'A'.repeat(1_004) })).toBe(false);
  expect(withClaim({ signer: 'amber' })).toBe(false);
  expect(withClaim({ other: 1 })).toBe(false);
  const { signature: _, ...without } = stored;
  expect(arbiter.safeParse({ ...held, claimed: without }).success).toBe(false);
  expect(arbiter.safeParse({ ...held, version: 0 }).success).toBe(false);
  expect(arbiter.safeParse({ ...held, phase: 'shut' }).success).toBe(false);
  expect(arbiter.safeParse({ ...held, other: 1 }).success).toBe(false);
});
test.each([
  ['5', 0, true],
  ['-9223372036854775808', 999_999_999, true],
  ['9223372036854775807', 0, true],
  ['9223372036854775808', 0, false],
  ['12345678901234567890', 0, false],
  ['5s', 0, false],
  ['s5', 0, false],
  ['', 0, false],
  ['5', 0.5, false],
  ['5', 2_147_483_648, false],
])('the time of a message is one that its frame can hold: %s s, %d ns', (seconds, nanos, good) => {
  expect(arbiter.safeParse({ ...held, claimed: { ...stored, time: { seconds, nanos } } }).success).toBe(good);
  expect(arbiter.safeParse({ ...held, claimed: { ...stored, time: { seconds, nanos, other: 1 } } }).success).toBe(false);
});

test('a vote follows another with a higher target and no lower source, and nothing else', () => {
  const vote = (source: number, target: number): Watermark => ({ kind: 'eip3076', slot: 0, source, target });
  const table = [
    [vote(4, 7), true],
    [vote(5, 6), true],
    [vote(3, 5), false],
    [vote(4, 5), false],
    [vote(5, 5), false],
    [vote(3, 6), false],
    [vote(5, 4), false],
    [{ kind: 'slot', slot: 9 }, false],
  ] as const;
  for (const [duty, expected] of table) expect(isAbove(duty, vote(4, 5)), JSON.stringify(duty)).toBe(expected);
  expect(isAbove(vote(4, 7), { kind: 'slot', slot: 1 })).toBe(false);
  expect(isAbove({ kind: 'eip3076', slot: 1, source: 4, target: 7 }, { kind: 'eip3076', slot: 2, source: 4, target: 5 })).toBe(false);
  const held = { ...opened, watermark: vote(4, 5), claimed: stored };
  expect(applyClaim(held, claim(vote(4, 5)))).toEqual({ outcome: 'repeat', claimed: stored });
  expect(applyClaim(held, claim(vote(4, 5), two))).toEqual({ outcome: 'refused', found: held });
  expect(applyClaim(held, claim(vote(3, 5)))).toEqual({ outcome: 'refused', found: held });
  expect(applyClaim(held, claim(vote(4, 6)))).toMatchObject({ outcome: 'won', item: { watermark: vote(4, 6), version: 2 } });
});
test('a lane stays with its item', () => {
  expect(applyOpening(undefined, { validator: v, lane: 'ablock', floor: at(10), attempt: attempt('open') })).toMatchObject({
    item: { lane: 'ablock' },
  });
  expect(claimOf({ validator: v, lane: 'avote', node: amber, duty: at(11), claimed: { content: one, signature: 'QQ==', time: null } }).lane).toBe(
    'avote',
  );
  expect(arbiter.safeParse({ ...opened, lane: 'a#b' }).success).toBe(false);
});
