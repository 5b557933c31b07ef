/**
 * Does it for all, at most so many at a time.
 * @param act never rejects: its result says what became of it.
 */
export const abreast = async <T, R>(all: readonly T[], most: number, act: (one: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  const left = [...all.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, work));
  return results;
};
