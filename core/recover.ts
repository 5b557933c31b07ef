import type { ValidatorConfig } from './config.ts';
import type { ErrorCode } from './errors.ts';
import type { ExecutionName, NodeId, ValidatorId } from './ids.ts';
import type { Lease } from './lease.ts';
import { canProve, enoughBeside, type Prospect } from './outlook.ts';
import { floorAfter, heightOf, type Duty, type NodeHeights, type Watermark } from './watermark.ts';

/** Cold recovery: what `baton recover` does next, from what was read. Pure; it starts what `baton failover` starts, and proves nothing itself. */

/** Whose hands these are, as far as the name of the role tells it. `other` may be allowed anything: it is tried. */
export type Hand = 'requester' | 'approver' | 'custodian' | 'deployer' | 'other';
const hands = ['requester', 'approver', 'custodian', 'deployer'] as const;

/** @param arn the caller's, as STS tells it. */
export const handOf = (arn: string, stack: string): Hand => {
  const role = /:assumed-role\/(?:AWSReservedSSO_)?([^/]+?)(?:_[0-9a-f]{16})?\/[^/]+$/.exec(arn)?.[1];
  return hands.find((hand) => role === `${stack}-${hand}`) ?? 'other';
};

export const mayApply = (hand: Hand): boolean => hand === 'custodian' || hand === 'other';
export const mayStart = (hand: Hand): boolean => hand === 'requester' || hand === 'other';

/** True when the file changes nothing but this: one node more. */
export const onlyAdds = (fields: readonly { readonly op: string; readonly path: string }[], name: string): boolean =>
  fields.length > 0 && fields.every(({ op, path }) => op === '+' && path.startsWith(`nodes.${name}.`));

export interface RecoverSeen {
  readonly validator: ValidatorId;
  /** Who is to sign. */
  readonly to: { readonly name: string; readonly id: NodeId };
  readonly lease: Lease;
  /** What drives this validator already, and whom it lets sign; null for whomever Assess chooses. */
  readonly running: { readonly execution: ExecutionName; readonly to: NodeId | null } | null;
  readonly paused: { readonly by: string; readonly reason: string } | null;
  readonly prospects: readonly Prospect[];
  /** As `changesFor` tells them. */
  readonly changes: readonly string[];
  /** Why Assess would not take it as the candidate, or null. */
  readonly notReady: string | null;
}

export type NextStep =
  | { readonly step: 'done'; readonly sentence: string }
  | { readonly step: 'follow'; readonly execution: ExecutionName }
  | { readonly step: 'wait'; readonly why: string }
  | { readonly step: 'start' }
  | { readonly step: 'refuse'; readonly code: ErrorCode; readonly sentence: string; readonly fix: string };

const refuse = (code: ErrorCode, sentence: string, fix: string): NextStep => ({ step: 'refuse', code, sentence, fix });

/** What to do with a validator whose configuration holds the new machine. */
export const nextStep = (seen: RecoverSeen): NextStep => {
  const { lease, to, running, paused, validator } = seen;
  if (running) {
    // Assess never chooses the recorded active.
    const ours = running.to === to.id || (running.to === null && lease.holder !== to.id);
    if (ours) return { step: 'follow', execution: running.execution };
    const where = running.to ?? 'another node';
    return refuse('RecoverRefused', `${running.execution} is moving ${validator} to ${where} already`, `baton explain ${running.execution}`);
  }
  if (lease.holder === to.id) {
    if (lease.phase === 'HELD') return { step: 'done', sentence: `${to.name} is the recorded active of ${validator} in term ${lease.term}.` };
    const where = `${to.name} is the recorded active already, term ${lease.term} is ${lease.phase} and nothing drives it`;
    return refuse('RecoverRefused', where, `baton explain ${lease.claim}`);
  }
  if (paused) return refuse('Paused', `${validator} is paused by ${paused.by}: ${paused.reason}`, `baton resume ${validator}`);
  if (!canProve(seen.prospects)) {
    const why = `as things are, nothing could prove that ${lease.holder} cannot sign: a failover would end with nobody signing, so none was started`;
    const how = seen.changes.length === 0 ? '' : ` A custodian could change validators.yaml: ${seen.changes.join(' Or: ')}`;
    return refuse('EvidenceImpossible', why, `Bring ${lease.holder} back if it can be.${how}`);
  }
  return seen.notReady === null ? { step: 'start' } : { step: 'wait', why: seen.notReady };
};

/** Who is asked before anything is fenced, in words; null where the policy asks nobody. */
export const sayApproval = ({ id, policy }: Pick<ValidatorConfig, 'id' | 'policy'>, caller: string): string | null => {
  const { mode, quorum, approvers } = policy;
  if (mode === 'auto') return null;
  const asked = `${quorum} of ${approvers.join(', ')} must approve it, and who asks may not`;
  return enoughBeside(policy, caller) ? `${asked}: baton approve ${id}` : `${asked}: too few are left, so it would expire.`;
};

/** What the next holder would be given as its floor if the fence were proven now: a later proof gives a higher one. Null when that cannot be told. */
export const floorNow = (of: {
  readonly lease: Lease;
  readonly duty: Duty;
  readonly head: number | null;
  readonly margin: number;
  readonly nodes: NodeHeights;
}): Watermark | null =>
  floorAfter({ before: of.lease.watermark ?? null, duty: of.duty, evidence: {}, head: of.head, margin: of.margin, nodes: of.nodes });

/** The floor in words. */
export const sayFloor = (floor: Watermark | null, of: { readonly to: string; readonly from: string }): string => {
  if (floor === null)
    return `What ${of.to} will not sign cannot be told from here; ReleaseKey asks the vantages itself, and releases nothing while they do not tell.`;
  const unit = floor.kind === 'consensus' ? 'height' : 'slot';
  return [
    `${of.to} will sign nothing at or below ${unit} ${heightOf(floor)}, and by the time of the proof the chain is further: ${of.from} may have signed so far.`,
    `Those duties are missed on purpose. Only a proof that carries the exact last duty of ${of.from} makes it less.`,
  ].join(' ');
};
