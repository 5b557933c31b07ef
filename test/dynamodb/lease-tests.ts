import { NumberValueImpl } from '@aws-sdk/util-dynamodb';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LeaseStore } from '../../aws/lease.ts';
import type { ValidatorId } from '../../core/ids.ts';
import {
  applyWrite,
  enrol,
  phases,
  recordProof,
  reinstate,
  release,
  settle,
  takeTerm,
  type Lease,
  type LeaseWrite,
  type Phase,
} from '../../core/lease.ts';
import { amber, attempt, birch, fencing, leaseOf, proof, run, t } from '../support/core.ts';
import { clientOf, fresh, lossyClient, putRaw, tableName, type Bench } from './bench.ts';

const slot = { kind: 'slot', slot: 4 } as const;
const sealedFor = (validator: ValidatorId) => ({
  driven: { validator, term: t(2), claim: run('one') },
  sealed: { node: birch, term: t(2), box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' },
});

/** Each transition as execution `one` sends it in term 2, and the phases of its own term in which it must be done. */
const writesFor = (validator: ValidatorId): { write: LeaseWrite; doneIn: readonly (Phase | 'none')[] }[] => {
  const { driven, sealed } = sealedFor(validator);
  const take = (phase: Phase) => takeTerm(fencing({ validator, phase }), { claim: run('two'), candidate: birch, attempt: attempt(`t-${phase}`) });
  return [
    { write: enrol({ validator, holder: amber, evidence: proof({ kind: 'attested', term: t(1) }), attempt: attempt('e') }), doneIn: ['none'] },
    ...phases.map((phase) => ({ write: take(phase), doneIn: [phase] })),
    { write: recordProof(driven, { evidence: proof({ watermark: slot }), attempt: attempt('p') }), doneIn: ['FENCING'] },
    { write: release(driven, { candidate: birch, sealed, watermark: slot, attempt: attempt('r') }), doneIn: ['FENCED'] },
    { write: settle(driven, { attempt: attempt('s') }), doneIn: ['RELEASED'] },
    {
      write: reinstate(driven, { holder: amber, sealed: { ...sealed, node: amber, term: t(3) }, watermark: slot, attempt: attempt('i') }),
      doneIn: ['FENCING', 'FENCED'],
    },
  ];
};

const transitions = 9;
const settleOf = (validator: ValidatorId): LeaseWrite => settle(sealedFor(validator).driven, { attempt: attempt('s') });
const takeOf = (validator: ValidatorId, name: string): LeaseWrite =>
  takeTerm(leaseOf({ validator }), { claim: run(name), candidate: birch, attempt: attempt(`${name}/TakeTerm/1`) });

const matrixTests = (at: () => Bench): void => {
  /** Judges one write on one stored item by DynamoDB and by core, and gives what both said. */
  const judge = async (write: LeaseWrite, before: Lease | undefined): Promise<string> => {
    const store = new LeaseStore(at());
    if (before) await putRaw(at(), `lease#${before.validator}`, before);
    const expected = applyWrite(before, write);
    const about = `${write.transition} (${write.attempt}) on ${before ? `${before.phase} ${before.term} ${before.claim}` : 'nothing'}`;
    expect(await store.write(write), about).toEqual(expected);
    expect(await store.read(write.validator), `${about}: what is stored then`).toEqual(expected.outcome === 'done' ? expected.lease : before);
    return expected.outcome === 'done' ? (expected.earlier ? 'earlier' : 'done') : expected.outcome;
  };

  test.each(['none', ...phases] as const)('every transition on %s is judged as core does, and as the design says', async (phase) => {
    for (let index = 0; index < transitions; index += 1) {
      const validator = fresh();
      const { write, doneIn } = writesFor(validator)[index] as ReturnType<typeof writesFor>[number];
      const { sealed } = sealedFor(validator);
      const before = phase === 'none' ? undefined : fencing({ validator, phase, evidence: proof(), sealed });
      expect(await judge(write, before)).toBe(doneIn.includes(phase) ? 'done' : 'refused');
    }
  });
  test.each(phases)('on %s of another claim or term only a fitting TakeTerm is done', async (phase) => {
    for (let index = 0; index < transitions; index += 1) {
      const write = (validator: ValidatorId) => (writesFor(validator)[index] as ReturnType<typeof writesFor>[number]).write;
      const [other, later, sooner] = [fresh(), fresh(), fresh()];
      const { expect: asked, transition } = write(other);
      const fits = transition === 'TakeTerm' && !asked.absent && asked.phases.includes(phase);
      expect(await judge(write(other), fencing({ validator: other, phase, claim: run('other') }))).toBe(fits ? 'done' : 'refused');
      expect(await judge(write(later), fencing({ validator: later, phase, term: t(3) }))).toBe('refused');
      expect(await judge(write(sooner), fencing({ validator: sooner, phase, term: t(1) }))).toBe('refused');
    }
  });
  test('a refused write whose attempt is already there is done earlier, in every transition', async () => {
    for (let index = 0; index < transitions; index += 1) {
      const validator = fresh();
      const { write } = writesFor(validator)[index] as ReturnType<typeof writesFor>[number];
      expect(await judge(write, fencing({ validator, term: t(9), attempt: write.attempt }))).toBe('earlier');
    }
  });
};

const callTests = (at: () => Bench): void => {
  test('a call changes one field, and no transition that was read before it is refused', async () => {
    const validator = fresh();
    const store = new LeaseStore(at());
    const before = leaseOf({ validator });
    await putRaw(at(), `lease#${validator}`, before);
    expect(await store.call(validator, '0123456789abcdef')).toBe(true);
    expect(await store.read(validator)).toEqual({ ...before, call: '0123456789abcdef' });
    expect(await store.peek(validator)).toEqual({ ...before, call: '0123456789abcdef' });
    expect(await store.write(takeOf(validator, 'one'))).toMatchObject({ outcome: 'done', lease: { term: 2, version: 2, call: '0123456789abcdef' } });
  });
  test('a call makes no lease', async () => {
    const validator = fresh();
    expect(await new LeaseStore(at()).call(validator, '0123456789abcdef')).toBe(false);
    expect(await new LeaseStore(at()).read(validator)).toBeUndefined();
  });
};

const lostReplyTests = (at: () => Bench): void => {
  test('the retry of the SDK finds a write whose reply was lost to be done', async () => {
    const validator = fresh();
    await putRaw(at(), `lease#${validator}`, leaseOf({ validator }));
    const { client, sent } = lossyClient(at().endpoint, 3);
    expect(await new LeaseStore({ client, table: tableName }).write(takeOf(validator, 'one'))).toMatchObject({
      outcome: 'done',
      earlier: true,
      lease: { term: 2, version: 2, claim: 'one' },
    });
    expect(sent()).toBe(2);
    client.destroy();
  });
  test('without a retry it is unknown, and the same write again is done earlier', async () => {
    const validator = fresh();
    await putRaw(at(), `lease#${validator}`, leaseOf({ validator }));
    const { client } = lossyClient(at().endpoint, 1);
    const store = new LeaseStore({ client, table: tableName });
    expect((await store.write(takeOf(validator, 'one'))).outcome).toBe('unknown');
    expect(await store.write(takeOf(validator, 'one'))).toMatchObject({ outcome: 'done', earlier: true, lease: { term: 2, version: 2 } });
    client.destroy();
  });
  test('when another execution took the next term before the retry, it is refused', async () => {
    const validator = fresh();
    const store = new LeaseStore(at());
    await putRaw(at(), `lease#${validator}`, leaseOf({ validator }));
    const next = takeTerm(fencing({ validator }), { claim: run('two'), candidate: amber, attempt: attempt('two') });
    const { client, sent } = lossyClient(at().endpoint, 3, () => store.mustWrite(next));
    const found = await new LeaseStore({ client, table: tableName }).write(takeOf(validator, 'one'));
    expect(found).toMatchObject({ outcome: 'refused', found: { term: 3, version: 3, claim: 'two' } });
    expect(await store.read(validator)).toEqual(found.outcome === 'refused' ? found.found : null);
    expect(sent()).toBe(2);
    client.destroy();
  });
};

const unreachableTests = (at: () => Bench): void => {
  test('a refused connection is unknown, not a refusal', async () => {
    const client = clientOf('http://127.0.0.1:9');
    const nobody = new LeaseStore({ client, table: tableName });
    expect((await nobody.write(settleOf(fresh()))).outcome).toBe('unknown');
    await expect(nobody.read(fresh())).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    await expect(nobody.mustWrite(settleOf(fresh()))).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    client.destroy();
  });
  test('a table that takes the request and never answers is unknown, by time-out and by signal', async () => {
    const hole = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await once(hole, 'listening');
    const endpoint = `http://127.0.0.1:${(hole.address() as AddressInfo).port}`;
    const [hasty, patient] = [clientOf(endpoint, 1, 100), clientOf(endpoint, 1, 60_000)];
    expect((await new LeaseStore({ client: hasty, table: tableName }).write(settleOf(fresh()))).outcome).toBe('unknown');
    const store = new LeaseStore({ client: patient, table: tableName });
    expect((await store.write(settleOf(fresh()), AbortSignal.timeout(100))).outcome).toBe('unknown');
    await expect(store.read(fresh(), AbortSignal.timeout(100))).rejects.toMatchObject({
      code: 'LeaseUnreachable',
      cause: { name: 'AbortError' },
    });
    hasty.destroy();
    patient.destroy();
    hole.close();
  });
  test('a table that is not there is unknown', async () => {
    expect((await new LeaseStore({ ...at(), table: 'elsewhere' }).write(settleOf(fresh()))).outcome).toBe('unknown');
  });
};

const invalidTests = (at: () => Bench): void => {
  test.each([
    ['a phase that does not exist', { phase: 'OPEN' }],
    ['a term in words', { term: 'two' }],
    ['a term too large to be exact', { term: 90_071_992_547_409_930_000n }],
    ['a term that JavaScript cannot hold', { term: NumberValueImpl.from('9007199254740993.5') }],
    ['a field of somebody else', { owner: 'me' }],
    ['no holder', { holder: undefined }],
    ['a holder that is no machine', { holder: 'amber' }],
    ['the lease of another validator', { validator: 'v-other' }],
  ])('%s is not trusted, by reads and by writes', async (_, changed) => {
    const validator = fresh();
    await putRaw(at(), `lease#${validator}`, { ...fencing({ validator, phase: 'HELD' }), ...changed });
    const store = new LeaseStore(at());
    await expect(store.read(validator)).rejects.toMatchObject({ name: 'LeaseInvalid', code: 'LeaseInvalid' });
    expect(await store.write(settleOf(validator))).toMatchObject({ outcome: 'unknown', cause: { code: 'LeaseInvalid' } });
    await expect(store.mustWrite(settleOf(validator))).rejects.toMatchObject({ code: 'LeaseInvalid' });
  });
  test('a write that is done on an item nobody can read is not called done', async () => {
    const validator = fresh();
    await putRaw(at(), `lease#${validator}`, { ...fencing({ validator, phase: 'RELEASED' }), owner: 'me' });
    expect(await new LeaseStore(at()).write(settleOf(validator))).toMatchObject({ outcome: 'unknown', cause: { code: 'LeaseInvalid' } });
  });
  test('a stale term is told with who drives the new one', async () => {
    const validator = fresh();
    const store = new LeaseStore(at());
    await putRaw(at(), `lease#${validator}`, fencing({ validator, term: t(5), claim: run('other') }));
    await expect(store.mustWrite(settleOf(validator))).rejects.toMatchObject({
      code: 'StaleTerm',
      message: `Settle of ${validator} was refused: term 5 is FENCING, driven by other; ${amber} is the recorded active`,
    });
    await expect(store.mustWrite(settleOf(fresh()))).rejects.toThrow('there is no lease');
  });
};

const contentionTests = (at: () => Bench): void => {
  test('of 64 that take a term at once, one wins and the rest are refused', async () => {
    const validator = fresh();
    const store = new LeaseStore(at());
    await putRaw(at(), `lease#${validator}`, leaseOf({ validator }));
    const results = await Promise.all(Array.from({ length: 64 }, (_, index) => store.write(takeOf(validator, `x-${index}`))));
    const winners = results.flatMap((result) => (result.outcome === 'done' ? [result.lease] : []));
    expect(winners.length).toBe(1);
    expect(results.filter(({ outcome }) => outcome === 'refused').length).toBe(63);
    expect(await store.read(validator)).toEqual({ ...winners[0], term: 2, version: 2 });
  });
  test('64 copies of one write are one write, and each copy learns that it is done', async () => {
    const validator = fresh();
    const store = new LeaseStore(at());
    await putRaw(at(), `lease#${validator}`, leaseOf({ validator }));
    const results = await Promise.all(Array.from({ length: 64 }, () => store.write(takeOf(validator, 'one'))));
    expect(results.filter((result) => result.outcome === 'done' && !result.earlier).length).toBe(1);
    expect(results.filter((result) => result.outcome === 'done' && result.earlier).length).toBe(63);
    expect(await store.read(validator)).toMatchObject({ term: 2, version: 2 });
  });
};

export const leaseTests = (at: () => Bench): void => {
  describe('transitions', () => {
    matrixTests(at);
  });
  describe('calls', () => {
    callTests(at);
  });
  describe('lost replies', () => {
    lostReplyTests(at);
  });
  describe('no answer', () => {
    unreachableTests(at);
  });
  describe('items that are not trusted', () => {
    invalidTests(at);
  });
  describe('contention', () => {
    contentionTests(at);
  });
};
