import type { Lanes } from '../chains/chain.ts';
import { chainOf } from '../chains/registry.ts';
import type { ValidatorConfig } from '../core/config.ts';
import type { Arbiter, Lane } from '../core/gate.ts';
import type { Watermark } from '../core/watermark.ts';
import { abreast } from '../functions/shared/abreast.ts';
import type { Context } from './context.ts';

/** A validator's arbiter as one thing, of however many items it is made. */

const mostAtOnce = 20;

type Place = { readonly lane?: Lane; readonly part: (whole: Watermark) => Watermark };

const lanesOf = ({ id, chain }: ValidatorConfig): Lanes | undefined => chainOf({ id, chain }).lanes?.(chain);

const placesOf = (config: ValidatorConfig): readonly Place[] => lanesOf(config)?.all ?? [{ part: (whole) => whole }];

/** Does it for each of the items, some at a time. @throws what the first of them threw. */
export const forEachLane = async <T>(config: ValidatorConfig, act: (place: Place) => Promise<T>): Promise<T[]> => {
  const done = await abreast(placesOf(config), mostAtOnce, async (place) => {
    try {
      return { value: await act(place) };
    } catch (error) {
      return { error };
    }
  });
  return done.map((one) => {
    if ('value' in one) return one.value;
    throw one.error as Error;
  });
};

/** The last item that is opened: when it is there, all are. */
export const readLast = ({ arbiter }: Pick<Context, 'arbiter'>, config: ValidatorConfig): Promise<Arbiter | undefined> =>
  arbiter.read(config.id, undefined, placesOf(config).at(-1)?.lane);

export interface WholeArbiter {
  /** `open` while any of its items is. */
  readonly phase: Arbiter['phase'];
  readonly watermark: Watermark;
  /** Of the item whose mark that is; null when nothing was claimed, or there are several items. */
  readonly claimed: Arbiter['claimed'];
  readonly writes: number;
}

/** @returns undefined when any of its items is not there. */
export const wholeOf = (config: ValidatorConfig, found: readonly (Arbiter | undefined)[]): WholeArbiter | undefined => {
  const items = found.filter((one) => one !== undefined);
  const [first] = items;
  if (first === undefined || items.length < found.length) return undefined;
  return {
    phase: items.some(({ phase }) => phase === 'open') ? 'open' : 'closed',
    watermark: lanesOf(config)?.whole(items.map(({ watermark }) => watermark)) ?? first.watermark,
    claimed: items.length === 1 ? first.claimed : null,
    writes: items.reduce((sum, { version }) => sum + version, 0),
  };
};
