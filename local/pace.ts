/** How long AWS takes for what this machine does at once. */
export interface Pace {
  /** From the moment at which an instance is down until EC2 shows it as stopped. */
  readonly settleMs: number;
  /** From the end of one task of an execution until the code of the next runs. */
  readonly betweenTasksMs: number;
}

export const ownPace: Pace = { settleMs: 500, betweenTasksMs: 0 };
