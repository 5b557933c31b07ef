import * as z from 'zod';
import type { ValidatorConfig } from './config.ts';
import type { ValidatorId } from './ids.ts';
import { hashOf } from './plan.ts';

/**
 * Which of several watchers looks at a validator. Those that ask the same of the same vantages are kept together, for it is asked once for all of
 * them. Every watcher makes the same plan from the same fleet. Guaranteed:
 *
 * * Of the watchers that live, exactly one looks at each validator.
 * * While all live, the loads of two watchers differ by no more than one group weighs.
 * * Each group has a fixed order of all watchers, and the first that lives looks at it. So whoever goes leaves its own groups to the others and whoever
 *   comes back takes just those, and watchers that differ about who lives leave no validator out: the first that lives takes it by any of their views.
 *
 * Watchers whose plans differ also share the fleet by name, which takes no plan.
 */

/** Which of how many watchers, from 0; the only one when it is not said. */
export const part = { shard: z.number().int().min(0).max(99).optional(), shards: z.number().int().min(1).max(100).optional() };
export const isPart = ({ shard = 0, shards = 1 }: { readonly shard?: number | undefined; readonly shards?: number | undefined }): boolean =>
  shard < shards;

/** FNV-1a over the text, then MurmurHash3's last step, without which names that differ in one letter have scores that differ little. */
const scoreOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/**
 * Of the watchers that live, the one with the highest score for this name (rendezvous hashing); null of none. Two scores are never equal: each step
 * takes different numbers to different ones.
 */
export const shardOf = (name: ValidatorId, live: readonly number[]): number | null => {
  const scored = live.map((shard) => ({ shard, score: scoreOf(`${shard}#${name}`) }));
  return scored.toSorted((one, other) => other.score - one.score)[0]?.shard ?? null;
};

/** What validators have in common that can share answers: kind of chain, and names and addresses of the vantages. */
export const asksOf = ({ chain, vantages }: { readonly chain: { readonly kind: string } } & Pick<ValidatorConfig, 'vantages'>): string =>
  JSON.stringify([chain.kind, ...vantages.map(({ name, url }) => JSON.stringify([name, url])).sort()]);

/** A validator of the fleet; `asks` is null where nobody knows. */
export interface Asking {
  readonly validator: ValidatorId;
  readonly asks: string | null;
}

/** Validators of a group. */
const mostTogether = 100;
/** What a group asks takes as long as looking at so many validators whose questions are answered. */
const asksWeigh = 20;

interface Group {
  readonly members: ValidatorId[];
  readonly weight: number;
}

/** In the order of the fleet, to which validators are only ever added: one more leaves every full group as it is. */
const groupsOf = (fleet: readonly Asking[]): Group[] => {
  const groups: ValidatorId[][] = [];
  const open = new Map<string, ValidatorId[]>();
  for (const { validator, asks } of fleet) {
    const known = asks === null ? undefined : open.get(asks);
    if (known !== undefined && known.length < mostTogether) known.push(validator);
    else {
      const begun = [validator];
      groups.push(begun);
      if (asks !== null) open.set(asks, begun);
    }
  }
  return groups.map((members) => ({ members, weight: members.length + asksWeigh }));
};

/** What looking at them weighs, in validators whose questions are answered. */
export const loadOf = (fleet: readonly Asking[]): number => groupsOf(fleet).reduce((sum, { weight }) => sum + weight, 0);

export interface Plan {
  /** Those with the same digest share the fleet in the same way. */
  readonly digest: string;
  /** Of each validator its group, named by the first in it, and who looks at that while it lives. */
  readonly places: ReadonlyMap<ValidatorId, { readonly group: ValidatorId; readonly home: number }>;
}

/** The heaviest group first, each to the watcher that has least. */
export const planOf = (fleet: readonly Asking[], shards: number): Plan => {
  const loads = Array.from({ length: shards }, () => 0);
  const places = new Map<ValidatorId, { readonly group: ValidatorId; readonly home: number }>();
  for (const { members, weight } of groupsOf(fleet).toSorted((one, other) => other.weight - one.weight)) {
    const home = loads.indexOf(Math.min(...loads));
    loads[home] = (loads[home] ?? 0) + weight;
    const [group] = members as [ValidatorId, ...ValidatorId[]];
    for (const member of members) places.set(member, { group, home });
  }
  return { digest: hashOf([shards, ...[...places].map(([validator, { group, home }]) => [validator, group, home])]).slice(0, 16), places };
};

/** Of the watchers that live, the one for this validator by the plan; null of none. */
export const plannedShard = ({ places }: Plan, validator: ValidatorId, live: readonly number[]): number | null => {
  const place = places.get(validator);
  return place && live.includes(place.home) ? place.home : shardOf(place?.group ?? validator, live);
};
