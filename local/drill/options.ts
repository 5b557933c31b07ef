import type { Clock } from '../../core/time.ts';
import type { OnCall } from '../aws/server.ts';
import type { Findings } from './chain.ts';
import type { ScenarioName } from './scenarios.ts';

/** What a drill is asked, and what it finds. */

export interface DrillOptions {
  readonly chain: 'ticker' | 'cometbft';
  readonly scenario: ScenarioName;
  readonly guarded: boolean;
  readonly keep: boolean;
  /** The template that `sam build` wrote, to run what it built; null runs the working tree. */
  readonly built: string | null;
  /** Judges every call to a service before it is served. */
  readonly onCall?: OnCall;
  readonly clock: Clock;
  /** Shows the drill as a page: told its address at the start, and at the end what it found, for as long as it is to stay. */
  readonly web?: {
    readonly open: (url: string) => void;
    /** Awaited before anything is broken. */
    readonly healthy?: () => Promise<void>;
    readonly stay: (sentence: string) => Promise<void>;
  };
  /** Asks the person at the terminal; null approves by the drill's own approver. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
  /** Deploys with Slack, and people answer there: nothing is answered for them. */
  readonly slack?: {
    /** Told the address of the page. */
    readonly page: (url: string) => void;
    /** The page stays until this resolves, after the end. */
    readonly until: () => Promise<void>;
  };
  /** One sentence of what happens, with the milliseconds since the drill began. */
  readonly tell: (sentence: string, atMs: number) => void;
}

export interface DrillResult {
  readonly ok: boolean;
  readonly signedTwice: boolean;
  readonly scenario: string;
  readonly chain: string;
  readonly end: string;
  readonly expectedEnd: string;
  readonly findings: Findings;
  /** From the start of the execution (the verdict, or the request) to the first signature of the new holder; null when nobody new signed. */
  readonly verdictToSignatureMs: number | null;
  readonly faultToVerdictMs: number | null;
  readonly totalMs: number;
  readonly called: number;
  readonly sentence: string;
}
