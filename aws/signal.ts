/** Options of one SDK call. Whoever gives a signal may end the wait for its answer, never undo what it asks. */
export const withSignal = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {});
