import { describe, expect, test } from 'vitest';
import type { AnswerRequest } from '../../core/answer.ts';
import { BatonError } from '../../core/errors.ts';
import type { Notice } from '../../core/notice.ts';
import { alex, amber, recordOf, robin, run, sam, t, v } from '../../test/support/core.ts';
import { never, World } from '../../test/support/deps.ts';
import { giveAnswer } from './give-answer.ts';

const id = 'a'.repeat(32);
const later = 2_000_000_000_000;
const nowMs = 1_700_000_000_000;
const yes: AnswerRequest = { validator: v, purpose: 'approval', answer: 'approve', plan: 'f'.repeat(12) };
const waiting = (of: Parameters<typeof recordOf>[0] = {}): World => {
  const world = new World();
  world.approvals.set(id, recordOf({ expiresAtMs: later, ...of }));
  return world;
};
const give = (world: World, by: string, of: Partial<AnswerRequest> = {}) => giveAnswer({ by, request: { ...yes, ...of } }, world.deps(), never);
const lost = new BatonError('WorkflowFailed', 'no answer', { fix: 'Answer again.' });
const over = new BatonError('ApprovalExpired', 'the execution no longer waits for this answer', { fix: 'baton status' });

describe('an answer', () => {
  test('that completes the quorum closes the record, and then tells the execution', async () => {
    const world = waiting({ createdAtMs: nowMs - 90_000 });
    expect(await give(world, alex)).toEqual({
      state: 'approved',
      counted: 1,
      quorum: 1,
      execution: run('one'),
      validator: v,
      sentence: `${alex} answers approve to the approval of hub-1: 1 of 1, approved.`,
    });
    expect(world.approvals.get(id)?.decisions).toEqual([{ by: alex, answer: 'approve', atMs: nowMs }]);
    expect(world.handed).toEqual([{ token: 'token', answer: { answer: 'approved', approvalId: id, by: [alex], sentence: `Approved by ${alex}.` } }]);
    expect(world.measured.figures).toEqual(['ApprovalWaitMs 90000']);
  });
  test('of two needed waits for the second, of another person', async () => {
    const world = waiting({ quorum: 2, createdAtMs: nowMs + 5 });
    expect(await give(world, alex)).toMatchObject({ state: 'pending', counted: 1, quorum: 2 });
    expect([world.handed, world.measured.figures]).toEqual([[], []]);
    await expect(give(world, alex.replace('/approver/', '/Approver2/'))).rejects.toMatchObject({ code: 'ApproverNotAllowed' });
    expect(await give(world, sam)).toMatchObject({ state: 'approved', counted: 2 });
    expect(world.handed[0]?.answer).toMatchObject({ by: [alex, sam], sentence: `Approved by ${alex}, ${sam}.` });
    // The other machine's clock was ahead.
    expect(world.measured.figures).toEqual(['ApprovalWaitMs 0']);
  });
  test('that denies ends it, whatever was said before', async () => {
    const world = waiting({ quorum: 3, decisions: [{ by: sam, answer: 'approve', atMs: 1 }] });
    expect(await give(world, alex, { answer: 'deny' })).toMatchObject({ state: 'denied', counted: 1, quorum: 3 });
    expect(world.handed[0]?.answer).toEqual({ answer: 'denied', approvalId: id, by: [sam, alex], sentence: `Denied by ${sam}, ${alex}.` });
    expect(world.measured.figures).toEqual([]);
  });
  test('to an attestation holds what was done', async () => {
    const world = waiting({ purpose: 'attestation', term: t(2), node: amber });
    await expect(give(world, alex, { purpose: 'attestation' })).rejects.toMatchObject({
      code: 'ApprovalInvalid',
      message: 'an attestation needs a statement of what was done',
    });
    expect(world.handed).toEqual([]);
    expect(await give(world, alex, { purpose: 'attestation', statement: 'I cut its power.' })).toMatchObject({ state: 'approved' });
    expect(world.approvals.get(id)?.decisions[0]?.statement).toBe('I cut its power.');
  });
  test('by very long names still tells a sentence that the workflow takes', async () => {
    const by = (name: string): string => `arn:aws:sts::123456789012:assumed-role/approver/${name.repeat(1_500)}`;
    const world = waiting({ quorum: 2, decisions: [{ by: by('a'), answer: 'approve', atMs: 1 }] });
    expect((await give(world, by('b'))).sentence.length).toBeLessThanOrEqual(2_000);
    expect(world.handed[0]?.answer['sentence']).toHaveLength(2_000);
  });
});

describe('what does not count', () => {
  test.each<[string, string, Partial<AnswerRequest>, Parameters<typeof recordOf>[0], Record<string, unknown>]>([
    [
      'another plan',
      alex,
      { plan: 'e'.repeat(12) },
      {},
      {
        code: 'PlanChanged',
        message: 'plan eeeeeeeeeeee is not the one that waits: that is ffffffffffff',
        field: 'plan',
        fix: 'Read the plan that waits (baton status hub-1), then type: baton approve hub-1 --plan ffffffffffff',
      },
    ],
    ['more digits than the plan agrees with', alex, { plan: `${'f'.repeat(63)}e` }, {}, { code: 'PlanChanged' }],
    ['the requester', robin, {}, { approvers: ['role/approver', 'role/requester'] }, { code: 'ApproverNotAllowed', fix: 'x' }],
    ['the requester in another role', robin.replace('/requester/', '/approver/'), {}, {}, { code: 'ApproverNotAllowed' }],
    ['a stranger', 'arn:aws:iam::123456789012:user/eve', {}, {}, { code: 'ApproverNotAllowed' }],
    ['an answer after its time', alex, {}, { expiresAtMs: nowMs }, { code: 'ApprovalExpired' }],
    [
      'an answer to what another person closed',
      alex,
      {},
      { state: 'approved', decisions: [{ by: sam, answer: 'approve', atMs: 1 }] },
      { code: 'ApprovalInvalid' },
    ],
    [
      'an answer to what nobody closed',
      alex,
      {},
      { state: 'expired', decisions: [{ by: alex, answer: 'approve', atMs: 1 }] },
      { code: 'ApprovalInvalid' },
    ],
    ['a change of mind', alex, { answer: 'deny' }, { quorum: 2, decisions: [{ by: alex, answer: 'approve', atMs: 1 }] }, { code: 'ApprovalInvalid' }],
    [
      'another statement',
      alex,
      { statement: 'b' },
      { quorum: 2, decisions: [{ by: alex, answer: 'approve', statement: 'a', atMs: 1 }] },
      { code: 'ApprovalInvalid' },
    ],
    [
      'the other purpose',
      alex,
      { purpose: 'attestation', statement: 'x' },
      {},
      { code: 'ApprovalUnknown', message: 'nothing of hub-1 waits for an attestation', fix: 'baton status hub-1' },
    ],
  ])('%s is refused, nothing is written and nobody is told', async (_, by, asked, record, failure) => {
    const world = waiting(record);
    const before = world.approvals.get(id);
    await expect(give(world, by, asked)).rejects.toMatchObject(failure);
    expect(world.approvals.get(id)).toBe(before);
    expect([world.handed, world.measured.figures]).toEqual([[], []]);
  });
  test('an answer to another record than the one that waits is refused, whatever its plan', async () => {
    const world = waiting();
    await expect(giveAnswer({ by: alex, request: yes, id: 'b'.repeat(32) }, world.deps(), never)).rejects.toMatchObject({
      code: 'ApprovalUnknown',
      message: 'nothing of hub-1 waits for an approval',
    });
    expect(world.approvals.get(id)?.decisions).toEqual([]);
    expect(await giveAnswer({ by: alex, request: yes, id }, world.deps(), never)).toMatchObject({ state: 'approved' });
  });
  test('an answer where nothing was ever asked is refused', async () => {
    await expect(give(new World(), alex)).rejects.toMatchObject({ code: 'ApprovalUnknown' });
  });
  test('an answer that the table did not take tells nobody', async () => {
    const world = waiting();
    const deps = world.deps();
    const approvals = Object.assign(Object.create(deps.approvals), {
      decide: async () => {
        throw new BatonError('LeaseUnreachable', 'no answer from the table', { fix: 'Again.' });
      },
    }) as typeof deps.approvals;
    await expect(giveAnswer({ by: alex, request: yes }, { ...deps, approvals }, never)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    expect(world.handed).toEqual([]);
  });
});

describe('the same answer again', () => {
  test('hands over what did not reach the execution, without counting anew', async () => {
    const world = waiting({ createdAtMs: nowMs - 7 });
    world.handOver = [lost];
    await expect(give(world, alex)).rejects.toMatchObject({ code: 'WorkflowFailed' });
    expect([world.handed, world.approvals.get(id)?.state]).toEqual([[], 'approved']);
    await expect(give(world, alex, { answer: 'deny' })).rejects.toMatchObject({ code: 'ApprovalInvalid', message: 'it is approved already' });
    await expect(give(world, sam)).rejects.toMatchObject({ code: 'ApprovalInvalid' });
    const told: unknown = await give(world, alex).catch((error: unknown) => error);
    expect(told).toMatchObject({ state: 'approved', counted: 1 });
    expect(world.handed.length).toBe(1);
    expect(world.approvals.get(id)?.decisions.length).toBe(1);
    expect(world.measured.figures).toEqual(['ApprovalWaitMs 7']);
  });
  test('after the execution has it says so', async () => {
    const world = waiting();
    await give(world, alex);
    world.handOver = [over];
    await expect(give(world, alex)).rejects.toMatchObject({ code: 'ApprovalExpired' });
    expect(world.approvals.get(id)?.version).toBe(2);
  });
  test('while others are waited for is counted once, and is told again', async () => {
    const world = waiting({ quorum: 2 });
    const first = await give(world, alex);
    expect(await give(world, alex)).toEqual(first);
    expect(world.approvals.get(id)).toMatchObject({ version: 2, decisions: [{ by: alex }] });
    expect(world.handed).toEqual([]);
  });
  test('of who was not the last hands over nothing', async () => {
    const world = waiting({ quorum: 2 });
    await give(world, alex);
    await give(world, sam);
    await expect(give(world, alex)).rejects.toMatchObject({ code: 'ApprovalInvalid' });
    expect(world.handed.length).toBe(1);
  });
});

describe('people are told that somebody has answered', () => {
  const withNotices = (of: Parameters<typeof recordOf>[0] = {}) => {
    const world = waiting(of);
    const notices: Notice[] = [];
    const send = async (notice: Notice): Promise<boolean> => notices.push(notice) > 0;
    const giving = (by: string, request: Partial<AnswerRequest> = {}) =>
      giveAnswer({ by, request: { ...yes, ...request } }, { ...world.deps(), notify: { send } }, never);
    return { world, notices, giving };
  };
  test('once, with what it is about', async () => {
    const { notices, giving } = withNotices({ quorum: 2 });
    await giving(alex);
    await giving(alex);
    expect(notices).toEqual([
      {
        kind: 'answered',
        validator: v,
        execution: run('one'),
        subject: 'Baton: approval of hub-1 is pending',
        message: `${alex} answers approve to the approval of hub-1: 1 of 2, pending.`,
      },
    ]);
    await giving(sam, { answer: 'deny' });
    expect(notices.map(({ subject }) => subject)).toEqual(['Baton: approval of hub-1 is pending', 'Baton: approval of hub-1 is denied']);
  });
  test('also when the execution gives no answer, and not for an answer that is refused', async () => {
    const { world, notices, giving } = withNotices();
    await expect(giving(robin)).rejects.toMatchObject({ code: 'ApproverNotAllowed' });
    expect(notices).toEqual([]);
    world.handOver = [lost];
    await expect(giving(alex)).rejects.toBe(lost);
    expect(notices.map(({ subject }) => subject)).toEqual(['Baton: approval of hub-1 is approved']);
  });
  test('and an answer counts when they cannot be told', async () => {
    const world = waiting();
    const mute = { ...world.deps(), notify: { send: async () => false } };
    expect(await giveAnswer({ by: alex, request: yes }, mute, never)).toMatchObject({ state: 'approved' });
    expect(world.handed.length).toBe(1);
  });
});
