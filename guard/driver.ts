import type { Watermark } from '../core/watermark.ts';

export interface Health {
  readonly synced: boolean;
  readonly height: number | null;
  /** A stable code and a sentence, or null. */ readonly distress: string | null;
  /** It holds the term but has stopped signing by itself: it must be closed and opened anew. */
  readonly stalled?: boolean;
}

/** How the guard opens and closes one kind of validator. */
export interface Driver {
  /** Runs until the signal: what must be there on active and standby alike. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes the floor durable, before the term is declared. */
  prepare(floor: Watermark): void;
  /** Lets it sign. @throws when it cannot; then nothing signs. */
  activate(of: { key: Buffer; floor: Watermark }, signal: AbortSignal): Promise<void>;
  /** At once and without waiting: from here on no signature leaves, as far as this process decides. */
  closeGate(): void;
  /** Resolves only when it is verified that nothing can sign and the key is gone. @throws when that cannot be shown. */
  demote(signal: AbortSignal): Promise<void>;
  /** The last duty that may have been signed; null when it is not known exactly. Asked after `demote`. */
  watermark(): Promise<Watermark | null>;
  /** True when a duty was signed before and the record of it is gone. */
  lostWatermark(): boolean;
  health(active: boolean, signal: AbortSignal): Promise<Health>;
}
