import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { birch, t, v } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { Keys } from './keys.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const plainKey = Buffer.alloc(32, 7).toString('base64');
/** `the key of hub-1`, encrypted under that data key by another hand: twelve bytes of nonce, the text, sixteen of tag. */
const boxOfHub1 = 'AQEBAQEBAQEBAQEBAonsl/valS6+svxJBVVdAEqveLMIMlTTM1/mDbPWBBQ=';
const boxOfHub2 = 'AQEBAQEBAQEBAQEBAonsl/valS6+svxJBVVdAN5aPrBQ4zmucOHnsEVfGWg=';
const principal = `arn:aws:sts::123456789012:assumed-role/node/${birch}`;
const inFull = { validator: 'hub-1', node: birch, term: '2' };
const failedFix = 'Check the key policy and the caller’s role, then run it again; nothing was released.';
const lost = new Error('socket hang up');

/** Keys over a real client; `plain` are the data keys that its answers held. */
const keysWith = (answer: (sent: Sent) => Answer) => {
  const { sent, options } = wired(answer);
  const client = new KMSClient(options);
  const plain: Uint8Array[] = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { Plaintext } = result.output as { Plaintext?: Uint8Array };
      if (Plaintext) plain.push(Plaintext);
      return result;
    },
    { step: 'initialize' },
  );
  return { sent, plain, keys: new Keys({ client, keyId: 'key-1' }) };
};
const zeros = new Uint8Array(32);

describe('sealing', () => {
  const made = { Plaintext: plainKey, CiphertextBlob: base64('data key at rest') };
  const sealed = (answer: Answer, plaintext = Buffer.from('the key of hub-1')) => {
    const bench = keysWith(() => answer);
    return { ...bench, box: bench.keys.seal({ validator: v, plaintext }) };
  };
  test('takes a data key of 256 bits that is bound to the validator', async () => {
    const { sent, box } = sealed(made);
    expect((await box).dataKey).toBe(base64('data key at rest'));
    expect(sent).toEqual([
      { action: 'GenerateDataKey', input: { KeyId: 'key-1', KeySpec: 'AES_256', EncryptionContext: { validator: 'hub-1' } }, signal: undefined },
    ]);
  });
  test('gives what opens again, and no two boxes are alike', async () => {
    const [one, two] = [await sealed(made).box, await sealed(made).box];
    expect(one.box).not.toBe(two.box);
    for (const { box } of [one, two]) {
      const { keys } = keysWith(() => ({ Plaintext: plainKey }));
      const opened = await keys.open({ sealed: { node: birch, term: t(2), box, dataKey: base64('k'), grantToken: 'g' }, validator: v });
      expect(opened.toString()).toBe('the key of hub-1');
    }
  });
  test('leaves nothing of the data key in memory', async () => {
    const { plain, box } = sealed(made);
    await box;
    expect(plain).toEqual([zeros]);
  });
  test('leaves nothing of a data key that does not serve', async () => {
    const { plain, box } = sealed({ ...made, Plaintext: Buffer.alloc(16, 7).toString('base64') });
    await expect(box).rejects.toMatchObject({ code: 'KeyServiceFailed' });
    expect(plain).toEqual([new Uint8Array(16)]);
  });
  test.each([1, 65_536])('takes a key of %i bytes', async (bytes) => {
    const { box } = await sealed(made, Buffer.alloc(bytes, 9)).box;
    expect(Buffer.from(box, 'base64').length).toBe(12 + bytes + 16);
  });
  test.each([0, 65_537])('refuses a key of %i bytes before KMS is asked', async (bytes) => {
    const { sent, box } = sealed(made, Buffer.alloc(bytes));
    await expect(box).rejects.toMatchObject({
      code: 'KeyTooLarge',
      message: `the key has ${bytes} bytes, expected 1 to 65536`,
      fix: 'Give the key file itself.',
    });
    expect(sent).toEqual([]);
  });
  test.each<[string, Answer, string, object]>([
    ['a refusal', new Refusal('AccessDeniedException'), 'AccessDeniedException', { name: 'AccessDeniedException' }],
    ['no answer', lost, 'Error', { message: 'socket hang up' }],
    ['an answer without a data key', { CiphertextBlob: 'YQ==' }, 'Error', { message: 'the answer holds no data key' }],
    ['an answer without the encrypted one', { Plaintext: plainKey }, 'Error', { message: 'the answer holds no encrypted data key' }],
  ])('%s is told', async (_, answer, name, cause) => {
    await expect(sealed(answer).box).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: `KMS did not make a data key: ${name}`,
      fix: failedFix,
      cause,
    });
  });
});

describe('releasing', () => {
  const vault = { box: boxOfHub1, dataKey: base64('data key at rest') };
  const of = { vault, validator: v, node: birch, term: t(2), principal };
  const moved = { CiphertextBlob: base64('data key for birch') };
  const granted = { GrantToken: 'grant-token', GrantId: 'g' };
  const released = (reEncrypt: Answer, createGrant: Answer) => keysWith(({ action }) => (action === 'ReEncrypt' ? reEncrypt : createGrant));

  test('binds the data key to validator, node and term, and lets exactly this principal decrypt exactly that', async () => {
    const { sent, keys } = released(moved, granted);
    const signal = someSignal();
    expect(await keys.releaseTo(of, signal)).toEqual({
      node: birch,
      term: 2,
      box: boxOfHub1,
      grantToken: 'grant-token',
      dataKey: base64('data key for birch'),
    });
    expect(sent).toEqual([
      {
        action: 'ReEncrypt',
        input: {
          CiphertextBlob: base64('data key at rest'),
          SourceKeyId: 'key-1',
          DestinationKeyId: 'key-1',
          SourceEncryptionContext: { validator: 'hub-1' },
          DestinationEncryptionContext: inFull,
        },
        signal,
      },
      {
        action: 'CreateGrant',
        input: {
          KeyId: 'key-1',
          GranteePrincipal: principal,
          Operations: ['Decrypt'],
          Name: 'baton-98fea45edf431b76d5ae7126bc730e8faaed2219',
          Constraints: { EncryptionContextEquals: inFull },
        },
        signal,
      },
    ]);
  });
  test('names the grant anew for another term and for another principal', async () => {
    const { sent, keys } = released(moved, granted);
    for (const change of [{}, { term: t(3) }, { principal: `${principal}2` }]) await keys.releaseTo({ ...of, ...change });
    const names = sent.filter(({ action }) => action === 'CreateGrant').map(({ input }) => input['Name']);
    expect(new Set(names).size).toBe(3);
  });
  test('makes no grant when the data key was not moved', async () => {
    const { sent, keys } = released(new Refusal('InvalidCiphertextException'), granted);
    await expect(keys.releaseTo(of)).rejects.toMatchObject({ code: 'KeyServiceFailed' });
    expect(sent.map(({ action }) => action)).toEqual(['ReEncrypt']);
  });
  test.each<[string, Answer, Answer, string, object]>([
    ['a grant that is refused', moved, new Refusal('LimitExceededException'), 'LimitExceededException', { name: 'LimitExceededException' }],
    ['a grant without an answer', moved, lost, 'Error', { message: 'socket hang up' }],
    ['a grant without a token', moved, { GrantId: 'g' }, 'Error', { message: 'the answer holds no grant token' }],
    ['no moved data key', {}, granted, 'Error', { message: 'the answer holds no encrypted data key' }],
  ])('%s is told, and nothing is given out', async (_, reEncrypt, createGrant, name, cause) => {
    await expect(released(reEncrypt, createGrant).keys.releaseTo(of)).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: `KMS did not seal the key for the node: ${name}`,
      fix: failedFix,
      cause,
    });
  });
});

describe('opening', () => {
  const sealed = { node: birch, term: t(2), box: boxOfHub1, dataKey: base64('data key for birch'), grantToken: 'grant-token' };
  const answer = { Plaintext: plainKey };

  test('asks with the grant token, for exactly this validator, node and term', async () => {
    const { sent, keys } = keysWith(() => answer);
    const signal = someSignal();
    expect((await keys.open({ sealed, validator: v }, signal)).toString()).toBe('the key of hub-1');
    expect(sent).toEqual([
      {
        action: 'Decrypt',
        input: { CiphertextBlob: base64('data key for birch'), KeyId: 'key-1', GrantTokens: ['grant-token'], EncryptionContext: inFull },
        signal,
      },
    ]);
  });
  test('leaves nothing of the data key in memory, whether it fits or not', async () => {
    const { plain, keys } = keysWith(() => answer);
    await keys.open({ sealed, validator: v });
    await expect(keys.open({ sealed: { ...sealed, box: boxOfHub2 }, validator: v })).rejects.toThrow('does not open');
    expect(plain).toEqual([zeros, zeros]);
  });
  test.each<[string, Answer, string, object]>([
    ['a refusal', new Refusal('AccessDeniedException'), 'AccessDeniedException', { name: 'AccessDeniedException' }],
    ['no answer', lost, 'Error', { message: 'socket hang up' }],
    ['an answer without a data key', {}, 'Error', { message: 'the answer holds no data key' }],
  ])('%s is told', async (_, said, name, cause) => {
    await expect(keysWith(() => said).keys.open({ sealed, validator: v })).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: `KMS did not open the sealed key: ${name}`,
      fix: failedFix,
      cause,
    });
  });
  test.each([
    ['the box of another validator', { box: boxOfHub2 }],
    ['a box that was cut short', { box: boxOfHub1.slice(0, -4) }],
    ['an empty box', { box: '' }],
  ])('%s does not open, and how to seal anew is told', async (_, changed) => {
    await expect(keysWith(() => answer).keys.open({ sealed: { ...sealed, ...changed }, validator: v })).rejects.toMatchObject({
      code: 'KeyInvalid',
      message: 'the sealed key of hub-1 does not open',
      fix: 'Seal it anew: baton seal hub-1 --key-file FILE --replace',
      cause: expect.any(Error) as Error,
    });
  });
});
