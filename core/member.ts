import { z } from 'zod';
import { nodeId, term, validatorId } from './ids.ts';
import { sealed } from './lease.ts';

/**
 * Custody `gate`: one item per node that may sign beside the others. People write it, the node reads it: with a key sealed for it and this term it
 * signs, without one it drops what it has. Safety does not rest on it: the arbiter decides each signature, whoever is a member.
 */
export const member = z
  .strictObject({
    validator: validatorId,
    node: nodeId,
    /** Rises with every change: a key that was sealed for an earlier one is dropped. */
    term,
    /** Null once the node was taken out. */
    sealed: sealed.nullable(),
    /** Who wrote it, and when, for people. */
    by: z.string().min(1).max(300),
    atMs: z.number().min(0),
  })
  .refine((of) => of.sealed === null || (of.sealed.node === of.node && of.sealed.term === of.term), 'sealed for another node or term');
export type Member = z.infer<typeof member>;

/** What must stand there for a change to be done: nothing, or a member of this term. */
export type MemberOver = Member['term'] | null;

/** The term that the next change of it has. */
export const nextMemberTerm = (found: Member | undefined): Member['term'] => ((found?.term ?? 0) + 1) as Member['term'];
