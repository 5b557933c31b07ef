import { createHash } from 'node:crypto';

/** The keys that development chains give their validators, by index (eth2.0-pm, interop mocked start). */

const curveOrder = 52435875175126190479447740508185965837690552500527637822603658699938581184513n;

/** 64 hex. */
export const interopSecret = (index: number): string => {
  const seed = Buffer.alloc(32);
  seed.writeUInt32LE(index);
  const hash = createHash('sha256').update(seed).digest();
  const number = BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`) % curveOrder;
  return number.toString(16).padStart(64, '0');
};
