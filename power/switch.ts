import type { NodeId } from '../core/ids.ts';
import type { PowerConfig } from '../core/power.ts';
import type { PowerAsk, PowerSaid, PowerTest } from '../core/power-proof.ts';
import { durationMs, elapsedMs, type Clock, type SteadyMs } from '../core/time.ts';

/** The one small shape that everything has which can cut a node's power. */
export interface PowerSwitch<P extends PowerConfig = PowerConfig> {
  /** Orders the power to be cut. @throws BatonError PowerFailed; it may have happened all the same. */
  off(ask: PowerAsk<P>, signal: AbortSignal): Promise<void>;
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

/** When the power was ordered off last: a controller that is busy with one order refuses the next. */
export class Orders {
  readonly #clock: Clock;
  #last: { readonly node: NodeId; readonly term: number; readonly atMs: SteadyMs } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when it is to be ordered now; then it counts as ordered. */
  begin({ node, term }: Pick<PowerAsk, 'node' | 'term'>): boolean {
    const atMs = this.#clock.steadyMs();
    const last = this.#last;
    if (last?.node === node && last.term === term && elapsedMs(last.atMs, atMs) < orderAgainMs) return false;
    this.#last = { node, term, atMs };
    return true;
  }
}
