import type { Prng } from './prng.ts';

/** Which calls go wrong, and how. A site is a kind of call (`Fence UpdateItem lease`); its calls are counted from 1. */

export const writeFaults = ['refuse', 'throttle', 'lose', 'late', 'twice', 'echo', 'slow'] as const;
export const readFaults = ['refuse', 'throttle', 'lose', 'slow', 'stale'] as const;
export const taskFaults = ['throttled', 'lose', 'twice', 'slow', 'crash', 'zombie', 'unsent'] as const;
export const hostFaults = [
  'crash',
  'reboot',
  'freeze',
  'pauseGuard',
  'killGuard',
  'killNode',
  'cutAws',
  'cutAwsOut',
  'cutAwsIn',
  'cutChain',
  'diskFull',
  'diskTear',
  'powerOff',
] as const;
export const personFaults = ['stop', 'stopAndRedrive', 'second'] as const;

export type SdkFault = (typeof writeFaults)[number] | (typeof readFaults)[number];
export type TaskFault = (typeof taskFaults)[number];
export type HostFault = (typeof hostFaults)[number];
export type PersonFault = (typeof personFaults)[number];

export interface Planned {
  readonly site: string;
  /** The how-manieth call; 0 for every one. A site that ends in `*` stands for all that begin so. */
  readonly nth: number;
  readonly kind: string;
}

export const writePlanned = ({ site, nth, kind }: Planned): string => `${site}#${nth === 0 ? 'all' : nth}=${kind}`;

export const readPlanned = (text: string): Planned => {
  const found = /^(.+)#(all|\d+)=(\w+)$/.exec(text);
  if (!found) throw new Error(`not a fault: ${text}`);
  return { site: found[1] ?? '', nth: found[2] === 'all' ? 0 : Number(found[2]), kind: found[3] ?? '' };
};

/** Sites that were met, and whether each is a read that may be stale, a write, a task, or the begin of a state. */
export type SiteKind = 'read' | 'staleRead' | 'write' | 'task' | 'state';

export class Faults {
  readonly seen = new Map<string, { kind: SiteKind; count: number }>();
  readonly struck: string[] = [];
  enabled = true;
  readonly #planned: readonly Planned[];
  readonly #random: Prng;
  readonly #counts = new Map<Planned, number>();
  /** Chance of each kind, for swarms; empty when faults are planned one by one. */
  readonly #drawn: Readonly<Record<SiteKind, readonly (readonly [string, number])[]>>;

  constructor(of: { planned: readonly Planned[]; chances: Readonly<Record<string, number>>; random: Prng }) {
    this.#planned = of.planned;
    const drawn = (kind: SiteKind): readonly (readonly [string, number])[] =>
      kindsOf(kind).flatMap((one) => {
        const chance = of.chances[`${familyOf(kind)}.${one}`];
        return chance === undefined ? [] : [[one, chance] as const];
      });
    this.#drawn = { read: drawn('read'), staleRead: drawn('staleRead'), write: drawn('write'), task: drawn('task'), state: drawn('state') };
    this.#random = of.random;
  }

  /** The faults that strike this call; at most one of a chance, every one that is planned. */
  strike(site: string, kind: SiteKind): string[] {
    const known = this.seen.get(site) ?? { kind, count: 0 };
    known.count += 1;
    this.seen.set(site, known);
    if (!this.enabled) return [];
    const found = this.#planned.filter((one) => this.#meets(one, site)).map((one) => one.kind);
    if (found.length === 0) found.push(...this.#byChance(kind));
    for (const one of found) this.struck.push(`${site}#${known.count}=${one}`);
    return found;
  }

  #meets(one: Planned, site: string): boolean {
    if (one.site.endsWith('*') ? !site.startsWith(one.site.slice(0, -1)) : one.site !== site) return false;
    const count = (this.#counts.get(one) ?? 0) + 1;
    this.#counts.set(one, count);
    return one.nth === 0 || one.nth === count;
  }

  #byChance(kind: SiteKind): string[] {
    for (const [one, chance] of this.#drawn[kind]) if (this.#random.chance(chance)) return [one];
    return [];
  }
}

const familyOf = (kind: SiteKind): string => (kind === 'task' || kind === 'state' ? kind : 'sdk');

export const nodeNames = ['amber', 'birch', 'cedar'] as const;

const stateKinds = [...hostFaults.flatMap((one) => [`amber_${one}`, `birch_${one}`]), ...personFaults];

export const kindsOf = (kind: SiteKind): readonly string[] => {
  if (kind === 'write') return writeFaults;
  if (kind === 'task') return taskFaults;
  if (kind === 'state') return stateKinds;
  return kind === 'staleRead' ? readFaults : readFaults.filter((one) => one !== 'stale');
};

export const familyKinds: Readonly<Record<'sdk' | 'task' | 'state', readonly string[]>> = {
  sdk: [...new Set([...writeFaults, ...readFaults])],
  task: taskFaults,
  state: stateKinds,
};
