import type { z } from 'zod';
import { BatonError } from './errors.ts';
import type { ChainConfig, Policy } from './config.ts';
import type { Duty } from './watermark.ts';

/** What the rules must know of a chain. Each chain's folder states it; core knows no chain by name. */

/** What is at stake on a chain, for people, and what follows from it where validators.yaml is silent. */
export interface Risk {
  /** What it costs not to sign. */
  readonly downtime: string;
  /** What it costs to sign twice. */
  readonly equivocation: string;
  /** Where that is written. */
  readonly sources: readonly string[];
  /** Defaults of `policy` on this chain. */
  readonly policy: Partial<Pick<Policy, 'mode' | 'evidence' | 'maxLag' | 'watermarkMargin' | 'haltAfterMs'>>;
  /** Defaults of `timing` on this chain. */
  readonly timing: { readonly coolDownMs?: number; readonly verifyDeadlineMs?: number };
}

export interface ChainRules {
  /** `chain.kind` in validators.yaml. */
  readonly kind: string;
  /** `chain` in validators.yaml. */
  readonly config: z.ZodObject<{ readonly kind: z.ZodLiteral<string> }>;
  /** What signs, by its names on its chain: no two validators of a file may have one of them. */
  readonly keysOf: (chain: ChainConfig) => readonly string[];
  /** How this chain numbers its duties. */
  readonly duty: (chain: ChainConfig) => Duty;
  /** The guard is the signer and can close at once; a daemon that signs by itself may wake from a freeze and sign before it is stopped. */
  readonly gated: (chain: ChainConfig) => boolean;
  /** There is a signer that asks the arbiter before each signature leaves: custody `gate` can be had. */
  readonly arbiter?: (chain: ChainConfig) => boolean;
  /** How often the arbiter decides while nothing fails, for what that costs. `blockMs`: the time of a block or slot, as on the main chain when absent. */
  readonly signaturesPerHour?: (chain: ChainConfig, blockMs?: number) => number;
  readonly risk: Risk;
  /** What is between the fields of `chain`, and between them and the policy: the field and a sentence, or null. */
  readonly check?: (config: {
    readonly chain: ChainConfig;
    readonly policy: Policy;
  }) => { readonly field: string; readonly message: string; readonly fix: string } | null;
}

/** Chains by their kind. */
export type ChainTable = Readonly<Record<string, ChainRules>>;

/** @throws BatonError ChainUnknown. */
export const rulesOf = <Rules extends ChainRules>(
  { id, chain: { kind } }: { readonly id: string; readonly chain: ChainConfig },
  chains: Readonly<Record<string, Rules>>,
): Rules => {
  const rules = Object.hasOwn(chains, kind) ? chains[kind] : undefined;
  if (rules) return rules;
  throw new BatonError('ChainUnknown', `${id}: this version knows no chain of kind ${kind}: expected ${Object.keys(chains).join(', ')}`, {
    field: 'chain.kind',
    fix: 'Deploy the version that wrote this configuration, or a later one.',
  });
};

/** An object with fields, as JSON and YAML have them. */
export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A validator as it was written, with the defaults of its chain where it says nothing. What has another shape is left for the schema to refuse. */
export const withRisk = (one: unknown, chains: ChainTable): unknown => {
  if (!isRecord(one) || !isRecord(one['chain'])) return one;
  const { kind } = one['chain'];
  const known = Object.values(chains).find((rules) => rules.kind === kind);
  if (known === undefined) return one;
  const { risk } = known;
  const { policy = {}, timing = {} } = one;
  return {
    ...one,
    ...(isRecord(policy) ? { policy: { ...risk.policy, ...policy } } : {}),
    ...(isRecord(timing) ? { timing: { ...risk.timing, ...timing } } : {}),
  };
};
