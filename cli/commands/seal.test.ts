import { describe, expect, test } from 'vitest';
import { keyMaterial } from './seal.ts';

const keyFile = (value: unknown): Buffer => Buffer.from(JSON.stringify({ priv_key: { type: 'tendermint/PrivKeyEd25519', value } }));

describe('a CometBFT key file', () => {
  test.each([undefined, null, 5, '', 'not base64!', '\nAAAA', 'AAAA'])('whose key is %j is refused, not sealed as it is', (value) => {
    expect(() => keyMaterial(keyFile(value))).toThrow(expect.objectContaining({ code: 'KeyInvalid' }));
  });
  test('of another kind of key is sealed as it is', () => {
    const other = Buffer.from('{"priv_key":{"type":"tendermint/PrivKeySecp256k1","value":"x"}}');
    expect(keyMaterial(other)).toEqual({ plaintext: other, publicKey: null });
  });
});
