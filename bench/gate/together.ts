import { join } from 'node:path';
import { durationMs, elapsedMs, type Clock, type DurationMs } from '../../core/time.ts';
import { percentile } from '../figures.ts';
import { tableArbiter } from './arbiters.ts';
import { askCometbft, gatedSigner, member, openingsOf } from './signers.ts';

/** Three signers of one key, each asked for the same duty at the same moment: what the table is asked then. */

export interface Together {
  readonly signers: number;
  /** Whoever was not first the last time looks before it claims. */
  readonly looks: boolean;
  readonly duties: number;
  /** Duties for which every signer gave the signature. */
  readonly signedByAll: number;
  readonly writesPerDuty: number;
  readonly readsPerDuty: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const signers = 3;
const betweenMs = durationMs(100);

export const measureTogether = async (of: { looks: boolean; folder: string; lengthMs: DurationMs; clock: Clock }): Promise<Together> => {
  const { looks, folder, lengthMs, clock } = of;
  const arbiter = await tableArbiter();
  try {
    for (const opening of await openingsOf.cometbft(1)) await arbiter.open(opening);
    const team = Array.from({ length: signers }, (_, index) =>
      gatedSigner({
        ...{ index: 0, node: member(index), folder: join(folder, `together-${looks}-${index}`), claim: arbiter.claim },
        look: looks ? arbiter.look : undefined,
      }),
    );
    await arbiter.counted();
    const tookMs: number[] = [];
    let [duties, signedByAll] = [0, 0];
    const beganMs = clock.steadyMs();
    while (elapsedMs(beganMs, clock.steadyMs()) < lengthMs) {
      const askedMs = clock.steadyMs();
      const answers = await Promise.all(
        team.map(async (signer) => {
          const why = await askCometbft(signer, duties);
          tookMs.push(elapsedMs(askedMs, clock.steadyMs()));
          return why;
        }),
      );
      duties += 1;
      if (answers.every((why) => why === null)) signedByAll += 1;
      await clock.sleep(durationMs(Math.max(0, betweenMs - elapsedMs(askedMs, clock.steadyMs()))));
    }
    for (const signer of team) signer.unload();
    const { writes, reads } = await arbiter.counted();
    const sorted = tookMs.toSorted((a, b) => a - b);
    return {
      ...{ signers, looks, duties, signedByAll, writesPerDuty: writes / duties, readsPerDuty: reads / duties },
      ...{ p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) },
    };
  } finally {
    await arbiter.close();
  }
};
