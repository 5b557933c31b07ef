import * as z from 'zod';
import { nodeId, validatorId, type Term } from './ids.ts';
import { kmsKeyArn } from './kms-key.ts';
import { sealed } from './lease.ts';

/** With custody gate nothing moves from term to term: each key is sealed for the first, as a custodian may. */
export const memberTerm = 1 as Term;

/**
 * Custody `gate`: one item per node that may sign beside the others. People write it, the node reads it: with a key sealed for it, or the name
 * of one in KMS, it signs, without one it drops what it has. Safety does not rest on it: the arbiter decides each signature, whoever is a member.
 */
export const member = z
  .strictObject({
    validator: validatorId,
    node: nodeId,
    /** Rises with every change: a key of an earlier one is dropped. */
    version: z.number().int().min(1),
    /** Null once the node was taken out, and where the key lies in KMS. */
    sealed: sealed.nullable(),
    /** The key in KMS that it signs with. */
    kmsKey: kmsKeyArn.optional(),
    /** Who wrote it, and when, for people. */
    by: z.string().min(1).max(300),
    atMs: z.number().min(0),
  })
  .refine((of) => of.sealed === null || (of.sealed.node === of.node && of.sealed.term === memberTerm), 'sealed for another node or term')
  .refine((of) => of.sealed === null || of.kmsKey === undefined, 'a sealed key, and one in KMS');
export type Member = z.infer<typeof member>;

/** Whether the node may sign: it has a key of either kind. */
export const mayAsk = (found: Member | undefined): boolean => found !== undefined && (found.sealed !== null || found.kmsKey !== undefined);

/** What must stand there for a change to be done: nothing, or this version. */
export type MemberOver = number | null;

export const nextVersion = (found: Member | undefined): number => (found?.version ?? 0) + 1;
