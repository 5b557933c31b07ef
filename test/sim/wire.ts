import { ServiceError } from '../../local/aws/server.ts';
import type { Faults, SiteKind } from './faults.ts';
import type { Proc } from './proc.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';

/** The way between a process and a service, with all that can happen to a request and to its reply. */

export interface Caller {
  readonly proc: Proc;
  /** Begins the name of each fault site: a function, `guard amber`, `person`. */
  readonly actor: string;
  readonly arn: string;
  /** How long the client waits for a reply, its own retries included. */
  readonly timeoutMs: number;
  /** Whether requests leave, and whether replies arrive. */
  readonly line: () => { readonly out: boolean; readonly back: boolean };
}

/** What the service does; `staleMs` is how old a stale read may show the world. */
export type Effect = (staleMs: number) => unknown;

export interface Request {
  readonly site: string;
  readonly kind: SiteKind;
  readonly effect: Effect;
  readonly signal?: AbortSignal | undefined;
}

const staleMs = 2_500;

export const named = (name: string, message: string = name): Error => Object.assign(new Error(message), { name });

export const whole = { out: true, back: true };

export class Wire {
  readonly #scheduler: Scheduler;
  readonly #random: Prng;
  readonly #faults: Faults;

  constructor(of: { scheduler: Scheduler; random: Prng; faults: Faults }) {
    this.#scheduler = of.scheduler;
    this.#random = of.random;
    this.#faults = of.faults;
  }

  #hop(): number {
    return this.#random.between(1, 25);
  }

  #later(lengthMs: number, label: string, act: () => void): void {
    this.#scheduler.after(lengthMs, label, act);
  }

  /** One request. Resolves or rejects in the caller's process, or never when that is dead. */
  call(caller: Caller, request: Request): Promise<unknown> {
    const site = `${caller.actor} ${request.site}`;
    const fault = this.#faults.strike(site, request.kind)[0];
    const { out, back } = caller.line();
    return new Promise((resolve, reject) => {
      let open = true;
      const { signal } = request;
      let stop = (): void => undefined;
      const onAbort = (): void => {
        stop();
        if (!open) return;
        open = false;
        reject(named('AbortError', 'the request was given up'));
      };
      if (signal?.aborted) {
        onAbort();
        return;
      }
      stop = this.#scheduler.listen(signal, onAbort);
      const end = (act: () => void): void => {
        caller.proc.deliver(() => {
          stop();
          if (!open) return;
          open = false;
          act();
        });
      };
      const fail = (afterMs: number, name: string): void => {
        this.#later(afterMs, site, () => {
          end(() => {
            reject(named(name));
          });
        });
      };
      const happen = (afterMs: number, answered: boolean, backMs = this.#hop()): void => {
        this.#later(afterMs, site, () => {
          this.#act(request.effect, fault === 'stale' ? staleMs : 0, (answer) => {
            if (!answered) return;
            this.#later(backMs, site, () => {
              if (!caller.line().back) fail(caller.timeoutMs, 'TimeoutError');
              else
                end(() => {
                  if (answer.ok) resolve(answer.value);
                  else reject(answer.error);
                });
            });
          });
        });
      };
      if (!out) fail(caller.timeoutMs, 'TimeoutError');
      else if (fault === 'refuse') fail(this.#hop(), 'InternalServerError');
      else if (fault === 'throttle') fail(this.#hop(), 'ThrottlingException');
      else if (fault === 'lose' || !back) {
        happen(this.#hop(), false);
        fail(caller.timeoutMs, 'TimeoutError');
      } else if (fault === 'late') {
        happen(this.#random.between(caller.timeoutMs, 30_000), false);
        fail(caller.timeoutMs, 'TimeoutError');
      } else if (fault === 'twice') {
        happen(this.#hop(), false);
        happen(200 + this.#hop(), true);
      } else if (fault === 'echo') {
        happen(this.#hop(), true);
        happen(this.#random.between(500, 30_000), false);
      } else if (fault === 'slow') {
        const lengthMs = this.#random.between(0.3, 1.3) * caller.timeoutMs;
        if (this.#random.chance(0.5)) happen(lengthMs, true);
        else happen(this.#hop(), true, lengthMs);
      } else happen(this.#hop(), true);
    });
  }

  #act(effect: Effect, stale: number, told: (answer: { ok: true; value: unknown } | { ok: false; error: Error }) => void): void {
    try {
      told({ ok: true, value: effect(stale) });
    } catch (error) {
      // As the SDK tells it: the error's name is the service's code.
      told({ ok: false, error: error instanceof ServiceError ? named(error.code, error.message) : (error as Error) });
    }
  }
}
