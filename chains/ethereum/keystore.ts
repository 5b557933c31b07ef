import { createCipheriv, createDecipheriv, createHash, pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import * as z from 'zod';
import { randomHex } from '../../runtime/clock.ts';

/** A secret key under a password, as EIP-2335 writes it (keystore version 4). */

const hex = z.string().regex(/^([0-9a-fA-F]{2}){1,512}$/);
const kdf = z.discriminatedUnion('function', [
  z.object({
    function: z.literal('pbkdf2'),
    params: z.object({ dklen: z.literal(32), c: z.number().int().min(1).max(10_000_000), prf: z.literal('hmac-sha256'), salt: hex }),
  }),
  z.object({
    function: z.literal('scrypt'),
    params: z.object({
      dklen: z.literal(32),
      n: z.number().int().min(2).max(1_048_576),
      r: z.number().int().min(1).max(64),
      p: z.number().int().min(1).max(64),
      salt: hex,
    }),
  }),
]);
const keystore = z.object({
  version: z.literal(4),
  pubkey: z.string().regex(/^(0x)?[0-9a-fA-F]{96}$/),
  crypto: z.object({
    kdf,
    checksum: z.object({ function: z.literal('sha256'), message: hex }),
    cipher: z.object({ function: z.literal('aes-128-ctr'), params: z.object({ iv: hex }), message: hex }),
  }),
});

const keyBytes = 32;
/** Stretching adds nothing to a password of 256 random bits, and a thousand keys must be read by the client in seconds. */
const iterations = 1_024;
const maxScryptBytes = 1_100_000_000;

/** Control characters are taken out and the rest is normalised, as the standard wants it. */
const passwordOf = (text: string): Buffer =>
  Buffer.from(
    [...text.normalize('NFKD')]
      .filter((one) => {
        const code = one.codePointAt(0) ?? 0;
        return code > 0x1f && (code < 0x7f || code > 0x9f);
      })
      .join(''),
    'utf8',
  );

const derived = async (of: z.infer<typeof kdf>, password: string): Promise<Buffer> => {
  const salt = Buffer.from(of.params.salt, 'hex');
  if (of.function === 'pbkdf2') return promisify(pbkdf2)(passwordOf(password), salt, of.params.c, keyBytes, 'sha256');
  const { n, r, p } = of.params;
  return new Promise((resolve, reject) => {
    scrypt(passwordOf(password), salt, keyBytes, { N: n, r, p, maxmem: maxScryptBytes }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
};

const checksumOf = (key: Buffer, message: Buffer): string => createHash('sha256').update(key.subarray(16, 32)).update(message).digest('hex');

/** The secret in a keystore. The caller wipes it. @throws Error when it is no keystore, or the password is not its own. */
export const openKeystore = async (text: string, password: string): Promise<{ publicKey: string; secret: Buffer }> => {
  const { crypto, pubkey } = keystore.parse(JSON.parse(text));
  const key = await derived(crypto.kdf, password);
  const message = Buffer.from(crypto.cipher.message, 'hex');
  if (checksumOf(key, message) !== crypto.checksum.message.toLowerCase()) throw new Error('the password is not that of the keystore');
  const cipher = createDecipheriv('aes-128-ctr', key.subarray(0, 16), Buffer.from(crypto.cipher.params.iv, 'hex'));
  return { publicKey: `0x${pubkey.replace(/^0x/, '').toLowerCase()}`, secret: Buffer.concat([cipher.update(message), cipher.final()]) };
};

const uuidOf = (text: string): string =>
  `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20, 32)}`;

/** A secret under a random password, for a client that takes keystores only. */
export const sealKeystore = async (of: { publicKey: string; secret: Buffer }): Promise<{ keystore: string; password: string }> => {
  const password = randomHex(32);
  const params = { dklen: keyBytes, c: iterations, prf: 'hmac-sha256', salt: randomHex(32) } as const;
  const iv = randomHex(16);
  const key = await derived({ function: 'pbkdf2', params }, password);
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), Buffer.from(iv, 'hex'));
  const message = Buffer.concat([cipher.update(of.secret), cipher.final()]);
  const written = {
    crypto: {
      kdf: { function: 'pbkdf2', params, message: '' },
      checksum: { function: 'sha256', params: {}, message: checksumOf(key, message) },
      cipher: { function: 'aes-128-ctr', params: { iv }, message: message.toString('hex') },
    },
    description: '',
    pubkey: of.publicKey.replace(/^0x/, ''),
    path: '',
    uuid: uuidOf(randomHex(16)),
    version: 4,
  };
  return { keystore: JSON.stringify(written), password };
};
