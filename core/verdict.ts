import type { Policy } from './config.ts';

/** What one vantage saw in one round. `unobservable` counts as alive: it never adds to a failure. */
export type Observation = 'signing' | 'failing' | 'halted' | 'unobservable';

/** One round: what each vantage saw, by its name. */
export interface Sample {
  readonly observations: Readonly<Record<string, Observation>>;
}

export const verdictStates = ['healthy', 'suspect', 'failing', 'halted', 'unobservable'] as const;
export type VerdictState = (typeof verdictStates)[number];

export interface Verdict {
  readonly state: VerdictState;
  readonly sentence: string;
}

type Rule = Policy['verdict'];

/**
 * One round in one word. Failing needs `vantages` places that agree and not one that saw a signature: a signature is proof of life.
 * The chain has halted when some place says so and none saw anything move.
 */
export const judgeSample = (sample: Sample, rule: Rule): Observation => {
  const seen = Object.values(sample.observations);
  const count = (what: Observation): number => seen.filter((one) => one === what).length;
  if (count('signing') > 0) return 'signing';
  if (count('failing') >= rule.vantages) return 'failing';
  if (count('halted') > 0 && count('failing') === 0) return 'halted';
  return 'unobservable';
};

const trailing = (rounds: readonly Observation[], what: Observation): number => {
  const last = rounds.findLastIndex((one) => one !== what);
  return rounds.length - 1 - last;
};

/**
 * The verdict over the last rounds, oldest first: K of N failing; back to healthy only after `healthy` good rounds in a row.
 * @param before the verdict of the round before; hysteresis starts from it.
 */
export const verdict = (samples: readonly Sample[], rule: Rule, before: VerdictState): Verdict => {
  const rounds = samples.map((sample) => judgeSample(sample, rule));
  const window = rounds.slice(-rule.window);
  const failing = window.filter((one) => one === 'failing').length;
  const good = trailing(rounds, 'signing');
  const last = rounds.at(-1);
  if (last === undefined) return { state: 'unobservable', sentence: 'No probe yet.' };
  if (last === 'halted') return { state: 'halted', sentence: 'The whole chain stands still; this is not a failure of the validator.' };
  if (failing >= rule.failing && last === 'failing') {
    return {
      state: 'failing',
      sentence: `Failing: ${failing} of the last ${window.length} probes saw no signature (${rule.failing} of ${rule.window} needed).`,
    };
  }
  if (last === 'unobservable') return { state: 'unobservable', sentence: 'Fewer vantages than needed can tell; this counts as alive.' };
  if (good >= rule.healthy || (before === 'healthy' && failing === 0)) return { state: 'healthy', sentence: 'Its signatures land on the chain.' };
  return {
    state: 'suspect',
    sentence: `Suspect: ${failing} of the last ${window.length} probes saw no signature; ${good} good ones in a row, ${rule.healthy} needed.`,
  };
};
