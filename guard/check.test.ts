import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerOf, checkedConfig } from './check.ts';
import { thisMachine } from './machine-facts.ts';
import type { Machine } from './preflight.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
const own = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
const keyFile = (value: Buffer): string => JSON.stringify({ priv_key: { type: 'tendermint/PrivKeyEd25519', value: value.toString('base64') } });

/** One whose keys would stay in memory, whatever the machine of the tests is like. */
const texts: Record<string, string> = { '/proc/self/mountinfo': '1 0 0:1 / / rw - tmpfs tmpfs rw\n', '/proc/swaps': 'Filename\n' };
const machine: Machine = { ...thisMachine, read: (path) => texts[path] ?? null };
const onDisk: Machine = { ...machine, read: (path) => (path === '/proc/swaps' ? 'Filename\n' : '1 0 8:1 / / rw - ext4 /dev/sda rw\n') };

let dir = '';
let file = '';
const chain = {
  ...{ kind: 'cometbft', chainId: 'c-1', publicKey: own.toString('base64') },
  ...{ socket: 'unix:///run/gaiad/privval.sock', rpc: 'http://127.0.0.1:26657' },
};
const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text, { mode: 0o600 });
  return join(dir, name);
};
const config = (of: Record<string, unknown> = {}): string => {
  const paths = { keyDir: '/run/baton/hub-1', stateDir: join(dir, 'state') };
  const base = { validator: 'hub-1', node: 'i-0a1b2c3d4e5f60718', table: 'baton', keyId: 'k', unit: 'gaiad.service', build: 'b' };
  return put('guard.json', JSON.stringify({ ...base, chain, paths, ...of }));
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'check-'));
  mkdirSync(join(dir, 'state'));
  file = config();
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('what the installer asks the guard', () => {
  test('the facts of a configuration that it would run with', async () => {
    expect((await checkedConfig(file, [], machine)).split('\n').slice(0, 8)).toEqual([
      'validator=hub-1',
      'node=i-0a1b2c3d4e5f60718',
      'unit=gaiad.service',
      'kind=cometbft',
      'socket=/run/gaiad/privval.sock',
      'standby=yes',
      'writes=',
      'keyDir=/run/baton/hub-1',
    ]);
  });
  test('a line break in a value cannot make a line of its own', async () => {
    await expect(checkedConfig(config({ build: 'b\nunit=other.service' }), [], machine)).rejects.toThrow('holds a character that a unit file cannot');
  });
  test('custody gate needs a chain whose signer asks the arbiter, and has no other way', async () => {
    expect(await checkedConfig(config({ custody: 'gate' }), [], machine)).toContain('validator=hub-1\n');
    await expect(checkedConfig(config({ custody: 'gate', onControlPlaneLoss: 'hold' }), [], machine)).rejects.toThrow(
      'custody gate signs nothing without the arbiter: onControlPlaneLoss is hold, expected stop',
    );
    const commands = { healthCommand: ['h'], readinessCommand: ['r'], watermarkCommand: null, stateCheckCommand: null };
    await expect(checkedConfig(config({ custody: 'gate', chain: { kind: 'systemd', ...commands } }), [], machine)).rejects.toThrow(
      'custody gate: there is no signer for systemd that asks the arbiter',
    );
  });
  test('unsafe timing is refused', async () => {
    await expect(checkedConfig(config({ timing: { leaseMs: 3_000 } }), [], machine)).rejects.toThrow('unsafe timing');
  });
  test('a machine on which it would not start is refused, with the same code', async () => {
    await expect(checkedConfig(file, [], onDisk)).rejects.toMatchObject({ code: 'KeyStorageUnsafe' });
  });
  test('a watermark that this guard cannot read is refused: it may be of a newer one', async () => {
    put('state/watermark.json', '{"kind":"consensus","height":7,"round":0,"step":3}\nnull\n');
    expect(await checkedConfig(file, [], machine)).toContain('stateDir=');
    put('state/watermark.json', '{"format":2}\n');
    await expect(checkedConfig(file, [], machine)).rejects.toThrow('cannot be read');
  });
});

describe('a key file on the node', () => {
  test('that is gone, or holds the key that CometBFT made for itself, is no objection', async () => {
    expect(await checkedConfig(file, [join(dir, 'nothing')], machine)).toContain('unit=gaiad.service');
    const other = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    // Its public half is a lie here: only what the private half makes counts.
    expect(await checkedConfig(file, [put('made.json', keyFile(Buffer.concat([other, own])))], machine)).toContain('unit=gaiad.service');
  });
  test.each([
    ["the validator's own", keyFile(Buffer.concat([seed, own]))],
    ['the own one under a public half that lies', keyFile(Buffer.concat([seed, Buffer.alloc(32)]))],
    ['what cannot be read', '{'],
    ['a key of another length', keyFile(seed)],
  ])('%s is refused', async (_, text) => {
    await expect(checkedConfig(file, [put('key.json', text)], machine)).rejects.toThrow('the validator could sign with it');
  });
});

describe('answers', () => {
  const never = (): AbortSignal => new AbortController().signal;
  test('the version, and nothing where the guard is to run', async () => {
    expect(await answerOf({ version: true }, never, '1.0.0 abc')).toBe('1.0.0 abc\n');
    expect(await answerOf({ config: file }, never, '1.0.0')).toBe(null);
  });
  test('a lease that cannot be asked for names nobody: unknown', async () => {
    expect(await answerOf({ 'held-here': config({ region: 'eu-central-1' }) }, () => AbortSignal.abort(), '1')).toBe('unknown\n');
  });
});
