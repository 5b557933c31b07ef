import type { z } from 'zod';
import { assessRequest, type AssessInput } from '../core/assess.ts';
import { holding } from '../core/pause.ts';
import { stillStands } from '../core/planned.ts';
import { epochMs } from '../core/time.ts';
import type { Deps } from './shared/deps.ts';
import { assess as contract } from './contract.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';
import { frozenNow } from './shared/breaker.ts';
import { lookUntilTold } from './shared/look.ts';
import { quarantinedOf } from './shared/quarantine.ts';
import { callAndWait } from './shared/reports.ts';

/** The window of a planned move; null for what begins at once. */
const windowOf = async (
  { validator, execution, notAfter }: z.output<typeof contract.input>,
  { records }: Pick<Deps, 'records'>,
  signal: AbortSignal,
): Promise<AssessInput['window']> =>
  notAfter === undefined
    ? null
    : { notAfterMs: epochMs(Date.parse(notAfter)), cancelled: !stillStands(await records.readPlanned(validator, signal), execution) };

/** Looks afresh, reads what is stored, and lets core decide. A refusal is an answer, not an error. */
export const assess: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'randomHex' | 'settings' | 'records' | 'lease' | 'chains' | 'workflow'
> = async (input, deps, signal) => {
  const [{ config, hash }, lease] = await Promise.all([needConfig(deps, input.validator, signal), deps.lease.read(input.validator, signal)]);
  const nodes = config.nodes.map(({ id }) => id);
  const watched = nodes.filter((id) => id !== lease?.holder && (input.to === undefined || id === input.to));
  // What a person asks for is not held up by a chain that seems well.
  const anew = input.kind === 'failover' && input.cause.kind !== 'operator';
  // Nobody signs meanwhile: the chain is looked at while the standbys' reports rise.
  const [{ state, head }, risen] = await Promise.all([
    lookUntilTold(deps, { config, anew }, signal),
    callAndWait(deps, { config, nodes, watched }, signal),
  ]);
  const moving = lease !== undefined && lease.phase !== 'HELD' && lease.claim !== input.execution;
  const [quarantined, pause, frozen, history, window, claimRunning] = await Promise.all([
    quarantinedOf(deps, config.id, nodes, signal),
    deps.records.readPause(config.id, signal),
    frozenNow(deps, signal),
    deps.records.readHistory(config.id, signal),
    windowOf(input, deps, signal),
    moving && deps.workflow.isRunning(lease.claim, signal),
  ]);
  return assessRequest({
    config,
    configHash: hash,
    lease,
    ...risen,
    quarantined,
    verdict: state,
    head,
    paused: holding(pause, deps.clock.epochMs()) ?? null,
    frozen,
    history,
    nowMs: deps.clock.epochMs(),
    request: { execution: input.execution, kind: input.kind, to: input.to, cause: input.cause },
    dryRun: deps.settings.dryRun,
    approvalAlways: deps.settings.approvalRequired,
    window,
    claimRunning,
  });
};

export const handler = handlerOf({ name: 'Assess', ...contract, warm: 'config' }, assess, {
  clock: make.clock,
  randomHex: make.randomHex,
  settings: make.settings,
  records: make.records,
  lease: make.lease,
  chains: make.chains,
  workflow: make.workflow,
  measure: make.measure,
});
