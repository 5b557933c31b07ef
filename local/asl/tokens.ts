import { durationMs, type Clock } from '../../core/time.ts';
import { StateError } from './state-error.ts';
import type { TaskReply } from './interpreter.ts';

interface Waiting {
  settle: ((reply: TaskReply) => void) | null;
  early: TaskReply | null;
  beats: number;
}

/** Task tokens that are waited for. A token that nobody waits for any more is answered as the service does: TaskTimedOut. */
export class TaskTokens {
  readonly #waiting = new Map<string, Waiting>();
  readonly #random: () => string;

  constructor(random: () => string) {
    this.#random = random;
  }

  create(): string {
    const token = this.#random();
    this.#waiting.set(token, { settle: null, early: null, beats: 0 });
    return token;
  }

  forget(token: string): void {
    this.#waiting.delete(token);
  }

  #find(token: string): Waiting {
    const found = this.#waiting.get(token);
    if (!found) throw new StateError('TaskTimedOut', 'Task Timed Out: the task is not waited for any more');
    return found;
  }

  /** @throws StateError TaskTimedOut when the task has ended. */
  answer(token: string, reply: TaskReply): void {
    const found = this.#find(token);
    this.#waiting.delete(token);
    if (found.settle) found.settle(reply);
    else {
      // The answer may come before the task that handed the token out has returned.
      found.early = reply;
      this.#waiting.set(token, { ...found, settle: null, early: reply });
    }
  }

  beat(token: string): void {
    this.#find(token).beats += 1;
  }

  /** The answer for a token; a heartbeat that stays away ends it. */
  async wait(token: string, of: { clock: Clock; heartbeatMs: number | null; signal: AbortSignal }): Promise<TaskReply> {
    const found = this.#find(token);
    if (found.early) return found.early;
    const answered = new Promise<TaskReply>((resolve) => {
      found.settle = resolve;
    });
    return of.heartbeatMs === null ? answered : Promise.race([answered, this.#missedBeat(found, of.clock, of.heartbeatMs, of.signal)]);
  }

  async #missedBeat(found: Waiting, clock: Clock, heartbeatMs: number, signal: AbortSignal): Promise<TaskReply> {
    for (let seen = -1; seen !== found.beats;) {
      seen = found.beats;
      await clock.sleep(durationMs(heartbeatMs), signal);
    }
    return { ok: false, error: 'States.HeartbeatTimeout', cause: `no heartbeat within ${heartbeatMs / 1_000} s` };
  }
}
