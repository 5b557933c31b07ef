import { BatonError } from '../../core/errors.ts';
import { fenceTotals, type FencesSeen } from '../../core/fence-test.ts';
import { abreast } from './abreast.ts';
import type { Deps } from './deps.ts';
import { mostAbreast, type Reading } from './survey-read.ts';

/**
 * A record that a hand has broken is of no test. When one gives no answer, there are no figures of any: the alarm rings when they stay away. What is
 * not enrolled has nothing to fence.
 */
export const measureFences = async (
  deps: Pick<Deps, 'fenceTests' | 'measure' | 'clock'>,
  readings: readonly Reading[],
  signal: AbortSignal,
): Promise<void> => {
  const enrolled = readings.flatMap(({ config, lease }) => (config && lease ? [config] : []));
  let unseen = false;
  const seen = await abreast(enrolled, mostAbreast, async (config): Promise<FencesSeen> => {
    const record = await deps.fenceTests.read(config.id, signal).catch((error: unknown) => {
      unseen ||= !(error instanceof BatonError && error.code === 'LeaseInvalid');
      return undefined;
    });
    return { config, record };
  });
  if (unseen) return;
  const { failed, ageHours } = fenceTotals(seen, deps.clock.epochMs());
  deps.measure.add('FencesFailed', failed);
  deps.measure.add('FenceTestAgeHours', ageHours);
};
