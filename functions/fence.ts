import type { z } from 'zod';
import { recordProof } from '../core/lease.ts';
import { attemptId } from '../core/ids.ts';
import type { NodeReport } from '../core/report.ts';
import { durationMs, elapsedMs } from '../core/time.ts';
import { fence as contract } from './contract.ts';
import { seekProof } from './shared/fence-pass.ts';
import { handlerOf, needConfig, needDriven, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

/** How long one pass looks before it hands back to the state machine. */
const passMs = durationMs(3_000);
const maxLooks = 60;

type Output = z.input<typeof contract.output>;

export const fence: Act<
  z.output<typeof contract.input>,
  Output,
  'clock' | 'measure' | 'records' | 'lease' | 'approvals' | 'fenceCommand' | 'power' | 'remotePower'
> = async (input, deps, signal) => {
  const { clock, records } = deps;
  const startedMs = clock.steadyMs();
  const [driven, { config }] = await Promise.all([needDriven(deps, input, signal), needConfig(deps, input.validator, signal)]);
  const sum = (): number => input.waitedMs + elapsedMs(startedMs, clock.steadyMs());
  const told = () => ({ pass: input.pass + 1, waitedMs: sum() });
  const attestation = input.approvalId === null ? undefined : await deps.approvals.read(input.approvalId, signal);
  let firstReport: NodeReport | undefined;
  let lastReport: NodeReport | undefined;
  let [lease, reason] = [driven, ''];
  const of = { deps, config, attestation, pass: { ordered: false }, signal };
  for (let look = 0; look < maxLooks; look += 1) {
    if (look > 0) lease = await needDriven(deps, input, signal);
    if (lease.phase !== 'FENCING') {
      const kind = lease.evidence?.kind ?? 'attested';
      return { state: 'fenced', kind, ...told(), sentence: `${lease.holder} is fenced already: ${lease.evidence?.how ?? ''}` };
    }
    // A report that cannot be read is no report: silence, not an error of the other kinds of evidence.
    lastReport = await records.readReport(input.validator, lease.holder, signal).catch(() => undefined);
    firstReport ??= lastReport;
    const proof = await seekProof({ ...of, lease, report: lastReport, waitedMs: sum() }, config.policy.evidence);
    if (proof.outcome === 'proof') {
      await deps.lease.mustWrite(
        recordProof(input, { evidence: proof.evidence, attempt: attemptId.parse(`${input.claim}/RecordProof/${input.term}`) }),
        signal,
      );
      deps.measure.split('FenceMs', proof.evidence.kind, sum());
      return {
        state: 'fenced',
        kind: proof.evidence.kind,
        ...told(),
        sentence: `${lease.holder} is fenced (${proof.evidence.kind}): ${proof.evidence.how}`,
      };
    }
    reason = proof.reason;
    if (elapsedMs(startedMs, clock.steadyMs()) >= passMs) break;
    await clock.sleep(config.timing.fencePollMs, signal);
  }
  if (sum() < config.timing.fenceDeadlineMs) return { state: 'pending', ...told(), sentence: `No proof yet. ${reason}` };
  const holderAlive = firstReport !== undefined && lastReport !== undefined && lastReport.sequence > firstReport.sequence;
  return {
    state: 'exhausted',
    attestable: config.policy.evidence.includes('attested'),
    attestSeconds: Math.ceil(config.policy.approvalMs / 1_000),
    holderAlive,
    ...told(),
    sentence: `No accepted proof within ${config.timing.fenceDeadlineMs / 1_000} s. ${reason}`,
  };
};

export const handler = handlerOf({ name: 'Fence', ...contract, warm: 'config' }, fence, {
  clock: make.clock,
  measure: make.measure,
  records: make.records,
  lease: make.lease,
  approvals: make.approvals,
  fenceCommand: make.fenceCommand,
  power: make.power,
  remotePower: make.remotePower,
});
