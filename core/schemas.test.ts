import { describe, expect, test } from 'vitest';
import { amber, birch, fenceOutputOf, leaseOf, proof, recordOf, reportOf, run, t } from '../test/support/core.ts';
import { holdsRows, largest, long, many } from '../test/support/schema.ts';
import { approvalRecord, shownRecord, waitingRecord } from './approval.ts';
import { evidence } from './evidence.ts';
import { attemptId, executionName, nextTerm, nodeId, term, validatorId } from './ids.ts';
import { lease } from './lease.ts';
import { plan } from './plan.ts';
import { fenceOutput } from './proofs.ts';
import { nodeReport } from './report.ts';
import { watermark } from './watermark.ts';

const messageOf = (found: { error?: { issues: readonly { message: string }[] } | undefined }): string | undefined => found.error?.issues[0]?.message;

describe('names', () => {
  test.each([
    ['a', true],
    ['7', true],
    ['hub-1', true],
    [`a${'b'.repeat(39)}`, true],
    ['', false],
    [`a${'b'.repeat(40)}`, false],
    ['-hub', false],
    ['Hub', false],
    ['hub_1', false],
    ['hub-1\n', false],
    ['!hub', false],
    ['hub!', false],
  ])('validator %j: %s', (name, valid) => {
    expect(validatorId.safeParse(name).success).toBe(valid);
  });
  test.each([
    ['i-01234567', true],
    ['i-0123456789abcdef0', true],
    ['mi-0123456789abcdef0', true],
    ['i-0123456', false],
    ['i-0123456789abcdef01', false],
    ['i-0123456g', false],
    ['I-01234567', false],
    ['xi-01234567', false],
    ['xmi-01234567', false],
    ['i-01234567 ', false],
  ])('node %j: %s', (name, valid) => {
    expect(nodeId.safeParse(name).success).toBe(valid);
  });
  test.each([
    ['hub-1.t3.ab_C', true],
    [long(80), true],
    ['', false],
    [long(81), false],
    ['a b', false],
    ['!a', false],
    ['a!', false],
    ['a/b', false],
  ])('execution %j: %s', (name, valid) => {
    expect(executionName.safeParse(name).success).toBe(valid);
  });
  test.each([
    ['x', true],
    [long(200), true],
    ['', false],
    [long(201), false],
  ])('attempt %j: %s', (name, valid) => {
    expect(attemptId.safeParse(name).success).toBe(valid);
  });
  test('a wrong one says what was expected', () => {
    expect(messageOf(validatorId.safeParse('Hub'))).toBe('expected 1–40 of a–z, 0–9 and -');
    expect(messageOf(nodeId.safeParse('server-1'))).toBe('expected an EC2 instance id (i-…) or an SSM managed node id (mi-…)');
    expect(messageOf(executionName.safeParse('a b'))).toBe('expected 1–80 of A–Z, a–z, 0–9, _, . and -');
  });
  test.each([
    [1, true],
    [largest, true],
    [0, false],
    [largest + 1, false],
    [1.5, false],
  ])('term %d: %s', (value, valid) => {
    expect(term.safeParse(value).success).toBe(valid);
  });
  test('the next term is one higher', () => {
    expect(nextTerm(t(7))).toBe(8);
  });
});

describe('watermark', () => {
  const consensus = (): unknown => ({ kind: 'consensus', height: 5, round: 0, step: 1 });
  holdsRows(watermark, consensus, [
    ['kind', ['consensus'], ['', 'epoch']],
    ['height', [0, largest], [-1, largest + 1, 0.5, undefined]],
    ['round', [0, 2_147_483_647], [-1, 2_147_483_648, 0.5]],
    ['step', [0, 1, 2, 3], [-1, 4, 0.5]],
  ]);
  holdsRows(watermark, () => ({ kind: 'slot', slot: 5 }), [['slot', [0, largest], [-1, largest + 1, 0.5, undefined]]]);
  test('no shape takes a field of the other', () => {
    expect(watermark.safeParse({ kind: 'slot', slot: 5, height: 5 }).success).toBe(false);
    expect(watermark.safeParse({ kind: 'consensus', height: 5, round: 0, step: 1, slot: 5 }).success).toBe(false);
  });
});

const mark = { kind: 'slot', slot: 1 };

describe('evidence', () => {
  holdsRows(evidence, proof, [
    ['kind', ['relinquished', 'stopped', 'powered-off', 'lapsed', 'attested'], ['', 'timeout']],
    ['node', [birch], ['', undefined]],
    ['term', [1], [0]],
    ['by', ['x', long(2_048)], ['', long(2_049)]],
    ['atMs', [0, 1], [-1, 0.5]],
    ['how', ['x', long(1_000)], ['', long(1_001)]],
    ['watermark', [mark, undefined], [null]],
  ]);
});

describe('report of a node', () => {
  holdsRows(nodeReport, reportOf, [
    ['validator', ['hub-2'], ['']],
    ['node', [birch], ['']],
    ['sequence', [0, 1], [-1, 0.5]],
    ['armedTerm', [1, undefined], [0]],
    ['armed', [true, false], [1]],
    ['leaseMs', [1, 600_000], [0, 600_001, 1.5]],
    ['signing', [true, false], [1]],
    ['floor', [0, 1], [-1, 0.5]],
    ['synced', [true, false], [1]],
    ['height', [0, 1, null], [-1, 0.5]],
    ['build', ['', long(80)], [long(81)]],
    ['distress', [null, long(500)], [long(501)]],
    ['diskFreeBytes', [0, 1, null], [-1]],
    ['relinquished', [{ term: 1, watermark: null }, { term: 1, watermark: mark }, undefined], [{ watermark: null }, { term: 0, watermark: null }]],
  ]);
  test('a field too many is refused', () => {
    expect(nodeReport.safeParse({ ...reportOf(), holder: amber }).success).toBe(false);
  });
});

const seal = { node: birch, term: 2, box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' };

describe('lease', () => {
  holdsRows(lease, () => ({ ...leaseOf(), sealed: seal }), [
    ['validator', ['hub-2'], ['']],
    ['term', [1], [0]],
    ['holder', [birch], ['']],
    ['phase', ['HELD', 'FENCING', 'FENCED', 'RELEASED'], ['', 'held']],
    ['claim', ['enrol'], ['']],
    ['candidate', [birch], ['']],
    ['releasedTerm', [1], [0]],
    ['evidence', [proof(), undefined], [{}]],
    ['sealed', [undefined], [{}]],
    ['sealed.node', [amber], ['']],
    ['sealed.term', [1], [0]],
    ['sealed.box', ['', long(200_000)], [long(200_001)]],
    ['sealed.dataKey', ['', long(8_000)], [long(8_001)]],
    ['sealed.grantToken', ['', long(3_000)], [long(3_001)]],
    ['watermark', [mark, undefined], [null]],
    ['version', [1, 2], [0, 1.5]],
    ['attempt', ['x'], ['']],
  ]);
  test('a field too many is refused', () => {
    expect(lease.safeParse({ ...leaseOf(), ttl: 1 }).success).toBe(false);
    expect(lease.safeParse({ ...leaseOf(), sealed: { ...seal, key: 'x' } }).success).toBe(false);
  });
});

const decision = { by: 'x', answer: 'approve', atMs: 1 };

describe('record of an approval', () => {
  holdsRows(approvalRecord, () => ({ ...recordOf(), decisions: [decision] }), [
    ['id', ['0123456789abcdef0123456789abcdef'], [long(32), 'a'.repeat(31), 'a'.repeat(33), `!${'a'.repeat(32)}`, `${'a'.repeat(32)}!`]],
    ['purpose', ['approval', 'attestation'], ['', 'plan']],
    ['validator', ['hub-2'], ['']],
    ['execution', ['two'], ['']],
    ['planHash', ['f'.repeat(64)], ['f'.repeat(63), 'f'.repeat(65)]],
    ['term', [1, undefined], [0]],
    ['node', [birch, undefined], ['']],
    ['requester', ['x', long(2_048)], ['', long(2_049)]],
    ['approvers', [[], many(50, 'x')], [many(51, 'x')]],
    ['quorum', [1, 10], [0, 11, 1.5]],
    ['state', ['pending', 'approved', 'denied', 'expired'], ['', 'open']],
    ['decisions', [[], many(50, decision)], [many(51, decision)]],
    ['decisions.0.by', ['x', long(2_048)], ['', long(2_049)]],
    ['decisions.0.answer', ['approve', 'deny'], ['', 'maybe']],
    ['decisions.0.statement', [undefined, 'x', long(1_000)], ['', long(1_001)]],
    ['decisions.0.atMs', [0, 1], [-1, 0.5]],
    ['createdAtMs', [undefined, 0, 1], [-1, 0.5]],
    ['expiresAtMs', [0, 1], [-1, 0.5]],
    ['sentence', ['', long(2_000)], [long(2_001)]],
    ['token', ['x', long(2_048)], ['', long(2_049)]],
    ['version', [1, 2], [0, 1.5]],
  ]);
});

describe('what people see of it', () => {
  test('is all but the token, which has no place in it', () => {
    const { token: _token, ...shown } = recordOf();
    expect(waitingRecord.parse(shown)).toEqual(shown);
    expect(waitingRecord.safeParse(recordOf()).success).toBe(false);
  });
  test('what the message in Slack is made of is all but the token; the evidence is for it alone', () => {
    const { token: _token, ...shown } = recordOf({ accepts: ['relinquished'] });
    expect(shownRecord.parse(shown)).toEqual(shown);
    expect(shownRecord.safeParse(recordOf()).success).toBe(false);
    expect(waitingRecord.safeParse(shown).success).toBe(false);
    expect(approvalRecord.safeParse({ ...recordOf(), accepts: ['guessed'] }).success).toBe(false);
    expect(approvalRecord.parse(recordOf({ accepts: ['stopped', 'lapsed'] })).accepts).toEqual(['stopped', 'lapsed']);
  });
});

describe('plan', () => {
  const base = (): unknown => ({
    validator: 'hub-1',
    kind: 'failover',
    execution: run('one'),
    cause: { kind: 'verdict', by: 'watch', reason: 'Failing.' },
    term: 1,
    phase: 'HELD',
    holder: amber,
    candidate: birch,
    accepts: ['stopped'],
    approval: { required: true, quorum: 1, approvers: ['role/approver'] },
    config: 'c'.repeat(64),
  });
  holdsRows(plan, base, [
    ['validator', ['hub-2'], ['']],
    ['kind', ['failover', 'switchover'], ['', 'reinstate']],
    ['execution', ['two'], ['']],
    ['cause.kind', ['verdict', 'distress', 'operator', 'alarm', 'drill'], ['', 'cron']],
    ['cause.by', ['x', long(2_048)], ['', long(2_049)]],
    ['cause.reason', ['x', long(1_000)], ['', long(1_001)]],
    ['term', [1], [0]],
    ['phase', ['HELD', 'FENCING', 'FENCED', 'RELEASED'], ['']],
    ['holder', [birch], ['']],
    ['candidate', [amber], ['']],
    ['accepts', [['stopped'], ['lapsed', 'attested']], [[], ['timeout']]],
    ['approval.required', [true, false], [1]],
    ['approval.quorum', [1, 2], [0, 1.5]],
    ['approval.approvers', [[]], [[1]]],
    ['config', ['c'.repeat(64)], ['c'.repeat(63), 'c'.repeat(65)]],
  ]);
});

describe('output of the document fence', () => {
  const base = (): unknown => fenceOutputOf({});
  holdsRows(fenceOutput, base, [
    ['baton', ['fence'], ['', 'rejoin']],
    ['unitActive', ['inactive', 'failed'], ['', 'active', 'activating', 'unknown']],
    ['unitMasked', [true], [false]],
    ['guardActive', ['inactive', 'failed'], ['', 'active', 'deactivating']],
    ['tasks', [0], [1, -1]],
    ['keyFiles', [0], [1]],
    ['watermark', [null, mark], [undefined]],
    ['writer', [null, 'a'.repeat(32)], [undefined, '', 'a'.repeat(31), 'a'.repeat(33), 'g'.repeat(32), 1]],
    ['ok', [true], [false]],
  ]);
});
