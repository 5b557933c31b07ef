import * as z from 'zod';
import { nodeId, term, validatorId } from './ids.ts';
import { watermark } from './watermark.ts';

/** 16 KB in base64. */
const handedOver = z.base64().max(21_848);

/** A node's own item: only that node may write it. The guard's word about itself, never about the lease. */
export const nodeReport = z.strictObject({
  validator: validatorId,
  node: nodeId,
  /** Rises with every write: two reads with different numbers prove that the guard is alive between them. */
  sequence: z.number().int().min(0),
  /** The process that wrote this: drawn at its start. */
  writer: z
    .string()
    .regex(/^[a-f0-9]{32}$/, 'expected 32 hex digits')
    .optional(),
  /** The sequence of the last report that its writer had acknowledged, or took over; 0 for none. */
  after: z.number().int().min(0).optional(),
  /** Another guard of this node identity, which could not write. */
  rival: z
    .string()
    .regex(/^[a-f0-9]{32}$/, 'expected 32 hex digits')
    .optional(),
  /** The lease term for which `armed` and `leaseMs` were declared, before the gate opened; fixed for that whole term. */
  armedTerm: term.optional(),
  /** This guard stops by itself when it cannot read the lease. */
  armed: z.boolean(),
  leaseMs: z.number().int().min(1).max(600_000),
  /** Armed, but for this: it goes on while every one of these nodes promises (policy `ask`). Fixed for the whole term, as `armed` is. */
  asks: z.array(nodeId).min(1).max(19).optional(),
  /** Whether a promise of this node to a holder of a term below `floor` may be live. Once false for a floor, it stays so. Absent: unknown. */
  promised: z.boolean().optional(),
  /** Whether the gate was open when this was written. */
  signing: z.boolean(),
  /** Highest term seen. */
  floor: z.number().int().min(0),
  synced: z.boolean(),
  /** Chain position as the node sees it; null when it cannot tell. */
  height: z.number().int().min(0).nullable(),
  build: z.string().max(80),
  /** Why the guard asks for help now, or null. A stable code and a sentence. */
  distress: z.string().max(500).nullable(),
  diskFreeBytes: z.number().min(0).nullable(),
  /** The guard closed the gate, verified that the validator cannot sign, and dropped the key, for this term. */
  relinquished: z
    .strictObject({
      term,
      watermark: watermark.nullable(),
      /** The daemon's own record of what it signed, for the next holder, with the term in which it signed. */
      handover: z.strictObject({ term, bytes: handedOver }).optional(),
    })
    .optional(),
});
export type NodeReport = z.infer<typeof nodeReport>;

/**
 * What the fenced holder has handed over in this very term, of the very term in which it signed last. Anything else is none: votes of others since
 * then would not be in it.
 */
export const handoverOf = (
  report: NodeReport | undefined,
  lease: { readonly holder: string; readonly term: number; readonly releasedTerm: number },
): string | undefined => {
  const word = report?.node === lease.holder ? report.relinquished : undefined;
  return word?.term === lease.term && word.handover?.term === lease.releasedTerm ? word.handover.bytes : undefined;
};
