import type { z } from 'zod';
import { createHash } from 'node:crypto';
import type { NodeId } from '../core/ids.ts';
import type { Lease } from '../core/lease.ts';
import { durationMs, elapsedMs } from '../core/time.ts';
import { markWord } from '../core/watermark.ts';
import { rejoin as contract } from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf, needConfig, needDriven, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

const waitMs = durationMs(45_000);
const pollMs = durationMs(500);
const maxLooks = 90;
const offStates: readonly string[] = ['stopping', 'stopped', 'shutting-down', 'terminated'];

/** What the node's own record must lie between: what the fence command read there, and what nobody may have signed above. */
const marksOf = ({ evidence, watermark }: Lease, node: NodeId): { Least: string; Most: string } => {
  const proved = evidence?.kind === 'stopped' && evidence.node === node ? evidence.watermark : undefined;
  return { Least: proved ? markWord(proved) : 'none', Most: watermark ? markWord(watermark) : 'none' };
};

const endQuarantine = async ({ records, clock }: Pick<Deps, 'records' | 'clock'>, { validator, term }: Lease, node: NodeId, signal: AbortSignal) => {
  const record = await records.readQuarantine(validator, node, signal);
  if (record === undefined || record.ended || record.term > term) return;
  const ended = { by: 'rejoin', reason: 'The node verified its state and its guard runs.', atMs: clock.epochMs() };
  await records.writeQuarantine(validator, node, { ...record, ended }, signal);
};

/** Asks the old node to become a standby. One that cannot be reached stays fenced, which is safe: that is no failure of the failover. */
export const rejoin: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'records' | 'lease' | 'power' | 'rejoinCommand'
> = async (input, deps, signal, remainingMs) => {
  const { clock } = deps;
  const startedMs = clock.steadyMs();
  const lease = await needDriven(deps, input, signal);
  const quarantined = (why: string): z.input<typeof contract.output> => ({
    state: 'quarantined',
    sentence: `${input.node} stays in quarantine: ${why}. Bring it back by hand when it is well, then: baton readmit ${input.validator} ${input.node}`,
  });
  if (lease.holder === input.node) return quarantined('it is the holder itself');
  const { config } = await needConfig(deps, input.validator, signal);
  const node = config.nodes.find(({ id }) => id === input.node);
  if (!node) return quarantined('it is not a node of this validator any more');
  if (node.power === true && offStates.includes(await deps.power.state(input.node, signal))) return quarantined('it is powered off');
  const nonce = createHash('sha256').update(`rejoin/${input.validator}/${input.term}/${input.claim}`).digest('hex').slice(0, 32);
  const limitMs = Math.min(waitMs, remainingMs());
  let reason = 'no answer';
  try {
    const commandId = await deps.rejoinCommand.sendOnce(
      { node: input.node, validator: input.validator, term: input.term, nonce, more: marksOf(lease, input.node) },
      signal,
    );
    for (let look = 0; look < maxLooks && elapsedMs(startedMs, clock.steadyMs()) < limitMs; look += 1) {
      const result = await deps.rejoinCommand.result({ commandId, node: input.node }, signal);
      if (result.outcome === 'done') {
        await endQuarantine(deps, lease, input.node, signal);
        return { state: 'rejoined', sentence: `${input.node} is a standby again.` };
      }
      if (result.outcome !== 'pending') return quarantined(result.reason);
      await clock.sleep(pollMs, signal);
    }
  } catch (error) {
    reason = (error as Error).message;
  }
  return quarantined(reason);
};

export const handler = handlerOf({ name: 'Rejoin', ...contract }, rejoin, {
  clock: make.clock,
  records: make.records,
  lease: make.lease,
  power: make.power,
  rejoinCommand: make.rejoinCommand,
  measure: make.measure,
});
