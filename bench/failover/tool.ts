import type { Bench } from './world.ts';

/** One way of keeping a signer running on one of two machines. */

export interface Running {
  /** Moves it from amber to birch as its documentation says. */
  planned(): Promise<void>;
  /** Where the time went, by its own record; in milliseconds since 1970. */
  steps?(): Promise<readonly Step[]>;
  /** What it told, for whoever looks into a run. */
  readonly story?: () => Promise<string>;
}

export interface Step {
  readonly name: string;
  readonly atMs: number;
}

export interface Tool {
  readonly name: string;
  readonly label: string;
  /** Versions are told beside it. */
  readonly settings: string;
  /** Compared on every scenario, or on `crash` and `cut-both` alone. */
  readonly all: boolean;
  /** Why it cannot run here, or null. @param built the folder of what was installed. */
  missing?(built: string): string | null;
  /** It lacks what keeps it from signing twice: the judge must see that. */
  readonly control?: true;
  /** Starts it on machines that are not booted yet; resolves when amber signs and birch stands by. */
  start(bench: Bench): Promise<Running>;
}
