import type { ApprovalRecord } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { EvidenceKind } from '../../core/evidence.ts';
import type { Lease } from '../../core/lease.ts';
import {
  accepts,
  nonceOf,
  proofOfAttestation,
  proofOfLapse,
  proofOfPowerOff,
  proofOfRelinquish,
  proofOfStop,
  type Proof,
} from '../../core/proofs.ts';
import type { NodeReport } from '../../core/report.ts';
import type { Deps } from './deps.ts';

/** One look at every kind of evidence that the policy accepts, side by side. Trouble with one kind never stops the others and never is proof. */

export type FenceNeeds = 'clock' | 'records' | 'fenceCommand' | 'power';

export interface Look {
  readonly deps: Pick<Deps, FenceNeeds>;
  readonly config: ValidatorConfig;
  readonly lease: Lease;
  readonly report: NodeReport | undefined;
  /** Measured time since TakeTerm was acknowledged: a lower bound. */
  readonly waitedMs: number;
  readonly attestation: ApprovalRecord | undefined;
  readonly signal: AbortSignal;
}

const none = (reason: string): Proof => ({ outcome: 'none', reason });

const stop = async ({ deps, config, lease, waitedMs, signal }: Look): Promise<Proof> => {
  if (waitedMs < config.timing.softFenceMs) return none('the guard is asked first');
  const nonce = nonceOf(lease);
  const known = await deps.records.readFenceIntent(lease.validator, lease.term, signal);
  if (!known) await deps.records.writeFenceIntent(lease.validator, lease.term, { nonce }, signal);
  if (known && known.nonce !== nonce) return none('another execution sent the command of this term');
  let commandId = known?.commandId;
  if (commandId === undefined) {
    commandId = await deps.fenceCommand.sendOnce({ node: lease.holder, validator: lease.validator, term: lease.term, nonce }, signal);
    await deps.records.writeFenceIntent(lease.validator, lease.term, { nonce, commandId }, signal);
  }
  const result = await deps.fenceCommand.result({ commandId, node: lease.holder }, signal);
  if (result.outcome === 'pending') return none('the command is on its way');
  if (result.outcome !== 'done') return none(`the command ${result.outcome === 'failed' ? 'failed' : 'has no known end'}: ${result.reason}`);
  return proofOfStop(lease, { instance: lease.holder, nonce, commandId, output: result.output, atMs: deps.clock.epochMs() });
};

const powerOff = async ({ deps, config, lease, waitedMs, signal }: Look): Promise<Proof> => {
  const node = config.nodes.find(({ id }) => id === lease.holder);
  if (!node?.power) return none('its power cannot be switched');
  if (waitedMs < config.timing.powerOffAfterMs) return none('softer ways are tried first');
  const before = await deps.power.state(lease.holder, signal);
  if (before === 'running' || before === 'pending') await deps.power.off(lease.holder, signal);
  return proofOfPowerOff(lease, { node: lease.holder, state: await deps.power.state(lease.holder, signal), atMs: deps.clock.epochMs() });
};

const seekers: Record<EvidenceKind, (look: Look) => Promise<Proof>> = {
  relinquished: async ({ deps, lease, report }) => proofOfRelinquish(lease, report, { atMs: deps.clock.epochMs() }),
  stopped: stop,
  'powered-off': powerOff,
  lapsed: async ({ deps, config, lease, report, waitedMs }) =>
    proofOfLapse(lease, report, { waitedMs, timing: config.timing, atMs: deps.clock.epochMs() }),
  attested: async ({ deps, lease, attestation }) => proofOfAttestation(lease, attestation, { atMs: deps.clock.epochMs() }),
};

/** The first accepted proof in the policy's order, or why each kind is none. */
export const seekProof = async (look: Look, kinds: readonly EvidenceKind[]): Promise<Proof> => {
  const wanted = kinds.filter((kind) => accepts(look.config.policy, kind));
  const proofs = await Promise.all(wanted.map(async (kind) => seekers[kind](look).catch((error: unknown) => none((error as Error).message))));
  const found = proofs.find((proof) => proof.outcome === 'proof');
  if (found) return found;
  return none(wanted.map((kind, index) => `${kind}: ${(proofs[index] as { reason: string }).reason}`).join('; '));
};
