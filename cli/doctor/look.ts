import type { KmsKeyLook } from '../../core/doctor-kms.ts';
import type { Seen } from '../../core/finding.ts';
import type { NodeId } from '../../core/ids.ts';

/** What `baton doctor` asks AWS about the stack and the machines. Reads only. Each rejects with a BatonError when there is no answer. */

export interface AlarmSeen {
  readonly name: string;
  readonly state: string;
  readonly actionsEnabled: boolean;
  /** How many are told when it rings. */
  readonly actions: number;
  /** Since when it has had this state, by the clock of CloudWatch. */
  readonly sinceMs: number;
}

export interface MachineSeen {
  readonly state: string;
  /** Value of its tag `baton`, which lets a fence reach it. */
  readonly tag: string | null;
}

export interface StackLook {
  /** The stack's name, as the state machine's name begins. */
  readonly stack: string;
  /** Content of a document, parsed. */
  document(name: string, signal: AbortSignal): Promise<unknown>;
  /** State of the custody key, `Enabled` when it can be used. */
  keyState(signal: AbortSignal): Promise<string>;
  alarms(signal: AbortSignal): Promise<readonly AlarmSeen[]>;
  /** Null when nobody said which topic. */
  subscriptions(signal: AbortSignal): Promise<{ readonly confirmed: number; readonly pending: number } | null>;
  schedules(signal: AbortSignal): Promise<readonly { readonly name: string; readonly state: string }[]>;
  /** How far this machine's clock is ahead of AWS's, in milliseconds, to about a second. */
  clockAheadMs(signal: AbortSignal): Promise<number>;
  /** What SSM says of the agents that it knows. */
  agents(nodes: readonly NodeId[], signal: AbortSignal): Promise<Readonly<Record<string, string | undefined>>>;
  /** The instances that EC2 knows. */
  machines(nodes: readonly NodeId[], signal: AbortSignal): Promise<Readonly<Record<string, MachineSeen | undefined>>>;
}

/** A document of the stack beside the one of this checkout. */
export interface DocumentSeen {
  readonly name: string;
  readonly same: boolean;
}

export interface StackFacts {
  readonly stack: string;
  readonly documents: Seen<readonly DocumentSeen[]>;
  readonly keyState: Seen<string>;
  readonly alarms: Seen<readonly AlarmSeen[]>;
  /** Names of the alarms that this checkout has runbooks for, without the stack's name. */
  readonly runbooks: readonly string[];
  readonly subscriptions: Seen<{ readonly confirmed: number; readonly pending: number } | null>;
  readonly schedules: Seen<readonly { readonly name: string; readonly state: string }[]>;
  readonly clockAheadMs: Seen<number>;
}

export interface ValidatorFacts {
  readonly stack: string;
  readonly agents: Seen<Readonly<Record<string, string | undefined>>>;
  readonly machines: Seen<Readonly<Record<string, MachineSeen | undefined>>>;
  /** What the watch says of it; it stores nothing while all is well. */
  readonly watched: Seen<string | undefined>;
  /** The head of the chain as the vantages show it here, or null. */
  readonly head: Seen<number | null>;
  /** The key in KMS; null when a sealed one is used. */
  readonly kmsKey: KmsKeyLook | null;
}
