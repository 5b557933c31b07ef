import { familyKinds } from './faults.ts';
import type { WorldOptions } from './world.ts';
import { Prng } from './prng.ts';
import { scenarios, type Answerer, type Scenario } from './scenarios.ts';

/** One seed, one run: scenario, policy, answers and the chance of each kind of fault are all drawn from it. */

const answerers: readonly Answerer[] = ['honest', 'late', 'double', 'stranger', 'self', 'denier'];

const evidenceOf = (random: Prng, scenario: Scenario): readonly string[] => {
  const more = ['lapsed', 'attested'].filter((kind) => !scenario.evidence.includes(kind) && random.chance(0.3));
  const all = [...scenario.evidence, ...more];
  const fewer = all.filter(() => random.chance(0.9));
  return fewer.length === 0 ? all : fewer;
};

/** A different stream than the run's own, which begins from the same seed. */
const planStream = 0x5eed;

export const swarmOptions = (seed: number): WorldOptions => {
  const random = new Prng(seed + planStream * 2 ** 32);
  const first = random.pick(scenarios);
  // The long one costs as much as five others.
  const scenario = first.name === 'drifting' && random.chance(0.7) ? random.pick(scenarios) : first;
  const chances: Record<string, number> = {};
  for (const [family, kinds] of Object.entries(familyKinds)) {
    const scale = family === 'sdk' ? 0.02 : family === 'task' ? 0.06 : 0.03;
    for (const kind of kinds) if (random.chance(0.35)) chances[`${family}.${kind}`] = scale * random.next() ** 2 * 4;
  }
  const evidence = evidenceOf(random, scenario);
  const drawn: Scenario = {
    ...scenario,
    mode: random.chance(0.7) ? scenario.mode : random.pick(['auto', 'approve'] as const),
    evidence,
    hold: !evidence.includes('lapsed') && (scenario.hold || random.chance(0.15)),
    power: random.chance(0.8) ? scenario.power : !scenario.power,
    nodes: random.chance(0.8) ? scenario.nodes : 3,
    attests: scenario.attests || random.chance(0.3),
    liar: scenario.liar || random.chance(0.15),
    clocks: random.chance(0.8) ? scenario.clocks : 'worst',
    answerers: random.chance(0.6) ? scenario.answerers : answerers.filter(() => random.chance(0.4)),
  };
  return { seed, scenario: drawn, chances };
};
