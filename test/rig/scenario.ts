import type { EvidenceKind } from '../../core/evidence.ts';
import type { Enrolled } from '../../local/drill/enrol.ts';
import type { RigWorld } from './world.ts';

/** What a scenario of the rig is: what is done to the machines, how it must end, and what a run without its safety mechanism is. */

/** What is taken away in the control. Several together where a row rests on more than one. */
export type Removal =
  /** The guard's gate does not close: the key stays, and it signs on, whatever the lease and its deadline say. */
  | 'gate'
  /** The fence document does nothing, and says that all is done. */
  | 'stop'
  /** The provider says `stopped`, and the machine runs. */
  | 'power'
  /** Whoever attests has not cut the power. */
  | 'attestation'
  /** The document does not look for processes outside the unit. */
  | 'search'
  /** The guard counts by the clock on the wall. */
  | 'clock'
  /** No guard and no proof: both nodes have the key, and the standby is started when the active cannot be seen. */
  | 'proof';

export interface RigScenario extends Enrolled {
  readonly name: string;
  readonly about: string;
  /** Ticker: a daemon that has the key and signs by itself. CometBFT: the guard is the signer. */
  readonly chain: 'cometbft' | 'ticker';
  readonly disk: 'memory' | 'image';
  /** Before anything is healthy. */
  readonly before: ((world: RigWorld) => Promise<void>) | null;
  /** Once all is healthy. */
  readonly fault: (world: RigWorld) => Promise<void>;
  /** Once the new holder is recorded; amber comes back, in whatever way. */
  readonly after: ((world: RigWorld) => Promise<void>) | null;
  /** The moment the candidate is recorded as the new holder, before it has opened. */
  readonly onRelease: ((world: RigWorld) => Promise<void>) | null;
  /** Who starts it. */
  readonly by: 'watch' | 'person' | 'switchover';
  /** When the power is cut by hand, and by whom it is attested. */
  readonly attests: boolean;
  readonly answer: 'approve' | 'deny' | 'nothing';
  /**
   * `moves`: birch signs. `stays`: amber signs on or again, and birch never does. `nobody`: nobody signs, and a person is called.
   * `either`: moves or stays, as the verdict falls.
   */
  readonly ends: 'moves' | 'stays' | 'nobody' | 'either';
  /** Kinds of evidence with which the row is as it should be; empty where nothing moves. */
  readonly evidence: readonly EvidenceKind[];
  /** Empty where there is nothing that could be taken away: `safeBecause` says why. */
  readonly control: readonly Removal[];
  readonly safeBecause: string | null;
  /** In `.ci/run` too. */
  readonly quick: boolean;
}

/** What one run has shown. Times in milliseconds. */
export interface Row {
  readonly scenario: string;
  readonly chain: string;
  readonly ok: boolean;
  readonly ended: Exclude<RigScenario['ends'], 'either'>;
  readonly evidence: EvidenceKind | null;
  /** From the fault to the record of the proof. */
  readonly fenceMs: number | null;
  /** From the fault to the first signature of birch on the chain. */
  readonly signatureMs: number | null;
  readonly lateSignatures: number;
  readonly doubleSigned: number;
  readonly missed: number;
  readonly called: number;
  readonly why: string;
}
