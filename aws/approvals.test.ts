import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { ApprovalRecord, Decision } from '../core/approval.ts';
import { alex, birch, recordOf, robin, sam, t, v } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer, type Sent } from '../test/support/wire.ts';
import { Approvals } from './approvals.ts';
import { toItem } from './items.ts';

const id = 'a'.repeat(32);
const approve = (by: string): Decision => ({ by, answer: 'approve', atMs: 1 });
const stored = (record: ApprovalRecord) => toItem({ pk: `approval#${record.id}`, ...record });
const refusedBy = (record?: ApprovalRecord): Answer => new Refusal('ConditionalCheckFailedException', record ? { Item: stored(record) } : {});

const approvalsWith = (answer: (sent: Sent, index: number) => Answer) => {
  const { sent, options } = wired(answer);
  return { sent, approvals: new Approvals({ client: new DynamoDBClient(options), table: 'baton' }) };
};
const keysOf = (sent: readonly Sent[]): string[] =>
  sent.map(({ action, input }) => {
    const { pk } = (input['Key'] ?? input['Item']) as { pk: { S: string } };
    return `${action} ${pk.S}`;
  });

describe('a new record', () => {
  test('is stored if there is none of its id, and then pointed at', async () => {
    const { sent, approvals } = approvalsWith(() => ({}));
    const signal = someSignal();
    await approvals.create(recordOf(), signal);
    expect(sent.map(({ signal: passed }) => passed)).toEqual([signal, signal]);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        TableName: 'baton',
        Item: stored(recordOf()),
        ConditionExpression: 'attribute_not_exists(#pk)',
        ExpressionAttributeNames: { '#pk': 'pk' },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
      { TableName: 'baton', Item: { pk: { S: 'approvals#hub-1' }, open: { S: id } } },
    ]);
  });
  test('that waits already is pointed at again: the first pointer may have been lost', async () => {
    const { sent, approvals } = approvalsWith((_, index) => (index === 0 ? refusedBy(recordOf({ version: 2, decisions: [approve(sam)] })) : {}));
    await approvals.create(recordOf());
    expect(keysOf(sent)).toEqual([`PutItem approval#${id}`, 'PutItem approvals#hub-1']);
  });
  test.each<[string, ApprovalRecord | undefined]>([
    ['approved', recordOf({ state: 'approved' })],
    ['denied', recordOf({ state: 'denied' })],
    ['not shown', undefined],
  ])('that is %s is left alone, and so is the pointer', async (_, found) => {
    const { sent, approvals } = approvalsWith(() => refusedBy(found));
    await approvals.create(recordOf());
    expect(keysOf(sent)).toEqual([`PutItem approval#${id}`]);
  });
});

describe('a record for a message', () => {
  test('is all but the token, which does not leave the table', async () => {
    const { token: _token, ...shown } = recordOf({ accepts: ['stopped'] });
    const { sent, approvals } = approvalsWith(() => ({ Item: toItem({ ...shown, pk: `approval#${id}` }) }));
    const signal = someSignal();
    expect(await approvals.shown(id, signal)).toEqual(shown);
    const names = Object.values((sent[0]?.input as { ExpressionAttributeNames: Record<string, string> }).ExpressionAttributeNames);
    expect([names.includes('accepts'), names.includes('token'), sent[0]?.signal]).toEqual([true, false, signal]);
    expect(keysOf(sent)).toEqual([`GetItem approval#${id}`]);
  });
  test('is nothing where there is none, and no other record under its key', async () => {
    expect(await approvalsWith(() => ({})).approvals.shown(id)).toBeUndefined();
    const { token: _token, ...shown } = recordOf({ id: 'b'.repeat(32) });
    const { approvals } = approvalsWith(() => ({ Item: toItem({ ...shown, pk: `approval#${id}` }) }));
    await expect(approvals.shown(id)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

describe('the newest record', () => {
  const pointingAt = (open: string) =>
    approvalsWith((_, index) => ({ Item: index === 0 ? toItem({ pk: 'approvals#hub-1', open }) : stored(recordOf({ id: open })) }));

  test('is found by its pointer, whatever its state', async () => {
    const open = `0123456789abcdef${'f'.repeat(16)}`;
    const { sent, approvals } = pointingAt(open);
    const signal = someSignal();
    expect(await approvals.findOpen(v, signal)).toEqual(recordOf({ id: open }));
    expect(keysOf(sent)).toEqual(['GetItem approvals#hub-1', `GetItem approval#${open}`]);
    expect(sent.map(({ signal: passed }) => passed)).toEqual([signal, signal]);
  });
  test('is nothing when nothing was ever asked', async () => {
    const { sent, approvals } = approvalsWith(() => ({}));
    expect(await approvals.findOpen(v)).toBeUndefined();
    expect(keysOf(sent)).toEqual(['GetItem approvals#hub-1']);
  });
  test.each(['a'.repeat(31), 'a'.repeat(33), 'A'.repeat(32), 'g'.repeat(32)])('is not sought under the id %s', async (open) => {
    await expect(pointingAt(open).approvals.findOpen(v)).rejects.toMatchObject({ code: 'LeaseInvalid', field: 'open' });
  });
  test('kept under the id of another is not trusted', async () => {
    const { approvals } = approvalsWith(() => ({ Item: stored(recordOf({ id: 'b'.repeat(32) })) }));
    await expect(approvals.read(id)).rejects.toMatchObject({ message: `approval#${id}: id is not ${id}, as its key says` });
  });
});

describe('what people see of the newest record', () => {
  const open = 'b'.repeat(32);
  const { token: _token, ...shown } = recordOf({ id: open, createdAtMs: 5, term: t(2), node: birch });
  const seeing = (item: Record<string, unknown> | undefined) =>
    approvalsWith((_, index) => (index === 0 ? { Item: toItem({ pk: 'approvals#hub-1', open }) } : item ? { Item: toItem(item) } : {}));

  test('is read by name, field by field: the token does not leave the table', async () => {
    const { sent, approvals } = seeing(shown);
    const signal = someSignal();
    expect(await approvals.waiting(v, signal)).toEqual(shown);
    expect(keysOf(sent)).toEqual(['GetItem approvals#hub-1', `GetItem approval#${open}`]);
    expect(sent.map(({ signal: passed }) => passed)).toEqual([signal, signal]);
    const names = Object.values((sent[1]?.input ?? {})['ExpressionAttributeNames'] as Record<string, string>);
    expect(names.toSorted()).toEqual([
      ...['approvers', 'createdAtMs', 'decisions', 'execution', 'expiresAtMs', 'id', 'node', 'planHash', 'purpose'],
      ...['quorum', 'requester', 'sentence', 'state', 'term', 'validator', 'version'],
    ]);
    expect((sent[1]?.input ?? {})['ProjectionExpression']).toBe(names.map((name) => `#${name}`).join(', '));
  });
  test('is nothing when nothing was ever asked, or the record is gone', async () => {
    expect(await approvalsWith(() => ({})).approvals.waiting(v)).toBeUndefined();
    expect(await seeing(undefined).approvals.waiting(v)).toBeUndefined();
  });
  test.each<[string, Record<string, unknown>, string]>([
    ['with a token', { ...shown, token: 'x' }, `approval#${open}: is an object: Unrecognized key: "token"`],
    ['of another id', { ...shown, id }, `approval#${open}: id is not ${open}, as its key says`],
  ])('%s is not taken', async (_, item, message) => {
    await expect(seeing(item).approvals.waiting(v)).rejects.toMatchObject({
      code: 'LeaseInvalid',
      message: expect.stringContaining(message) as string,
    });
  });
  test.each(['A'.repeat(32), 'b'.repeat(31)])('is not sought under the id %s', async (pointer) => {
    const { approvals } = approvalsWith(() => ({ Item: toItem({ pk: 'approvals#hub-1', open: pointer }) }));
    await expect(approvals.waiting(v)).rejects.toMatchObject({ code: 'LeaseInvalid', field: 'open' });
  });
});

describe('an answer', () => {
  /** A table in which each write meets a newer record: `records` are what the reads find, in turn. */
  const overtaken = (...records: ApprovalRecord[]) => {
    let reads = 0;
    return approvalsWith(({ action }) => {
      const found = records[Math.min(action === 'GetItem' ? reads++ : reads, records.length - 1)];
      if (!found) return {};
      return action === 'GetItem' ? { Item: stored(found) } : refusedBy(found);
    });
  };

  test('is counted by one write on the version and state that were read', async () => {
    const { sent, approvals } = approvalsWith(({ action }) => (action === 'GetItem' ? { Item: stored(recordOf({ version: 4, quorum: 2 })) } : {}));
    const signal = someSignal();
    const counted = recordOf({ version: 5, quorum: 2, decisions: [approve(alex)] });
    expect(await approvals.decide(id, approve(alex), signal)).toEqual(counted);
    expect(sent.map(({ signal: passed }) => passed)).toEqual([signal, signal]);
    expect(sent[1]?.input).toEqual({
      TableName: 'baton',
      Item: stored(counted),
      ConditionExpression: '#version = :seen AND #state = :pending',
      ExpressionAttributeNames: { '#version': 'version', '#state': 'state' },
      ExpressionAttributeValues: { ':seen': { N: '4' }, ':pending': { S: 'pending' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
  test('to nothing is told', async () => {
    await expect(approvalsWith(() => ({})).approvals.decide(id, approve(alex))).rejects.toMatchObject({
      code: 'ApprovalUnknown',
      message: 'there is no such approval',
      fix: 'baton status',
    });
  });
  test.each<[string, ApprovalRecord, Decision, string, string]>([
    ['of the requester', recordOf({ approvers: ['role/requester'] }), approve(robin), 'ApproverNotAllowed', 'who asks for it may not approve it'],
    ['that comes too late', recordOf({ expiresAtMs: 1 }), approve(alex), 'ApprovalExpired', 'the time to answer has passed'],
    ['that was given before', recordOf({ quorum: 2, decisions: [approve(alex)] }), approve(alex), 'ApprovalInvalid', `${alex} has answered already`],
  ])('%s is refused, and nothing is written', async (_, record, given, code, message) => {
    const { sent, approvals } = approvalsWith(() => ({ Item: stored(record) }));
    await expect(approvals.decide(id, given)).rejects.toMatchObject({ code, message, fix: 'baton status hub-1' });
    expect(keysOf(sent)).toEqual([`GetItem approval#${id}`]);
  });
  test('that is found after a lost race was written by a request whose reply was lost', async () => {
    const both = recordOf({ quorum: 3, version: 3, decisions: [approve(sam), approve(alex)] });
    const { sent, approvals } = overtaken(recordOf({ quorum: 3 }), both);
    expect(await approvals.decide(id, approve(alex))).toEqual(both);
    expect(sent.map(({ action }) => action)).toEqual(['GetItem', 'PutItem', 'GetItem']);
  });
  test('of the same person at another time is not ours', async () => {
    const theirs = recordOf({ quorum: 3, version: 2, decisions: [{ ...approve(alex), atMs: 2 }] });
    await expect(overtaken(recordOf({ quorum: 3 }), theirs).approvals.decide(id, approve(alex))).rejects.toMatchObject({ code: 'ApprovalInvalid' });
  });
  test('that is overtaken again and again ends after 11 tries', async () => {
    const { sent, approvals } = overtaken(recordOf({ quorum: 3, version: 2, decisions: [approve(birch)] }));
    await expect(approvals.decide(id, approve(alex))).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      message: '11 other answers came in between',
      fix: 'Answer again.',
    });
    expect(sent.filter(({ action }) => action === 'PutItem').length).toBe(11);
  });
  test.each(['GetItem', 'PutItem'])('whose %s is not answered is not counted as given', async (silent) => {
    const { approvals } = approvalsWith(({ action }) => (action === silent ? new Error('socket hang up') : { Item: stored(recordOf()) }));
    await expect(approvals.decide(id, approve(alex))).rejects.toMatchObject({ code: 'LeaseUnreachable', cause: { message: 'socket hang up' } });
  });
});
