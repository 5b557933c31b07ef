/** An error of a state, by the name that Retry and Catch match. */
export class StateError extends Error {
  readonly error: string;
  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

/** Errors that `States.ALL` does not match. */
const never: readonly string[] = ['States.DataLimitExceeded', 'States.Runtime'];

export const matchesError = (names: readonly string[], error: string): boolean =>
  names.includes(error) ||
  (names.includes('States.ALL') && !never.includes(error)) ||
  (names.includes('States.TaskFailed') && error !== 'States.Timeout' && !never.includes(error));
