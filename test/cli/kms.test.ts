import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { MemberStore } from '../../aws/members.ts';
import type { Finding } from '../../core/finding.ts';
import { alive, baton, client, file, hub, inWords, records, set, statement, text, told, useCli } from '../support/cli-bench.ts';
import { amber, birch, cedar, robin, yaml } from '../support/core.ts';
import { publicKey } from '../support/privval.ts';

/** A validator of custody gate whose key lies in KMS, at the command line. */

useCli();

const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab';
const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
const policyText = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'signing-key-policy.json'), 'utf8');
/** Answers as KMS would of this one key. */
const kmsWith = (of: { spec?: string; der?: Buffer; policy?: string } = {}) => {
  const asked: string[] = [];
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: { KeyId?: string } }) => {
    asked.push(`${name} ${String(input.KeyId)}`);
    if (name === 'GetKeyPolicyCommand') return { Policy: of.policy ?? policyText };
    return { KeySpec: of.spec ?? 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY', PublicKey: of.der ?? spki };
  };
  set({ kms: { send } });
  return asked;
};
const inKms = (one: Record<string, unknown>): void => {
  one['custody'] = 'gate';
  one['kmsKey'] = kmsKey;
  one['chain'] = { kind: 'cometbft', chainId: 'c', publicKey: publicKey.toString('base64') };
  one['nodes'] = ['amber', 'birch', 'cedar'].map((name, index) => ({
    name,
    id: [amber, birch, cedar][index],
    principal: `arn:aws:iam::123456789012:role/baton-node-${name}`,
  }));
};
const sealedInstead = (one: Record<string, unknown>): void => {
  inKms(one);
  delete one['kmsKey'];
};
const yamlFile = (change = inKms): string => file('validators.yaml', stringify(yaml(change)));
const applied = (path = yamlFile()): Promise<number> => baton('apply', path, '--yes', '--attest', statement);
const members = () => new MemberStore({ client, table: 'baton' });

describe('apply', () => {
  test('opens the arbiter without a sealed key, once KMS shows that the key is the validator’s', async () => {
    const asked = kmsWith();
    expect(await applied()).toBe(0);
    expect(asked).toEqual([`GetPublicKeyCommand ${kmsKey}`]);
    const floor = { kind: 'consensus', height: 102, round: 2_147_483_647, step: 3 };
    expect(await new ArbiterStore({ client, table: 'baton' }).read(hub)).toMatchObject({ phase: 'open', watermark: floor });
    expect(await records().readVault(hub)).toBe(undefined);
  });
  test.each<[string, Parameters<typeof kmsWith>[0], string]>([
    ['another key', { der: Buffer.concat([spki.subarray(0, 12), Buffer.alloc(32, 1)]) }, 'its public key is AQEB'],
    ['another curve', { spec: 'ECC_NIST_P256' }, 'its KeySpec is ECC_NIST_P256, expected ECC_NIST_EDWARDS25519'],
  ])('opens nothing for %s', async (_, of, why) => {
    kmsWith(of);
    expect(await applied()).toBe(2);
    expect(told).toMatchObject({ error: { code: 'KeyInvalid', message: expect.stringContaining(why) as string } });
    expect(await new ArbiterStore({ client, table: 'baton' }).read(hub)).toBe(undefined);
  });
  test('opens nothing when KMS does not say', async () => {
    expect(await applied()).toBe(5);
    expect(told).toMatchObject({ error: { code: 'KeyServiceFailed', message: 'KMS did not tell the public key: Error' } });
    expect(await new ArbiterStore({ client, table: 'baton' }).read(hub)).toBe(undefined);
  });
  test('is refused with custody release, and by an alias', async () => {
    const path = yamlFile((one) => {
      inKms(one);
      one['custody'] = 'release';
    });
    expect(await applied(path)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ConfigInvalid', field: 'hub-1.kmsKey' } });
    const alias = yamlFile((one) => {
      inKms(one);
      one['kmsKey'] = kmsKey.replace(/key\/.*/, 'alias/hub-1');
    });
    expect(await applied(alias)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ConfigInvalid', field: 'validators.0.kmsKey' } });
  });
});

describe('members', () => {
  test('have the name of the key, and no sealed one', async () => {
    kmsWith();
    await applied();
    expect(await inWords('gate', 'add', 'hub-1', 'amber')).toBe(0);
    expect(text).toContain('amber is a member of hub-1: its guard looks at the key in KMS at its next read');
    expect(await members().read(hub, amber)).toEqual({
      validator: hub,
      node: amber,
      version: 1,
      sealed: null,
      kmsKey,
      by: robin,
      atMs: expect.any(Number) as number,
    });
    expect(await baton('gate', 'add', 'hub-1', 'amber')).toBe(0);
    expect((await members().read(hub, amber))?.version).toBe(1);
    expect(await baton('gate', 'show', 'hub-1')).toBe(0);
    expect(told).toMatchObject({
      nodes: [
        { id: amber, member: true },
        { id: birch, member: false },
        { id: cedar, member: false },
      ],
    });
    expect(await inWords('gate', 'remove', 'hub-1', 'amber')).toBe(0);
    expect(text).toContain('Its role may still sign in KMS: detach SigningNodePolicy from it, and take it out of the key policy.');
    expect(await members().read(hub, amber)).toMatchObject({ version: 2, sealed: null });
    expect((await members().read(hub, amber))?.kmsKey).toBe(undefined);
  });
  test('none is made while KMS shows another key', async () => {
    kmsWith();
    await applied();
    kmsWith({ spec: 'ECC_NIST_P256' });
    expect(await baton('gate', 'add', 'hub-1', 'amber')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'KeyInvalid' } });
    expect(await members().read(hub, amber)).toBe(undefined);
  });
  test('go from a sealed key to one in KMS by being added anew', async () => {
    kmsWith();
    await baton('seal', 'hub-1', '--key-file', file('key', 'secret'));
    await applied(yamlFile(sealedInstead));
    await baton('gate', 'add', 'hub-1', 'birch');
    expect(await members().read(hub, birch)).toMatchObject({ version: 1, sealed: { node: birch } });
    expect(await inWords('plan', yamlFile())).toBe(0);
    expect(text).toContain('Whoever else may call kms:Sign with it signs past the arbiter.');
    await baton('apply', yamlFile(), '--yes');
    expect(await baton('gate', 'add', 'hub-1', 'birch')).toBe(0);
    expect(await members().read(hub, birch)).toMatchObject({ version: 2, sealed: null, kmsKey });
  });
});

test('doctor looks at the key, and at who may sign with it', async () => {
  kmsWith({ policy: '{}' });
  await applied();
  alive([amber, birch]);
  await baton('doctor', 'hub-1');
  const of = (check: string) => (told['findings'] as Finding[]).find((one) => one.check === check);
  expect(of('key')).toMatchObject({ state: 'ok', sentence: 'The key lies in KMS: none is sealed.' });
  expect(of('kms-key')).toMatchObject({ state: 'ok', sentence: 'The key in KMS can be used, and is the one of this validator.' });
  expect(of('kms-signers')).toMatchObject({ state: 'warn' });
  kmsWith();
  await baton('doctor', 'hub-1');
  expect(of('kms-signers')).toMatchObject({ state: 'ok' });
  set({ kms: { send: () => Promise.reject(new Error('no')) } });
  await baton('doctor', 'hub-1');
  expect([of('kms-key')?.state, of('kms-signers')?.state]).toEqual(['unknown', 'unknown']);
});
