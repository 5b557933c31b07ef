import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { claimOf, type Arbiter } from '../core/gate.ts';
import type { Watermark } from '../core/watermark.ts';
import { amber, attempt, birch, v } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { ArbiterStore, compileClaim, compileClosing, compileOpening } from './arbiter.ts';
import { toItem } from './items.ts';

const at: Watermark = { kind: 'consensus', height: 11, round: 1, step: 2 };
const content = 'a'.repeat(64);
const claim = claimOf({ validator: v, node: amber, duty: at, claimed: { content, signature: 'QQ==', time: { seconds: '7', nanos: 8 } } });
const opening = { validator: v, floor: at, attempt: attempt('open') };
const closing = { validator: v, attempt: attempt('close') };
const item: Arbiter = { validator: v, phase: 'open', watermark: at, claimed: claim.claimed, version: 2, attempt: claim.attempt };
const stored = (of: Partial<Arbiter> = {}) => toItem({ pk: 'arbiter#hub-1', ...item, ...of });
const refusal = (of?: Partial<Arbiter>): Answer => new Refusal('ConditionalCheckFailedException', of ? { Item: stored(of) } : {});

const storeWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, store: new ArbiterStore({ client: new DynamoDBClient(options), table: 'baton' }) };
};

describe('one write', () => {
  test('a claim is one UpdateItem: open, counted alike, and below in the order of its parts', () => {
    expect(compileClaim(claim, 'baton')).toEqual({
      TableName: 'baton',
      Key: { pk: { S: 'arbiter#hub-1' } },
      UpdateExpression: 'SET #watermark = :watermark, #claimed = :claimed, #attempt = :attempt ADD #version :one',
      ConditionExpression:
        '#phase = :open AND #watermark.#kind = :kind AND #watermark.#height < :height OR ' +
        '#phase = :open AND #watermark.#kind = :kind AND #watermark.#height = :height AND #watermark.#round < :round OR ' +
        '#phase = :open AND #watermark.#kind = :kind AND #watermark.#height = :height AND #watermark.#round = :round AND #watermark.#step < :step',
      ExpressionAttributeNames: {
        '#watermark': 'watermark',
        '#claimed': 'claimed',
        '#attempt': 'attempt',
        '#version': 'version',
        '#phase': 'phase',
        '#kind': 'kind',
        '#height': 'height',
        '#round': 'round',
        '#step': 'step',
      },
      ExpressionAttributeValues: {
        ':watermark': { M: { kind: { S: 'consensus' }, height: { N: '11' }, round: { N: '1' }, step: { N: '2' } } },
        ':claimed': {
          M: {
            content: { S: content },
            signature: { S: 'QQ==' },
            time: { M: { seconds: { S: '7' }, nanos: { N: '8' } } },
            signer: { S: 'i-0a11ce0000000001' },
          },
        },
        ':attempt': { S: `i-0a11ce0000000001/${content}` },
        ':one': { N: '1' },
        ':open': { S: 'open' },
        ':kind': { S: 'consensus' },
        ':height': { N: '11' },
        ':round': { N: '1' },
        ':step': { N: '2' },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });
  test('a claim of a slot compares the slot', () => {
    expect(compileClaim({ ...claim, duty: { kind: 'slot', slot: 4 } }, 'baton').ConditionExpression).toBe(
      '#phase = :open AND #watermark.#kind = :kind AND #watermark.#slot < :slot',
    );
  });
  test('opening holds only if nothing is there, closing only if it is open', () => {
    expect(compileOpening(opening, 'baton')).toMatchObject({
      UpdateExpression:
        'SET #validator = :validator, #phase = :phase, #watermark = :watermark, #claimed = :claimed, #attempt = :attempt ADD #version :one',
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk', '#phase': 'phase' },
      ExpressionAttributeValues: { ':phase': { S: 'open' }, ':claimed': { NULL: true } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(compileClosing(closing, 'baton')).toMatchObject({
      UpdateExpression: 'SET #phase = :phase, #attempt = :attempt ADD #version :one',
      ConditionExpression: '#phase = :open',
      ExpressionAttributeValues: { ':phase': { S: 'closed' }, ':open': { S: 'open' }, ':attempt': { S: 'close' }, ':one': { N: '1' } },
    });
  });
});

describe('what became of a claim', () => {
  test('won, when the table gives the very claim back; one request, which can be given up', async () => {
    const { sent, store } = storeWith({ Attributes: stored() });
    const signal = someSignal();
    expect(await store.claim(claim, signal)).toEqual({ outcome: 'won', item, claimed: claim.claimed });
    expect(sent.map(({ action, signal: passed }) => [action, passed])).toEqual([['UpdateItem', signal]]);
  });
  test('repeat, with what is stored', async () => {
    const claimed = { ...claim.claimed, signature: 'Qg==', time: null, signer: birch };
    expect(await storeWith(refusal({ claimed })).store.claim(claim)).toEqual({ outcome: 'repeat', claimed });
  });
  test.each<[string, Partial<Arbiter> | undefined]>([
    ['nothing stands there', undefined],
    ['a later duty stands there', { watermark: { ...at, step: 3 } }],
    ['another content stands there', { claimed: { ...claim.claimed, content: 'b'.repeat(64) } }],
    ['it is closed', { phase: 'closed' }],
    ['only the floor stands there', { claimed: null }],
  ])('refused, when %s', async (_, of) => {
    expect(await storeWith(refusal(of)).store.claim(claim)).toEqual({ outcome: 'refused', found: of && { ...item, ...of } });
  });
  test.each<[string, Answer]>([
    ['no item', {}],
    ['an empty item', { Attributes: {} }],
    ['another signature', { Attributes: stored({ claimed: { ...claim.claimed, signature: 'Qg==' } }) }],
    ['another content', { Attributes: stored({ claimed: { ...claim.claimed, content: 'b'.repeat(64) } }) }],
    ['another duty', { Attributes: stored({ watermark: { ...at, height: 12 } }) }],
    ['a closed item', { Attributes: stored({ phase: 'closed' }) }],
    ['another validator', { Attributes: { ...stored(), validator: { S: 'hub-2' } } }],
    ['a refusal by another validator', new Refusal('ConditionalCheckFailedException', { Item: { ...stored(), validator: { S: 'hub-2' } } })],
    ['a refusal by an item with more in it', new Refusal('ConditionalCheckFailedException', { Item: { ...stored(), owner: { S: 'me' } } })],
    ['a throttle', new Refusal('ThrottlingException')],
    ['a conflict of Regions', new Refusal('ReplicatedWriteConflictException')],
    ['no right to write', new Refusal('AccessDeniedException')],
    ['silence', new Error('socket hang up')],
  ])('%s is unknown: nothing leaves', async (_, answer) => {
    const { sent, store } = storeWith(answer);
    const outcome = await store.claim(claim);
    expect(outcome.outcome).toBe('unknown');
    expect(outcome).not.toHaveProperty('claimed');
    expect(sent.length).toBe(1);
  });
  test.each([
    ['a time that no frame holds', { ...claim, claimed: { ...claim.claimed, time: { seconds: 'now', nanos: 0 } } }],
    ['a signature that is none', { ...claim, claimed: { ...claim.claimed, signature: '' } }],
    ['a duty that is none', { ...claim, duty: { kind: 'consensus' as const, height: 11, round: -1, step: 2 } }],
  ])('%s is not sent: no read would take it', async (_, wrong) => {
    const { sent, store } = storeWith({ Attributes: stored() });
    expect(await store.claim(wrong)).toMatchObject({
      outcome: 'unknown',
      cause: { code: 'LeaseInvalid', fix: 'This is a defect of Baton: report it.' },
    });
    expect(sent).toEqual([]);
  });
});

describe('opening, closing and reading', () => {
  const fresh: Arbiter = { ...item, claimed: null, version: 1, attempt: opening.attempt };
  test('done, done earlier, refused, unknown', async () => {
    const attributes = (of: Arbiter): Answer => ({ Attributes: toItem({ ...of, pk: 'arbiter#hub-1' }) });
    expect(await storeWith(attributes(fresh)).store.open(opening)).toEqual({ outcome: 'done', item: fresh, earlier: false });
    expect(await storeWith(refusal(fresh)).store.open(opening)).toEqual({ outcome: 'done', item: fresh, earlier: true });
    expect(await storeWith(refusal({})).store.open(opening)).toEqual({ outcome: 'refused', found: item });
    const closed: Arbiter = { ...item, phase: 'closed', attempt: closing.attempt, version: 3 };
    expect(await storeWith(attributes(closed)).store.close(closing)).toEqual({ outcome: 'done', item: closed, earlier: false });
    expect(await storeWith(refusal(closed)).store.close(closing)).toEqual({ outcome: 'done', item: closed, earlier: true });
    expect(await storeWith(refusal()).store.close(closing)).toEqual({ outcome: 'refused', found: undefined });
    for (const answer of [new Error('socket hang up'), {}, new Refusal('ThrottlingException')]) {
      expect((await storeWith(answer).store.open(opening)).outcome).toBe('unknown');
      expect((await storeWith(answer).store.close(closing)).outcome).toBe('unknown');
    }
  });
  test('a table that says open after closing has not closed', async () => {
    expect((await storeWith({ Attributes: stored() }).store.close(closing)).outcome).toBe('unknown');
  });
  test('a floor that no read would take is not sent', async () => {
    const { sent, store } = storeWith({ Attributes: stored() });
    expect((await store.open({ ...opening, floor: { kind: 'slot', slot: -1 } })).outcome).toBe('unknown');
    expect(sent).toEqual([]);
  });
  test('a read is consistent and held to its key', async () => {
    const { sent, store } = storeWith({ Item: stored() });
    const signal = someSignal();
    expect(await store.read(v, signal)).toEqual(item);
    expect(sent).toMatchObject([{ action: 'GetItem', input: { ConsistentRead: true, Key: { pk: { S: 'arbiter#hub-1' } } }, signal }]);
    expect(await storeWith({}).store.read(v)).toBe(undefined);
    await expect(storeWith({ Item: { ...stored(), validator: { S: 'hub-2' } } }).store.read(v)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

describe('a lane of its own', () => {
  const vote: Watermark = { kind: 'eip3076', slot: 0, source: 3, target: 4 };
  const lane = '0xabvote';
  const inLane = claimOf({ validator: v, lane, node: amber, duty: vote, claimed: { content, signature: 'QQ==', time: null } });
  const kept: Arbiter = { validator: v, lane, phase: 'open', watermark: vote, claimed: inLane.claimed, version: 2, attempt: inLane.attempt };
  const told = (of: Partial<Arbiter> = {}): Answer => ({ Attributes: toItem({ pk: `arbiter#hub-1#${lane}`, ...kept, ...of }) });
  test('a vote needs a higher target and no lower source, in one condition', () => {
    const { Key, ConditionExpression, ExpressionAttributeNames: names, ExpressionAttributeValues: values } = compileClaim(inLane, 'baton');
    expect(Key).toStrictEqual({ pk: { S: 'arbiter#hub-1#0xabvote' } });
    expect(ConditionExpression).toBe(
      '#phase = :open AND #watermark.#kind = :kind AND #watermark.#slot <= :slot AND #watermark.#source <= :source AND #watermark.#target < :target',
    );
    expect(names).toMatchObject({
      '#slot': 'slot',
      '#source': 'source',
      '#target': 'target',
      '#kind': 'kind',
      '#watermark': 'watermark',
      '#phase': 'phase',
    });
    expect(values).toMatchObject({
      ':kind': { S: 'eip3076' },
      ':open': { S: 'open' },
      ':slot': { N: '0' },
      ':source': { N: '3' },
      ':target': { N: '4' },
      ':watermark': { M: { kind: { S: 'eip3076' }, slot: { N: '0' }, source: { N: '3' }, target: { N: '4' } } },
    });
  });
  test('it is opened under its name, and what has none says nothing of one', () => {
    const named = compileOpening({ ...opening, lane }, 'baton');
    expect([named.Key, named.ExpressionAttributeValues?.[':lane']]).toStrictEqual([{ pk: { S: 'arbiter#hub-1#0xabvote' } }, { S: lane }]);
    expect(named.UpdateExpression).toContain('#lane = :lane');
    expect(Object.keys(compileOpening(opening, 'baton').ExpressionAttributeValues ?? {})).not.toContain(':lane');
    expect(compileClosing({ ...closing, lane }, 'baton').Key).toStrictEqual({ pk: { S: 'arbiter#hub-1#0xabvote' } });
  });
  test('an answer of another lane is none', async () => {
    expect(await storeWith(told()).store.claim(inLane)).toEqual({ outcome: 'won', item: kept, claimed: inLane.claimed });
    expect((await storeWith(told({ lane: '0xcdvote' })).store.claim(inLane)).outcome).toBe('unknown');
    expect((await storeWith(told({ lane: undefined })).store.claim(inLane)).outcome).toBe('unknown');
    const { store } = storeWith({ Item: toItem({ pk: `arbiter#hub-1#${lane}`, ...kept }) });
    expect(await store.read(v, undefined, lane)).toEqual(kept);
    await expect(store.read(v, undefined, '0xcdvote')).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
});

test('why it is unknown is told', async () => {
  const why = async (asked: Promise<{ outcome: string } | { outcome: 'unknown'; cause: unknown }>): Promise<unknown> => {
    const outcome = await asked;
    return 'cause' in outcome ? (outcome.cause as Error).message : outcome.outcome;
  };
  expect(await why(storeWith({}).store.claim(claim))).toBe('the answer holds no item');
  expect(await why(storeWith({ Attributes: stored({ watermark: { ...at, height: 12 } }) }).store.claim(claim))).toBe(
    'the answer holds another claim',
  );
  expect(await why(storeWith({ Attributes: stored() }).store.close(closing))).toBe('the answer says that it is open');
  const wrongDuty = { kind: 'consensus' as const, height: 11, round: -1, step: 2 };
  expect(await why(storeWith({}).store.claim({ ...claim, duty: wrongDuty }))).toContain('Claim: round is -1');
  expect(await why(storeWith({}).store.claim({ ...claim, claimed: { ...claim.claimed, signature: '' } }))).toContain('Claim: signature is ""');
  expect(await why(storeWith({}).store.open({ ...opening, floor: { kind: 'slot', slot: -1 } }))).toContain('Open: slot is -1');
});
