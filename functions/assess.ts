import type { z } from 'zod';
import { assessRequest } from '../core/assess.ts';
import type { NodeReport } from '../core/report.ts';
import { durationMs } from '../core/time.ts';
import { verdict, type Sample } from '../core/verdict.ts';
import { assess as contract } from './contract.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import { lookAll, type Memories } from './shared/look.ts';

const betweenLooksMs = durationMs(1_000);

/** Looks afresh, reads what is stored, and lets core decide. A refusal is an answer, not an error. */
export const assess: Act<z.output<typeof contract.input>, z.input<typeof contract.output>> = async (input, deps, signal) => {
  const { config, hash } = await needConfig(deps, input.validator, signal);
  const lease = await deps.lease.read(input.validator, signal);
  // Two looks at least: a chain that stands still and a signature that does not land show only between them.
  const samples: Sample[] = [];
  let memories: Memories = {};
  let head: number | null = null;
  for (let look = 0; look < 2; look += 1) {
    if (look > 0) await deps.clock.sleep(betweenLooksMs, signal);
    const seen = await lookAll(deps.chains, config, memories, signal);
    memories = seen.memories;
    head = seen.head;
    if (look > 0) samples.push(seen.sample);
  }
  const fresh = verdict(samples, { ...config.policy.verdict, failing: 1, window: 1, healthy: 1 }, 'suspect');
  const reports: Record<string, NodeReport | undefined> = {};
  for (const { id } of config.nodes) reports[id] = await deps.records.readReport(config.id, id, signal);
  const moving = lease !== undefined && lease.phase !== 'HELD' && lease.claim !== input.execution;
  const result = assessRequest({
    config, configHash: hash, lease, reports, verdict: fresh.state, head,
    paused: (await deps.records.readPause(config.id, signal)) ?? null,
    history: await deps.records.readHistory(config.id, signal), nowMs: deps.clock.epochMs(),
    request: { execution: input.execution, kind: input.kind, to: input.to, cause: input.cause },
    claimRunning: moving && await deps.workflow.isRunning(lease.claim, signal),
  });
  return result;
};

export const handler = handlerOf({ name: 'Assess', ...contract }, assess);
