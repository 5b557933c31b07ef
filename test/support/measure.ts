import type { Measure } from '../../functions/shared/metrics.ts';

/** Figures go nowhere. */
export const unmeasured: Measure = { add: () => undefined, split: () => undefined, flush: () => undefined };

export interface Measured extends Measure {
  /** `name value`, or `name/by value`, in order. */
  readonly figures: string[];
}

export const measuring = (): Measured => {
  const figures: string[] = [];
  return {
    figures,
    add: (name, value) => {
      figures.push(`${name} ${value}`);
    },
    split: (name, by, value) => {
      figures.push(`${name}/${by} ${value}`);
    },
    flush: () => undefined,
  };
};
