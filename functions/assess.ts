import type { z } from 'zod';
import { assessRequest } from '../core/assess.ts';
import { holding } from '../core/pause.ts';
import { durationMs } from '../core/time.ts';
import type { ValidatorConfig } from '../core/config.ts';
import { verdict, type VerdictState } from '../core/verdict.ts';
import type { Deps } from './shared/deps.ts';
import { assess as contract } from './contract.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { lookAll, type Memories } from './shared/look.ts';
import { readReports, untilRisen } from './shared/reports.ts';

const betweenLooksMs = durationMs(1_000);
const maxLooks = 20;

/** Looks until something can be told: only a new block shows whether a signature landed in it. */
const lookUntilTold = async (
  deps: Pick<Deps, 'chains' | 'clock'>,
  config: ValidatorConfig,
  signal: AbortSignal,
): Promise<{ state: VerdictState; head: number | null }> => {
  let memories: Memories = {};
  let told: { state: VerdictState; head: number | null } = { state: 'unobservable', head: null };
  for (let look = 0; look < maxLooks; look += 1) {
    const seen = await lookAll(deps.chains, config, { memories, agoMs: betweenLooksMs }, signal);
    memories = seen.memories;
    told = { state: verdict([seen.sample], { ...config.policy.verdict, failing: 1, window: 1, healthy: 1 }, 'suspect').state, head: seen.head };
    // The first look alone may show what was signed before the failure.
    if (look > 0 && told.state !== 'unobservable') return told;
    await deps.clock.sleep(betweenLooksMs, signal);
  }
  return told;
};

/** Looks afresh, reads what is stored, and lets core decide. A refusal is an answer, not an error. */
export const assess: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'settings' | 'records' | 'lease' | 'chains' | 'workflow'
> = async (input, deps, signal) => {
  const { config, hash } = await needConfig(deps, input.validator, signal);
  const lease = await deps.lease.read(input.validator, signal);
  const nodes = config.nodes.map(({ id }) => id);
  const before = await readReports(deps, config.id, nodes, signal);
  const { state, head } = await lookUntilTold(deps, config, signal);
  const watched = nodes.filter((id) => id !== lease?.holder && (input.to === undefined || id === input.to));
  const { reports, silent } = await untilRisen(deps, { validator: config.id, nodes, watched, before }, signal);
  const moving = lease !== undefined && lease.phase !== 'HELD' && lease.claim !== input.execution;
  const result = assessRequest({
    config,
    configHash: hash,
    lease,
    reports,
    silent,
    verdict: state,
    head,
    paused: holding(await deps.records.readPause(config.id, signal), deps.clock.epochMs()) ?? null,
    history: await deps.records.readHistory(config.id, signal),
    nowMs: deps.clock.epochMs(),
    request: { execution: input.execution, kind: input.kind, to: input.to, cause: input.cause },
    dryRun: deps.settings.dryRun,
    approvalAlways: deps.settings.approvalRequired,
    claimRunning: moving && (await deps.workflow.isRunning(lease.claim, signal)),
  });
  return result;
};

export const handler = handlerOf({ name: 'Assess', ...contract }, assess, {
  clock: make.clock,
  settings: make.settings,
  records: make.records,
  lease: make.lease,
  chains: make.chains,
  workflow: make.workflow,
  measure: make.measure,
});
