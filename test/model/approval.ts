import { approves, decide, type ApprovalRecord, type Decision } from '../../core/approval.ts';
import { applyWrite, takeTerm, type Lease } from '../../core/lease.ts';
import { hashOf, type Plan } from '../../core/plan.ts';
import { alex, amber, attempt, birch, leaseOf, recordOf, robin, run, sam, t, v } from '../support/core.ts';
import type { Model, Step } from './explorer.ts';
import { replaced } from './intern.ts';

/**
 * Approvals: two executions, each planning from the lease as it stands; people who answer late, twice, in each other's way, after the time is up;
 * the requester in another role, and a stranger. A term is taken only with the answers that the plan asks for, and each approval only once.
 */

export interface ApprovalScope {
  readonly quorum: 1 | 2;
  /** Answers on their way at once. */
  readonly wires: number;
  /** `blind`: TakeTerm looks at the record's state alone. `unversioned`: an answer is written whatever came in between. */
  readonly broken: 'blind' | 'unversioned' | null;
}

const robinAgain = 'arn:aws:sts::123456789012:assumed-role/approver/robin';
const alexAgain = 'arn:aws:sts::123456789012:assumed-role/admin/alex';
const stranger = 'arn:aws:sts::123456789012:assumed-role/other/mallory';
/** Whose yes may count, told here once more and by name: the oracle must not ask the code that it judges. */
const approvers: readonly string[] = [alex, alexAgain, sam];
const peopleOf = (scope: ApprovalScope): readonly string[] => [alex, sam, robinAgain, stranger, ...(scope.quorum > 1 ? [alexAgain] : [])];
const asked = ['role/approver', 'role/admin'];
const personIn = (arn: string): string => arn.split('/')[2] ?? '';

interface Click {
  readonly record: number;
  readonly given: Decision;
  /** Record as the clicker's side read it. */
  readonly seen: ApprovalRecord;
}

interface World {
  readonly lease: Lease;
  readonly plans: readonly (Plan | null)[];
  readonly records: readonly (ApprovalRecord | null)[];
  readonly clicks: readonly Click[];
  readonly late: boolean;
  /** Which record each taken term was taken with. */
  readonly used: readonly number[];
  /** Configuration was changed since. */
  readonly changed: boolean;
}

const configs = ['c'.repeat(64), 'd'.repeat(64)] as const;
const expiresAtMs = 10;

const planOf = (index: number, lease: Lease, changed: boolean, scope: ApprovalScope): Plan => ({
  validator: v,
  kind: 'failover',
  execution: run(index === 0 ? 'one' : 'two'),
  cause: { kind: 'operator', by: robin, reason: 'It is down.' },
  term: lease.term,
  phase: lease.phase,
  holder: lease.holder,
  candidate: lease.holder === amber ? birch : amber,
  accepts: ['relinquished'],
  approval: { required: true, quorum: scope.quorum, approvers: asked },
  config: configs[changed ? 1 : 0],
});

const recordFor = (plan: Plan, index: number, scope: ApprovalScope): ApprovalRecord =>
  recordOf({
    id: String(index).repeat(32),
    execution: plan.execution,
    planHash: hashOf(plan),
    requester: plan.cause.by,
    approvers: asked,
    quorum: scope.quorum,
    expiresAtMs,
  });

const planSteps = (world: World, scope: ApprovalScope): Step<World>[] =>
  world.plans.flatMap((plan, index): Step<World>[] => {
    const made = planOf(index, world.lease, world.changed, scope);
    if (plan !== null) {
      // The service runs a step twice. What people were asked about is the first plan.
      if (!world.changed || plan.config === made.config) return [];
      return [{ say: () => `Execution ${made.execution} plans once more.`, to: { ...world, plans: replaced(world.plans, index, made) } }];
    }
    const to = { ...world, plans: replaced(world.plans, index, made), records: replaced(world.records, index, recordFor(made, index, scope)) };
    return [{ say: () => `Execution ${made.execution} plans from term ${made.term} and asks for approval.`, to }];
  });

const answerSteps = (world: World, scope: ApprovalScope): Step<World>[] => {
  const steps: Step<World>[] = [];
  for (const [index, record] of world.records.entries()) {
    if (record === null || world.clicks.length >= scope.wires) continue;
    for (const by of peopleOf(scope)) {
      for (const answer of ['approve', 'deny'] as const) {
        if (answer === 'deny' && by !== sam) continue;
        const given: Decision = { by, answer, atMs: world.late ? expiresAtMs : 0 };
        const click = { record: index, given, seen: record };
        steps.push({ say: () => `${personIn(by)} answers ${answer} to ${record.execution}.`, to: { ...world, clicks: [...world.clicks, click] } });
      }
    }
  }
  return steps;
};

/** One conditional write on what was read; when another answer came in between, it is read and judged anew. */
const writeSteps = (world: World, scope: ApprovalScope): Step<World>[] =>
  world.clicks.flatMap((click, at): Step<World>[] => {
    const stored = world.records[click.record];
    if (!stored) return [];
    const rest = world.clicks.filter((_, other) => other !== at);
    const name = personIn(click.given.by);
    const judged = decide(click.seen, click.given);
    if (judged.outcome === 'refused') return [{ say: () => `${name} is refused: ${judged.reason}.`, to: { ...world, clicks: rest } }];
    if (scope.broken !== 'unversioned' && (stored.version !== click.seen.version || stored.state !== 'pending'))
      return [{ say: () => `${name} is judged anew.`, to: { ...world, clicks: replaced(world.clicks, at, { ...click, seen: stored }) } }];
    const written = { ...world, records: replaced(world.records, click.record, judged.record) };
    const fell = judged.record.version <= stored.version ? 'The version of an approval did not rise.' : null;
    return [
      { say: () => `The answer of ${name} is counted: ${judged.record.state}.`, to: { ...written, clicks: rest }, wrong: fell },
      { say: () => `The answer of ${name} is counted: ${judged.record.state}; its reply is lost, it comes again.`, to: written, wrong: fell },
    ];
  });

/** Judged by the plain meaning of the words, not by the functions under test. */
const wrongTake = (world: World, record: ApprovalRecord, plan: Plan, index: number): string | null => {
  const yes = record.decisions.filter((one) => one.answer === 'approve' && one.atMs < expiresAtMs && approvers.includes(one.by));
  if (new Set(yes.map((one) => personIn(one.by))).size < plan.approval.quorum)
    return `Term ${plan.term + 1} was taken with ${yes.length} valid answers.`;
  if (record.decisions.some((one) => one.answer === 'deny')) return 'A term was taken on a plan that a person denied.';
  if (record.execution !== plan.execution || record.planHash !== hashOf(plan)) return 'A term was taken with the approval of another plan.';
  return world.used.includes(index) ? 'An approval was used twice.' : null;
};

const takeSteps = (world: World, scope: ApprovalScope): Step<World>[] => {
  const steps: Step<World>[] = [];
  for (const plan of world.plans) {
    if (plan === null || plan.config !== configs[world.changed ? 1 : 0]) continue;
    for (const [index, record] of world.records.entries()) {
      if (record === null) continue;
      const verdict = approves({ record, plan, planHash: hashOf(plan) });
      if (scope.broken === 'blind' ? record.state !== 'approved' : !verdict.ok) continue;
      const by = { claim: plan.execution, candidate: plan.candidate, attempt: attempt(`${plan.execution}/TakeTerm/${plan.term}`) };
      const outcome = applyWrite(world.lease, takeTerm({ ...world.lease, term: plan.term, phase: plan.phase }, by));
      if (outcome.outcome !== 'done' || outcome.earlier) continue;
      const wrong = wrongTake(world, record, plan, index);
      const to = { ...world, lease: outcome.lease, used: [...world.used, index] };
      steps.push({ say: () => `Execution ${plan.execution} takes term ${outcome.lease.term}.`, to, wrong });
    }
  }
  return steps;
};

const nameless = (record: ApprovalRecord | null): string =>
  record
    ? `${record.planHash.slice(0, 8)}/${record.state}/${record.version}/${record.decisions.map((one) => `${one.by}${one.answer}${one.atMs}`).join('+')}`
    : '';

export const approvalModel = (name: string, scope: ApprovalScope): Model<World> => ({
  name,
  initial: { lease: leaseOf({ term: t(1) }), plans: [null, null], records: [null, null], clicks: [], late: false, used: [], changed: false },
  steps: (world) => [
    ...planSteps(world, scope),
    ...answerSteps(world, scope),
    ...writeSteps(world, scope),
    ...takeSteps(world, scope),
    ...(world.late ? [] : [{ say: () => 'The time to answer is up.', to: { ...world, late: true } }]),
    ...(world.changed ? [] : [{ say: () => 'The configuration is changed.', to: { ...world, changed: true } }]),
  ],
  wrong: ({ records }) => {
    const doubled = records.find((record) => record && new Set(record.decisions.map(({ by }) => personIn(by))).size < record.decisions.length);
    return doubled ? `One person is counted twice in the approval of ${doubled.execution}.` : null;
  },
  encode: ({ lease, plans, records, clicks, late, used, changed }) =>
    [
      lease.term,
      lease.phase,
      lease.claim,
      ...plans.map((plan) => (plan ? `${plan.term}/${plan.phase}/${plan.config.slice(0, 1)}` : '')),
      ...records.map(nameless),
      clicks.map(({ record, given, seen }) => `${record}/${given.by}/${given.answer}/${given.atMs}/${seen.version}/${nameless(seen)}`).join(' '),
      late,
      used.join('+'),
      changed,
    ].join(';'),
});
