import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Approvals } from '../../aws/approvals.ts';
import type { FullEvent } from '../../aws/workflow.ts';
import { checkBundle, type BundleRecord } from '../../core/bundle.ts';
import { hashOf } from '../../core/plan.ts';
import { baton, client, dir, enrolled, executions, hub, records } from './cli-bench.ts';
import { alex, amber, birch, recordOf, robin, run } from './core.ts';

/** One switchover that went well, as table and workflow keep it, for tests of bundles. */

export const name = run('hub-1.t1.by-hand-ab');
export const token = 'AQCEAAAAKgAAAAMAAAAA-task-token';
export const longSecret = 'Zm9v'.repeat(60);
export const atMs = 1_700_000_000_000;

/** A switchover as Step Functions keeps it, with the token in its parameters and request ids in its outputs. */
const historyOf = (plan: Record<string, unknown>): FullEvent[] => {
  const planHash = hashOf(plan);
  const id = 'a'.repeat(32);
  const driven = { validator: 'hub-1', term: 2, claim: name };
  const answered = { answer: 'approved', approvalId: id, by: [alex], sentence: 'Approved.' };
  const raw: [string, Record<string, unknown>][] = [
    [
      'ExecutionStarted',
      { input: JSON.stringify({ validator: 'hub-1', kind: 'switchover', cause: plan['cause'] }), roleArn: 'arn:aws:iam::1:role/x' },
    ],
    ['TaskStateEntered', { name: 'Assess', input: '{}' }],
    [
      'TaskSucceeded',
      {
        output: JSON.stringify({
          ExecutedVersion: '$LATEST',
          Payload: {},
          SdkResponseMetadata: { RequestId: '11111111-2222-3333-4444-555555555555' },
        }),
      },
    ],
    [
      'TaskStateExited',
      { name: 'Assess', output: JSON.stringify({ decision: 'proceed', plan, planHash, approvalRequired: true, sentence: 'Plan: fence amber.' }) },
    ],
    ['TaskStateEntered', { name: 'RequestApproval', input: '{}' }],
    [
      'TaskScheduled',
      { resource: 'invoke.waitForTaskToken', parameters: JSON.stringify({ FunctionName: 'f', Payload: { purpose: 'approval', token } }) },
    ],
    ['TaskSubmitted', { output: JSON.stringify({ Payload: { approvalId: id, sentence: 'Waiting.' } }) }],
    ['TaskStateExited', { name: 'RequestApproval', output: JSON.stringify(answered) }],
    ['TaskStateExited', { name: 'TakeTerm', output: JSON.stringify({ ...driven, holder: amber, candidate: birch, sentence: 'Took term 2.' }) }],
    ['TaskFailed', { error: 'Lambda.Unknown', cause: 'The function died. (Service: Lambda; Request ID: 99999999-2222-3333-4444-555555555555)' }],
    [
      'TaskStateExited',
      { name: 'Fence', output: JSON.stringify({ state: 'fenced', kind: 'relinquished', pass: 2, waitedMs: 90, sentence: 'It stopped.' }) },
    ],
    ['TaskStateExited', { name: 'ReleaseKey', output: JSON.stringify({ holder: birch, watermark: null, sentence: `Released ${longSecret}.` }) }],
    ['TaskStateExited', { name: 'Verify', output: JSON.stringify({ state: 'signing', pass: 2, waitedMs: 10, baseline: 1, sentence: 'It signs.' }) }],
    ['ExecutionSucceeded', { output: JSON.stringify({ sentence: 'birch signs.' }) }],
  ];
  return raw.map(([type, details], index) => ({ id: index + 1, type, atMs: atMs + index * 1_000, before: index, details }));
};

const told14 = (full: readonly FullEvent[]) =>
  full.map(({ id, type, atMs: at, details }) => ({
    id,
    type,
    atMs: at,
    ...('name' in details ? { state: String(details['name']) } : {}),
    ...('output' in details && type.endsWith('StateExited') ? { output: String(details['output']) } : {}),
  }));

export const planFor = async (of: Record<string, unknown> = {}): Promise<Record<string, unknown>> => ({
  validator: 'hub-1',
  kind: 'switchover',
  execution: name,
  cause: { kind: 'operator', by: robin, reason: 'drill' },
  term: 1,
  phase: 'HELD',
  holder: amber,
  candidate: birch,
  accepts: ['relinquished', 'stopped', 'powered-off'],
  approval: { required: true, quorum: 1, approvers: ['role/approver'] },
  config: (await records().readConfig(hub))?.hash,
  ...of,
});

/** One switchover that went well, in table and workflow. */
export const happened = async (of: Record<string, unknown> = {}): Promise<void> => {
  await enrolled();
  const plan = await planFor(of);
  const full = historyOf(plan);
  executions.set(name, {
    found: { status: 'SUCCEEDED', sentence: 'birch signs.', startedMs: atMs, stoppedMs: atMs + 13_000 },
    events: told14(full),
    full,
  });
  const record = recordOf({ execution: name, planHash: hashOf(plan), state: 'pending', token, createdAtMs: atMs, expiresAtMs: atMs + 1e9 });
  await new Approvals({ client, table: 'baton' }).create({
    ...record,
    state: 'approved',
    decisions: [{ by: alex, answer: 'approve', atMs: atMs + 6_000 }],
  });
  await records().writeReport({
    validator: hub,
    node: birch,
    sequence: 3,
    armed: true,
    leaseMs: 15_000,
    signing: true,
    floor: 2,
    synced: true,
    height: 7,
    build: 'b1',
    distress: null,
    diskFreeBytes: null,
    relinquished: undefined,
  });
};
export const made = async (
  file = join(dir, 'one.jsonl'),
): Promise<{ file: string; records: readonly BundleRecord[]; content: string; last: string }> => {
  expect(await baton('bundle', name, '--out', file, '--force')).toBe(0);
  const content = readFileSync(file, 'utf8');
  const found = checkBundle(content);
  if (!found.ok) throw new Error(found.why);
  return { file, records: found.records, content, last: found.head.last };
};
export const of = (list: readonly BundleRecord[], kind: string): readonly Readonly<Record<string, unknown>>[] =>
  list.filter((one) => one.kind === kind).map(({ content }) => content);
