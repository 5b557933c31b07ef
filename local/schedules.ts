import { durationMs, type Clock } from '../core/time.ts';
import { isWarmUp } from '../functions/shared/warm.ts';
import type { Deployment } from './deployment.ts';
import type { LambdaPool } from './lambda/pool.ts';

/**
 * EventBridge Scheduler: at once and then at its rate, whether or not the invocation before has ended. Settles when what keeps functions warm has
 * done so once.
 */
export const runSchedules = async ({ schedules, functions }: Deployment, pool: LambdaPool, clock: Clock, signal: AbortSignal): Promise<void> => {
  const warmUps: Promise<unknown>[] = [];
  for (const { everyMs, target, input } of schedules) {
    const name = functions.find(({ arn }) => arn === target)?.name;
    if (name === undefined) throw new Error(`${target} is no function of the template`);
    const first = pool.invoke(name, input);
    if (isWarmUp(input)) warmUps.push(first);
    void (async () => {
      for (;;) {
        await clock.sleep(durationMs(everyMs), signal).catch(() => undefined);
        if (signal.aborted) return;
        void pool.invoke(name, input);
      }
    })();
  }
  await Promise.all(warmUps);
};
