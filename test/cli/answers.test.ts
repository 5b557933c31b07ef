import { describe, expect, test } from 'vitest';
import { Approvals } from '../../aws/approvals.ts';
import { outputFor } from '../../cli/output.ts';
import { BatonError } from '../../core/errors.ts';
import { answers, baton, client, enrolled, hub, inWords, records, set, started, stopTable, text, told, useCli } from '../support/cli-bench.ts';
import { alex, amber, birch, recordOf, reportOf, robin, run, sam } from '../support/core.ts';

useCli();

describe('answers', () => {
  const waiting = async (of: Parameters<typeof recordOf>[0] = {}): Promise<void> => {
    await enrolled();
    await new Approvals({ client, table: 'baton' }).create(recordOf({ validator: hub, expiresAtMs: 2_000_000_000_000, ...of }));
    set({ me: alex });
  };
  test('approve tells the execution, once', async () => {
    await waiting();
    expect(await baton('approve', 'hub-1', '--plan', 'f'.repeat(12))).toBe(0);
    expect(answers).toEqual([
      { token: 'token', answer: { answer: 'approved', approvalId: 'a'.repeat(32), by: [alex], sentence: `Approved by ${alex}.` } },
    ]);
    expect(text).not.toContain('"token"');
    set({ me: sam });
    expect(await baton('approve', 'hub-1')).toBe(4);
    expect(answers.length).toBe(1);
  });
  test('an answer that did not reach the execution is handed over again by the same person', async () => {
    await waiting();
    set({ unreachable: true });
    expect(await baton('approve', 'hub-1')).toBe(6);
    expect(answers).toEqual([]);
    set({ unreachable: false });
    expect(await baton('deny', 'hub-1')).toBe(4);
    expect(await baton('approve', 'hub-1')).toBe(0);
    expect(answers.length).toBe(1);
    expect((await new Approvals({ client, table: 'baton' }).read('a'.repeat(32)))?.decisions.length).toBe(1);
  });
  test('two of two', async () => {
    await waiting({ quorum: 2 });
    expect(await baton('approve', 'hub-1')).toBe(0);
    expect(told).toMatchObject({ state: 'pending', counted: 1, quorum: 2 });
    expect(answers).toEqual([]);
    set({ me: sam });
    expect(await baton('approve', 'hub-1')).toBe(0);
    expect(answers.length).toBe(1);
  });
  test('deny', async () => {
    await waiting();
    expect(await baton('deny', 'hub-1')).toBe(0);
    expect(answers[0]?.answer).toMatchObject({ answer: 'denied' });
  });
  test.each<[string, string[], string, string]>([
    ['another plan', ['--plan', 'e'.repeat(12)], alex, 'PlanChanged'],
    ['too few digits', ['--plan', 'fff'], alex, 'PlanChanged'],
    ['the requester', [], robin, 'ApproverNotAllowed'],
    ['a stranger', [], 'arn:aws:iam::1:user/eve', 'ApproverNotAllowed'],
  ])('%s is refused and nothing is told', async (_, args, who, errorCode) => {
    await waiting({ approvers: ['role/approver', 'role/requester'] });
    set({ me: who });
    expect(await baton('approve', 'hub-1', ...args)).toBe(4);
    expect(told).toMatchObject({ error: { code: errorCode } });
    expect(answers).toEqual([]);
  });
  test('words too long for their record write nothing', async () => {
    await waiting({ purpose: 'attestation' });
    for (const words of ['', 'x'.repeat(1_001)]) {
      expect(await baton('attest', 'hub-1', '--statement', words)).toBe(2);
      expect(await baton('pause', 'hub-1', '--reason', words)).toBe(2);
      expect(await baton('failover', 'hub-1', '--reason', words, '--no-wait')).toBe(2);
    }
    expect((await new Approvals({ client, table: 'baton' }).read('a'.repeat(32)))?.decisions).toEqual([]);
    expect([await records().readPause(hub), started, answers]).toEqual([undefined, [], []]);
  });
  test('attest needs a statement and something that waits for it', async () => {
    await waiting();
    expect(await baton('attest', 'hub-1', '--statement', 'Plug pulled.')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ApprovalUnknown' } });
    await new Approvals({ client, table: 'baton' }).create(
      recordOf({ id: 'b'.repeat(32), purpose: 'attestation', validator: hub, expiresAtMs: 2_000_000_000_000, node: amber }),
    );
    expect(await baton('attest', 'hub-1', '--statement', 'Plug pulled.')).toBe(0);
    expect((await new Approvals({ client, table: 'baton' }).read('b'.repeat(32)))?.decisions).toMatchObject([
      { by: alex, statement: 'Plug pulled.' },
    ]);
  });
});

describe('the rest', () => {
  test('status says who may sign and what the guards report', async () => {
    await enrolled();
    await records().writeReport(reportOf({ validator: hub }));
    expect(await baton('status')).toBe(0);
    expect(told).toMatchObject({
      validators: [
        {
          validator: 'hub-1',
          lease: { term: 1, phase: 'HELD', holder: amber },
          paused: null,
          waiting: null,
          nodes: [
            { name: 'amber', report: { signing: true } },
            { name: 'birch', report: null },
          ],
        },
      ],
    });
    expect(await baton('status', 'hub-9')).toBe(2);
  });
  test('pause and resume', async () => {
    await enrolled();
    expect(await baton('pause', 'hub-1', '--reason', 'Upgrade.')).toBe(0);
    expect(await records().readPause(hub)).toMatchObject({ by: robin, reason: 'Upgrade.' });
    expect(await baton('resume', 'hub-1')).toBe(0);
    expect(await records().readPause(hub)).toBe(undefined);
  });
  test('a pause for some time ends by itself', async () => {
    await enrolled();
    expect(await baton('pause', 'hub-1', '--for', '2h')).toBe(0);
    const untilMs = 1_700_000_000_000 + 7_200_000;
    expect(told).toMatchObject({ paused: true, untilMs });
    expect(await records().readPause(hub)).toEqual({ by: robin, reason: 'paused by hand', atMs: 1_700_000_000_000, untilMs });
    expect(await inWords('status', 'hub-1')).toBe(0);
    expect(text).toContain('  paused until 2023-11-15 00:13:20 UTC by ');
    await records().pause(hub, { by: robin, reason: 'x', atMs: 1, untilMs: 1_700_000_000_000 });
    await baton('status', 'hub-1');
    expect(told).toMatchObject({ validators: [{ paused: null }] });
    expect(await baton('pause', 'hub-1', '--for', 'ever')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--for' } });
  });
  test('a failover that ends otherwise has its own exit code', async () => {
    await enrolled();
    expect(await baton('failover', 'hub-1', '--to', 'birch')).toBe(6);
    expect(told).toMatchObject({ status: 'FAILED', error: 'Unfenceable' });
    expect(started[0]).toMatch(/^hub-1\.t1\.by-hand-[a-f0-9]{8}$/);
    expect(await baton('switchover', 'hub-1', '--to', birch, '--no-wait')).toBe(0);
    expect(await baton('failover', 'hub-1', '--to', 'zebra')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'HolderUnknown', message: 'zebra is not a node of this validator, expected one of amber, birch' } });
  });
  test('explain tells the end', async () => {
    expect(await baton('explain', run('hub-1.t1.x'))).toBe(0);
    expect(told).toMatchObject({ execution: 'hub-1.t1.x', status: 'FAILED', error: 'Unfenceable' });
    expect(await baton('explain', 'a b')).toBe(2);
  });
  test('no answer from AWS has its own exit code', async () => {
    await stopTable();
    expect(await baton('status', 'hub-1')).toBe(5);
  });
  test('an error for people says what to type next', () => {
    let shown = '';
    outputFor(
      { json: false, verbose: false },
      {
        out: () => undefined,
        err: (line) => {
          shown += line;
        },
        setExitCode: () => undefined,
        terminal: false,
      },
    ).failure(new BatonError('KeyMissing', 'no key', { fix: 'baton seal' }));
    expect(shown).toBe('KeyMissing: no key\n  next: baton seal\n');
  });
});
