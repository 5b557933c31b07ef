import { describe, expect, test } from 'vitest';
import { alex, amber, birch, fenceOutputOf, fencing, recordOf, reportOf, robin, run, sam, t } from '../test/support/core.ts';
import { long } from '../test/support/schema.ts';
import type { Decision } from './approval.ts';
import { nonceOf, proofOfAttestation, proofOfLapse, proofOfPowerOff, proofOfRelinquish, proofOfStop, type Proof } from './proofs.ts';
import { durationMs } from './time.ts';

/** The whole evidence as it is kept in the lease, and the reason an operator reads when there is none. */

const lease = fencing();
const fenced = fencing({ phase: 'FENCED' });
const other = fencing({ validator: 'hub-2' as typeof lease.validator });
const notFencing: Proof = { outcome: 'none', reason: 'the lease is FENCED, not FENCING' };
const nonce = 'd4e2f6bc177ef2a37a12beadb6d3903e';
const mark = { kind: 'consensus' as const, height: 12, round: 1, step: 2 };
const none = (reason: string): Proof => ({ outcome: 'none', reason });

describe('relinquished', () => {
  const relinquished = { term: t(2), watermark: mark };
  const evidence = {
    kind: 'relinquished',
    node: amber,
    term: t(2),
    by: `guard of ${amber}`,
    atMs: 5,
    how: 'The guard closed the gate, verified it, dropped the key and gave up this term.',
  };
  test('the proof carries the watermark when the guard knows it', () => {
    expect(proofOfRelinquish(lease, reportOf({ relinquished }), { atMs: 5 })).toStrictEqual({
      outcome: 'proof',
      evidence: { ...evidence, watermark: mark },
    });
    expect(proofOfRelinquish(lease, reportOf({ relinquished: { term: t(2), watermark: null } }), { atMs: 5 })).toStrictEqual({
      outcome: 'proof',
      evidence,
    });
  });
  test('the reasons', () => {
    expect(proofOfRelinquish(fenced, reportOf({ relinquished }), { atMs: 5 })).toStrictEqual(notFencing);
    expect(proofOfRelinquish(lease, undefined, { atMs: 5 })).toStrictEqual(none('the guard has not relinquished'));
    expect(proofOfRelinquish(lease, reportOf(), { atMs: 5 })).toStrictEqual(none('the guard has not relinquished'));
    expect(proofOfRelinquish(lease, reportOf({ node: birch, relinquished }), { atMs: 5 })).toStrictEqual(
      none(`the report is about ${birch}, not about the recorded active ${amber}`),
    );
    expect(proofOfRelinquish(other, reportOf({ relinquished }), { atMs: 5 })).toStrictEqual(
      none(`the report is about ${amber}, not about the recorded active ${amber}`),
    );
    expect(proofOfRelinquish(lease, reportOf({ relinquished: { ...relinquished, term: t(1) } }), { atMs: 5 })).toStrictEqual(
      none('it relinquished term 1, not term 2'),
    );
  });
});

describe('stopped', () => {
  const output = fenceOutputOf({ nonce, guardActive: 'failed', watermark: mark });
  const given = { instance: amber, nonce, commandId: 'c-1', output, report: undefined, atMs: 5 };
  const evidence = {
    kind: 'stopped',
    node: amber,
    term: t(2),
    by: 'SSM command c-1',
    atMs: 5,
    how: 'cometbft.service is inactive and masked, its guard is failed, nothing of it runs, the key is wiped.',
  };
  test('the nonce is the first half of SHA-256 over ["fence",validator,term,claim]', () => {
    expect(nonceOf(lease)).toBe(nonce);
  });
  test('the proof carries the watermark when the node knew it', () => {
    expect(proofOfStop(lease, given)).toStrictEqual({ outcome: 'proof', evidence: { ...evidence, watermark: mark } });
    expect(proofOfStop(lease, { ...given, output: { ...output, watermark: null } })).toStrictEqual({ outcome: 'proof', evidence });
  });
  test('the reasons', () => {
    const unverified = "the command's output does not show a verified stop: ";
    expect(proofOfStop(fenced, given)).toStrictEqual(notFencing);
    expect(proofOfStop(lease, { ...given, instance: birch })).toStrictEqual(none(`the command ran on ${birch}, not on the recorded active ${amber}`));
    expect(proofOfStop(lease, { ...given, nonce: 'x' })).toStrictEqual(none('the command was not sent for this term of this execution'));
    expect(proofOfStop(lease, { ...given, output: null })).toStrictEqual(none(`${unverified}output`));
    expect(proofOfStop(lease, { ...given, output: { ...output, tasks: 1, keyFiles: 1 } })).toStrictEqual(none(`${unverified}tasks`));
    expect(proofOfStop(lease, { ...given, output: { ...output, watermark: { ...mark, step: 9 } } })).toStrictEqual(
      none(`${unverified}watermark.step`),
    );
    for (const wrong of [{ validator: 'hub-2' }, { term: 3 }, { nonce: 'x' }])
      expect(proofOfStop(lease, { ...given, output: { ...output, ...wrong } })).toStrictEqual(
        none('the output is of another validator, term or nonce'),
      );
  });
});

describe('powered-off', () => {
  test('the proof', () => {
    expect(proofOfPowerOff(lease, { node: amber, state: 'stopped', atMs: 5 })).toStrictEqual({
      outcome: 'proof',
      evidence: { kind: 'powered-off', node: amber, term: t(2), by: 'EC2', atMs: 5, how: 'EC2 shows the instance as stopped.' },
    });
  });
  test('the reasons', () => {
    expect(proofOfPowerOff(fenced, { node: amber, state: 'stopped', atMs: 5 })).toStrictEqual(notFencing);
    expect(proofOfPowerOff(lease, { node: birch, state: 'stopped', atMs: 5 })).toStrictEqual(
      none(`the state is of ${birch}, not of the recorded active ${amber}`),
    );
    expect(proofOfPowerOff(lease, { node: amber, state: 'stopping', atMs: 5 })).toStrictEqual(
      none('EC2 says stopping; only stopped and terminated count'),
    );
  });
});

describe('lapsed', () => {
  const of = { waitedMs: 18_579.9, timing: { drift: 0.05, marginMs: durationMs(2_000) }, atMs: 5 };
  test('the proof', () => {
    expect(proofOfLapse(lease, reportOf(), of)).toStrictEqual({
      outcome: 'proof',
      evidence: {
        kind: 'lapsed',
        node: amber,
        term: t(2),
        by: `guard of ${amber}, armed in term 1`,
        atMs: 5,
        how: '18579 ms have passed since the term was taken; an armed guard stops within 18579 ms.',
      },
    });
  });
  test('the reasons', () => {
    expect(proofOfLapse(fenced, reportOf(), of)).toStrictEqual(notFencing);
    expect(proofOfLapse(lease, undefined, of)).toStrictEqual(none('the recorded active never reported'));
    expect(proofOfLapse(lease, reportOf({ node: birch }), of)).toStrictEqual(
      none(`the report is about ${birch}, not about the recorded active ${amber}`),
    );
    expect(proofOfLapse(other, reportOf(), of)).toStrictEqual(none(`the report is about ${amber}, not about the recorded active ${amber}`));
    for (const wrong of [{ armed: false }, { armedTerm: t(2) }])
      expect(proofOfLapse(lease, reportOf(wrong), of)).toStrictEqual(none('its guard did not declare itself armed for term 1'));
    expect(proofOfLapse(lease, reportOf(), { ...of, waitedMs: 18_578.9 })).toStrictEqual(none('18578 of 18579 ms have passed'));
  });
});

describe('attested', () => {
  const says = (by: string, statement: string, of: Partial<Decision> = {}): Decision => ({ by, answer: 'approve', statement, atMs: 2, ...of });
  const given = recordOf({ purpose: 'attestation', state: 'approved', term: t(2), node: amber, decisions: [says(alex, 'I pulled the plug.')] });
  test('the proof names everyone who counts, and nobody else', () => {
    const decisions = [
      says(alex, 'I pulled the plug.'),
      says(robin, 'I asked for it.'),
      says(sam, 'I saw it dark.'),
      says('role/kim', 'It runs.', { answer: 'deny' }),
      { by: 'role/lee', answer: 'approve' as const, atMs: 3 },
    ];
    expect(proofOfAttestation(lease, { ...given, quorum: 2, decisions }, { atMs: 5 })).toStrictEqual({
      outcome: 'proof',
      evidence: {
        kind: 'attested',
        node: amber,
        term: t(2),
        by: `${alex}, ${sam}`,
        atMs: 5,
        how: 'I pulled the plug.; I saw it dark.',
      },
    });
    expect(proofOfAttestation(lease, { ...given, quorum: 3, decisions }, { atMs: 5 })).toStrictEqual(none('2 of 3 people attested'));
  });
  test('long names and statements are cut to what the lease takes', () => {
    const decisions = [says(`role/${long(2_043)}`, long(1_000)), says(sam, 'I saw it dark.')];
    expect(proofOfAttestation(lease, { ...given, decisions }, { atMs: 5 })).toMatchObject({
      evidence: { by: `role/${long(2_043)}`, how: long(1_000) },
    });
  });
  test('the reasons', () => {
    expect(proofOfAttestation(fenced, given, { atMs: 5 })).toStrictEqual(notFencing);
    expect(proofOfAttestation(lease, undefined, { atMs: 5 })).toStrictEqual(none('there is no attestation'));
    expect(proofOfAttestation(lease, { ...given, purpose: 'approval' }, { atMs: 5 })).toStrictEqual(none('the record is an approval and approved'));
    expect(proofOfAttestation(lease, { ...given, state: 'expired' }, { atMs: 5 })).toStrictEqual(none('the record is an attestation and expired'));
    for (const wrong of [{ validator: 'hub-2' as typeof lease.validator }, { term: t(1) }, { node: birch }])
      expect(proofOfAttestation(lease, { ...given, ...wrong }, { atMs: 5 })).toStrictEqual(
        none('the attestation is about another validator, term or node'),
      );
    expect(proofOfAttestation(lease, { ...given, execution: run('two') }, { atMs: 5 })).toStrictEqual(
      none('the attestation was given to another execution'),
    );
  });
});
