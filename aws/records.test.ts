import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { validatorConfig } from '../core/config.ts';
import { validatorId } from '../core/ids.ts';
import { hashOf } from '../core/plan.ts';
import type { PlannedMove } from '../core/planned.ts';
import type { Over } from '../core/writer.ts';
import { alex, amber, birch, configOf, reportOf, run, t, v } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { toItem } from './items.ts';
import { Records, type WatchRecord } from './records.ts';

const nonce = '0123456789abcdef'.repeat(2);
const vault = { box: 'Ym94', dataKey: 'a2V5', publicKey: 'cHVi', watermark: { kind: 'slot', slot: 4 } } as const;
const pause = { by: alex, reason: 'Upgrade.', atMs: 1 };
const planned: PlannedMove = { execution: run('one'), to: birch, notBeforeMs: 1, notAfterMs: 2, by: alex, reason: 'Upgrade.' };
const watch: WatchRecord = {
  samples: [{ observations: { a: 'signing', b: 'failing', c: 'halted', d: 'unobservable' } }],
  state: 'suspect',
  episode: 'e1',
  paged: false,
};
const lost = new Error('socket hang up');
const refused = (found?: Record<string, unknown>): Answer => new Refusal('ConditionalCheckFailedException', found ? { Item: toItem(found) } : {});

const recordsWith = (answer: (sent: Sent, index: number) => Answer) => {
  const { sent, options } = wired(answer);
  return { sent, records: new Records({ client: new DynamoDBClient(options), table: 'baton' }) };
};
const holding = (item: Record<string, unknown>): Records => recordsWith(() => ({ Item: toItem(item) })).records;

/** Each item that is read: its key, what it may hold, and how it is read. */
type Read = [string, Record<string, unknown>, (records: Records, signal?: AbortSignal) => Promise<unknown>, unknown?];
const reads: Read[] = [
  [`node#hub-1#${amber}`, reportOf(), (records, signal) => records.readReport(v, amber, signal)],
  ['config#hub-1', { config: configOf(), hash: hashOf(configOf()) }, (records, signal) => records.readConfig(v, signal)],
  ['fleet', { validators: ['hub-1', 'hub-2'] }, (records, signal) => records.readFleet(signal), ['hub-1', 'hub-2']],
  ['pause#hub-1', pause, (records, signal) => records.readPause(v, signal)],
  ['planned#hub-1', planned, (records, signal) => records.readPlanned(v, signal)],
  ['vault#hub-1', vault, (records, signal) => records.readVault(v, signal)],
  ['vault#hub-1', { box: 'Ym94', dataKey: 'a2V5' }, (records, signal) => records.readVault(v, signal)],
  ['fence#hub-1#2', { nonce }, (records, signal) => records.readFenceIntent(v, t(2), signal)],
  ['fence#hub-1#2', { nonce, commandId: 'c-1' }, (records, signal) => records.readFenceIntent(v, t(2), signal)],
  ['watch#hub-1#home', watch, (records, signal) => records.readWatch(v, 'home', signal)],
  ['history#hub-1', { failovers: [{ execution: 'x', atMs: 1 }] }, (records, signal) => records.readHistory(v, signal), [{ execution: 'x', atMs: 1 }]],
];

describe('what is read', () => {
  test.each(reads)('%s is one item of its own key, and the read can be given up', async (pk, stored, read, expected = stored) => {
    const { sent, records } = recordsWith(() => ({ Item: toItem({ pk, ...stored }) }));
    const signal = someSignal();
    expect(await read(records, signal)).toEqual(expected);
    expect(sent).toEqual([{ action: 'GetItem', input: { TableName: 'baton', Key: { pk: { S: pk } }, ConsistentRead: true }, signal }]);
  });
  test('what tells who looks is read of a configuration, whatever else stands in it', async () => {
    const vantages = [{ name: 'one', url: 'http://a.example:1' }];
    const config = { chain: { kind: 'cometbft', chainId: 'x' }, vantages, timing: { probeMs: 2_000, pollMs: 'broken' }, nodes: 'broken' };
    const { records } = recordsWith(() => ({ Item: toItem({ pk: 'config#hub-1', config, hash: 'of something else' }) }));
    expect(await records.readAsks(v)).toEqual({ asks: '["cometbft","[\\"one\\",\\"http://a.example:1\\"]"]', probeMs: 2_000 });
    expect(await recordsWith(() => ({})).records.readAsks(v)).toBeUndefined();
    const broken = toItem({ pk: 'config#hub-1', config: { ...config, timing: { probeMs: 0 } } });
    await expect(recordsWith(() => ({ Item: broken })).records.readAsks(v)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('the watcher is read too', async () => {
    const watcher = { owner: 'first', generation: 2, round: 3 };
    const { sent, records } = recordsWith(() => ({ Item: toItem({ pk: 'watcher#home', ...watcher }) }));
    expect(await records.readWatcher('home')).toEqual(watcher);
    expect(sent[0]?.input['Key']).toEqual({ pk: { S: 'watcher#home' } });
  });
  test('what is not there is nothing, and a list of nothing', async () => {
    const { records } = recordsWith(() => ({}));
    expect(await records.readConfig(v)).toBeUndefined();
    expect(await records.readFleet()).toEqual([]);
    expect(await records.readHistory(v)).toEqual([]);
  });
  test.each<[string, Record<string, unknown>, string, Read[2]]>([
    ['a field too many in the fleet', { validators: [], more: 1 }, 'fleet', (records) => records.readFleet()],
    ['a validator in the fleet that is none', { validators: ['Hub 1'] }, 'validators.0', (records) => records.readFleet()],
    [
      'more than 10000 validators',
      { validators: Array.from({ length: 10_001 }, (_, n) => `v-${n}`) },
      'validators',
      (records) => records.readFleet(),
    ],
    ['a pause by nobody', { reason: 'Upgrade.', atMs: 1 }, 'by', (records) => records.readPause(v)],
    ['a vault without its data key', { box: 'Ym94' }, 'dataKey', (records) => records.readVault(v)],
    ['a nonce cut short', { nonce: nonce.slice(1) }, 'nonce', (records) => records.readFenceIntent(v, t(2))],
    ['a nonce too long', { nonce: `${nonce}0` }, 'nonce', (records) => records.readFenceIntent(v, t(2))],
    ['a nonce before other text', { nonce: `x${nonce}` }, 'nonce', (records) => records.readFenceIntent(v, t(2))],
    ['a nonce in capitals', { nonce: nonce.toUpperCase() }, 'nonce', (records) => records.readFenceIntent(v, t(2))],
    ['a command id too long', { nonce, commandId: 'c'.repeat(65) }, 'commandId', (records) => records.readFenceIntent(v, t(2))],
    ['a state that does not exist', { ...watch, state: 'fine' }, 'state', (records) => records.readWatch(v, 'home')],
    [
      'an observation that does not exist',
      { ...watch, samples: [{ observations: { a: 'ok' } }] },
      'samples.0.observations.a',
      (r) => r.readWatch(v, 'home'),
    ],
    ['a sample of more', { ...watch, samples: [{ observations: {}, at: 1 }] }, 'samples.0', (records) => records.readWatch(v, 'home')],
    [
      'more than 40 samples',
      { ...watch, samples: Array.from({ length: 41 }, () => ({ observations: {} })) },
      'samples',
      (r) => r.readWatch(v, 'home'),
    ],
    ['an episode too long', { ...watch, episode: 'e'.repeat(41) }, 'episode', (records) => records.readWatch(v, 'home')],
    ['a watcher without rounds', { owner: 'first', generation: 2 }, 'round', (records) => records.readWatcher('home')],
    ['half a round', { owner: 'first', generation: 2, round: 0.5 }, 'round', (records) => records.readWatcher('home')],
    ['a failover without its time', { failovers: [{ execution: 'x' }] }, 'failovers.0.atMs', (records) => records.readHistory(v)],
    [
      'more than 20 failovers',
      { failovers: Array.from({ length: 21 }, (_, atMs) => ({ execution: `x-${atMs}`, atMs })) },
      'failovers',
      (records) => records.readHistory(v),
    ],
  ])('%s is not trusted', async (_, stored, field, read) => {
    await expect(read(holding(stored))).rejects.toMatchObject({ code: 'LeaseInvalid', message: expect.stringContaining(field) as string });
  });
  test.each([
    ['another node', { node: birch }, 'node', amber],
    ['another validator', { validator: validatorId.parse('hub-2') }, 'validator', 'hub-1'],
  ])('a report of %s is not trusted', async (_, other, field, expected) => {
    await expect(holding(reportOf(other)).readReport(v, amber)).rejects.toMatchObject({
      message: `node#hub-1#${amber}: ${field} is not ${expected}, as its key says`,
    });
  });
});

describe('the configuration', () => {
  const config = configOf();
  const { custody: _, ...older } = config;

  test('of an older version is judged by the hash of what it holds, and filled up', async () => {
    expect(await holding({ config: older, hash: hashOf(older) }).readConfig(v)).toEqual({ config, hash: hashOf(older) });
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['with the hash of another', { config: older, hash: hashOf(config) }, 'the configuration does not have the hash that stands beside it'],
    ['of another validator', { config: { ...config, id: 'hub-2' }, hash: hashOf({ ...config, id: 'hub-2' }) }, 'it is the configuration of hub-2'],
    ['without a hash', { config }, 'hash is nothing: Invalid input: expected string, received undefined'],
    ['that is no object', { config: 'c', hash: hashOf('c') }, 'config is "c": Invalid input: expected record, received string'],
    ['with a field too many', { config, hash: hashOf(config), by: alex }, 'is an object: Unrecognized key: "by"'],
    [
      'with a wrong field',
      { config: { ...config, nodes: [] }, hash: hashOf({ ...config, nodes: [] }) },
      'config.nodes is a list of 0: Too small: expected array to have >=1 items',
    ],
  ])('%s is not trusted', async (_, stored, reason) => {
    await expect(holding(stored).readConfig(v)).rejects.toMatchObject({ code: 'LeaseInvalid', message: `config#hub-1: ${reason}` });
  });
  test('whose read is not answered is not "nothing"', async () => {
    await expect(recordsWith(() => lost).records.readConfig(v)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
  });
});

describe('what is written', () => {
  test.each<[string, Record<string, unknown>, (records: Records, signal: AbortSignal) => Promise<unknown>, boolean]>([
    ['config#hub-1', { config: configOf(), hash: hashOf(configOf()) }, (records) => records.writeConfig(validatorConfig.parse(configOf())), false],
    ['pause#hub-1', pause, (records) => records.pause(v, pause), false],
    ['vault#hub-1', vault, (records) => records.writeVault(v, vault), false],
    ['watch#hub-1#home', watch, (records, signal) => records.writeWatch(v, 'home', watch, signal), true],
  ])('%s is put as it is', async (pk, item, write, abortable) => {
    const { sent, records } = recordsWith(() => ({}));
    const signal = someSignal();
    await write(records, signal);
    expect(sent).toEqual([
      { action: 'PutItem', input: { TableName: 'baton', Item: toItem({ ...item, pk }) }, signal: abortable ? signal : undefined },
    ]);
  });
  test.each<[string, (records: Records, signal: AbortSignal) => Promise<unknown>, boolean]>([
    ['pause#hub-1', (records) => records.resume(v), false],
    ['watch#hub-1#home', (records, signal) => records.writeWatch(v, 'home', null, signal), true],
  ])('%s is taken away', async (pk, take, abortable) => {
    const { sent, records } = recordsWith(() => ({}));
    const signal = someSignal();
    await take(records, signal);
    expect(sent).toEqual([{ action: 'DeleteItem', input: { TableName: 'baton', Key: { pk: { S: pk } } }, signal: abortable ? signal : undefined }]);
  });
  test.each<[string, (records: Records) => Promise<unknown>]>([
    ['write pause#hub-1', (records) => records.pause(v, pause)],
    ['delete pause#hub-1', (records) => records.resume(v)],
    ['take watcher#home', (records) => records.takeWatcher('home', { owner: 'first', plan: 'p1' })],
    ['keep watcher#home', (records) => records.keepWatcher('home', 'first')],
    [`write node#hub-1#${amber}`, (records) => records.writeReport(reportOf())],
  ])('no answer to "%s" is told', async (what, write) => {
    await expect(write(recordsWith(() => lost).records)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: `no answer from the table to: ${what}`,
      cause: { message: 'socket hang up' },
    });
  });
  const [me, other] = ['a'.repeat(32), 'b'.repeat(32)];
  const next = reportOf({ writer: me, sequence: 8, after: 7 });
  const ownTry = '(#writer = :me AND #after = :after AND #sequence < :sequence)';
  test.each<[string, Over, string, Record<string, unknown>]>([
    ['its own', { me, base: { writer: me, sequence: 7 } }, `(#writer = :writer AND #sequence = :base) OR ${ownTry}`, { ':writer': { S: me } }],
    ['another', { me, base: { writer: other, sequence: 7 } }, `(#writer = :writer AND #sequence = :base) OR ${ownTry}`, { ':writer': { S: other } }],
    ['a nameless one', { me, base: { writer: null, sequence: 7 } }, `(attribute_not_exists(#writer) AND #sequence = :base) OR ${ownTry}`, {}],
  ])('a report stands on %s, or on an earlier try of the same guard', async (_, over, text, values) => {
    const { sent, records } = recordsWith(() => ({}));
    const signal = someSignal();
    expect(await records.writeReport(next, over, signal)).toEqual({ outcome: 'done', rival: null });
    expect(sent).toEqual([
      {
        action: 'PutItem',
        input: {
          TableName: 'baton',
          Item: toItem({ ...next, pk: `node#hub-1#${amber}` }),
          ConditionExpression: text,
          ExpressionAttributeNames: expect.objectContaining({ '#writer': 'writer', '#after': 'after', '#sequence': 'sequence' }) as unknown,
          ExpressionAttributeValues: { ':me': { S: me }, ':after': { N: '7' }, ':sequence': { N: '8' }, ':base': { N: '7' }, ...values },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ReturnValues: 'ALL_OLD',
        },
        signal,
      },
    ]);
  });
  test('what refused it is told; exactly this report may be that of a copy', async () => {
    const over = { me, base: { writer: me, sequence: 7 } };
    const stored = [reportOf({ writer: other, sequence: 9 }), next, { ...next, rival: other }, { ...next, height: 3 }];
    const { records } = recordsWith((_, index) => refused(stored[index] ?? {}));
    expect(await records.writeReport(next, over)).toEqual({ outcome: 'refused', found: stored[0] });
    expect(await records.writeReport(next, over)).toEqual({ outcome: 'unknown' });
    expect(await records.writeReport(next, over)).toEqual({ outcome: 'unknown' });
    expect(await records.writeReport(next, over)).toEqual({ outcome: 'refused', found: stored[3] });
    await expect(records.writeReport(next, over)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

describe('an intent to fence', () => {
  const intent = { nonce, commandId: 'c-1' };
  test('covers only its own, while that has no command', async () => {
    const { sent, records } = recordsWith(() => ({}));
    const signal = someSignal();
    await records.writeFenceIntent(v, t(2), intent, signal);
    expect(sent[0]).toMatchObject({
      input: {
        Item: toItem({ ...intent, pk: 'fence#hub-1#2' }),
        ConditionExpression: 'attribute_not_exists(#pk) OR (#nonce = :nonce AND attribute_not_exists(#commandId))',
        ExpressionAttributeValues: { ':nonce': { S: nonce } },
      },
      signal,
    });
  });
  test('that finds its own with a command leaves it', async () => {
    const { sent, records } = recordsWith(() => refused({ nonce, commandId: 'c-0' }));
    await records.writeFenceIntent(v, t(2), intent);
    expect(sent.length).toBe(1);
  });
  test.each([
    ['the intent of another', { nonce: 'b'.repeat(32) }],
    ['what is not shown', undefined],
  ])('that meets %s may send nothing', async (_, found) => {
    const { records } = recordsWith(() => refused(found));
    await expect(records.writeFenceIntent(v, t(2), intent)).rejects.toMatchObject({
      code: 'StaleTerm',
      message: 'fence#hub-1#2 holds the intent of another execution',
      fix: 'baton status hub-1',
    });
  });
});

describe('the watcher', () => {
  test('is taken over with a new generation and no rounds', async () => {
    const { sent, records } = recordsWith(() => ({}));
    const signal = someSignal();
    await records.takeWatcher('home', { owner: 'first', plan: 'p1' }, signal);
    expect(sent).toEqual([
      {
        action: 'UpdateItem',
        input: {
          TableName: 'baton',
          Key: { pk: { S: 'watcher#home' } },
          UpdateExpression: 'SET #owner = :owner, #round = :zero, #plan = :plan ADD #generation :one',
          ExpressionAttributeNames: { '#owner': 'owner', '#round': 'round', '#plan': 'plan', '#generation': 'generation' },
          ExpressionAttributeValues: { ':owner': { S: 'first' }, ':zero': { N: '0' }, ':plan': { S: 'p1' }, ':one': { N: '1' } },
        },
        signal,
      },
    ]);
  });
  test('counts a round while it is the owner', async () => {
    const { sent, records } = recordsWith((_, index) => (index === 0 ? {} : refused()));
    const signal = someSignal();
    expect(await records.keepWatcher('home', 'first', signal)).toBe(true);
    expect(await records.keepWatcher('home', 'first', signal)).toBe(false);
    expect(sent[0]).toEqual({
      action: 'UpdateItem',
      input: {
        TableName: 'baton',
        Key: { pk: { S: 'watcher#home' } },
        UpdateExpression: 'ADD #round :one',
        ConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner', '#round': 'round' },
        ExpressionAttributeValues: { ':owner': { S: 'first' }, ':one': { N: '1' } },
      },
      signal,
    });
  });
});
