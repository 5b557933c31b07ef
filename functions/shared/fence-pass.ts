import type { ApprovalRecord } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { EvidenceKind } from '../../core/evidence.ts';
import type { Lease } from '../../core/lease.ts';
import { powerOf } from '../../core/power.ts';
import { proofOfPower } from '../../core/power-proof.ts';
import { accepts, nonceOf, proofOfAttestation, proofOfLapse, proofOfRelinquish, proofOfStop, type Proof } from '../../core/proofs.ts';
import type { NodeReport } from '../../core/report.ts';
import type { Deps } from './deps.ts';
import { switchOf } from './switch-of.ts';

/** One look at every kind of evidence that the policy accepts, side by side. Trouble with one kind never stops the others and never is proof. */

export type FenceNeeds = 'clock' | 'records' | 'fenceCommand' | 'power' | 'remotePower';

/** What one invocation has done by now. */
export interface Pass {
  /** An order to cut the power was taken: it is given once in a pass, and then only the state is asked for. */
  ordered: boolean;
}

export interface Look {
  readonly deps: Pick<Deps, FenceNeeds>;
  readonly config: ValidatorConfig;
  readonly lease: Lease;
  readonly report: NodeReport | undefined;
  /** Measured time since TakeTerm was acknowledged: a lower bound. */
  readonly waitedMs: number;
  readonly attestation: ApprovalRecord | undefined;
  readonly pass: Pass;
  readonly signal: AbortSignal;
}

const none = (reason: string): Proof => ({ outcome: 'none', reason });

const stop = async ({ deps, config, lease, report, waitedMs, signal }: Look): Promise<Proof> => {
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
  return proofOfStop(lease, { instance: lease.holder, nonce, commandId, output: result.output, report, atMs: deps.clock.epochMs() });
};

const powerOff = async ({ deps, config, lease, waitedMs, pass, signal }: Look): Promise<Proof> => {
  const node = config.nodes.find(({ id }) => id === lease.holder);
  const power = node && powerOf(node);
  if (!power) return none('its power cannot be switched');
  if (waitedMs < config.timing.powerOffAfterMs) return none('softer ways are tried first');
  const ask = { validator: lease.validator, node: lease.holder, term: lease.term, power };
  const by = switchOf(deps, power);
  pass.ordered = pass.ordered || (await by.off(ask, signal));
  return proofOfPower(lease, { ask, ordered: pass.ordered, said: await by.state(ask, signal), atMs: deps.clock.epochMs() });
};

/** The word of the candidate is read after the term was taken, and only where it is needed. One that cannot be read is none. */
const lapse = async ({ deps, config, lease, report, waitedMs, signal }: Look): Promise<Proof> => {
  const read = () => deps.records.readReport(lease.validator, lease.candidate, signal).catch(() => undefined);
  const candidate = report?.asks === undefined ? undefined : await read();
  return proofOfLapse(lease, report, { waitedMs, timing: config.timing, atMs: deps.clock.epochMs(), candidate });
};

const seekers: Record<EvidenceKind, (look: Look) => Promise<Proof>> = {
  relinquished: async ({ deps, lease, report }) => proofOfRelinquish(lease, report, { atMs: deps.clock.epochMs() }),
  stopped: stop,
  'powered-off': powerOff,
  lapsed: lapse,
  attested: async ({ deps, lease, attestation }) => proofOfAttestation(lease, attestation, { atMs: deps.clock.epochMs() }),
};

const chosen = (proofs: readonly (readonly [EvidenceKind, Proof])[]): Proof => {
  const found = proofs.find(([, { outcome }]) => outcome === 'proof');
  return found?.[1] ?? none(proofs.map(([kind, proof]) => `${kind}: ${(proof as { reason: string }).reason}`).join('; '));
};

/**
 * The first accepted proof, or why each kind is none. Of what is known at once the policy's order decides, a relinquish among it; whichever of the others
 * is proof is not held up by one that is slow to answer.
 */
export const seekProof = async (look: Look, kinds: readonly EvidenceKind[]): Promise<Proof> => {
  const enough = new AbortController();
  const own = { ...look, signal: AbortSignal.any([look.signal, enough.signal]) };
  const wanted = kinds.filter((kind) => accepts(look.config.policy, kind));
  const sought = wanted.map((kind) => ({ kind, proof: seekers[kind](own).catch((error: unknown) => none((error as Error).message)) }));
  const whole = Promise.all(sought.map(async ({ kind, proof }) => [kind, await proof] as const)).then(chosen);
  try {
    return await Promise.race([...sought.map(async ({ proof }) => proof.then((found) => (found.outcome === 'proof' ? found : whole))), whole]);
  } finally {
    // What is under way ends: an order that a frozen function gives later would be one of another time.
    enough.abort();
  }
};
