import type { ChainConfig } from '../core/config.ts';
import type { ClaimOutcome, DutyClaim, Unknown } from '../core/gate.ts';
import type { NodeId, ValidatorId } from '../core/ids.ts';
import type { Clock } from '../core/time.ts';
import type { LookOnce } from './ask-arbiter.ts';
import type { Health } from './driver.ts';
import type { StateFile } from './state.ts';

/** A key that never leaves where it lies. What `sign` resolves with is a signature of the message by it, and verified; else it rejects. */
export interface DistantKey {
  sign(message: Uint8Array, signal: AbortSignal): Promise<Buffer>;
}

/** What a member signs with: the key itself, or the way to where it lies. */
export type MemberKey = Buffer | DistantKey;

/** How the guard of custody `gate` lets one kind of validator sign: every signature asks the arbiter, so there is no floor and no deadline. */
export interface GateDriver {
  /** Runs until the signal: what must be there on members and others alike. */
  run(signal: AbortSignal): Promise<void>;
  /** Lets it sign. The caller wipes the key. @throws when it cannot; then nothing signs. */
  activate(key: MemberKey, signal: AbortSignal): Promise<void>;
  /** At once and without waiting: from here on no signature leaves, as far as this process decides. */
  closeGate(): void;
  /** Resolves only when it is verified that nothing can sign and the key is gone. @throws when that cannot be shown. */
  demote(signal: AbortSignal): Promise<void>;
  health(active: boolean, signal: AbortSignal): Promise<Health>;
}

export interface GateDriverOptions<Node extends ChainConfig = ChainConfig> {
  readonly config: {
    readonly validator: ValidatorId;
    readonly node: NodeId;
    readonly chain: Node;
    readonly paths: { readonly stateDir: string };
  };
  readonly state: StateFile;
  readonly clock: Clock;
  /** This node is a member: asked before each claim and again before a signature leaves. */
  readonly maySign: () => boolean;
  /** One request to the arbiter, which the signal ends. Never rejects. */
  readonly claim: (claim: DutyClaim, signal: AbortSignal) => Promise<ClaimOutcome | Unknown>;
  /** A consistent read of the arbiter's item; without it every message is claimed. */
  readonly look?: LookOnce;
}
