import type { z } from 'zod';
import { approves } from '../core/approval.ts';
import { fenceOnly } from '../core/breaker.ts';
import { BatonError } from '../core/errors.ts';
import { attemptId } from '../core/ids.ts';
import { takeTerm as takeTermWrite } from '../core/lease.ts';
import { holding } from '../core/pause.ts';
import { hashOf } from '../core/plan.ts';
import { takeTerm as contract } from './contract.ts';
import { needClosedBreaker } from './shared/breaker.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { untilBlock, untilQuiet } from './shared/quiet.ts';
import { wake } from './shared/wake.ts';

/** Takes exactly the assessed term and phase. Plan and approval are judged again from the table: a task's output is not trusted. */
export const takeTerm: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'records' | 'lease' | 'approvals' | 'settings' | 'clock' | 'randomHex' | 'chains'
> = async ({ plan, planHash, approvalId, quiet: waiting }, deps, signal) => {
  const again = `baton failover ${plan.validator}`;
  if (deps.settings.dryRun)
    throw new BatonError('DryRun', `dry run: the term of ${plan.validator} is not taken`, { fix: 'Deploy the stack with DryRun=false.' });
  if (hashOf(plan) !== planHash)
    throw new BatonError('PlanChanged', `the plan does not have the hash ${planHash.slice(0, 12)} that was approved`, {
      field: 'planHash',
      fix: again,
    });
  const { config, hash } = await needConfig(deps, plan.validator, signal);
  if (hash !== plan.config)
    throw new BatonError('PlanChanged', `the configuration of ${plan.validator} changed after the plan was made`, {
      field: 'plan.config',
      fix: again,
    });
  // Before anything is judged. A failover does not wait for it: the watch keeps the guards awake while it sees a failure.
  if (plan.kind === 'switchover') await wake(deps, config, signal).then(() => untilBlock(deps, config, signal));
  const [record, pause, seen] = await Promise.all([
    approvalId === null ? undefined : deps.approvals.read(approvalId, signal),
    deps.records.readPause(plan.validator, signal),
    deps.lease.read(plan.validator, signal),
  ]);
  if (plan.approval.required || deps.settings.approvalRequired || config.policy.mode !== 'auto') {
    const verdict = approves({ record, plan, planHash });
    if (!verdict.ok) throw new BatonError('ApprovalInvalid', `the plan is not approved: ${verdict.reason}`, { fix: again });
  }
  const paused = holding(pause, deps.clock.epochMs());
  if (paused)
    throw new BatonError('Paused', `${plan.validator} was paused by ${paused.by}: ${paused.reason}`, { fix: `baton resume ${plan.validator}` });
  await needClosedBreaker(
    deps,
    { may: (frozen) => fenceOnly(frozen, { validator: plan.validator, byHand: plan.cause.kind === 'operator' }) },
    signal,
  );
  if (!seen) throw new BatonError('LeaseMissing', `${plan.validator} has no lease`, { fix: 'baton apply validators.yaml' });
  const quiet = await untilQuiet(deps, { config, plan, seen, waiting }, signal);
  if (quiet.later) return { state: 'later', ...quiet.later };
  // The condition of the write is the plan's own term and phase, whatever the item holds by now.
  const { validator, term, claim, holder, candidate } = await deps.lease.mustWrite(
    takeTermWrite(
      { ...seen, term: plan.term, phase: plan.phase },
      { claim: plan.execution, candidate: plan.candidate, attempt: attemptId.parse(`${plan.execution}/TakeTerm/${plan.term}`) },
    ),
    signal,
  );
  const sentence = `Took term ${term} of ${validator}: ${holder} is to be fenced, ${candidate} is to sign.${quiet.sentence}`;
  return { state: 'taken', validator, term, claim, holder, candidate, sentence };
};

export const handler = handlerOf({ name: 'TakeTerm', ...contract, warm: 'config' }, takeTerm, {
  records: make.records,
  lease: make.lease,
  approvals: make.approvals,
  settings: make.settings,
  clock: make.clock,
  randomHex: make.randomHex,
  chains: make.chains,
  measure: make.measure,
});
