import type { Lease, LeaseWrite, WriteOutcome } from '../../../core/lease.ts';
import { nameOf, type Scope } from './world.ts';

/** What no write, and no reply to one, may ever do: judged by the plain meaning of the words, not by the functions under test. */

const wrongRelease = (before: Lease, after: Lease, scope: Scope): string | null => {
  if (before.holder === after.holder) return null;
  const { evidence } = before;
  if (before.phase !== 'FENCED' || !evidence) return `A key was released from ${before.phase}.`;
  if (evidence.node !== before.holder || evidence.term !== before.term || !scope.accepts.includes(evidence.kind))
    return `A key was released on evidence ${evidence.kind} about ${nameOf(evidence.node)} in term ${evidence.term}.`;
  return null;
};

/** What no write may ever do, whatever else happens. */
export const wrongWrite = (before: Lease, after: Lease, write: LeaseWrite, scope: Scope): string | null => {
  const risen = after.term - before.term;
  const rises = write.transition === 'TakeTerm' || write.transition === 'Reinstate';
  if (risen !== (rises ? 1 : 0)) return `${write.transition} took the term from ${before.term} to ${after.term}.`;
  // The name of an execution tells the term and phase that it planned from, and that people approved.
  if (write.transition === 'TakeTerm' && !after.claim.endsWith(`.t${before.term}.${before.phase}`))
    return `${after.claim} took term ${before.term}, ${before.phase}, which is not what it planned from.`;
  if (after.version !== before.version + 1) return `${write.transition} left the version at ${after.version}.`;
  return wrongRelease(before, after, scope);
};

/** A reply must tell what became of this very write. */
export const wrongReply = (stored: Lease, write: LeaseWrite, outcome: WriteOutcome): string | null => {
  const own = stored.attempt === write.attempt;
  if (outcome.outcome === 'refused' && own) return `${write.transition} was refused, though it is what stands in the lease.`;
  if (outcome.outcome === 'done' && outcome.earlier && !own)
    return `${write.transition} was called done, though ${stored.attempt} stands in the lease.`;
  return null;
};
