import { expect, test } from 'vitest';
import { amber, attempt, birch, v } from '../test/support/core.ts';
import { applyClaim, arbiter, judgeRefused, type Arbiter, type DutyClaim } from './gate.ts';
import type { Watermark } from './watermark.ts';

const at = (height: number, round = 0, step = 3): Watermark => ({ kind: 'consensus', height, round, step });
const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];
const opened: Arbiter = { validator: v, watermark: at(10), claimed: null, version: 1, attempt: attempt('open') };
const claimOf = (duty: Watermark, content = one, signer = amber): DutyClaim => ({
  validator: v,
  duty,
  claimed: { content, signature: `${signer} ${content.slice(0, 1)}`, signer },
  attempt: attempt(`${signer}/${content}`),
});
const held: Arbiter = {
  validator: v,
  watermark: at(11),
  claimed: { content: one, signature: 'stored', signer: birch },
  version: 2,
  attempt: attempt('x'),
};

test('a duty above the watermark wins, and is then the watermark', () => {
  expect(applyClaim(opened, claimOf(at(11)))).toEqual({
    outcome: 'won',
    signature: 'i-0a11ce0000000001 a',
    item: {
      validator: 'hub-1',
      watermark: at(11),
      claimed: { content: one, signature: 'i-0a11ce0000000001 a', signer: 'i-0a11ce0000000001' },
      version: 2,
      attempt: `i-0a11ce0000000001/${one}`,
    },
  });
});
test.each([at(10), at(10, 0, 2), at(9, 5, 3)])('a duty at or below the floor is refused: %j', (duty) => {
  expect(applyClaim(opened, claimOf(duty))).toEqual({ outcome: 'refused', found: opened });
});
test('without an arbiter nothing is signed', () => {
  expect(applyClaim(undefined, claimOf(at(11)))).toEqual({ outcome: 'refused', found: undefined });
});
test('the very same message gives back the stored signature, whoever asks', () => {
  expect(applyClaim(held, claimOf(at(11), one, amber))).toEqual({ outcome: 'repeat', signature: 'stored' });
});
test('another message for the same duty is refused', () => {
  expect(applyClaim(held, claimOf(at(11), two, birch))).toEqual({ outcome: 'refused', found: held });
});
test('the same content for an older duty is refused', () => {
  expect(judgeRefused(held, claimOf(at(10)))).toEqual({ outcome: 'refused', found: held });
  expect(judgeRefused(held, claimOf(at(12)))).toEqual({ outcome: 'refused', found: held });
});
test('heights are not compared with slots', () => {
  expect(() => applyClaim(opened, claimOf({ kind: 'slot', slot: 20 }))).toThrow(RangeError);
});
test('an item that holds no whole claim is not one', () => {
  expect(arbiter.safeParse(held).success).toBe(true);
  expect(arbiter.safeParse({ ...held, claimed: { content: one, signer: birch } }).success).toBe(false);
  for (const content of ['a', `${one}a`, `x${one}`, one.toUpperCase()])
    expect(arbiter.safeParse({ ...held, claimed: { content, signature: 's', signer: birch } }).success).toBe(false);
  expect(arbiter.safeParse({ ...held, claimed: { content: one, signature: '', signer: birch } }).success).toBe(false);
  expect(arbiter.safeParse({ ...held, version: 0 }).success).toBe(false);
  expect(arbiter.safeParse({ ...held, other: 1 }).success).toBe(false);
});
