import { kindsOf, type Planned, type SiteKind } from './faults.ts';
import { live } from './life.ts';
import { scenarioNamed, scenarios } from './scenarios.ts';
import type { WorldOptions } from './world.ts';

/** Every fault alone at every site that a run without faults meets, and every two kinds of fault together. */

const plainSeed = 1;

interface Site {
  readonly site: string;
  readonly kind: SiteKind;
  readonly count: number;
}

const sitesOf = async (scenario: string): Promise<Site[]> => {
  const { seen } = await live({ seed: plainSeed, scenario: scenarioNamed(scenario) });
  return [...seen].map(([site, { kind, count }]) => ({ site, kind, count }));
};

/** The first, the second and the middle call. */
const nthsOf = (count: number): number[] => [...new Set([1, 2, Math.ceil(count / 2)])].filter((nth) => nth <= count);

const isPeople = (site: string): boolean => site.startsWith('rogue');

export interface Plan {
  readonly jobs: readonly WorldOptions[];
  readonly sites: number;
}

export const singles = async (): Promise<Plan> => {
  const jobs: WorldOptions[] = [];
  const met = new Set<string>();
  for (const scenario of scenarios) {
    for (const { site, kind, count } of await sitesOf(scenario.name)) {
      if (isPeople(site)) continue;
      met.add(site);
      const nths = kind === 'state' || kind === 'task' ? [1] : nthsOf(count);
      for (const nth of nths) for (const one of kindsOf(kind)) jobs.push({ seed: plainSeed, scenario, planned: [{ site, nth, kind: one }] });
    }
  }
  return { jobs, sites: met.size };
};

/** Sites that differ only in which item is read are one class. */
const classOf = ({ site, kind }: Site): string => (kind === 'read' || kind === 'staleRead' ? `${site.split(' ').slice(0, -1).join(' ')} *` : site);

const pairKinds: Readonly<Record<SiteKind, readonly string[]>> = {
  write: ['lose', 'late'],
  read: ['lose'],
  staleRead: ['stale'],
  task: ['lose', 'zombie'],
  state: ['amber_reboot', 'amber_cutAws', 'birch_killGuard', 'birch_freeze', 'stopAndRedrive', 'second'],
};
const pairStates: readonly string[] = ['enter TakeTerm', 'enter Fence', 'enter ReleaseKey', 'enter Verify'];
const pairScenarios = ['switchover', 'freeze'];

const classesOf = (sites: readonly Site[]): Planned[] => {
  const classes = new Map<string, SiteKind>();
  for (const one of sites) {
    if (isPeople(one.site) || (one.kind === 'state' && !pairStates.includes(one.site))) continue;
    classes.set(classOf(one), one.kind);
  }
  return [...classes].flatMap(([site, kind]) => pairKinds[kind].map((one) => ({ site, nth: 1, kind: one })));
};

export const pairs = async (): Promise<Plan> => {
  const jobs: WorldOptions[] = [];
  let classes = 0;
  for (const name of pairScenarios) {
    const all = classesOf(await sitesOf(name));
    classes += all.length;
    for (let first = 0; first < all.length; first += 1)
      for (let second = first + 1; second < all.length; second += 1) {
        const planned = [all[first], all[second]].filter((one) => one !== undefined);
        jobs.push({ seed: plainSeed, scenario: scenarioNamed(name), planned });
      }
  }
  return { jobs, sites: classes };
};
