import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Approvals } from '../../aws/approvals.ts';
import { toItem } from '../../aws/items.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Records } from '../../aws/records.ts';
import { validatorId, type ValidatorId } from '../../core/ids.ts';
import { applyWrite, enrol, phases, recordProof, reinstate, release, settle, takeTerm, type Lease, type LeaseWrite } from '../../core/lease.ts';
import { localCredentials } from '../../local/dynamo.ts';
import { alex, amber, attempt, birch, fencing, leaseOf, proof, recordOf, reportOf, run, sam, t } from '../support/core.ts';

/** What the lease adapter promises, against whatever speaks DynamoDB. The SDK is unmodified; a middleware only loses replies. */

const table = 'baton';
let count = 0;
const fresh = (): ValidatorId => validatorId.parse(`v-${(count += 1)}`);

export const conformance = (name: string, start: () => Promise<{ endpoint: string; close(): Promise<void> }>): void => {
  describe(`the lease on ${name}`, () => {
    let server: Awaited<ReturnType<typeof start>>;
    let client: DynamoDBClient;
    let store: LeaseStore;
    const clientOf = (endpoint: string, maxAttempts = 1): DynamoDBClient =>
      new DynamoDBClient({
        ...localCredentials,
        endpoint,
        maxAttempts,
        requestHandler: new NodeHttpHandler({ requestTimeout: 5_000, connectionTimeout: 2_000 }),
      });
    beforeAll(async () => {
      server = await start();
      client = clientOf(server.endpoint);
      store = new LeaseStore({ client, table });
    }, 120_000);
    afterAll(async () => {
      client.destroy();
      await server.close();
    });
    const put = async (lease: Lease): Promise<void> => {
      await client.send(new PutItemCommand({ TableName: table, Item: toItem({ ...lease, pk: `lease#${lease.validator}` }) }));
    };

    const writesFor = (validator: ValidatorId): LeaseWrite[] => {
      const mine = { validator, term: t(2), claim: run('one') };
      const sealed = { node: birch, term: t(2), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };
      return [
        enrol({ validator, holder: amber, evidence: proof({ kind: 'attested', term: t(1) }), attempt: attempt('e') }),
        takeTerm(leaseOf({ validator, term: t(2), phase: 'FENCING' }), { claim: run('two'), candidate: birch, attempt: attempt('t') }),
        recordProof(mine, { evidence: proof({ watermark: { kind: 'slot', slot: 4 } }), attempt: attempt('p') }),
        release(mine, { candidate: birch, sealed, watermark: { kind: 'slot', slot: 4 }, attempt: attempt('r') }),
        settle(mine, { attempt: attempt('s') }),
        reinstate(mine, { holder: amber, attempt: attempt('i') }),
      ];
    };
    test('judges every transition in every phase as core does', async () => {
      const states: ((validator: ValidatorId) => Lease | undefined)[] = [
        () => undefined,
        ...phases.map((phase) => (validator: ValidatorId) => fencing({ validator, phase, evidence: proof() })),
        (validator) => fencing({ validator, claim: run('other') }),
        (validator) => fencing({ validator, term: t(3) }),
        (validator) => fencing({ validator, phase: 'RELEASED', attempt: attempt('r') }),
      ];
      for (const state of states) {
        for (let index = 0; index < 6; index += 1) {
          const validator = fresh();
          const before = state(validator);
          if (before) await put(before);
          const write = writesFor(validator)[index] as LeaseWrite;
          expect(await store.write(write), `${write.transition} in ${before?.phase ?? 'none'}`).toEqual(applyWrite(before, write));
        }
      }
    }, 60_000);
    test('a write whose reply was lost is found to be done', async () => {
      const validator = fresh();
      await put(leaseOf({ validator }));
      const lossy = clientOf(server.endpoint, 2);
      let lost = 0;
      lossy.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          lost += 1;
          if (lost === 1) throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET', $retryable: {} });
          return result;
        },
        { step: 'deserialize', priority: 'low', name: 'loseReply' },
      );
      const write = takeTerm(leaseOf({ validator }), { claim: run('one'), candidate: birch, attempt: attempt('x') });
      expect(await new LeaseStore({ client: lossy, table }).write(write)).toMatchObject({
        outcome: 'done',
        earlier: true,
        lease: { term: 2, version: 2 },
      });
      expect(lost).toBe(2);
      lossy.destroy();
    });
    test('no answer is unknown, not a refusal', async () => {
      const nobody = new LeaseStore({ client: clientOf('http://127.0.0.1:9'), table });
      expect((await nobody.write(settle({ validator: fresh(), term: t(2), claim: run('one') }, { attempt: attempt('s') }))).outcome).toBe('unknown');
      await expect(nobody.read(fresh())).rejects.toThrow('no answer from the table');
      await expect(nobody.mustWrite(settle({ validator: fresh(), term: t(2), claim: run('one') }, { attempt: attempt('s') }))).rejects.toMatchObject({
        code: 'LeaseUnreachable',
      });
    });
    test('a stale term is told with who drives the new one', async () => {
      const validator = fresh();
      await put(fencing({ validator, term: t(5), claim: run('other') }));
      await expect(store.mustWrite(settle({ validator, term: t(2), claim: run('one') }, { attempt: attempt('s') }))).rejects.toThrow(
        'term 5 is FENCING, driven by other',
      );
    });
    test('an item that somebody changed by hand is not trusted', async () => {
      const validator = fresh();
      await client.send(
        new PutItemCommand({ TableName: table, Item: toItem({ ...leaseOf({ validator }), pk: `lease#${validator}`, phase: 'OPEN' }) }),
      );
      await expect(store.read(validator)).rejects.toMatchObject({ code: 'LeaseInvalid' });
    });
    test('of 64 that take a term at once, one wins', async () => {
      const validator = fresh();
      await put(leaseOf({ validator }));
      const results = await Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          store.write(takeTerm(leaseOf({ validator }), { claim: run(`x-${index}`), candidate: birch, attempt: attempt(`x-${index}`) })),
        ),
      );
      expect(results.filter(({ outcome }) => outcome === 'done').length).toBe(1);
      expect(results.filter(({ outcome }) => outcome === 'refused').length).toBe(63);
      expect(await store.read(validator)).toMatchObject({ term: 2, version: 2 });
    });
    test('64 copies of one write are one write', async () => {
      const validator = fresh();
      await put(leaseOf({ validator }));
      const write = takeTerm(leaseOf({ validator }), { claim: run('one'), candidate: birch, attempt: attempt('same') });
      const results = await Promise.all(Array.from({ length: 64 }, () => store.write(write)));
      expect(results.filter((result) => result.outcome === 'done' && !result.earlier).length).toBe(1);
      expect(results.filter((result) => result.outcome === 'done' && result.earlier).length).toBe(63);
      expect(await store.read(validator)).toMatchObject({ term: 2, version: 2 });
    });

    describe('records', () => {
      test('a late report never covers a newer one', async () => {
        const [records, validator] = [new Records({ client, table }), fresh()];
        expect(await records.writeReport(reportOf({ validator, sequence: 5 }))).toBe(true);
        expect(await records.writeReport(reportOf({ validator, sequence: 5, signing: false }))).toBe(false);
        expect(await records.writeReport(reportOf({ validator, sequence: 4 }))).toBe(false);
        expect(await records.writeReport(reportOf({ validator, sequence: 6, height: 200 }))).toBe(true);
        expect(await records.readReport(validator, amber)).toMatchObject({ sequence: 6, height: 200 });
      });
      test('the watch has one owner', async () => {
        const [records, vantage] = [new Records({ client, table }), fresh()];
        await records.takeWatcher(vantage, 'first');
        expect(await records.keepWatcher(vantage, 'first')).toBe(true);
        await records.takeWatcher(vantage, 'second');
        expect(await records.keepWatcher(vantage, 'first')).toBe(false);
        expect(await records.keepWatcher(vantage, 'second')).toBe(true);
        expect(await records.readWatcher(vantage)).toEqual({ owner: 'second', generation: 2, round: 1 });
      });
      test('the history keeps the newest 20, each once', async () => {
        const [records, validator] = [new Records({ client, table }), fresh()];
        for (let index = 0; index < 22; index += 1) await records.addHistory(validator, { execution: `x-${index}`, atMs: index });
        await records.addHistory(validator, { execution: 'x-21', atMs: 21 });
        const found = await records.readHistory(validator);
        expect(found.length).toBe(20);
        expect(found[0]).toEqual({ execution: 'x-21', atMs: 21 });
      });
      test('of two people who answer at once, both are counted', async () => {
        const [approvals, validator] = [new Approvals({ client, table }), fresh()];
        const id = 'b'.repeat(28) + String(count).padStart(4, '0');
        await approvals.create(recordOf({ id, validator, quorum: 2 }));
        const answers = await Promise.all([alex, sam].map((by) => approvals.decide(id, { by, answer: 'approve', atMs: 1 })));
        expect(answers.map(({ state }) => state).sort()).toEqual(['approved', 'pending']);
        await expect(approvals.decide(id, { by: alex, answer: 'approve', atMs: 1 })).rejects.toMatchObject({ code: 'ApprovalInvalid' });
        expect(await approvals.findOpen(validator)).toMatchObject({ id, state: 'approved', version: 3 });
        await approvals.create(recordOf({ id, validator, quorum: 2 }));
        expect(await approvals.read(id)).toMatchObject({ state: 'approved' });
      });
      test('an approval that is not there is said to be so', async () => {
        await expect(new Approvals({ client, table }).decide('c'.repeat(32), { by: alex, answer: 'approve', atMs: 1 })).rejects.toMatchObject({
          code: 'ApprovalUnknown',
        });
      });
    });
  });
};
