import { CreateKeyCommand, DisableKeyCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createPublicKey, verify } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { KmsKey } from '../../aws/kms-key.ts';
import { CometbftGateDriver } from '../../chains/cometbft/gate-driver.ts';
import type { ConnectionOptions } from '../../chains/cometbft/privval/connection.ts';
import type { Vote } from '../../chains/cometbft/privval/read.ts';
import { signBytes } from '../../chains/cometbft/privval/write.ts';
import { StateFile } from '../../chains/state.ts';
import type { NodeId } from '../../core/ids.ts';
import { kmsKeyArn, type KmsKeyArn } from '../../core/kms-key.ts';
import { LocalKms } from '../../local/aws/kms.ts';
import { LocalSigning } from '../../local/aws/kms-signing.ts';
import { rootArn, startAwsServer, type AwsServer } from '../../local/aws/server.ts';
import { startDynamo, type LocalDynamo } from '../../local/dynamo.ts';
import { memberKeyOf } from '../../guard/member-key.ts';
import { rawPublicKeyOf } from '../../runtime/ed25519.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber, attempt, birch, cedar, v } from '../support/core.ts';
import { block, dir, useFolder, vote } from '../support/privval.ts';

/** A key that lies in KMS, by the SDK's own client, against a KMS that refuses what the real one refuses; and three members that sign with it. */

useFolder();

const nodeArn = (node: string): string => `arn:aws:sts::123456789012:assumed-role/node/${node}`;
const may = ['Sign', 'GetPublicKey'];
const signing = new LocalSigning({
  clock: systemClock,
  region: 'us-east-1',
  account: '123456789012',
  policy: { [nodeArn(amber)]: may, [nodeArn(birch)]: may, [nodeArn(cedar)]: may },
});
let server: AwsServer;
let dynamo: LocalDynamo;
const kmsAs = (arn: string): KMSClient =>
  new KMSClient({ region: 'us-east-1', endpoint: server.endpoint, credentials: server.principal(arn), maxAttempts: 1 });

beforeAll(async () => {
  server = await startAwsServer([new LocalKms({ clock: systemClock, keyId: 'key', grantDelayMs: 1, policy: {}, signing })]);
  dynamo = await startDynamo('baton');
});
afterAll(async () => {
  await server.close();
  await dynamo.close();
});

const make = async (spec: 'ECC_NIST_EDWARDS25519' | 'ECC_NIST_P256' = 'ECC_NIST_EDWARDS25519'): Promise<{ arn: KmsKeyArn; publicKey: string }> => {
  const client = kmsAs(rootArn);
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }));
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: KeyMetadata?.Arn }));
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
  return { arn: kmsKeyArn.parse(KeyMetadata?.Arn), publicKey: spec === 'ECC_NIST_P256' ? '' : rawPublicKeyOf(key).toString('base64') };
};

describe('the local KMS refuses', () => {
  const raw = { Message: Buffer.from('m'), MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' } as const;
  test.each<[string, object, string]>([
    ['an algorithm of another curve', { SigningAlgorithm: 'ECDSA_SHA_256' }, 'InvalidKeyUsageException'],
    ['a digest', { MessageType: 'DIGEST' }, 'ValidationException'],
    ['the prehashed algorithm over a message', { SigningAlgorithm: 'ED25519_PH_SHA_512' }, 'ValidationException'],
    [
      'the prehashed algorithm, which is another signature',
      { SigningAlgorithm: 'ED25519_PH_SHA_512', MessageType: 'DIGEST' },
      'UnsupportedOperationException',
    ],
    ['a message that is too long', { Message: Buffer.alloc(4_097) }, 'ValidationException'],
  ])('%s', async (_, of, name) => {
    const { arn } = await make();
    await expect(kmsAs(nodeArn(amber)).send(new SignCommand({ KeyId: arn, ...raw, ...of }))).rejects.toMatchObject({ name });
  });
  test('Ed25519 of a P-256 key, a key that is not there, one that is disabled, and whoever is not named', async () => {
    const [{ arn: p256 }, { arn }] = [await make('ECC_NIST_P256'), await make()];
    const node = kmsAs(nodeArn(amber));
    await expect(node.send(new SignCommand({ KeyId: p256, ...raw }))).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
    await expect(node.send(new SignCommand({ KeyId: arn.replace(/.$/, 'x'), ...raw }))).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(kmsAs(nodeArn('other')).send(new SignCommand({ KeyId: arn, ...raw }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(node.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await kmsAs(rootArn).send(new DisableKeyCommand({ KeyId: arn }));
    await expect(node.send(new SignCommand({ KeyId: arn, ...raw }))).rejects.toMatchObject({ name: 'DisabledException' });
  });
});

describe('the guard takes the key of a membership', () => {
  const memberOf = (kmsKey: KmsKeyArn) => ({ validator: v, node: amber, version: 1, sealed: null, kmsKey, by: 'kim', atMs: 1 });
  const never = new AbortController().signal;
  const keys = { open: async () => Buffer.from('sealed') };
  const open = (publicKey: string | null, kmsKey: KmsKeyArn, as = nodeArn(amber)) =>
    memberKeyOf({ config: { validator: v }, keys, publicKey, clientFor: () => kmsAs(as) })(memberOf(kmsKey), never);
  test('when it is the validator’s', async () => {
    const { arn, publicKey } = await make();
    expect(await open(publicKey, arn)).toBeInstanceOf(KmsKey);
    await expect(open((await make()).publicKey, arn)).rejects.toMatchObject({ code: 'KeyInvalid' });
    await expect(open(publicKey, (await make('ECC_NIST_P256')).arn)).rejects.toMatchObject({ code: 'KeyInvalid' });
    await expect(open(publicKey, arn, nodeArn('other'))).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: 'KMS did not tell the public key: AccessDeniedException',
    });
    await expect(open(null, arn)).rejects.toMatchObject({ code: 'KeyMissing' });
  });
  test('and a sealed one as ever', async () => {
    const sealed = { node: amber, term: 1, box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' } as never;
    const given = await memberKeyOf({ config: { validator: v }, keys, publicKey: null })({ ...memberOf(undefined as never), sealed }, never);
    expect(given).toEqual(Buffer.from('sealed'));
  });
});

/** A member with its own disk and its own credentials, whose node asks through `sign`. */
const memberOn = async (node: NodeId, of: { arn: KmsKeyArn; publicKey: string; arbiter: Pick<ArbiterStore, 'claim'>; as?: string }) => {
  const dialled: ConnectionOptions[] = [];
  const chain = { kind: 'cometbft', chainId: 'c', publicKey: of.publicKey, socket: 'unix:///run/x.sock', rpc: 'http://127.0.0.1:1' } as const;
  const driver = new CometbftGateDriver({
    config: { validator: v, node, chain, paths: { stateDir: dir } },
    state: new StateFile(join(dir, `${node}.json`)),
    clock: systemClock,
    maySign: () => true,
    claim: (claim, signal) => of.arbiter.claim(claim, signal),
    dial: (options) => {
      dialled.push(options);
      return { connected: true, run: async () => undefined };
    },
    ask: async () => ({ result: { sync_info: { latest_block_height: '7', catching_up: false } } }),
  });
  await driver.run(new AbortController().signal);
  await driver.activate(new KmsKey({ client: kmsAs(of.as ?? nodeArn(node)), arn: of.arn, publicKey: of.publicKey }));
  return { driver, sign: async (duty: Vote) => dialled[0]?.signer.sign(duty, 'c') };
};
const floor = { kind: 'consensus', height: 3, round: 2_147_483_647, step: 3 } as const;

test('three members with the key in KMS: one signature for a duty, whoever asks first; a closed arbiter ends it for all', async () => {
  const { arn, publicKey } = await make();
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: dynamo.endpoint, credentials: server.principal(rootArn) });
  const arbiter = new ArbiterStore({ client, table: 'baton' });
  await arbiter.open({ validator: v, floor, attempt: attempt('open') });
  const members = await Promise.all([amber, birch, cedar].map((node) => memberOn(node, { arn, publicKey, arbiter })));
  const raw = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKey, 'base64')]),
    format: 'der',
    type: 'spki',
  });
  for (const height of [5n, 6n]) {
    const asked = members.map(({ sign }, index) =>
      sign(vote({ height, blockId: block(index === 2 ? 2 : 1), timestamp: { seconds: BigInt(index + 1), nanos: 0 } })),
    );
    const left = (await Promise.all(asked)).flatMap((one) => (one?.ok ? [one.signed] : []));
    expect(left.length).toBeGreaterThan(0);
    expect(new Set(left.map(({ signature }) => Buffer.from(signature).toString('hex'))).size).toBe(1);
    const blocks = [1, 2].filter((fill) =>
      verify(null, signBytes(vote({ height, blockId: block(fill) }), 'c', left[0]?.timestamp), raw, left[0]?.signature ?? new Uint8Array()),
    );
    expect(blocks.length).toBe(1);
  }
  await arbiter.close({ validator: v, attempt: attempt('close') });
  for (const { sign } of members) expect(await sign(vote({ height: 7n }))).toMatchObject({ ok: false, code: 5 });
});

test('without its right to kms:Sign a member signs nothing and says why; with the wrong public key neither', async () => {
  const [{ arn, publicKey }, other] = [await make(), await make()];
  const arbiter = { claim: () => Promise.reject(new Error('it must not be asked')) };
  const denied = await memberOn(amber, { arn, publicKey, arbiter, as: nodeArn('other') });
  expect(await denied.sign(vote())).toMatchObject({ ok: false, code: 6 });
  const { distress } = await denied.driver.health(true, new AbortController().signal);
  expect(distress).toBe('KeyServiceFailed: height 5, round 0, step 3 is not signed: KMS did not sign: AccessDeniedException.');
  const wrong = await memberOn(birch, { arn, publicKey: other.publicKey, arbiter });
  expect(await wrong.sign(vote())).toMatchObject({ ok: false, code: 6 });
});

test('control: without an arbiter that decides, two members sign two messages for one duty', async () => {
  const { arn, publicKey } = await make();
  const agrees = { claim: async (claim: Parameters<ArbiterStore['claim']>[0]) => ({ outcome: 'repeat', claimed: claim.claimed }) as const };
  const [one, two] = [await memberOn(amber, { arn, publicKey, arbiter: agrees }), await memberOn(birch, { arn, publicKey, arbiter: agrees })];
  const left = [await one.sign(vote()), await two.sign(vote({ blockId: block(2) }))].flatMap((outcome) =>
    outcome?.ok ? [Buffer.from(outcome.signed.signature)] : [],
  );
  expect(left.length).toBe(2);
  expect(left[0]?.equals(left[1] ?? Buffer.alloc(0))).toBe(false);
});
