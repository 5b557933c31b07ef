import { expect, test } from 'vitest';
import { base58, fromBase58 } from './base58.ts';

/** Vectors of draft-msporny-base58-03, section 5, and addresses of Solana. */
test.each([
  ['', ''],
  ['48656c6c6f20576f726c6421', '2NEpo7TZRRrLZSi2U'],
  [
    '54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f672e',
    'USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z',
  ],
  ['0000287fb4cd', '11233QC4'],
  ['00', '1'],
  ['0000000000000000000000000000000000000000000000000000000000000000', '11111111111111111111111111111111'],
])('%s is %s', (hex, text) => {
  expect(base58(Buffer.from(hex, 'hex'))).toBe(text);
  expect(fromBase58(text).toString('hex')).toBe(hex);
});
test.each(['0', 'O', 'I', 'l', 'a b', '2'.repeat(201)])('%j is none', (text) => {
  expect(() => fromBase58(text)).toThrow(RangeError);
});
