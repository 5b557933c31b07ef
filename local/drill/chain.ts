import type { ChainConfig } from '../../core/config.ts';
import type { NodeId } from '../../core/ids.ts';
import type { SteadyMs } from '../../core/time.ts';
import type { NodeSandbox, UnitSpec } from '../node/sandbox.ts';

/** A chain that a drill runs on: what the validator is there, how its nodes are set up, and how the chain itself is asked who signed. */

export interface DrillNode {
  readonly name: 'amber' | 'birch';
  readonly id: NodeId;
  readonly sandbox: NodeSandbox;
}

/** What the chain says about who signed. Read from the chain, never from Baton. */
export interface Findings {
  readonly doubleSigned: number;
  /** Signatures of the old holder after the first one of the new holder. */
  readonly late: number;
  readonly missed: number;
  readonly how: string;
}

/** A chain as it is looked at from outside, wherever its nodes run. */
export interface ChainView {
  readonly config: ChainConfig;
  readonly vantages: readonly { name: string; url: string }[];
  /** Content of the key file that `baton seal` takes. */
  readonly keyFile: string;
  /** The name of the validator's unit on both nodes. */
  readonly unitName: string;
  start(): Promise<void>;
  head(): Promise<number>;
  /** When the first signature above `height` landed, by this process's clock, or null. */
  firstSignedAbove(height: number): Promise<{ height: number; atMs: SteadyMs } | null>;
  /** Waits until enough of the chain has passed since `height` that a second signer would have shown. */
  waitUntilTold(height: number): Promise<void>;
  findings(of: { from: number; switchedAt: number; oldNode: DrillNode['name']; newNode: DrillNode['name'] | null }): Promise<Findings>;
  close(): Promise<void>;
}

export interface DrillChain extends ChainView {
  /** Sets a node up. With `withKey` it signs by itself, with no guard: the negative control. */
  setUp(node: DrillNode, options: { withKey: boolean }): Promise<{ unit: UnitSpec; guardChain: Record<string, unknown>; alwaysRuns: boolean }>;
  /** Makes the validator process of a node unable to run, and kills it. */
  breakProcess(node: DrillNode): Promise<void>;
  mend(node: DrillNode): void;
}
