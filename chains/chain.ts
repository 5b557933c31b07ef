import type { z } from 'zod';
import type { ChainRules } from '../core/chain-rules.ts';
import type { ChainConfig } from '../core/config.ts';
import type { Watermark } from '../core/watermark.ts';
import type { Lane } from '../core/gate.ts';
import type { Driver, DriverOptions } from './driver.ts';
import type { GateDriver, GateDriverOptions } from './gate-driver.ts';
import type { ChainProbe } from './probe.ts';

/** Orders of duties that the arbiter decides each for itself. */
export interface Lanes {
  /** Each with what of the whole mark stands there. */
  readonly all: readonly { readonly lane: Lane; readonly part: (whole: Watermark) => Watermark }[];
  /** The mark that covers what all of them say. */
  readonly whole: (parts: readonly Watermark[]) => Watermark;
}

/** The one shape of every chain. `chains/NAME/index.ts` exports one, and `chains/registry.ts` names it. */
export interface Chain extends ChainRules {
  /** `chain` in the guard's configuration file. */
  readonly node: z.ZodObject<{ readonly kind: z.ZodLiteral<string> }>;
  readonly probe: ChainProbe;
  /** Loaded by the guard alone: functions and command line carry no signer. */
  readonly driver: () => Promise<(options: DriverOptions) => Driver>;
  /** Custody `gate`: the signer that asks the arbiter. There where the rules say `arbiter`. */
  readonly gateDriver?: () => Promise<(options: GateDriverOptions) => GateDriver>;
  /** Custody `gate`: what the arbiter keeps apart, where it is more than one order of duties. */
  readonly lanes?: (chain: ChainConfig) => Lanes;
  /** The public key that the sealed key must have, as `baton seal` tells it; null where that cannot be told. Of either file's `chain`. */
  readonly publicKeyOf: (chain: ChainConfig) => string | null;
  /** What `baton init` fills in; capitals stand for what it cannot know. */
  readonly setup: {
    readonly node: (chain: ChainConfig, asked: { readonly socket?: string | undefined }) => Record<string, unknown>;
    /** What follows `--key-file`. */
    readonly seal: string;
  };
  /** Where the node and the signer meet; for chains whose node listens on a socket. */
  readonly socketOf?: (node: ChainConfig) => string;
  /** The sign states that other signers of this chain keep. */
  readonly states?: {
    /** True when a JSON value looks like one of them. */
    readonly reads: (value: unknown) => boolean;
    /** As a watermark, rounded up. @throws BatonError InputInvalid. */
    readonly from: (text: string) => Watermark;
    /** A watermark as the content of their files, by the name of the format. */
    readonly to: Readonly<Record<string, (mark: Watermark, chain: ChainConfig) => unknown>>;
  };
  /** The node runs on active and standby alike; else the guard starts it for the holder alone. */
  readonly standbyRuns?: true;
  /** The validator signs for each block, and not between two: a planned move begins best right after one. */
  readonly signsEachBlock?: true;
  /** Folders of the node, beside the guard's own, in which the driver writes for the user of the node. */
  readonly writesIn?: (node: ChainConfig) => readonly string[];
  /** True when the text of a key file is surely the key of another validator. */
  readonly isAnothersKey?: (text: string, node: ChainConfig) => boolean;
}
