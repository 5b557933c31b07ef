import { stepsOf } from '../../cli/commands/explain.ts';
import { answer } from '../../cli/commands/approve.ts';
import { failover } from '../../cli/commands/failover.ts';
import type { EvidenceKind } from '../../core/evidence.ts';
import { executionName, validatorId } from '../../core/ids.ts';
import { durationMs, elapsedMs, type SteadyMs } from '../../core/time.ts';
import { heightOf } from '../../core/watermark.ts';
import { ids, validator } from '../../local/drill/enrol.ts';
import { until } from '../../local/drill/until.ts';
import type { Removal, RigScenario, Row } from './scenario.ts';
import { fired } from './table.ts';
import type { RigWorld } from './world.ts';

/** One run: healthy, the fault, what Baton does, and what the chain says afterwards. */

const id = validatorId.parse(validator);
const lookMs = durationMs(50);
const healthyMs = 60_000;
const limitMs = 150_000;
/** A machine that has come back finds its peers again before it can sign. */
const backMs = durationMs(25_000);
const detectMs = 90_000;
/** How long a row is looked at in which nothing is to move: longer than a lease, a verdict and a failover take. */
const staysMs = 25_000;
const settledMs = 45_000;
const statement = 'I have pulled the plug of amber, and seen it dark.';

interface Seen {
  evidence: EvidenceKind | null;
  fencedAtMs: SteadyMs | null;
  releasedAt: number | null;
  firstNew: { height: number; atMs: SteadyMs } | null;
  back: boolean;
  asked: Set<string>;
  /** How the newest execution ended. */
  end: string | null;
}

export const becomeHealthy = async (world: RigWorld): Promise<void> => {
  const { clock, view, cloud, amber, birch, contextOf } = world;
  const head = await view.head();
  await until(clock, healthyMs, 'the first signature', () => view.firstSignedAbove(head));
  const { records } = contextOf('requester');
  await until(
    clock,
    healthyMs,
    'a ready standby',
    async () => (await records.readReport(id, ids[birch.name]))?.synced === true && (await records.readReport(id, ids[amber.name]))?.signing === true,
  );
  await cloud.startSchedules();
  await until(clock, healthyMs, 'the watch', async () => ((await records.readWatcher('home'))?.round ?? 0) >= 3);
};

/** People: asked once for each thing that waits. */
const answerIfAsked = async (world: RigWorld, scenario: RigScenario, seen: Seen, falsely: boolean): Promise<void> => {
  const context = world.contextOf('approver');
  const record = await context.approvals.waiting(id);
  if (!record || record.state !== 'pending' || seen.asked.has(record.id)) return;
  seen.asked.add(record.id);
  if (record.purpose === 'attestation') {
    if (!scenario.attests) return;
    if (!falsely) await world.amber.losePower();
    await answer(world.contextOf('second'), validator, { answer: 'approve', purpose: 'attestation', statement });
    return;
  }
  if (scenario.answer === 'nothing') return;
  const plan = record.planHash.slice(0, 12);
  await answer(context, validator, { answer: scenario.answer, purpose: 'approval', plan });
};

const ask = async (world: RigWorld, scenario: RigScenario): Promise<void> => {
  if (scenario.by === 'watch') return;
  const kind = scenario.by === 'person' ? ({ kind: 'failover' } as const) : ({ kind: 'switchover', to: 'birch' } as const);
  await failover(world.contextOf('requester'), validator, { ...kind, reason: scenario.about, wait: false });
};

const look = async (world: RigWorld, scenario: RigScenario, seen: Seen, falsely: boolean): Promise<void> => {
  const { clock, view, birch, cloud, contextOf } = world;
  await answerIfAsked(world, scenario, seen, falsely);
  const lease = await contextOf('requester').lease.read(id);
  // The evidence of enrolment names the first term.
  if (lease?.evidence && lease.evidence.term > 1 && seen.evidence === null) {
    seen.evidence = lease.evidence.kind;
    seen.fencedAtMs = clock.steadyMs();
  }
  const holds = lease?.holder === ids[birch.name];
  if (holds && seen.releasedAt === null) {
    seen.releasedAt = lease.watermark ? heightOf(lease.watermark) : 0;
    await scenario.onRelease?.(world);
  }
  if (seen.releasedAt !== null) seen.firstNew ??= await view.firstSignedAbove(seen.releasedAt);
  if (holds && lease.phase === 'HELD' && !seen.back && scenario.after) {
    seen.back = true;
    await scenario.after(world);
  }
  const newest = cloud.states.executions()[0];
  if (!newest) return;
  const { status, error } = await contextOf('requester').workflow.describe(executionName.parse(newest.name));
  seen.end = status === 'RUNNING' ? null : (error ?? status);
};

/** Why it went as it did, from the newest execution. */
const whyOf = async (world: RigWorld): Promise<string> => {
  const newest = world.cloud.states.executions()[0];
  if (!newest) return 'no execution was started';
  const steps = stepsOf(await world.contextOf('requester').workflow.history(executionName.parse(newest.name)));
  return steps.map(({ state, sentence }) => `${state}: ${sentence}`).join(' | ');
};

const isOver = (scenario: RigScenario, seen: Seen, sinceMs: number): boolean => {
  if (scenario.ends === 'moves')
    return seen.end !== null && (seen.firstNew !== null || seen.end !== 'SUCCEEDED') && (scenario.after === null || seen.back);
  if (scenario.ends === 'nobody') return seen.end !== null;
  // A failover that has begun is followed to its end.
  return sinceMs > staysMs && (seen.releasedAt === null || seen.firstNew !== null);
};

const endOf = async (world: RigWorld, seen: Seen): Promise<Row['ended']> => {
  if (seen.firstNew !== null) return 'moves';
  const head = await world.view.head();
  const again = await until(world.clock, settledMs, 'a signature', () => world.view.firstSignedAbove(head)).catch(() => null);
  return again === null ? 'nobody' : 'stays';
};

const faultsOf = (scenario: RigScenario, row: Omit<Row, 'ok' | 'why'>): string[] => [
  ...(row.doubleSigned > 0 ? [`${row.doubleSigned} double signings on the chain`] : []),
  ...(row.lateSignatures > 0 ? [`${row.lateSignatures} late signatures`] : []),
  ...(row.ended === scenario.ends || (scenario.ends === 'either' && row.ended !== 'nobody') ? [] : [`ended ${row.ended}, expected ${scenario.ends}`]),
  ...(row.ended === 'moves' && !scenario.evidence.includes(row.evidence ?? 'attested') ? [`evidence ${row.evidence ?? 'none'}`] : []),
  ...(row.ended === 'nobody' && row.called === 0 ? ['nobody was called'] : []),
];

/** @param without what is taken away, in a control. */
export const runScenario = async (world: RigWorld, scenario: RigScenario, without: readonly Removal[]): Promise<Row> => {
  const { clock, view, cloud } = world;
  await scenario.before?.(world);
  await becomeHealthy(world);
  const before = await view.head();
  const faultMs = clock.steadyMs();
  await scenario.fault(world);
  await ask(world, scenario);
  const seen: Seen = { evidence: null, fencedAtMs: null, releasedAt: null, firstNew: null, back: false, asked: new Set(), end: null };
  let trouble = '';
  for (;;) {
    const sinceMs = elapsedMs(faultMs, clock.steadyMs());
    if (isOver(scenario, seen, sinceMs) || sinceMs > limitMs) break;
    await look(world, scenario, seen, without.includes('attestation')).catch((error: unknown) => {
      trouble = error instanceof Error ? error.message : 'unknown';
    });
    await clock.sleep(lookMs);
  }
  const switchedAt = seen.firstNew?.height ?? (await view.head());
  if (seen.back) await clock.sleep(backMs);
  await view.waitUntilTold(Math.max(switchedAt, seen.back ? await view.head() : 0));
  const ended = await endOf(world, seen);
  const find = () => view.findings({ from: before, switchedAt, oldNode: 'amber', newNode: seen.firstNew === null ? null : 'birch' });
  const told = async () => {
    const { doubleSigned, late, missed } = await find();
    return { doubleSigned, lateSignatures: late, missed };
  };
  const findings =
    without.length === 0
      ? await told()
      : await until(clock, detectMs, 'two signers', async () => {
          const now = await told();
          return fired(now) ? now : null;
        }).catch(told);
  const row = {
    scenario: scenario.name,
    chain: scenario.chain,
    ended,
    evidence: seen.evidence,
    fenceMs: seen.fencedAtMs === null ? null : elapsedMs(faultMs, seen.fencedAtMs),
    signatureMs: seen.firstNew === null ? null : elapsedMs(faultMs, seen.firstNew.atMs),
    ...findings,
    called: cloud.published.length,
  };
  const wrong = faultsOf(scenario, row);
  const because = wrong.length === 0 ? '' : `${wrong.join('; ')}. ${trouble} ${await whyOf(world)}`;
  return { ...row, ok: wrong.length === 0, why: because };
};
