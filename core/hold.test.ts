import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, attempt, birch, fencing, leaseOf, reportOf, run, t } from '../test/support/core.ts';
import { maySign, newHold, onDeadline, onRead, onRelinquished, type HoldState } from './hold.ts';
import { applyWrite, recordProof, release, settle, takeTerm, type Lease } from './lease.ts';
import type { NodeId } from './ids.ts';
import { proofOfLapse, proofOfRelinquish } from './proofs.ts';
import { durationMs, steadyMs } from './time.ts';

const timing = { leaseMs: durationMs(15_000), stopMs: durationMs(3_000) };
const fresh = (): HoldState => newHold(amber, { relinquished: 0, floor: 0 });
const holding = (): HoldState => onRead(fresh(), { sentMs: steadyMs(1_000), lease: leaseOf() }, timing).state;

describe('one read', () => {
  test('the recorded active opens until the read was sent + lease − stop', () => {
    const step = onRead(fresh(), { sentMs: steadyMs(1_000), lease: leaseOf() }, timing);
    expect(step).toMatchObject({ action: 'open', relinquish: null, state: { term: 1, deadlineMs: 13_000, floor: 1 } });
    expect(maySign(step.state, steadyMs(12_999))).toBe(true);
    expect(maySign(step.state, steadyMs(13_000))).toBe(false);
  });
  test('a standby stays closed', () => {
    expect(onRead(newHold(birch, { relinquished: 0, floor: 0 }), { sentMs: steadyMs(0), lease: leaseOf() }, timing)).toMatchObject({
      action: 'stay-closed',
      relinquish: null,
    });
  });
  test('a holder that sees its term fenced closes and owes that term', () => {
    expect(onRead(holding(), { sentMs: steadyMs(2_000), lease: fencing() }, timing)).toMatchObject({
      action: 'close',
      relinquish: 2,
      state: { term: null, deadlineMs: null, floor: 2 },
    });
  });
  test('a recorded active that holds nothing owes the fenced term too', () => {
    expect(onRead(fresh(), { sentMs: steadyMs(2_000), lease: fencing() }, timing)).toMatchObject({ action: 'stay-closed', relinquish: 2 });
  });
  test('a read older than the floor is thrown away', () => {
    const closed = onRead(holding(), { sentMs: steadyMs(2_000), lease: fencing() }, timing).state;
    expect(onRead(closed, { sentMs: steadyMs(3_000), lease: leaseOf() }, timing)).toMatchObject({ action: 'ignore', state: closed });
  });
  test('after a relinquish it never opens for that term, only for a later one', () => {
    const gone = onRelinquished(fresh(), t(2));
    expect(onRead(gone, { sentMs: steadyMs(0), lease: fencing({ phase: 'RELEASED' }) }, timing).action).toBe('stay-closed');
    expect(onRead(gone, { sentMs: steadyMs(0), lease: leaseOf({ term: t(3), phase: 'RELEASED' }) }, timing).action).toBe('open');
  });
  test('no lease closes', () => {
    expect(onRead(holding(), { sentMs: steadyMs(2_000), lease: undefined }, timing)).toMatchObject({ action: 'close', relinquish: null });
  });
  test('a new term of its own closes first', () => {
    expect(onRead(holding(), { sentMs: steadyMs(2_000), lease: leaseOf({ term: t(3), phase: 'RELEASED' }) }, timing).action).toBe('close');
  });
  test('a late answer of an earlier read does not pull the deadline back', () => {
    const later = onRead(holding(), { sentMs: steadyMs(5_000), lease: leaseOf() }, timing).state;
    expect(onRead(later, { sentMs: steadyMs(2_000), lease: leaseOf() }, timing).state.deadlineMs).toBe(17_000);
  });
});

test('the deadline closes and relinquishes nothing', () => {
  expect(onDeadline(holding(), steadyMs(12_999)).action).toBe('keep');
  expect(onDeadline(holding(), steadyMs(13_000))).toMatchObject({ action: 'close', relinquish: null, state: { term: null } });
  expect(onDeadline(fresh(), steadyMs(0)).action).toBe('stay-closed');
});

/** Two guards, one lease, reads that are answered late: whatever the order, never two that may sign. */
test('never two may sign, with relinquished and lapsed as evidence', () => {
  const move = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('read' as const), node: fc.constantFrom(amber, birch), delayMs: fc.integer({ min: 0, max: 20_000 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('drive' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 6_000 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reboot' as const), node: fc.constantFrom(amber, birch) }) },
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 120 }), (moves) => {
      const world = { nowMs: 0, lease: leaseOf(), tookMs: 0, relinquished: new Map<NodeId, number>(), armed: new Map<NodeId, number>([[amber, 1]]) };
      const holds = new Map<NodeId, HoldState>([
        [amber, fresh()],
        [birch, newHold(birch, { relinquished: 0, floor: 0 })],
      ]);
      let answers: { at: number; node: NodeId; sentMs: number; lease: Lease; boot: number }[] = [];
      const boots = new Map<NodeId, number>();
      const drive = (): void => {
        const now = world.lease;
        const driven = { validator: now.validator, term: now.term, claim: now.claim };
        const id = attempt(`${now.term}/${now.phase}`);
        const write = (() => {
          if (now.phase === 'HELD')
            return takeTerm(now, { claim: run(`x${now.term}`), candidate: now.holder === amber ? birch : amber, attempt: id });
          if (now.phase === 'FENCED') return release(driven, { candidate: now.candidate, attempt: id });
          if (now.phase === 'RELEASED') return settle(driven, { attempt: id });
          const given = world.relinquished.get(now.holder);
          const report = reportOf({
            node: now.holder,
            armedTerm: t(world.armed.get(now.holder) ?? 1),
            ...(given === undefined ? {} : { relinquished: { term: t(given), watermark: null } }),
          });
          const found = [
            proofOfRelinquish(now, report, { atMs: 0 }),
            proofOfLapse(now, report, { waitedMs: world.nowMs - world.tookMs, timing: { drift: 0.05, marginMs: durationMs(1) }, atMs: 0 }),
          ].find((one) => one.outcome === 'proof');
          return found?.outcome === 'proof' ? recordProof(driven, { evidence: found.evidence, attempt: id }) : null;
        })();
        if (!write) return;
        if (write.transition === 'TakeTerm') world.tookMs = world.nowMs;
        const result = applyWrite(now, write);
        if (result.outcome === 'done') world.lease = result.lease;
      };
      const settleAnswers = (): void => {
        const due = answers.filter(({ at }) => at <= world.nowMs);
        answers = answers.filter(({ at }) => at > world.nowMs);
        for (const { node, sentMs, lease, boot } of due) {
          if ((boots.get(node) ?? 0) !== boot) continue;
          const step = onRead(holds.get(node) as HoldState, { sentMs: steadyMs(sentMs), lease }, timing);
          holds.set(node, step.state);
          if (step.action === 'open' && step.state.term !== null) world.armed.set(node, step.state.term);
          if (step.relinquish !== null) {
            world.relinquished.set(node, step.relinquish);
            holds.set(node, onRelinquished(step.state, step.relinquish));
          }
        }
      };
      for (const one of moves) {
        if (one.kind === 'drive') drive();
        else if (one.kind === 'wait') world.nowMs += one.ms;
        else if (one.kind === 'reboot') {
          boots.set(one.node, (boots.get(one.node) ?? 0) + 1);
          holds.set(one.node, newHold(one.node, { relinquished: world.relinquished.get(one.node) ?? 0, floor: 0 }));
        } else
          answers.push({ at: world.nowMs + one.delayMs, node: one.node, sentMs: world.nowMs, lease: world.lease, boot: boots.get(one.node) ?? 0 });
        settleAnswers();
        const signers = [...holds.values()].filter((state) => maySign(state, steadyMs(world.nowMs)));
        expect(signers.length, JSON.stringify({ at: world.nowMs, lease: world.lease })).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 3_000 },
  );
});
