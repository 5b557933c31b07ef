import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { MemberStore } from '../../aws/members.ts';
import { applyClaim, applyClosing, applyOpening, claimOf, type Arbiter, type DutyClaim } from '../../core/gate.ts';
import type { NodeId, ValidatorId } from '../../core/ids.ts';
import type { Watermark } from '../../core/watermark.ts';
import type { Member } from '../../core/member.ts';
import { amber, attempt, birch, t } from '../support/core.ts';
import { clientOf, fresh, lossyClient, putRaw, tableName, type Bench } from './bench.ts';

const at3 = (height: number, round: number, step: number): Watermark => ({ kind: 'consensus', height, round, step });
const slot = (value: number): Watermark => ({ kind: 'slot', slot: value });
const claimFor = (validator: ValidatorId, duty: Watermark, of: { content?: string; node?: NodeId; signature?: string } = {}): DutyClaim =>
  claimOf({
    validator,
    node: of.node ?? amber,
    duty,
    claimed: { content: (of.content ?? 'a').repeat(64), signature: of.signature ?? 'QQ==', time: { seconds: '7', nanos: 8 } },
  });

// Numbers, not text: 9 is below 10.
const marks: readonly Watermark[] = [
  ...[9, 10].flatMap((height) => [2, 10].flatMap((round) => [1, 3].map((step) => at3(height, round, step)))),
  at3(Number.MAX_SAFE_INTEGER, 2_147_483_647, 3),
  slot(9),
  slot(10),
  slot(11),
];

const judgedAlike = (at: () => Bench): void => {
  const judge = async (before: Arbiter | undefined, claim: DutyClaim): Promise<string> => {
    const store = new ArbiterStore(at());
    if (before) await putRaw(at(), `arbiter#${claim.validator}`, before);
    const expected = applyClaim(before, claim);
    expect(await store.claim(claim), JSON.stringify({ before, claim })).toEqual(expected);
    expect(await store.read(claim.validator)).toEqual(expected.outcome === 'won' ? expected.item : before);
    return expected.outcome;
  };
  const standing = (validator: ValidatorId, watermark: Watermark, phase: Arbiter['phase'] = 'open'): Arbiter => ({
    validator,
    phase,
    watermark,
    claimed: { content: 'a'.repeat(64), signature: 'Qg==', time: null, signer: birch },
    version: 7,
    attempt: attempt('before'),
  });
  test('every duty over every watermark, in the order of core', async () => {
    const told: string[] = [];
    for (const mark of marks) {
      const row = marks.map((duty) => {
        const validator = fresh();
        return judge(standing(validator, mark), claimFor(validator, duty));
      });
      told.push(...(await Promise.all(row)));
    }
    expect(Object.groupBy(told, String)).toMatchObject({ won: { length: 39 }, repeat: { length: 12 }, refused: { length: 93 } });
  });
  test('every vote over every vote, of the same lane', async () => {
    const votes: Watermark[] = [3, 4, 5].flatMap((source) => [4, 5, 10].map((target) => ({ kind: 'eip3076', slot: 0, source, target }) as const));
    const told: string[] = [];
    for (const mark of [...votes, slot(9)]) {
      const row = [...votes, slot(10)].map(async (duty) => {
        const [validator, lane] = [fresh(), '0xabvote'];
        const before = { ...standing(validator, mark), lane };
        await putRaw(at(), `arbiter#${validator}#${lane}`, before);
        const claim = { ...claimFor(validator, duty), lane };
        const expected = applyClaim(before, claim);
        const store = new ArbiterStore(at());
        expect(await store.claim(claim), JSON.stringify({ before, claim })).toEqual(expected);
        expect(await store.read(validator, undefined, lane)).toEqual(expected.outcome === 'won' ? expected.item : before);
        return expected.outcome;
      });
      told.push(...(await Promise.all(row)));
    }
    expect(Object.groupBy(told, String)).toMatchObject({ won: { length: 19 }, repeat: { length: 9 }, refused: { length: 72 } });
  });
  test('a claim for one lane leaves the others alone, and there is no whole beside them', async () => {
    const [store, validator] = [new ArbiterStore(at()), fresh()];
    for (const lane of ['ablock', 'bblock']) await store.open({ validator, lane, floor: slot(4), attempt: attempt('open') });
    expect((await store.claim({ ...claimFor(validator, slot(9)), lane: 'ablock' })).outcome).toBe('won');
    expect((await store.claim({ ...claimFor(validator, slot(5), { content: 'b' }), lane: 'bblock' })).outcome).toBe('won');
    expect(await store.claim(claimFor(validator, slot(10)))).toEqual({ outcome: 'refused', found: undefined });
    expect(await store.close({ validator, lane: 'ablock', attempt: attempt('close') })).toMatchObject({
      outcome: 'done',
      item: { lane: 'ablock', phase: 'closed' },
    });
    expect((await store.claim({ ...claimFor(validator, slot(6), { content: 'c' }), lane: 'bblock' })).outcome).toBe('won');
  });
  test('a closed one, one of another content, and none at all', async () => {
    const validators = [fresh(), fresh(), fresh(), fresh()] as const;
    expect(await judge(standing(validators[0], at3(9, 0, 3), 'closed'), claimFor(validators[0], at3(10, 0, 1)))).toBe('refused');
    expect(await judge(standing(validators[1], at3(9, 0, 3), 'closed'), claimFor(validators[1], at3(9, 0, 3)))).toBe('refused');
    expect(await judge(standing(validators[2], at3(9, 0, 3)), claimFor(validators[2], at3(9, 0, 3), { content: 'b' }))).toBe('refused');
    expect(await judge(undefined, claimFor(validators[3], at3(9, 0, 3)))).toBe('refused');
  });
};

const openingTests = (at: () => Bench): void => {
  test('it is opened once, with its floor, and closed once, with its last duty', async () => {
    const validator = fresh();
    const store = new ArbiterStore(at());
    const opening = { validator, floor: at3(10, 0, 3), attempt: attempt('open') };
    const closing = { validator, attempt: attempt('close') };
    expect(await store.close(closing)).toEqual({ outcome: 'refused', found: undefined });
    expect(await store.open(opening)).toEqual(applyOpening(undefined, opening));
    const first = await store.read(validator);
    expect(await store.open(opening)).toEqual(applyOpening(first, opening));
    expect(await store.open({ ...opening, attempt: attempt('again') })).toEqual({ outcome: 'refused', found: first });
    expect((await store.claim(claimFor(validator, at3(11, 0, 1)))).outcome).toBe('won');
    const claimed = await store.read(validator);
    expect(await store.close(closing)).toEqual(applyClosing(claimed, closing));
    const closed = await store.read(validator);
    expect(closed).toEqual({ ...claimed, phase: 'closed', version: 3, attempt: 'close' });
    expect(await store.close({ validator, attempt: attempt('other') })).toEqual({ outcome: 'done', item: closed, earlier: true });
    expect(await store.claim(claimFor(validator, at3(11, 0, 1)))).toEqual({ outcome: 'refused', found: closed });
    expect(await store.claim(claimFor(validator, at3(99, 0, 1)))).toEqual({ outcome: 'refused', found: closed });
    expect((await store.open({ ...opening, attempt: attempt('anew'), floor: at3(99, 0, 3) })).outcome).toBe('refused');
  });
};

const raceTests = (at: () => Bench): void => {
  const opened = async (): Promise<{ validator: ValidatorId; store: ArbiterStore }> => {
    const validator = fresh();
    const store = new ArbiterStore(at());
    await store.open({ validator, floor: at3(10, 0, 3), attempt: attempt('open') });
    return { validator, store };
  };
  test('of 20 claims of other contents for one duty, one wins and no other signature is given', async () => {
    const { validator, store } = await opened();
    const contents = [...'0123456789abcdef'].map((content) => claimFor(validator, at3(11, 0, 2), { content, signature: `QQ${content}=` }));
    const outcomes = await Promise.all([...contents, ...contents.slice(0, 4)].map((claim) => store.claim(claim)));
    const given = outcomes.flatMap((one) => (one.outcome === 'won' || one.outcome === 'repeat' ? [one.claimed.signature] : []));
    expect(outcomes.filter(({ outcome }) => outcome === 'won').length).toBe(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'unknown').length).toBe(0);
    expect(new Set(given).size).toBe(1);
    expect(await store.read(validator)).toMatchObject({ version: 2, claimed: { signature: given[0] } });
  });
  test('of 20 claims of the same message by many, one wins and its signature is given to all', async () => {
    const { validator, store } = await opened();
    const claims = Array.from({ length: 20 }, (_, index) =>
      claimFor(validator, at3(11, 0, 2), { node: `i-0000000${10 + index}` as NodeId, signature: `QQ${String.fromCodePoint(65 + index)}=` }),
    );
    const outcomes = await Promise.all(claims.map((claim) => store.claim(claim)));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([...Array.from({ length: 19 }, () => 'repeat'), 'won']);
    expect(new Set(outcomes.map((one) => (one.outcome === 'won' || one.outcome === 'repeat' ? one.claimed.signature : ''))).size).toBe(1);
  });
  test('claims while it is closed: what wins lies at or below the watermark that closing tells', async () => {
    const { validator, store } = await opened();
    const claims = Array.from({ length: 10 }, (_, index) => store.claim(claimFor(validator, at3(11 + index, 0, 1))));
    const closing = store.close({ validator, attempt: attempt('close') });
    const closed = await closing;
    const won = (await Promise.all(claims)).flatMap((one) => (one.outcome === 'won' ? [one.item.watermark] : []));
    expect(closed.outcome).toBe('done');
    const mark = closed.outcome === 'done' ? closed.item.watermark : null;
    for (const one of won)
      expect(one).toSatisfy((seen: Watermark) => seen.kind === 'consensus' && mark?.kind === 'consensus' && seen.height <= mark.height);
  });
};

const lostReplies = (at: () => Bench): void => {
  test('a claim whose reply was lost is unknown, and the same claim finds the stored signature', async () => {
    const validator = fresh();
    const { client, sent } = lossyClient(at().endpoint, 1);
    await new ArbiterStore(at()).open({ validator, floor: at3(10, 0, 3), attempt: attempt('open') });
    const store = new ArbiterStore({ client, table: tableName });
    const claim = claimFor(validator, at3(11, 0, 2));
    expect((await store.claim(claim)).outcome).toBe('unknown');
    expect(await store.claim({ ...claim, claimed: { ...claim.claimed, signature: 'Qg==' } })).toEqual({ outcome: 'repeat', claimed: claim.claimed });
    expect(sent()).toBe(2);
    client.destroy();
  });
  test('a table that takes the request and never answers is unknown after the signal', async () => {
    const hole = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await once(hole, 'listening');
    const client = clientOf(`http://127.0.0.1:${(hole.address() as AddressInfo).port}`, 1, 60_000);
    const store = new ArbiterStore({ client, table: tableName });
    expect((await store.claim(claimFor(fresh(), at3(11, 0, 2)), AbortSignal.timeout(100))).outcome).toBe('unknown');
    client.destroy();
    hole.close();
  });
};

const untrusted = (at: () => Bench): void => {
  test.each([
    ['a field of somebody else', { owner: 'me' }],
    ['a watermark in words', { watermark: { kind: 'consensus', height: '5', round: 0, step: 1 } }],
    ['no watermark', { watermark: undefined }],
    ['a claim without its time', { claimed: { content: 'a'.repeat(64), signature: 'QQ==', signer: amber } }],
    ['another validator', { validator: 'v-other' }],
    ['a phase that does not exist', { phase: 'ajar' }],
  ])('%s: nothing is won', async (_, changed) => {
    const validator = fresh();
    const good = { validator, phase: 'open', watermark: at3(10, 0, 3), claimed: null, version: 1, attempt: 'open' };
    await putRaw(at(), `arbiter#${validator}`, { ...good, ...changed });
    const store = new ArbiterStore(at());
    // A claim that the table takes replaces what was wrong with the parts that it writes.
    for (const outcome of [await store.claim(claimFor(validator, at3(9, 0, 1))), await store.close({ validator, attempt: attempt('close') })])
      expect(['unknown', 'refused']).toContain(outcome.outcome);
    await expect(store.read(validator)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
};

const memberTests = (at: () => Bench): void => {
  test('a member is written over what was seen, and nothing else', async () => {
    const validator = fresh();
    const store = new MemberStore(at());
    const sealed = { node: amber, term: t(1), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
    const memberOf = (version: number, of: Member['sealed'] = sealed): Member => ({
      validator,
      node: amber,
      version,
      sealed: of,
      by: 'robin',
      atMs: 1,
    });
    expect(await store.read(validator, amber)).toBe(undefined);
    expect(await store.write(memberOf(2), 1)).toBe(false);
    expect(await store.write(memberOf(1), null)).toBe(true);
    expect(await store.write(memberOf(1), null), 'the reply was lost').toBe(true);
    expect(await store.write({ ...memberOf(1), by: 'kim' }, null)).toBe(false);
    expect(await store.write(memberOf(2, null), 1)).toBe(true);
    expect(await store.read(validator, amber)).toEqual(memberOf(2, null));
    await expect(store.write(memberOf(3, { ...sealed, node: birch }), 2)).rejects.toMatchObject({ code: 'LeaseInvalid' });
    await putRaw(at(), `member#${validator}#${amber}`, { ...memberOf(3), node: birch });
    await expect(store.read(validator, amber)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
};

export const arbiterTests = (at: () => Bench): void => {
  describe('claims as core judges them', () => {
    judgedAlike(at);
  });
  describe('opening and closing', () => {
    openingTests(at);
  });
  describe('members', () => {
    memberTests(at);
  });
  describe('races', () => {
    raceTests(at);
  });
  describe('lost replies', () => {
    lostReplies(at);
  });
  describe('items that are not trusted', () => {
    untrusted(at);
  });
};
