import type { ChainConfig } from '../core/config.ts';
import type { Term } from '../core/ids.ts';
import type { Clock } from '../core/time.ts';
import type { Timing } from '../core/timing.ts';
import type { Watermark } from '../core/watermark.ts';
import type { Systemctl } from '../runtime/commands.ts';
import type { StateFile } from './state.ts';

export interface Health {
  readonly synced: boolean;
  readonly height: number | null;
  /** A stable code and a sentence, or null. */ readonly distress: string | null;
  /** It holds the term but has stopped signing by itself: it must be closed and opened anew. */
  readonly stalled?: boolean;
}

export interface Activation {
  readonly key: Buffer;
  readonly floor: Watermark;
  /** For drivers that keep a record of their own. */
  readonly term?: Term;
  /** What the holder before has handed over. Trusted for nothing but what the driver itself can check. */
  readonly handover?: Buffer | null;
}

/** What the next holder needs to sign at once, with the term in which this node signed: it is worth nothing for another one. */
export interface Handover {
  readonly term: Term;
  /** At most 16 KB. */
  readonly bytes: Buffer;
}

/** How the guard opens and closes one kind of validator. */
export interface Driver {
  /** Runs until the signal: what must be there on active and standby alike. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes the floor durable, before the term is declared. */
  prepare(floor: Watermark, term?: Term): void;
  /** Lets it sign. @throws when it cannot; then nothing signs. */
  activate(of: Activation, signal: AbortSignal): Promise<void>;
  /** At once and without waiting: from here on no signature leaves, as far as this process decides. */
  closeGate(): void;
  /** Resolves only when it is verified that nothing can sign and the key is gone. @throws when that cannot be shown. */
  demote(signal: AbortSignal): Promise<void>;
  /** The last duty that may have been signed; null when it is not known exactly. Asked after `demote`. */
  watermark(): Promise<Watermark | null>;
  /** True when a duty was signed before and the record of it is gone. */
  lostWatermark(): boolean;
  /** Asked after `demote`; null when it is not whole and final. */
  handover?(): Promise<Handover | null>;
  health(active: boolean, signal: AbortSignal): Promise<Health>;
  /** Planned work, asked for on the node: the validator restarts when the chain has nothing due of it. @returns what will happen. @throws Error when not. */
  restartQuietly?(signal: AbortSignal): Promise<string>;
  /** Takes that back. */
  cancelRestart?(): Promise<string>;
}

/** What of the guard's configuration a driver needs; `Node` is its chain's own part. */
export interface DriverConfig<Node extends ChainConfig = ChainConfig> {
  readonly chain: Node;
  /** The validator's own systemd unit. */
  readonly unit: string;
  readonly paths: { readonly keyDir: string; readonly stateDir: string };
  readonly timing: Timing;
}

export interface DriverOptions<Node extends ChainConfig = ChainConfig> {
  readonly config: DriverConfig<Node>;
  readonly state: StateFile;
  readonly clock: Clock;
  readonly systemctl: Systemctl;
  /** The hold rule, asked before each signature and again before it leaves. */
  readonly maySign: () => boolean;
}

/** Resolves with the signal: for drivers that have nothing to do on a standby. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
