import type { EvidenceKind } from '../core/evidence.ts';
import type { Phase } from '../core/lease.ts';
import type { VerdictState } from '../core/verdict.ts';

/** What the pages show. Plain data, made by fleet-view.ts, validator-view.ts and failover-view.ts, and rendered by the rest of this folder. */

/** What is known of the validator's signatures. `unknown` is a word of its own: nobody looked, or nobody could tell. */
export type Health = VerdictState | 'unknown';

/** `act`: a person must do something. `look`: something is not as it should be. `note`: it is so by intention. */
export type Level = 'act' | 'look' | 'note' | 'calm';
export const levels = ['act', 'look', 'note', 'calm'] as const satisfies readonly Level[];

export interface Remark {
  readonly level: Exclude<Level, 'calm'>;
  readonly text: string;
  /** What to type, or null when there is nothing to type. */
  readonly command: string | null;
}

/** Whether a failover that a person asks for would be taken up at this moment. */
export interface CouldMove {
  readonly answer: 'yes' | 'no' | 'unknown';
  /** The first reason against it; for yes, which node would sign. */
  readonly reason: string;
}

export interface Row {
  readonly validator: string;
  readonly chain: string;
  /** Name of the node that may sign, or null when nobody may. */
  readonly holder: string | null;
  /** Who signs, in a few words. */
  readonly signs: string;
  readonly term: number | null;
  readonly phase: Phase | null;
  /** The execution that drives the term now, or waits for people before it takes one; or null. */
  readonly moving: string | null;
  readonly health: Health;
  readonly healthWhy: string;
  readonly paused: boolean;
  readonly couldMove: CouldMove;
  /** What waits for people, or null. */
  readonly waits: { readonly purpose: 'approval' | 'attestation'; readonly sentence: string; readonly command: string } | null;
  readonly last: { readonly execution: string; readonly atMs: number } | null;
  /** The worst first. */
  readonly remarks: readonly Remark[];
  readonly level: Level;
}

export interface FleetView {
  readonly atMs: number;
  /** Whether the watch was seen to take a round; null when it was not watched long enough. */
  readonly watchAlive: boolean | null;
  /** Watchers that take no round while others do, which look at their validators too. */
  readonly silentWatchers: readonly string[];
  readonly dryRun: boolean;
  readonly rows: readonly Row[];
  /** Who signs, who could not fail over, and what waits, in one line of words. */
  readonly headline: string;
}

export interface NodeView {
  readonly name: string;
  readonly id: string;
  readonly holder: boolean;
  readonly guard: 'alive' | 'silent' | 'never reported' | 'unknown';
  readonly gate: 'open' | 'closed' | 'unknown';
  /** The term it is armed for; null when it is not armed, or nobody knows. */
  readonly armedTerm: number | null;
  readonly synced: boolean | null;
  readonly height: number | null;
  /** Behind the highest of the nodes. */
  readonly lag: number | null;
  readonly build: string | null;
  readonly distress: string | null;
  /** Why it could not take over, or null. */
  readonly notReady: string | null;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Supposed {
  readonly when: string;
  /** The refusal, or null when it would go on. */
  readonly code: string | null;
  readonly sentence: string;
  readonly next: string | null;
}

export interface ValidatorView {
  readonly atMs: number;
  readonly dryRun: boolean;
  readonly row: Row;
  readonly nodes: readonly NodeView[];
  readonly lease: readonly Fact[];
  readonly evidence: readonly Fact[];
  readonly policy: readonly Fact[];
  readonly pause: readonly Fact[];
  readonly supposed: readonly Supposed[];
  readonly moves: readonly { readonly execution: string; readonly atMs: number }[];
  readonly commands: readonly { readonly what: string; readonly command: string }[];
}

/** One stay in one state of the workflow. */
export interface Step {
  readonly state: string;
  /** Since the execution began. */
  readonly startedMs: number;
  readonly tookMs: number;
  readonly sentence: string;
}

export interface Mark {
  readonly name: 'evidence' | 'release' | 'first signature';
  /** Since the execution began. */
  readonly atMs: number;
  readonly text: string;
}

export interface FailoverView {
  readonly atMs: number;
  readonly execution: string;
  readonly validator: string | null;
  readonly status: string;
  readonly headline: string;
  /** What it ended in, in its own words, and what to type next; null while it runs. */
  readonly end: string | null;
  readonly startedMs: number | null;
  readonly lengthMs: number;
  readonly steps: readonly Step[];
  readonly marks: readonly Mark[];
  readonly evidence: EvidenceKind | null;
}

/** What the reader of a fleet page asked for. */
export interface Asked {
  readonly find: string;
  readonly show: 'all' | 'attention' | 'stuck' | 'waiting';
  readonly sort: 'attention' | 'name' | 'last';
}
