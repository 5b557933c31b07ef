import { describe, expect, test } from 'vitest';
import {
  accountsOf,
  authorityIn,
  babeAuthorities,
  disabledValidators,
  nextKeysOf,
  queuedKeys,
  sessionValidators,
  severityIn,
  xxh64,
} from './storage.ts';

/** Vectors of xxHash's own sanity check, prefixes that every Substrate chain has, and a block of Polkadot. */

test.each([
  ['', 0n, 0xef46db3751d8e999n],
  ['a', 0n, 0xd24ec4f1a98c6e5bn],
  ['abc', 0n, 0x44bc2cf5ad770999n],
  ['Nobody inspects the spammish repetition', 0n, 0xfbcea83c8a378bf1n],
])('XXH64 of %j', (text, seed, expected) => {
  expect(xxh64(Buffer.from(text), seed)).toBe(expected);
});
test('the storage keys of the session', () => {
  expect(sessionValidators).toBe('0xcec5070d609dd3497f72bde07fc96ba088dcde934c658227ee1dfafcd6e16903');
  expect(queuedKeys).toBe('0xcec5070d609dd3497f72bde07fc96ba0e0cdd062e6eaf24295ad4ccfc41d4609');
  expect(disabledValidators).toBe('0xcec5070d609dd3497f72bde07fc96ba05a9a74be4a5a7df60b01a6c0326c5e20');
  expect(babeAuthorities).toBe('0x1cb6f36e027abb2091cfb5110ab5087f5e0621c4869aa60c02be9adcc98a0d1d');
  const key = nextKeysOf(`0x${'11'.repeat(32)}`);
  expect(key.slice(0, 66)).toBe('0xcec5070d609dd3497f72bde07fc96ba04c014e6bf8b8c2c011e7290b85696bb3');
  expect(key.slice(82)).toBe('11'.repeat(32));
});

describe('what is stored', () => {
  const one = '11'.repeat(32);
  test.each([
    ['0x00', []],
    [`0x04${one}`, [`0x${one}`]],
    [`0x08${one}${'22'.repeat(32)}`, [`0x${one}`, `0x${'22'.repeat(32)}`]],
    [`0x0101${one.repeat(64)}`, Array.from({ length: 64 }, () => `0x${one}`)],
  ])('%.20s… is a list of accounts', (hex, expected) => {
    expect(accountsOf(hex)).toEqual(expected);
  });
  test.each(['', '0x', '0x04', `0x08${one}`, `0x04${one}00`, '0xzz', `0x03${one}`, '0xfeffffff', '0x01'])('%.20s is none', (hex) => {
    expect(() => accountsOf(hex)).toThrow();
  });
  test.each<[string, number, number | null]>([
    ['0x00', 7, null],
    ['0x0407000000a0860100', 7, 0.0001],
    ['0x0407000000a0860100', 8, null],
    ['0x080500000000ca9a3b0700000040420f00', 7, 0.001],
    ['0x080500000000ca9a3b0700000040420f00', 5, 1],
    ['0x04070000000000000000000000', 7, null],
    ['0x040700000000000000', 7, null],
    ['0x0407000000ffffffff', 7, 1],
    ['0x080500000007000000', 7, 1],
    ['0x080500000007000000', 6, null],
    ['0x0407', 7, null],
  ])('%s: the severity of %i is %s', (hex, index, severity) => {
    expect(severityIn(hex, index)).toBe(severity);
  });
  const vrf = [
    'ec9bd8e2d0368c97f3d888837f7283bbe08266869eb613159db547905026c2502a70f168b9ffcc233344005d11ebecd16676',
    '9200d270a2eaa642118a00acb708a0487a440b0caf3dd5c91ab173e80ddfe5735ef8b938ea87a6105a1161612707',
  ].join('');
  test.each([
    ['block 789,629 of Polkadot (secondary with VRF)', [`0x0642414245b501036d000000f4f4d80f00000000${vrf}`], 109],
    ['a secondary plain slot', ['0x06424142453402070000000100000000000000'], 7],
    ['after other digests', ['0x0446524e4b00', '0x06424142453402070000000100000000000000'], 7],
    ['without BABE', ['0x0661757261200100000000000000'], null],
    ['without any', [], null],
  ])('%s', (_, logs, expected) => {
    expect(authorityIn(logs)).toBe(expected);
  });
  test.each([
    '0x06424142453404070000000100000000000000',
    '0x06424142453802070000000100000000000000',
    '0x064241424530020700000001000000000000',
    '0x0642414245',
    '0x6',
  ])('the digest %s cannot be read', (log) => {
    expect(() => authorityIn([log])).toThrow();
  });
});
