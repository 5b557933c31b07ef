import * as z from 'zod';
import { evidenceKinds } from './evidence.ts';
import { nodeId, validatorId } from './ids.ts';
import { kmsKeyArn } from './kms-key.ts';
import { power } from './power.ts';
import { timing } from './timing.ts';
import { dayWindow } from './window.ts';

/** `validators.yaml`, as the functions, the guard and the command line all read it. Times in milliseconds. */

const url = z.url({ protocol: /^https?$/ }).max(500);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected 1–40 of a–z, 0–9 and -');

export const node = z.strictObject({
  /** For people. */
  name,
  id: nodeId,
  /** The IAM principal that is this machine and no other: KMS grants are given to it. */
  principal: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:(iam|sts)::\d{12}:(role|assumed-role|user)\/[\w+=,.@/-]{1,200}$/,
      'expected the ARN of a role or of an assumed-role session',
    ),
  /** Who can power this machine off: `true` is EC2, for `i-…` alone; a management controller or a webhook serve any machine. */
  power: power.prefault(false),
  /** The node's own chain endpoint, where `watch` may ask how far it is. */
  url: url.optional(),
});
export type NodeConfig = z.infer<typeof node>;

/** A place from which the chain is seen, independent of the validator's own nodes. */
export const vantage = z.strictObject({ name, url });

/** What a chain asks beside its kind is known to its folder under chains/ alone. */
export const chain = z.looseObject({ kind: name });
export type ChainConfig = z.infer<typeof chain>;

/** Which of several on its chain, for people. */
export const chainLabel = ({ kind, chainId }: ChainConfig): string => (typeof chainId === 'string' ? `${kind} ${chainId}` : kind);

const assumption = z.string().min(20).max(500).optional();

export const policy = z.strictObject({
  /** `approve`: a person must approve every failover; `auto`: a verdict may act alone; `watch`: only tell. */
  mode: z.enum(['watch', 'approve', 'auto']).prefault('approve'),
  /** IAM ARNs (a role or user, without session) or names of who may approve. */
  approvers: z.array(z.string().min(1).max(200)).max(50).prefault([]),
  quorum: z.number().int().min(1).max(10).prefault(1),
  approvalMs: z.number().int().min(1_000).max(86_400_000).prefault(900_000),
  /** Kinds of evidence that may lead to a release. */
  evidence: z.array(z.enum(evidenceKinds)).min(1).prefault(['relinquished', 'stopped', 'powered-off']),
  /** The assumption, in the operator's words; required with `lapsed`, `attested`, and where people in Slack alone could attest (`slack`). */
  assumptions: z.strictObject({ lapsed: assumption, attested: assumption, slack: assumption }).prefault({}),
  onControlPlaneLoss: z.enum(['stop', 'hold', 'ask']).prefault('stop'),
  /** The circuit breaker: more failovers than this within a day need a person. */
  maxPerDay: z.number().int().min(1).max(100).prefault(3),
  /** A standby further behind the head than this is not ready. In blocks or slots. */
  maxLag: z.number().int().min(0).max(100_000).prefault(5),
  /** Added to the observed head when the last duty of the fenced node is not known exactly. */
  watermarkMargin: z.number().int().min(1).max(100_000).prefault(2),
  /** How long the head must stand still until the whole chain counts as halted. */
  haltAfterMs: z.number().int().min(1_000).max(3_600_000).prefault(60_000),
  minDiskFreeBytes: z.number().int().min(0).prefault(1_000_000_000),
  /** Drills by the stack's schedule (`DrillsEnabled`): there and later back, through the same gates as every plan. None without it. */
  drill: z
    .strictObject({
      /** Due when the validator was not moved for so many days. */
      everyDays: z.number().int().min(1).max(365),
      /** When they may start, in UTC; it may go over midnight. */
      window: dayWindow,
    })
    .optional(),
  verdict: z
    .strictObject({
      /** K of N probes. */
      failing: z.number().int().min(1).max(20).prefault(3),
      window: z.number().int().min(1).max(20).prefault(4),
      /** Good probes in a row until it counts as healthy again. */
      healthy: z.number().int().min(1).max(20).prefault(3),
      /** How many vantages must agree. */
      vantages: z.number().int().min(1).max(10).prefault(2),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof policy>;

export const validatorConfig = z.strictObject({
  id: validatorId,
  chain,
  /** `release`: the key moves to one node at a time. `gate`: several nodes have it, and the arbiter decides each signature. Never changes. */
  custody: z.enum(['release', 'gate']).prefault('release'),
  /** With custody gate, on chains with Ed25519 keys: the KMS key that signs and never leaves KMS. Without it, a key is sealed for each member. */
  kmsKey: kmsKeyArn.optional(),
  /** Who signs at first (a node's name). Read only by the first `apply`; afterwards the lease knows. With custody gate, who signed until now. */
  holder: name,
  nodes: z.array(node).min(1).max(20),
  vantages: z.array(vantage).min(1).max(10),
  policy: policy.prefault({}),
  timing: timing.prefault({}),
});
export type ValidatorConfig = z.infer<typeof validatorConfig>;

/** The schema of the whole file, given that of `chain`. */
export const validatorsFileOf = (itsChain: z.ZodType<ChainConfig>) =>
  z.strictObject({
    version: z.literal(1),
    validators: z
      .array(validatorConfig.extend({ chain: itsChain }))
      .min(1)
      .max(1_000),
  });
export type ValidatorsFile = z.infer<ReturnType<typeof validatorsFileOf>>;

/** Name of a node for people, with its identity. */
export const nodeLabel = (config: ValidatorConfig, id: string): string => {
  const found = config.nodes.find((node) => node.id === id);
  return found ? `${found.name} (${id})` : id;
};
