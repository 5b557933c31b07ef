import { createHash } from 'node:crypto';
import * as z from 'zod';
import { evidenceKinds } from './evidence.ts';
import { executionName, nodeId, term, validatorId } from './ids.ts';
import { phases } from './lease.ts';

export const cause = z.strictObject({
  kind: z.enum(['verdict', 'distress', 'operator', 'alarm', 'drill']),
  /** Who asked: `watch`, an alarm's name, `schedule` for a drill, or the ARN of a person. */
  by: z.string().min(1).max(2_048),
  reason: z.string().min(1).max(1_000),
});
export type Cause = z.infer<typeof cause>;

/** What an execution is about to do, decided once by Assess; people approve exactly this. */
export const plan = z.strictObject({
  validator: validatorId,
  kind: z.enum(['failover', 'switchover']),
  execution: executionName,
  cause,
  /** Lease as assessed: TakeTerm takes exactly this term and phase. */
  term,
  phase: z.enum(phases),
  holder: nodeId,
  candidate: nodeId,
  accepts: z.array(z.enum(evidenceKinds)).min(1),
  approval: z.strictObject({ required: z.boolean(), quorum: z.number().int().min(1), approvers: z.array(z.string()) }),
  /** Hash of the validator's configuration when this was planned. */
  config: z.string().length(64),
});
export type Plan = z.infer<typeof plan>;

/** JSON with sorted keys and no spaces: one text for one meaning. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = new Map<string, unknown>(Object.entries(value).filter(([, item]) => item !== undefined));
    const texts = [...fields.keys()].sort().map((key) => `${JSON.stringify(key)}:${canonicalJson(fields.get(key))}`);
    return `{${texts.join(',')}}`;
  }
  return JSON.stringify(value);
};

/** SHA-256 of the canonical JSON, 64 hex digits. */
export const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
