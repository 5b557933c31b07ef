import { durationMs, type Clock } from '../../core/time.ts';
import type { Name, World } from './world.ts';

const backMs = 90_000;
const lookMs = durationMs(100);

/** Until the signer of each has answered for a height above this one. @throws Error when one does not within 90 s. */
export const backAbove = async (clock: Clock, { recorder }: World, who: readonly Name[], height: number): Promise<void> => {
  const isBack = (name: Name): boolean => recorder.answers.some((one) => one.name === name && one.height > height && one.signature !== null);
  for (let waitedMs = 0; waitedMs < backMs; waitedMs += lookMs) {
    if (who.every(isBack)) return;
    await clock.sleep(lookMs);
  }
  throw new Error(`${who.filter((name) => !isBack(name)).join(', ')} did not come back within ${backMs / 1_000} s`);
};
