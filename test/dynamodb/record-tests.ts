import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Approvals } from '../../aws/approvals.ts';
import { Records } from '../../aws/records.ts';
import { frozenBy } from '../../core/breaker.ts';
import type { Decision } from '../../core/approval.ts';
import { validatorConfig } from '../../core/config.ts';
import { hashOf } from '../../core/plan.ts';
import type { NodeReport } from '../../core/report.ts';
import { standsOn, type Over } from '../../core/writer.ts';
import { alex, amber, birch, configOf, recordOf, reportOf, sam, t } from '../support/core.ts';
import { fresh, lossyClient, putRaw, tableName, type Bench } from './bench.ts';

const nonce = 'a'.repeat(32);
let ids = 0;
const freshId = (): string => (ids += 1).toString(16).padStart(32, 'b');
const person = (index: number): string => `arn:aws:sts::123456789012:assumed-role/approver/p${index}`;
const approve = (by: string): Decision => ({ by, answer: 'approve', atMs: 1 });

const [writerA, writerB] = ['a'.repeat(32), 'b'.repeat(32)];

const reportTests = (at: () => Bench): void => {
  test('a report stands on what its guard knows to be there', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    const one = (sequence: number, after: number, of: Partial<NodeReport> = {}) => reportOf({ validator, writer: writerA, sequence, after, ...of });
    const over = (sequence: number, writer = writerA) => ({ me: writerA, base: { writer, sequence } });
    const nothing: Over = { me: writerA, base: null };
    expect(await records.writeReport(one(1, 0), nothing)).toEqual({ outcome: 'done', rival: null });
    expect(await records.writeReport(one(1, 0), nothing)).toEqual({ outcome: 'unknown' });
    expect(await records.writeReport(one(1, 0, { writer: writerB }), { ...nothing, me: writerB })).toEqual({ outcome: 'refused', found: one(1, 0) });
    expect(await records.writeReport(one(2, 1), over(1))).toMatchObject({ outcome: 'done' });
    // The reply to 2 was lost: 3 stands on it all the same, and 2 comes too late then.
    expect(await records.writeReport(one(3, 1), over(1))).toMatchObject({ outcome: 'done' });
    expect(await records.writeReport(one(2, 1), over(1))).toMatchObject({ outcome: 'refused' });
    expect(await records.writeReport(one(4, 3), over(3))).toMatchObject({ outcome: 'done' });
    // A copy of this guard that has not seen 3.
    expect(await records.writeReport(one(9, 1), over(1))).toEqual({ outcome: 'refused', found: one(4, 3) });
    // Another guard takes over what it has seen, once.
    const taken = one(5, 4, { writer: writerB });
    expect(await records.writeReport(taken, { me: writerB, base: { writer: writerA, sequence: 4 } })).toMatchObject({ outcome: 'done' });
    expect(await records.writeReport(one(5, 4), over(4))).toEqual({ outcome: 'refused', found: taken });
    expect(await records.readReport(validator, amber)).toEqual(taken);
  });
  test('a guard that cannot write leaves word for the one that does', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    const first = reportOf({ validator, writer: writerA, sequence: 1, after: 0 });
    await records.writeReport(first);
    expect(await records.markRival(first, writerB)).toBe(true);
    expect(await records.readReport(validator, amber)).toEqual({ ...first, rival: writerB });
    const second = { ...first, sequence: 2, after: 1 };
    expect(await records.writeReport(second, { me: writerA, base: { writer: writerA, sequence: 1 } })).toEqual({ outcome: 'done', rival: writerB });
    expect(await records.markRival(first, writerB)).toBe(false);
    expect(await records.readReport(validator, amber)).toEqual(second);
  });
  test('the table judges a report as the rule does', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    const small = fc.integer({ min: 0, max: 3 });
    const writer = fc.constantFrom(writerA, writerB);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ writer: fc.option(writer), sequence: small, after: small }),
        fc.record({ me: writer, sequence: small, base: fc.option(fc.record({ writer: fc.option(writer), sequence: small })) }),
        async ({ writer: by, ...stood }, { me, sequence, base }) => {
          const stored = reportOf({ validator, ...stood, height: 1, ...(by === null ? {} : { writer: by }) });
          await records.writeReport(stored);
          const next = reportOf({ validator, writer: me, sequence, after: base?.sequence ?? 0, height: 2 });
          const told = await records.writeReport(next, { me, base });
          expect(told.outcome).toBe(standsOn(stored, { me, base }, sequence) ? 'done' : 'refused');
        },
      ),
      { numRuns: 60 },
    );
  });
  test("a node's item that speaks for another node or validator is not trusted", async () => {
    const [records, validator] = [new Records(at()), fresh()];
    await putRaw(at(), `node#${validator}#${amber}`, reportOf({ validator, node: birch }));
    await expect(records.readReport(validator, amber)).rejects.toMatchObject({ code: 'LeaseInvalid' });
    await putRaw(at(), `node#${validator}#${birch}`, reportOf({ validator: fresh(), node: birch }));
    await expect(records.readReport(validator, birch)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
};

const configTests = (at: () => Bench): void => {
  test('a configuration is read as it was written, with its hash', async () => {
    const [records, config] = [new Records(at()), validatorConfig.parse({ ...configOf(), id: fresh() })];
    expect(await records.readConfig(config.id)).toBeUndefined();
    await records.writeConfig(config);
    expect(await records.readConfig(config.id)).toEqual({ config, hash: hashOf(config) });
  });
  test('a configuration changed beside its hash is not trusted: a plan binds to that hash', async () => {
    const [records, config] = [new Records(at()), validatorConfig.parse({ ...configOf(), id: fresh() })];
    const policy = { ...config.policy, evidence: [...config.policy.evidence, 'lapsed'] };
    await putRaw(at(), `config#${config.id}`, { config: { ...config, policy }, hash: hashOf(config) });
    await expect(records.readConfig(config.id)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('the configuration of another validator is not trusted under this key', async () => {
    const [records, config, other] = [new Records(at()), validatorConfig.parse({ ...configOf(), id: fresh() }), fresh()];
    await putRaw(at(), `config#${other}`, { config, hash: hashOf(config) });
    await expect(records.readConfig(other)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('the fleet only grows: of many that add to it at once, none is lost', async () => {
    const records = new Records(at());
    const added = Array.from({ length: 6 }, fresh);
    await records.writeFleet([fresh()]);
    await Promise.all(added.map((one) => records.writeFleet([one])));
    const found = await records.readFleet();
    expect(found).toEqual(expect.arrayContaining(added));
    expect(new Set(found).size).toBe(found.length);
  });
  test('pause, vault and watch are kept and taken away', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    const [pause, vault] = [
      { by: alex, reason: 'Upgrade.', atMs: 1 },
      { box: 'Ym94', dataKey: 'a2V5' },
    ];
    const watch = { samples: [{ observations: { home: 'failing' as const } }], state: 'suspect' as const, episode: 'e1', paged: false };
    await records.pause(validator, pause);
    expect(await records.readPause(validator)).toEqual(pause);
    await records.resume(validator);
    expect(await records.readPause(validator)).toBeUndefined();
    await records.writeVault(validator, vault);
    expect(await records.readVault(validator)).toEqual(vault);
    await records.writeWatch(validator, 'home', watch);
    expect(await records.readWatch(validator, 'home')).toEqual(watch);
    await records.writeWatch(validator, 'home', null);
    expect(await records.readWatch(validator, 'home')).toBeUndefined();
  });
  test('of many that suspect at once each is kept, and a clearance ends only what was there', async () => {
    const records = new Records(at());
    const before = (await records.readBreaker()).suspicions?.last ?? 0;
    const suspect = () => records.suspect({ kind: 'two-signers', validator: fresh(), what: 'Both sign.', by: 'survey', atMs: 1 });
    expect(await Promise.all([suspect(), suspect(), suspect(), suspect()])).toEqual([true, true, true, true]);
    const seen = await records.readBreaker();
    expect(seen.suspicions?.last).toBe(before + 4);
    await suspect();
    const one = { through: before + 4, by: alex, reason: 'Looked.', atMs: 2 };
    expect(await records.clearBreaker(seen, one)).toBe(true);
    expect(await records.clearBreaker(seen, { ...one, reason: 'Again.' })).toBe(false);
    expect(frozenBy(await records.readBreaker())).toMatchObject({ last: before + 5, open: [{ number: before + 5 }] });
  });
  test('an item with a field too many is not trusted', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    await putRaw(at(), `pause#${validator}`, { by: alex, reason: 'Upgrade.', atMs: 1, until: 2 });
    await expect(records.readPause(validator)).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
};

const courseTests = (at: () => Bench): void => {
  test('the watch has one owner', async () => {
    const [records, vantage] = [new Records(at()), fresh()];
    expect(await records.keepWatcher(vantage, 'first')).toBe(false);
    await records.takeWatcher(vantage, { owner: 'first', plan: 'p1' });
    expect(await records.keepWatcher(vantage, 'first')).toBe(true);
    await records.takeWatcher(vantage, { owner: 'second', plan: 'p1' });
    expect(await records.keepWatcher(vantage, 'first')).toBe(false);
    expect(await records.keepWatcher(vantage, 'second')).toBe(true);
    expect(await records.readWatcher(vantage)).toEqual({ owner: 'second', plan: 'p1', generation: 2, round: 1 });
  });
  test('the history keeps the newest 20, each once', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    for (let index = 0; index < 22; index += 1) await records.addHistory(validator, { execution: `x-${index}`, atMs: index });
    await records.addHistory(validator, { execution: 'x-21', atMs: 21 });
    const found = await records.readHistory(validator);
    expect(found.map(({ execution }) => execution)).toEqual(Array.from({ length: 20 }, (_, index) => `x-${21 - index}`));
  });
  test('of failovers that are counted at once, none is lost to the circuit breaker', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    await Promise.all(Array.from({ length: 6 }, (_, index) => records.addHistory(validator, { execution: `x-${index}`, atMs: 7 })));
    const found = await records.readHistory(validator);
    expect(found.map(({ execution }) => execution).sort()).toEqual(['x-0', 'x-1', 'x-2', 'x-3', 'x-4', 'x-5']);
  });
  test('a command id once recorded is not taken away by a late intent', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    expect(await records.readFenceIntent(validator, t(2))).toBeUndefined();
    await records.writeFenceIntent(validator, t(2), { nonce });
    expect(await records.readFenceIntent(validator, t(2))).toEqual({ nonce });
    await records.writeFenceIntent(validator, t(2), { nonce, commandId: 'c-1' });
    await records.writeFenceIntent(validator, t(2), { nonce });
    await records.writeFenceIntent(validator, t(2), { nonce, commandId: 'c-2' });
    expect(await records.readFenceIntent(validator, t(2))).toEqual({ nonce, commandId: 'c-1' });
    expect(await records.readFenceIntent(validator, t(3))).toBeUndefined();
  });
  test('an intent of somebody else in this term is not covered, and is told', async () => {
    const [records, validator] = [new Records(at()), fresh()];
    await records.writeFenceIntent(validator, t(2), { nonce });
    await expect(records.writeFenceIntent(validator, t(2), { nonce: 'b'.repeat(32) })).rejects.toMatchObject({ code: 'StaleTerm' });
    expect(await records.readFenceIntent(validator, t(2))).toEqual({ nonce });
  });
};

const approvalTests = (at: () => Bench): void => {
  test('of two people who answer at once, both are counted', async () => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    await approvals.create(recordOf({ id, validator, quorum: 2 }));
    const answers = await Promise.all([alex, sam].map((by) => approvals.decide(id, approve(by))));
    expect(answers.map(({ state }) => state).sort()).toEqual(['approved', 'pending']);
    await expect(approvals.decide(id, approve(alex))).rejects.toMatchObject({ code: 'ApprovalInvalid' });
    expect(await approvals.findOpen(validator)).toMatchObject({ id, state: 'approved', version: 3 });
  });
  test.each([1, 2, 5, 10])('of 14 who approve at once with a quorum of %i, exactly that many are counted and one completes it', async (quorum) => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    await approvals.create(recordOf({ id, validator, quorum }));
    const results = await Promise.allSettled(Array.from({ length: 14 }, (_, index) => approvals.decide(id, approve(person(index)))));
    const counted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as Error).message] : []));
    expect(counted.length).toBe(quorum);
    expect(counted.filter(({ state }) => state === 'approved').length).toBe(1);
    expect(reasons).toEqual(Array.from({ length: 14 - quorum }, () => 'it is approved already'));
    const stored = await approvals.read(id);
    expect(stored).toMatchObject({ state: 'approved', version: quorum + 1 });
    expect(new Set(stored?.decisions.map(({ by }) => by)).size).toBe(quorum);
  });
  test('what people see of a record is all but its token', async () => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    expect(await approvals.waiting(validator)).toBeUndefined();
    const record = recordOf({ id, validator, purpose: 'attestation', term: t(2), node: amber, createdAtMs: 3 });
    await approvals.create(record);
    const { token: _token, ...shown } = record;
    expect(await approvals.waiting(validator)).toEqual(shown);
    expect(await approvals.findOpen(validator)).toEqual(record);
  });
  test('one denial among approvals ends it in exactly one way', async () => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    await approvals.create(recordOf({ id, validator, quorum: 3 }));
    const answers = Array.from({ length: 5 }, (_, index): Decision => ({ ...approve(person(index)), answer: index === 0 ? 'deny' : 'approve' }));
    const results = await Promise.allSettled(answers.map((given) => approvals.decide(id, given)));
    const ends = results.flatMap((result) => (result.status === 'fulfilled' && result.value.state !== 'pending' ? [result.value.state] : []));
    expect(ends.length).toBe(1);
    expect((await approvals.read(id))?.state).toBe(ends[0]);
  });
  test('the same person at once from two terminals is counted once', async () => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    await approvals.create(recordOf({ id, validator, quorum: 2 }));
    const results = await Promise.allSettled([
      approvals.decide(id, { ...approve(alex), atMs: 1 }),
      approvals.decide(id, { ...approve(alex), atMs: 2 }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await approvals.read(id)).toMatchObject({ state: 'pending', version: 2 });
  });
  test('an answer whose reply was lost is counted once and is not called refused', async () => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    await approvals.create(recordOf({ id, validator }));
    const { client, sent } = lossyClient(at().endpoint, 3);
    expect(await new Approvals({ client, table: tableName }).decide(id, approve(alex))).toMatchObject({ state: 'approved', version: 2 });
    expect(sent()).toBe(2);
    expect((await approvals.read(id))?.decisions).toEqual([approve(alex)]);
    client.destroy();
  });
  test('it is so even when somebody else was counted before the retry', async () => {
    const [approvals, validator, id] = [new Approvals(at()), fresh(), freshId()];
    await approvals.create(recordOf({ id, validator, quorum: 3 }));
    const { client } = lossyClient(at().endpoint, 3, () => approvals.decide(id, approve(sam)));
    const both = { state: 'pending', version: 3, decisions: [approve(alex), approve(sam)] };
    expect(await new Approvals({ client, table: tableName }).decide(id, approve(alex))).toMatchObject(both);
    expect(await approvals.read(id)).toMatchObject(both);
    client.destroy();
  });
  test('a retried request changes neither the record nor where it points', async () => {
    const [approvals, validator, id, next] = [new Approvals(at()), fresh(), freshId(), freshId()];
    await approvals.create(recordOf({ id, validator }));
    await approvals.decide(id, approve(alex));
    await approvals.create(recordOf({ id: next, validator, purpose: 'attestation', term: t(2), node: amber }));
    await approvals.create(recordOf({ id, validator }));
    expect(await approvals.read(id)).toMatchObject({ state: 'approved' });
    expect(await approvals.findOpen(validator)).toMatchObject({ id: next, purpose: 'attestation' });
  });
  test('what is not there, or is kept under another id, is said to be so', async () => {
    const [approvals, id] = [new Approvals(at()), freshId()];
    await expect(approvals.decide('c'.repeat(32), approve(alex))).rejects.toMatchObject({ code: 'ApprovalUnknown' });
    await putRaw(at(), `approval#${id}`, recordOf({ id: freshId(), validator: fresh() }));
    await expect(approvals.decide(id, approve(alex))).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
};

export const recordTests = (at: () => Bench): void => {
  describe('reports', () => {
    reportTests(at);
  });
  describe('what operators write', () => {
    configTests(at);
  });
  describe('watch, history and fence', () => {
    courseTests(at);
  });
  describe('approvals', () => {
    approvalTests(at);
  });
};
