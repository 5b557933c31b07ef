import { plants } from './gate-plants.ts';
import { liveGate, type GateOutcome } from './gate-world.ts';

/** `npm run sim -- --gate`: seeds of custody gate, each by itself; a violation prints the command that replays it. */

export interface GateRun {
  /** One seed, with its lines; else so many from `from` on. */
  readonly seed: number | undefined;
  readonly seeds: number;
  readonly from: number;
  /** A mistake that must be found. */
  readonly plant: string | undefined;
  readonly faults: readonly string[];
  readonly nowMs: () => number;
}

const plantOf = (name: string | undefined) => {
  if (name === undefined) return {};
  const plant = plants[name];
  if (plant) return { plant };
  throw new Error(`there is no plant ${name}: ${Object.keys(plants).join(', ')}`);
};

const show = ({ lines, violations }: GateOutcome, seed: number, more: string): void => {
  for (const [index, line] of lines.slice(-80).entries()) console.log(`${String(index + 1).padStart(4)}. ${line}`);
  for (const violation of violations) console.log(`Violated: ${violation}.`);
  console.log(`SEED=${seed} npm run sim -- --gate --seed ${seed}${more}`);
};

/** False when something was violated. */
export const runGate = async ({ seed, seeds, from, plant, faults, nowMs }: GateRun): Promise<boolean> => {
  const startMs = nowMs();
  const all = { seeds: 0, violations: 0, events: 0, signatures: 0, faults: 0, seedsWithKeyInKms: 0 };
  const last = seed ?? from + seeds - 1;
  for (let one = seed ?? from; one <= last; one += 1) {
    const outcome = await liveGate({ seed: one, planned: faults, ...plantOf(plant) });
    all.seeds += 1;
    all.violations += outcome.violations.length;
    all.events += outcome.events;
    all.signatures += outcome.left;
    all.faults += outcome.struck.length;
    all.seedsWithKeyInKms += outcome.inKms ? 1 : 0;
    const named = [...faults.map((fault) => ` --fault '${fault}'`), ...(plant === undefined ? [] : [` --plant ${plant}`])].join('');
    if (seed !== undefined || outcome.violations.length > 0) show(outcome, one, named);
  }
  console.log(JSON.stringify({ gate: true, ...all, seconds: Math.round((nowMs() - startMs) / 100) / 10 }));
  return all.violations === 0;
};
