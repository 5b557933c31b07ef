import type { PowerConfig } from '../core/power.ts';
import type { PowerAsk, PowerSaid, PowerTest } from '../core/power-proof.ts';
import { durationMs, elapsedMs, type Clock, type SteadyMs } from '../core/time.ts';

/** The one small shape that everything has which can cut a node's power. */
export interface PowerSwitch<P extends PowerConfig = PowerConfig> {
  /**
   * Orders the power to be cut.
   * @returns whether an order of this term was taken by now, or there is nothing left to cut.
   * @throws BatonError PowerFailed; it may have happened all the same.
   */
  off(ask: PowerAsk<P>, signal: AbortSignal): Promise<boolean>;
  /** What is said of the power now, and of which machine. Never rejects: trouble is `unknown`. */
  state(ask: PowerAsk<P>, signal: AbortSignal): Promise<PowerSaid>;
  /** Shows, without stopping anything, that the power could be cut and its state be known. Never rejects. */
  test(ask: PowerAsk<P>, signal: AbortSignal): Promise<PowerTest>;
}

/** What is not EC2: the function that has no account there works with these. */
export type RemoteKind = Exclude<PowerConfig['kind'], 'ec2'>;
export type RemoteSwitches = { readonly [K in RemoteKind]: PowerSwitch<Extract<PowerConfig, { kind: K }>> };

/** Reads one secret of the stack by its name. @throws BatonError ConfigInvalid or WorkflowFailed. */
export type ReadSecret<T> = (name: string, signal: AbortSignal) => Promise<T>;

export const orderAgainMs = durationMs(5_000);
/** All of one question: a controller that is slow to let in takes some seconds. */
export const mostMs = durationMs(6_000);

type Ordered = Pick<PowerAsk, 'validator' | 'node' | 'term'>;
const nameOf = ({ validator, node, term }: Ordered): string => `${validator}/${node}/${term}`;

/** The last order to cut power that was taken: a controller that is busy with one refuses the next. */
export class Orders {
  readonly #clock: Clock;
  #last: { readonly of: string; readonly atMs: SteadyMs } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when one of exactly this term and node was taken. */
  taken(ask: Ordered): boolean {
    return this.#last?.of === nameOf(ask);
  }

  /** True when it is so young that it need not be given again. */
  isYoung(ask: Ordered): boolean {
    return this.#last !== undefined && this.taken(ask) && elapsedMs(this.#last.atMs, this.#clock.steadyMs()) < orderAgainMs;
  }

  note(ask: Ordered): void {
    this.#last = { of: nameOf(ask), atMs: this.#clock.steadyMs() };
  }
}
