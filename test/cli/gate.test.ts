import { writeFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { MemberStore } from '../../aws/members.ts';
import { claimOf } from '../../core/gate.ts';
import { baton, client, enrolled, file, hub, inWords, records, set, statement, stopTable, told, typed, useCli } from '../support/cli-bench.ts';
import { amber, birch, reportOf, robin, t, yaml } from '../support/core.ts';

/** Custody gate at the command line. */

useCli();

const gated = (one: Record<string, unknown>): void => {
  one['custody'] = 'gate';
};
const arbiter = () => new ArbiterStore({ client, table: 'baton' });
const members = () => new MemberStore({ client, table: 'baton' });
/** The head is 100, the margin 2. */
const floor = { kind: 'consensus', height: 102, round: 2_147_483_647, step: 3 };
const mark = { kind: 'consensus', height: 110, round: 0, step: 3 } as const;
const claimed = () =>
  arbiter().claim(
    claimOf({ validator: hub, node: amber, duty: mark, claimed: { content: 'a'.repeat(64), signature: 'QQ==', time: { seconds: '1', nanos: 0 } } }),
  );

describe('apply', () => {
  test('opens the arbiter above what may have been signed; nobody is a member, and there is no lease', async () => {
    const path = await enrolled(gated);
    expect(await arbiter().read(hub)).toMatchObject({ phase: 'open', watermark: floor, claimed: null, version: 1 });
    expect(await baton('gate', 'show', 'hub-1')).toBe(0);
    expect(told).toMatchObject({ validator: 'hub-1', phase: 'open', watermark: floor, signer: null, nodes: [{ member: false }, { member: false }] });
    expect(await baton('apply', path, '--yes')).toBe(0);
    expect(told).toMatchObject({ changes: [{ kind: 'unchanged' }], applied: false });
  });
  test('a change of its configuration leaves the arbiter alone', async () => {
    const path = await enrolled(gated);
    await claimed();
    writeFileSync(
      path,
      stringify(
        yaml((one) => {
          gated(one);
          one['policy'] = { approvers: ['role/approver'], maxLag: 7 };
        }),
      ),
    );
    expect(await baton('apply', path, '--yes')).toBe(0);
    expect(told).toMatchObject({ changes: [{ kind: 'change' }], applied: true });
    expect(await arbiter().read(hub)).toMatchObject({ watermark: mark, version: 2 });
  });
  test.each([
    ['gate', undefined],
    [undefined, 'gate'],
  ])('custody %s never becomes %s', async (before, after) => {
    const of = (custody: string | undefined) => (one: Record<string, unknown>) => {
      if (custody !== undefined) one['custody'] = custody;
    };
    await enrolled(of(before));
    const path = file('other.yaml', stringify(yaml(of(after))));
    expect(await baton('apply', path, '--yes', '--attest', statement)).toBe(4);
    expect(told).toMatchObject({ error: { code: 'CustodyFixed', field: 'hub-1.custody' } });
    expect((await records().readConfig(hub))?.config.custody).toBe(before ?? 'release');
  });
  test('not even when its configuration is gone and the other’s item stands', async () => {
    await enrolled();
    const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    await client.send(new DeleteItemCommand({ TableName: 'baton', Key: { pk: { S: 'config#hub-1' } } }));
    const path = file('other.yaml', stringify(yaml(gated)));
    expect(await baton('apply', path, '--yes', '--attest', statement)).toBe(4);
    expect(told).toMatchObject({ error: { code: 'CustodyFixed' } });
    expect(await arbiter().read(hub)).toBe(undefined);
  });
});

describe('Ethereum', () => {
  const keys = [`0x${'a'.repeat(96)}`, `0x${'b'.repeat(96)}`];
  const beacon = (one: Record<string, unknown>): void => {
    one['custody'] = 'gate';
    one['chain'] = { kind: 'ethereum', mode: 'signer', publicKeys: keys, genesisValidatorsRoot: `0x${'0'.repeat(64)}` };
  };
  test('each key has an order of blocks and one of votes, opened and closed as one', async () => {
    const path = await enrolled(beacon);
    // The head is 100, the margin 2: slot 102 is in epoch 3.
    const whole = { kind: 'eip3076', slot: 102, source: 3, target: 4 };
    for (const key of keys) {
      expect(await arbiter().read(hub, undefined, `${key}block`)).toMatchObject({ phase: 'open', watermark: { kind: 'slot', slot: 102 } });
      expect(await arbiter().read(hub, undefined, `${key}vote`)).toMatchObject({ watermark: { kind: 'eip3076', slot: 0, source: 3, target: 4 } });
    }
    expect(await baton('gate', 'show', 'hub-1')).toBe(0);
    expect(told).toMatchObject({ phase: 'open', watermark: whole, signer: null, writes: 4 });
    expect(await baton('apply', path, '--yes')).toBe(0);
    expect(told).toMatchObject({ changes: [{ kind: 'unchanged' }], applied: false });
    typed.word = 'hub-1';
    expect(await baton('gate', 'close', 'hub-1')).toBe(0);
    expect(told).toEqual({ validator: 'hub-1', closed: true, watermark: whole });
    for (const key of keys) expect(await arbiter().read(hub, undefined, `${key}vote`)).toMatchObject({ phase: 'closed' });
  });
  test('one that is not whole is none, and apply opens the rest', async () => {
    const path = await enrolled(beacon);
    const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    await client.send(new DeleteItemCommand({ TableName: 'baton', Key: { pk: { S: `arbiter#hub-1#${keys[1] ?? ''}vote` } } }));
    expect(await baton('gate', 'show', 'hub-1')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'ArbiterMissing' } });
    expect(await baton('apply', path, '--yes', '--attest', statement)).toBe(0);
    expect(await baton('gate', 'show', 'hub-1')).toBe(0);
  });
  test('keys that clients hold have no signer that could ask', async () => {
    const path = file(
      'held.yaml',
      stringify(
        yaml((one) => {
          beacon(one);
          (one['chain'] as Record<string, unknown>)['mode'] = 'keymanager';
        }),
      ),
    );
    expect(await baton('apply', path, '--yes', '--attest', statement)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ConfigInvalid', field: 'hub-1.custody' } });
  });
});

describe('members', () => {
  test('join and leave while all run, each time with the next version', async () => {
    await enrolled(gated);
    expect(await baton('gate', 'add', 'hub-1', 'birch')).toBe(0);
    expect(told).toEqual({ validator: 'hub-1', node: birch, member: true });
    expect(await members().read(hub, birch)).toMatchObject({ version: 1, sealed: { node: birch, term: 1 }, by: robin });
    expect(await baton('gate', 'add', 'hub-1', birch)).toBe(0);
    expect((await members().read(hub, birch))?.version).toBe(1);
    expect(await baton('gate', 'remove', 'hub-1', 'birch')).toBe(0);
    expect(await members().read(hub, birch)).toMatchObject({ version: 2, sealed: null });
    expect(await baton('gate', 'remove', 'hub-1', 'birch')).toBe(0);
    expect(await baton('gate', 'add', 'hub-1', 'birch')).toBe(0);
    expect(await members().read(hub, birch)).toMatchObject({ version: 3, sealed: { term: 1 } });
  });
  test('are shown with what their guards say', async () => {
    await enrolled(gated);
    await baton('gate', 'add', 'hub-1', 'amber');
    await baton('gate', 'add', 'hub-1', 'birch');
    await claimed();
    await records().writeReport(reportOf({ node: amber, signing: true, synced: true }));
    await records().writeReport(reportOf({ node: birch, signing: false, synced: false, distress: 'ArbiterSilent: x' }));
    expect(await baton('gate', 'show', 'hub-1')).toBe(0);
    expect(told).toMatchObject({
      watermark: mark,
      signer: amber,
      writes: 2,
      nodes: [
        { id: amber, member: true, signing: true, distress: null },
        { id: birch, member: true, signing: false, distress: 'ArbiterSilent: x' },
      ],
    });
  });
  test('of which somebody else writes at the same time are left to that other', async () => {
    await enrolled(gated);
    const sealed = { node: birch, term: t(1), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
    vi.spyOn(MemberStore.prototype, 'read').mockImplementationOnce(async () => {
      await members().write({ validator: hub, node: birch, version: 1, sealed, by: 'kim', atMs: 1 }, null);
      return undefined;
    });
    expect(await baton('gate', 'add', 'hub-1', 'birch')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'StaleTerm' } });
    expect(await members().read(hub, birch)).toMatchObject({ version: 1, by: 'kim' });
  });
  test.each([
    [['gate', 'add', 'hub-1', 'nobody'], 2, 'HolderUnknown'],
    [['gate', 'add', 'hub-1'], 2, 'HolderUnknown'],
    [['gate', 'open', 'hub-1'], 2, 'InputInvalid'],
    [['gate', 'show', 'hub-9'], 2, 'ValidatorUnknown'],
  ])('%j is refused with %i, %s', async (words, code, name) => {
    await enrolled(gated);
    expect(await baton(...words)).toBe(code);
    expect(told).toMatchObject({ error: { code: name } });
  });
  test('a validator of custody release has none', async () => {
    await enrolled();
    expect(await baton('gate', 'show', 'hub-1')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: 'VALIDATOR' } });
  });
});

describe('close', () => {
  test('asks for the name, then closes for ever, and tells the last duty', async () => {
    await enrolled(gated);
    await claimed();
    expect(await baton('gate', 'close', 'hub-1')).toBe(4);
    expect(told).toEqual({ validator: 'hub-1', closed: false, watermark: null });
    typed.word = 'hub-1';
    expect(await baton('gate', 'close', 'hub-1')).toBe(0);
    expect(told).toEqual({ validator: 'hub-1', closed: true, watermark: mark });
    expect(await baton('gate', 'close', 'hub-1', '--yes')).toBe(0);
    expect((await claimed()).outcome).toBe('refused');
    expect(await baton('gate', 'add', 'hub-1', 'birch')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'ArbiterClosed' } });
  });
  test('without an answer nobody knows, and it says so', async () => {
    await enrolled(gated);
    set({});
    await stopTable();
    expect(await inWords('gate', 'close', 'hub-1', '--yes')).toBe(5);
  });
});
