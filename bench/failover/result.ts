import type { Judgement } from './judge.ts';
import type { Step } from './tool.ts';

/** What one run has shown. */
export interface Outcome extends Judgement {
  readonly faultMs: number;
  /** Milliseconds since the fault. */
  readonly steps: readonly Step[];
}
