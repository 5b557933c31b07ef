import type { z } from 'zod';
import { notReady } from '../core/assess-gates.ts';
import { BatonError } from '../core/errors.ts';
import { attemptId } from '../core/ids.ts';
import { release } from '../core/lease.ts';
import { accepts } from '../core/proofs.ts';
import { dutyOf } from '../core/watermark.ts';
import { releaseKey as contract } from './contract.ts';
import { needClosedBreaker } from './shared/breaker.ts';
import { withHandover } from './shared/handed-over.ts';
import { handlerOf, needConfig, needDriven, type Act } from './shared/handler.ts';
import { needFloor } from './shared/last-word.ts';
import { quarantinedOf } from './shared/quarantine.ts';
import * as make from './shared/make.ts';

/** Seals the key for the candidate and this term, then publishes it with the new holder in one write. Only from FENCED. */
export const releaseKey: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'records' | 'lease' | 'chains' | 'keys'
> = async (input, deps, signal) => {
  const lease = await needDriven(deps, input, signal);
  if (lease.phase === 'RELEASED')
    return { holder: lease.holder, watermark: lease.watermark ?? null, sentence: `${lease.holder} has been released already in term ${lease.term}.` };
  const [{ config }, vault, report, quarantined] = await Promise.all([
    needConfig(deps, input.validator, signal),
    deps.records.readVault(input.validator, signal),
    deps.records.readReport(input.validator, input.candidate, signal),
    quarantinedOf(deps, input.validator, [input.candidate], signal),
  ]);
  const again = `baton failover ${input.validator}`;
  const { evidence } = lease;
  if (lease.phase !== 'FENCED' || !evidence || evidence.term !== lease.term || evidence.node !== lease.holder) {
    const why = `there is no proof in term ${lease.term} that ${lease.holder} is fenced (phase ${lease.phase})`;
    throw new BatonError('EvidenceRefused', why, { fix: again });
  }
  if (!accepts(config.policy, evidence.kind))
    throw new BatonError('EvidenceRefused', `evidence ${evidence.kind} is not accepted by the policy of ${config.id}`, {
      field: 'policy.evidence',
      fix: again,
    });
  const candidate = config.nodes.find(({ id }) => id === input.candidate);
  if (lease.candidate !== input.candidate || !candidate)
    throw new BatonError('CandidateNotReady', `${input.candidate} is not the candidate of term ${lease.term}`, { fix: again });
  if (!vault) throw new BatonError('KeyMissing', `no key of ${config.id} is sealed`, { fix: `baton seal ${config.id} --key-file FILE` });
  const head = await deps.chains.headOf(config, signal);
  const reason = notReady({ config, node: input.candidate, report, head, build: undefined, quarantined: quarantined.length > 0 });
  if (reason !== null) throw new BatonError('CandidateNotReady', `${input.candidate} is not ready: ${reason}`, { fix: again });
  const watermark = await needFloor(deps, { config, lease, head, candidate: report }, signal);
  const { kind, term } = evidence;
  const [sealed] = await Promise.all([
    deps.keys.releaseTo({ vault, validator: config.id, node: candidate.id, term, principal: candidate.principal }, signal),
    deps.records.writeQuarantine(config.id, lease.holder, { term, kind, atMs: deps.clock.epochMs() }, signal),
  ]);
  // As late as can be: a grant alone is worth nothing.
  await needClosedBreaker(deps, {}, signal);
  const next = await deps.lease.mustWrite(
    release(input, {
      candidate: input.candidate,
      sealed: evidence.kind === 'relinquished' ? await withHandover(deps, lease, sealed, signal) : sealed,
      watermark,
      attempt: attemptId.parse(`${input.claim}/Release/${input.term}`),
    }),
    signal,
  );
  return {
    holder: next.holder,
    watermark,
    sentence: `Released the key to ${candidate.name} (${next.holder}) for term ${next.term}; it signs nothing at or below ${dutyOf(watermark)}.`,
  };
};

export const handler = handlerOf({ name: 'ReleaseKey', ...contract, warm: 'config' }, releaseKey, {
  records: make.records,
  lease: make.lease,
  chains: make.chains,
  keys: make.keys,
  clock: make.clock,
  measure: make.measure,
});
