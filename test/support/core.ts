import type { Question } from '../../core/ask.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import { validatorsFile } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { AttemptId, ExecutionName, NodeId, Term, ValidatorId } from '../../core/ids.ts';
import type { Lease } from '../../core/lease.ts';
import type { NodeReport } from '../../core/report.ts';
import { durationMs } from '../../core/time.ts';

/**
 * Values that tests begin from. Each function gives a fresh one. Names are branded, not parsed: a broken schema then fails the tests
 * of that schema instead of keeping every file from loading.
 */

export const v = 'hub-1' as ValidatorId;
export const amber = 'i-0a11ce0000000001' as NodeId;
export const birch = 'i-0b0b000000000002' as NodeId;
export const cedar = 'mi-0ceda00000000003' as NodeId;
export const t = (value: number): Term => value as Term;
export const run = (name: string): ExecutionName => name as ExecutionName;
export const attempt = (name: string): AttemptId => name as AttemptId;

export const proof = (of: Partial<Evidence> = {}): Evidence => ({
  kind: 'relinquished',
  node: amber,
  term: t(2),
  by: 'guard',
  atMs: 1,
  how: 'It stopped.',
  ...of,
});

export const leaseOf = (of: Partial<Lease> = {}): Lease => ({
  validator: v,
  term: t(1),
  holder: amber,
  phase: 'HELD',
  claim: run('enrol'),
  candidate: amber,
  releasedTerm: t(1),
  version: 1,
  attempt: attempt('enrol'),
  watermark: { kind: 'consensus', height: 10, round: 0, step: 3 },
  ...of,
});

/** What the document `fence` prints when everything is stopped. */
export const fenceOutputOf = (of: Record<string, unknown>): Record<string, unknown> => ({
  baton: 'fence',
  validator: v,
  term: 2,
  nonce: 'n',
  unit: 'cometbft.service',
  unitActive: 'inactive',
  unitMasked: true,
  guardActive: 'inactive',
  tasks: 0,
  keyFiles: 0,
  watermark: null,
  writer: null,
  ok: true,
  ...of,
});

export const fencing = (of: Partial<Lease> = {}): Lease =>
  leaseOf({ term: t(2), phase: 'FENCING', claim: run('one'), candidate: birch, version: 2, attempt: attempt('one/TakeTerm/1'), ...of });

export const reportOf = (of: Partial<NodeReport> = {}): NodeReport => ({
  validator: v,
  node: amber,
  sequence: 7,
  armedTerm: t(1),
  armed: true,
  leaseMs: 15_000,
  signing: true,
  floor: 1,
  synced: true,
  height: 100,
  build: 'b1',
  distress: null,
  diskFreeBytes: 5_000_000_000,
  ...of,
});

export const yaml = (change: (one: Record<string, unknown>) => void = () => undefined): unknown => {
  const one: Record<string, unknown> = {
    id: 'hub-1',
    chain: { kind: 'cometbft', chainId: 'hub', publicKey: 'bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=' },
    holder: 'amber',
    nodes: [
      { name: 'amber', id: amber, principal: `arn:aws:sts::123456789012:assumed-role/node/${amber}`, power: true },
      { name: 'birch', id: birch, principal: `arn:aws:sts::123456789012:assumed-role/node/${birch}`, power: true },
    ],
    vantages: [
      { name: 'east', url: 'http://127.0.0.1:1' },
      { name: 'west', url: 'http://127.0.0.1:2' },
    ],
    policy: { approvers: ['role/approver'] },
  };
  change(one);
  return { version: 1, validators: [one] };
};

export const configOf = (change: (one: Record<string, unknown>) => void = () => undefined): ValidatorConfig => {
  const [config] = validatorsFile.parse(yaml(change)).validators;
  if (!config) throw new Error('no validator');
  return config;
};

export const robin = 'arn:aws:sts::123456789012:assumed-role/requester/robin';
export const alex = 'arn:aws:sts::123456789012:assumed-role/approver/alex';
export const sam = 'arn:aws:sts::123456789012:assumed-role/approver/sam';

export const recordOf = (of: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  id: 'a'.repeat(32),
  purpose: 'approval',
  validator: v,
  execution: run('one'),
  planHash: 'f'.repeat(64),
  requester: robin,
  approvers: ['role/approver'],
  quorum: 1,
  state: 'pending',
  decisions: [],
  expiresAtMs: 1_000_000,
  sentence: 'Fence amber.',
  token: 'token',
  version: 1,
  ...of,
});

/** amber asks birch for fifteen seconds of its first term. */
export const questionOf = (of: Partial<Question> = {}): Question => ({
  validator: v,
  asker: amber,
  asked: birch,
  term: t(1),
  promiseMs: durationMs(15_000),
  nonce: 'a'.repeat(64),
  ...of,
});
