import type { ValidatorConfig } from '../core/config.ts';
import type { DurationMs } from '../core/time.ts';
import { alone, type Round } from './answers.ts';
import { unobservable, type Before, type ChainProbe, type Landed, type Look } from './probe.ts';
import { registry } from './registry.ts';

export { Round } from './answers.ts';
export type { Before, ProbeMemory } from './probe.ts';

/** What functions ask of a chain, whichever it is. */
export interface Chains {
  /** @param round what is asked in it by several is asked once; without one everything is asked anew. */
  look(config: ValidatorConfig, vantage: string, before: Before | null, signal: AbortSignal, round?: Round): Promise<Look>;
  landed(config: ValidatorConfig, vantage: string, above: number, signal: AbortSignal): Promise<Landed>;
  /** Whether any vantage shows a signature of the validator above this height; null when not more than half saw everything above it. */
  signedAbove(config: ValidatorConfig, above: number, signal: AbortSignal): Promise<boolean | null>;
  /** The highest head over all vantages; null unless more than half of them answered. */
  headOf(config: ValidatorConfig, signal: AbortSignal): Promise<number | null>;
  /** In how many milliseconds nothing is due of the validator, by the vantage that asks for the longest wait; null when none tells. */
  quietIn(config: ValidatorConfig, withinMs: DurationMs, signal: AbortSignal): Promise<number | null>;
}

/** Of a chain that this version does not know nothing can be seen. */
const blind: ChainProbe = {
  look: async (config, _at, before) => unobservable(`This version knows no chain of kind ${config.chain.kind}.`, before),
  landed: async () => ({ signed: false, head: null, whole: false }),
  head: async () => null,
};

const probeOf = ({ chain }: ValidatorConfig): ChainProbe => (Object.hasOwn(registry, chain.kind) ? (registry[chain.kind]?.probe ?? blind) : blind);

const urlOf = (config: ValidatorConfig, vantage: string): string | undefined => config.vantages.find(({ name }) => name === vantage)?.url;

export const chains: Chains = {
  look: async (config, vantage, before, signal, round) => {
    const url = urlOf(config, vantage);
    if (url === undefined) return unobservable(`There is no vantage ${vantage}.`, before);
    const answers = round?.at({ kind: config.chain.kind, vantage, url }) ?? alone;
    return probeOf(config).look(config, { url, signal, answers }, before);
  },
  landed: async (config, vantage, above, signal) => {
    const url = urlOf(config, vantage);
    return url === undefined ? { signed: false, head: null, whole: false } : probeOf(config).landed(config, url, above, signal);
  },
  signedAbove: async (config, above, signal) => {
    const seen = await Promise.all(config.vantages.map(({ url }) => probeOf(config).landed(config, url, above, signal)));
    if (seen.some(({ signed }) => signed)) return true;
    return seen.filter(({ whole }) => whole).length * 2 > seen.length ? false : null;
  },
  headOf: async (config, signal) => {
    const heads = await Promise.all(config.vantages.map(({ url }) => probeOf(config).head(config, url, signal)));
    const known = heads.filter((head) => head !== null);
    return known.length * 2 > heads.length ? Math.max(...known) : null;
  },
  quietIn: async (config, withinMs, signal) => {
    const probe = probeOf(config);
    const told = await Promise.all(config.vantages.map(async ({ url }) => (await probe.quietIn?.(config, url, withinMs, signal)) ?? null));
    const known = told.filter((inMs) => inMs !== null);
    return known.length === 0 ? null : Math.max(...known);
  },
};
