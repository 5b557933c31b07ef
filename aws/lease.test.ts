import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { enrol, reinstate, release, settle, takeTerm, type Lease, type LeaseWrite, type Phase } from '../core/lease.ts';
import { amber, attempt, birch, fencing, leaseOf, proof, run, t, v } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { Approvals } from './approvals.ts';
import { toItem } from './items.ts';
import { compileWrite, LeaseStore } from './lease.ts';
import { Records } from './records.ts';

interface Sent {
  readonly command: string;
  readonly input: Record<string, unknown>;
}

const takeFrom = (phase: Phase): LeaseWrite => takeTerm(leaseOf({ phase }), { claim: run('one'), candidate: birch, attempt: attempt('a') });

/** Notes what is sent and answers as an empty table does. */
const noting = (): { client: DynamoDBClient; sent: Sent[] } => {
  const sent: Sent[] = [];
  const send = async (command: { input: Record<string, unknown> }): Promise<object> => {
    sent.push({ command: command.constructor.name, input: command.input });
    return {};
  };
  return { client: { send } as unknown as DynamoDBClient, sent };
};

describe('one transition', () => {
  test('is one UpdateItem with its whole condition, its attempt and the version', () => {
    const write = release({ validator: v, term: t(2), claim: run('one') }, { candidate: birch, attempt: attempt('one/Release/2') });
    expect(compileWrite(write, 'baton')).toEqual({
      TableName: 'baton',
      Key: { pk: { S: 'lease#hub-1' } },
      UpdateExpression:
        'SET #phase = :phase, #holder = :holder, #releasedTerm = :releasedTerm, #validator = :validator, #attempt = :attempt ADD #version :one',
      ConditionExpression: '#term = :seenTerm AND #phase IN (:phase0) AND #claim = :ours',
      ExpressionAttributeNames: {
        '#phase': 'phase',
        '#holder': 'holder',
        '#releasedTerm': 'releasedTerm',
        '#validator': 'validator',
        '#attempt': 'attempt',
        '#version': 'version',
        '#term': 'term',
        '#claim': 'claim',
      },
      ExpressionAttributeValues: {
        ':phase': { S: 'RELEASED' },
        ':holder': { S: birch },
        ':releasedTerm': { N: '2' },
        ':validator': { S: 'hub-1' },
        ':attempt': { S: 'one/Release/2' },
        ':seenTerm': { N: '2' },
        ':phase0': { S: 'FENCED' },
        ':ours': { S: 'one' },
        ':one': { N: '1' },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
  test('that enrols holds only if nothing is there', () => {
    const write = enrol({ validator: v, holder: amber, evidence: proof({ kind: 'attested', term: t(1) }), attempt: attempt('e') });
    expect(compileWrite(write, 'baton')).toMatchObject({
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk', '#term': 'term', '#evidence': 'evidence' },
    });
  });
  test('that takes a term asks for no claim, and takes away the old proof and key', () => {
    const compiled = compileWrite(takeTerm(leaseOf(), { claim: run('one'), candidate: birch, attempt: attempt('a') }), 'baton');
    expect(compiled).toMatchObject({
      ConditionExpression: '#term = :seenTerm AND #phase IN (:phase0)',
      UpdateExpression: expect.stringMatching(/ REMOVE #evidence, #sealed ADD #version :one$/) as string,
      ExpressionAttributeNames: { '#evidence': 'evidence', '#sealed': 'sealed', '#claim': 'claim' },
    });
    expect(compiled.ExpressionAttributeValues).not.toHaveProperty(':ours');
    const { ExpressionAttributeNames: names } = compileWrite({ ...takeFrom('HELD'), set: {} }, 'baton');
    expect(names).not.toHaveProperty('#claim');
  });
  test('may begin in more than one phase, and writes no field that has no value', () => {
    const asked = reinstate({ validator: v, term: t(2), claim: run('one') }, { holder: amber, attempt: attempt('i') });
    const compiled = compileWrite({ ...asked, set: { ...asked.set, sealed: undefined } }, 'baton');
    expect(compiled).toMatchObject({
      ConditionExpression: '#term = :seenTerm AND #phase IN (:phase0, :phase1) AND #claim = :ours',
      ExpressionAttributeValues: { ':phase0': { S: 'FENCING' }, ':phase1': { S: 'FENCED' }, ':ours': { S: 'one' } },
    });
    expect(compiled.UpdateExpression).not.toContain('#sealed');
  });
  test('is sent once, and an answer without an item is unknown', async () => {
    const { client, sent } = noting();
    const write = takeTerm(leaseOf(), { claim: run('one'), candidate: birch, attempt: attempt('a') });
    expect((await new LeaseStore({ client, table: 'baton' }).write(write)).outcome).toBe('unknown');
    expect(sent.map(({ command }) => command)).toEqual(['UpdateItemCommand']);
  });
});

describe('what became of a write', () => {
  const settling = settle({ validator: v, term: t(2), claim: run('one') }, { attempt: attempt('one/Settle/2') });
  const stored = (of: Partial<Lease> = {}) => toItem({ pk: 'lease#hub-1', ...fencing(of) });
  const storeWith = (answer: Answer) => {
    const { sent, options } = wired(() => answer);
    return { sent, store: new LeaseStore({ client: new DynamoDBClient(options), table: 'baton' }) };
  };
  const refusal = (of?: Partial<Lease>): Answer => new Refusal('ConditionalCheckFailedException', of ? { Item: stored(of) } : {});

  test('it is done when the table gives the new item, and can be given up', async () => {
    const { sent, store } = storeWith({ Attributes: stored({ phase: 'HELD' }) });
    const signal = someSignal();
    expect(await store.write(settling, signal)).toEqual({ outcome: 'done', lease: fencing({ phase: 'HELD' }), earlier: false });
    expect(await store.mustWrite(settling, signal)).toEqual(fencing({ phase: 'HELD' }));
    expect(sent.map(({ action, signal: passed }) => [action, passed])).toEqual([
      ['UpdateItem', signal],
      ['UpdateItem', signal],
    ]);
  });
  test('it was done earlier when its own attempt stands there', async () => {
    const { store } = storeWith(refusal({ phase: 'HELD', attempt: settling.attempt }));
    expect(await store.write(settling)).toEqual({
      outcome: 'done',
      lease: fencing({ phase: 'HELD', attempt: settling.attempt }),
      earlier: true,
    });
  });
  test('it is refused when another attempt or nothing stands there, and that is told', async () => {
    const other = storeWith(refusal({ term: t(3), claim: run('two') })).store;
    expect(await other.write(settling)).toEqual({ outcome: 'refused', found: fencing({ term: t(3), claim: run('two') }) });
    await expect(other.mustWrite(settling)).rejects.toMatchObject({
      code: 'StaleTerm',
      message: `Settle of hub-1 was refused: term 3 is FENCING, driven by two; ${amber} is the recorded active`,
      fix: 'baton status hub-1',
    });
    const none = storeWith(refusal()).store;
    expect(await none.write(settling)).toEqual({ outcome: 'refused', found: undefined });
    await expect(none.mustWrite(settling)).rejects.toMatchObject({ message: 'Settle of hub-1 was refused: there is no lease' });
  });
  test.each<[string, Answer, object]>([
    ['no item', {}, { message: 'the answer holds no item' }],
    ['a throttle', new Refusal('ThrottlingException'), { name: 'ThrottlingException' }],
    ['a conflict of Regions', new Refusal('ReplicatedWriteConflictException'), { name: 'ReplicatedWriteConflictException' }],
    ['silence', new Error('socket hang up'), { message: 'socket hang up' }],
  ])('%s is unknown, never a refusal', async (_, answer, cause) => {
    const { store } = storeWith(answer);
    expect(await store.write(settling)).toMatchObject({ outcome: 'unknown', cause });
    await expect(store.mustWrite(settling)).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: 'no answer from the table to: Settle of hub-1',
      cause,
    });
  });
  test.each<[string, Answer]>([
    ['the lease of another validator', { Attributes: { ...stored(), validator: { S: 'hub-2' } } }],
    [
      'a refusal by the lease of another validator',
      new Refusal('ConditionalCheckFailedException', { Item: { ...stored(), validator: { S: 'hub-2' } } }),
    ],
  ])('%s is not trusted', async (_, answer) => {
    const { store } = storeWith(answer);
    const cause = { code: 'LeaseInvalid', message: 'lease#hub-1: validator is not hub-1, as its key says' };
    expect(await store.write(settling)).toMatchObject({ outcome: 'unknown', cause });
    await expect(store.mustWrite(settling)).rejects.toMatchObject(cause);
  });
  test('a read is held to its key, and can be given up', async () => {
    const { sent, store } = storeWith({ Item: stored() });
    const signal = someSignal();
    expect(await store.read(v, signal)).toEqual(fencing());
    expect(sent[0]?.signal).toBe(signal);
    await expect(storeWith({ Item: { ...stored(), validator: { S: 'hub-2' } } }).store.read(v)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

test('a peek is an eventually consistent read, held to its key all the same', async () => {
  const { client, sent } = noting();
  expect(await new LeaseStore({ client, table: 'baton' }).peek(v)).toBeUndefined();
  expect(sent).toEqual([{ command: 'GetItemCommand', input: { TableName: 'baton', Key: { pk: { S: 'lease#hub-1' } }, ConsistentRead: false } }]);
  const item = { ...toItem({ ...fencing() }), pk: { S: 'lease#hub-1' } };
  const other = { send: async () => ({ Item: { ...item, validator: { S: 'hub-2' } } }) } as unknown as DynamoDBClient;
  await expect(new LeaseStore({ client: other, table: 'baton' }).peek(v)).rejects.toMatchObject({ code: 'LeaseInvalid' });
});

test('every read is a consistent GetItem of one key', async () => {
  const { client, sent } = noting();
  const table = { client, table: 'baton' };
  const [records, approvals] = [new Records(table), new Approvals(table)];
  const reads = [
    new LeaseStore(table).read(v),
    records.readReport(v, amber),
    records.readConfig(v),
    records.readFleet(),
    records.readPause(v),
    records.readVault(v),
    records.readFenceIntent(v, t(2)),
    records.readWatch(v, 'home'),
    records.readWatcher('home'),
    records.readHistory(v),
    approvals.read('a'.repeat(32)),
    approvals.findOpen(v),
  ];
  await Promise.all(reads);
  expect(sent.map(({ command }) => command)).toEqual(reads.map(() => 'GetItemCommand'));
  expect(sent.map(({ input }) => input.ConsistentRead)).toEqual(reads.map(() => true));
});
