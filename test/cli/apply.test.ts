import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LeaseStore } from '../../aws/lease.ts';
import { keyMaterial } from '../../cli/commands/seal.ts';
import { baton, client, dir, enrolled, file, hub, inWords, records, set, statement, text, told, useCli } from '../support/cli-bench.ts';
import { keySetOf } from '../../chains/ethereum/key-set.ts';
import { amber, configOf, robin, yaml } from '../support/core.ts';
import { pbkdf2Keystore, vector } from '../support/keystore.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';

useCli();
const lease = () => new LeaseStore({ client, table: 'baton' }).read(hub);

describe('apply', () => {
  test('enrols with the key sealed for the holder and a floor above the head', async () => {
    await enrolled();
    expect(await lease()).toMatchObject({
      term: 1,
      phase: 'HELD',
      holder: amber,
      evidence: { kind: 'attested', by: robin, how: statement },
      sealed: { node: amber, term: 1 },
      watermark: { height: 102 },
    });
    expect(await records().readFleet()).toEqual(['hub-1']);
  });
  test('again changes nothing; a change is told field by field', async () => {
    const path = await enrolled();
    expect(await baton('apply', path, '--yes')).toBe(0);
    expect(told).toEqual({ changes: [{ validator: 'hub-1', kind: 'unchanged' }], applied: false });
    const changed = file(
      'validators.yaml',
      stringify(
        yaml((one) => {
          one['timing'] = { leaseMs: 20_000 };
        }),
      ),
    );
    expect(await baton('apply', changed)).toBe(4);
    expect(text).toContain('~ timing.leaseMs: 15000 → 20000');
    expect((await records().readConfig(hub))?.config.timing.leaseMs).toBe(15_000);
    expect(await baton('apply', changed, '--yes')).toBe(0);
    expect((await records().readConfig(hub))?.config.timing.leaseMs).toBe(20_000);
  });
  test.each<[string, Parameters<typeof yaml>[0], string]>([
    [
      'an unknown chain',
      (one) => {
        one['chain'] = { kind: 'doge' };
      },
      'ChainUnknown',
    ],
    [
      'a holder who is no node',
      (one) => {
        one['holder'] = 'zebra';
      },
      'HolderUnknown',
    ],
    [
      'unsafe timing',
      (one) => {
        one['timing'] = { leaseMs: 1_000 };
      },
      'TimingUnsafe',
    ],
  ])('%s writes nothing', async (_, change, errorCode) => {
    await baton('seal', 'hub-1', '--key-file', file('key', 'secret'));
    expect(await baton('apply', file('bad.yaml', stringify(yaml(change))), '--yes', '--attest', statement)).toBe(2);
    expect(told).toMatchObject({ error: { code: errorCode, fix: expect.any(String) as string } });
    expect([await lease(), await records().readConfig(hub), await records().readFleet()]).toEqual([undefined, undefined, []]);
  });
  test.each<[string, () => void, string[], string]>([
    ['no statement', () => undefined, ['--yes'], 'InputInvalid'],
    ['a statement of one word', () => undefined, ['--yes', '--attest', 'yes'], 'InputInvalid'],
    [
      'a chain nobody sees',
      () => {
        set({ head: null });
      },
      ['--yes', '--attest', statement],
      'WatermarkUnknown',
    ],
  ])('%s does not enrol', async (_, change, args, errorCode) => {
    await baton('seal', 'hub-1', '--key-file', file('key', 'secret'));
    change();
    await baton('apply', file('validators.yaml', stringify(yaml())), ...args);
    expect(told).toMatchObject({ error: { code: errorCode } });
    expect([await lease(), await records().readConfig(hub)]).toEqual([undefined, undefined]);
  });
  test.each([
    ['unsafe', 'TableUnsafe', 4],
    ['unknown', 'LeaseUnreachable', 5],
  ] as const)('a table that is %s as a lock enrols nobody, and changes what is enrolled', async (state, errorCode, exitCode) => {
    await baton('seal', 'hub-1', '--key-file', file('key', 'secret'));
    set({ safety: { state, sentence: 'The table is what it is.' } });
    const args = ['apply', file('validators.yaml', stringify(yaml())), '--yes', '--attest', statement];
    expect(await baton(...args)).toBe(exitCode);
    expect(told).toMatchObject({ error: { code: errorCode, message: 'The table is what it is.', fix: expect.any(String) as string } });
    expect([await lease(), await records().readConfig(hub), await records().readFleet()]).toEqual([undefined, undefined, []]);
    set({ safety: { state: 'safe', sentence: 'x' } });
    expect(await baton(...args)).toBe(0);
    set({ safety: { state, sentence: 'x' } });
    const changed = yaml((one) => {
      one['timing'] = { leaseMs: 20_000 };
    });
    expect(await baton('apply', file('validators.yaml', stringify(changed)), '--yes')).toBe(0);
  });
  test('the floor is the old signer’s last duty when that is higher than the head', async () => {
    const state = file('state.json', '{"height":"500","round":1,"step":2}');
    await baton('seal', 'hub-1', '--key-file', file('key', 'secret'), '--state', state);
    expect(await baton('apply', file('validators.yaml', stringify(yaml())), '--yes', '--attest', statement)).toBe(0);
    expect((await lease())?.watermark).toEqual({ kind: 'consensus', height: 500, round: 1, step: 2 });
  });
  test('a sign state that is none seals nothing', async () => {
    expect(await baton('seal', 'hub-1', '--key-file', file('key', 'secret'), '--state', file('state.json', '{}'))).toBe(2);
    expect(await records().readVault(hub)).toBe(undefined);
  });
  test('a key that is not the validator’s own does not enrol', async () => {
    await records().writeVault(hub, { box: 'Ym94', dataKey: 'a2V5', publicKey: Buffer.alloc(32).toString('base64') });
    expect(await baton('apply', file('validators.yaml', stringify(yaml())), '--yes', '--attest', statement)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'KeyInvalid' } });
    expect(await records().readConfig(hub)).toBe(undefined);
  });
  test('a statement too long for the lease writes nothing: a lease with it could not be read again', async () => {
    await baton('seal', 'hub-1', '--key-file', file('key', 'secret'));
    expect(await baton('apply', file('validators.yaml', stringify(yaml())), '--yes', '--attest', 'x'.repeat(1_001))).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--attest' } });
    expect(await records().readConfig(hub)).toBe(undefined);
    expect(await lease()).toBe(undefined);
  });
  test('without a sealed key nothing is written', async () => {
    expect(await baton('apply', file('validators.yaml', stringify(yaml())), '--yes', '--attest', statement)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'KeyMissing', fix: 'baton seal hub-1 --key-file FILE, then run this again' } });
    expect(await records().readConfig(hub)).toBe(undefined);
  });
  test('a file that would drop the recorded active is refused', async () => {
    await enrolled();
    const without = stringify(
      yaml((one) => {
        one['nodes'] = (one['nodes'] as unknown[]).slice(1);
        one['holder'] = 'birch';
      }),
    );
    await baton('apply', file('validators.yaml', without), '--yes');
    expect(told).toMatchObject({ error: { code: 'HolderUnknown' } });
  });
  test('no file and no YAML are said to be so', async () => {
    expect(await baton('apply', join(dir, 'nothing.yaml'))).toBe(2);
    expect(await baton('apply', file('bad.yaml', 'a: [1'))).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ConfigInvalid', message: expect.stringContaining('is not YAML') as string } });
  });
});

describe('seal', () => {
  const seed = Buffer.alloc(32, 5);
  const cometbft = (publicHalf: Buffer): string =>
    JSON.stringify({
      address: 'X',
      pub_key: {},
      priv_key: { type: 'tendermint/PrivKeyEd25519', value: Buffer.concat([seed, publicHalf]).toString('base64') },
    });
  test('takes the seed out of a CometBFT key file', () => {
    const found = keyMaterial(Buffer.from(cometbft(rawPublicKeyOf(privateKeyOf(seed)))));
    expect(found.plaintext.equals(seed)).toBe(true);
    expect(found.publicKey).toBe(rawPublicKeyOf(privateKeyOf(seed)).toString('base64'));
  });
  test('a key file that contradicts itself is refused, and the key is not in the message', () => {
    expect(() => keyMaterial(Buffer.from(cometbft(Buffer.alloc(32))))).toThrow('the public half of priv_key does not belong to its private half');
    try {
      keyMaterial(Buffer.from(cometbft(Buffer.alloc(32))));
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain(seed.toString('base64').slice(0, 20));
    }
  });
  test('a second key needs --replace', async () => {
    expect(await baton('seal', 'hub-1', '--key-file', file('key', 'secret'))).toBe(0);
    expect(await baton('seal', 'hub-1', '--key-file', file('key', 'other'))).toBe(4);
    expect(await baton('seal', 'hub-1', '--key-file', file('key', 'other'), '--replace')).toBe(0);
  });
  test.each([
    ['empty', '', 'KeyInvalid'],
    ['over the limit', 'x'.repeat(65_537), 'KeyTooLarge'],
  ])('a file that is %s is refused', async (_, content, errorCode) => {
    expect(await baton('seal', 'hub-1', '--key-file', file('key', content))).toBe(2);
    expect(told).toMatchObject({ error: { code: errorCode } });
    expect(await records().readVault(hub)).toBe(undefined);
  });
  test('keystores are opened by their password, and named as a set', async () => {
    const [keys, password] = [file('keystore.json', JSON.stringify(pbkdf2Keystore)), file('password.txt', vector.password)];
    expect(await baton('seal', 'hub-1', '--key-file', keys, '--password-file', file('wrong.txt', 'hunter2'))).toBe(2);
    expect(told).toMatchObject({ error: { code: 'KeyInvalid' } });
    expect(await records().readVault(hub)).toBe(undefined);
    expect(await baton('seal', 'hub-1', '--key-file', keys, '--password-file', password)).toBe(0);
    const publicKey = keySetOf([vector.publicKey]);
    expect(told).toMatchObject({ sealed: true, publicKey });
    expect(await inWords('seal', 'hub-1', '--key-file', keys, '--password-file', password, '--replace')).toBe(0);
    expect(text).toContain(`hub-1: the key is sealed: ${vector.publicKey}.`);
    expect(text).not.toMatch(new RegExp(`${vector.secret}|${vector.password}`));
    expect(await records().readVault(hub)).toMatchObject({ publicKey });
  });
  test('keys that are not those of validators.yaml are not enrolled, and sealed anew they are told', async () => {
    const [keys, password] = [file('keystore.json', JSON.stringify(pbkdf2Keystore)), file('password.txt', vector.password)];
    const chain = (publicKeys: string[]) => ({ kind: 'ethereum', mode: 'signer', publicKeys, genesisValidatorsRoot: `0x${'04'.repeat(32)}` });
    const path = (publicKey: string): string => file('validators.yaml', stringify(yaml((one) => void (one['chain'] = chain([publicKey])))));
    await baton('seal', 'hub-1', '--key-file', keys, '--password-file', password);
    expect(await baton('apply', path(`0x${'ab'.repeat(48)}`), '--yes', '--attest', statement)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'KeyInvalid' } });
    expect(await lease()).toBe(undefined);
    expect(await baton('apply', path(vector.publicKey), '--yes', '--attest', statement)).toBe(0);
    expect(await inWords('seal', 'hub-1', '--key-file', keys, '--password-file', password, '--replace')).toBe(0);
    expect(text).not.toContain('not the keys of the stored configuration');
    await records().writeConfig(configOf((one) => void (one['chain'] = chain([`0x${'ab'.repeat(48)}`]))));
    expect(await inWords('seal', 'hub-1', '--key-file', keys, '--password-file', password, '--replace')).toBe(0);
    expect(text).toContain('They are not the keys of the stored configuration (sha256:');
  });
  test('a bad validator id is refused', async () => {
    expect(await baton('seal', '../etc', '--key-file', file('key', 'x'))).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid' } });
  });
});
