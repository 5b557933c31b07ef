import { durationMs, type Clock, type DurationMs } from '../core/time.ts';
import type { Alert } from './alert.ts';
import { boundOf, type Destination, type Hosts, type Reach } from './index.ts';
import { post, Unanswered, type Posted } from './post.ts';

/** One alert to one destination: a few tries within one invocation; Lambda tries the whole again after a minute and after two more. */

const tryMs = durationMs(5_000);
/** Before each further try. */
const pauses: readonly DurationMs[] = [durationMs(500), durationMs(2_000)];
/** Who asks for longer is asked again by the next invocation. */
const longestPauseMs = 5_000;

export interface Outcome {
  readonly name: string;
  readonly kind: Destination['kind'];
  readonly taken: boolean;
  /** For people: `taken`, or why not. It holds nothing of the request. */
  readonly how: string;
}

export interface SendDeps {
  readonly clock: Clock;
  readonly hosts: Hosts;
  readonly reach: Reach;
}

const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;

const refusedBy = (status: number): string => {
  if (status >= 300 && status < 400) return `answered with a redirect, which is not followed (status ${status})`;
  if (status >= 200 && status < 300) return `answered what it does not answer to a message that it takes (status ${status})`;
  return `refused it (status ${status})`;
};

/** Never rejects: what became of it is its result. */
export const sendTo = async (destination: Destination, alert: Alert, deps: SendDeps, signal: AbortSignal): Promise<Outcome> => {
  const { name, kind } = destination;
  const { clock, hosts, reach } = deps;
  const bound = boundOf(destination);
  let how = 'no time was left';
  for (const pause of [...pauses, undefined]) {
    if (signal.aborted) break;
    let answer: Posted | undefined;
    try {
      const request = bound.requestOf(alert, { hosts, nowSeconds: Math.floor(clock.epochMs() / 1_000) });
      answer = await post(request, { reach, signal: AbortSignal.any([signal, clock.timeout(tryMs)]) });
      if (bound.took(answer)) return { name, kind, taken: true, how: 'taken' };
      how = refusedBy(answer.status);
      if (!mayPass(answer.status)) break;
    } catch (error) {
      how = error instanceof Unanswered ? error.message : 'the request could not be made';
    }
    const asked = answer && (answer.retryAfterSeconds ?? bound.waitSeconds(answer));
    if (pause === undefined || (asked !== undefined && asked * 1_000 > longestPauseMs)) break;
    await clock.sleep(asked === undefined ? pause : durationMs(asked * 1_000), signal).catch(() => undefined);
  }
  return { name, kind, taken: false, how };
};
