import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';

/** The next message of a child process. @param who it is, for people. @throws Error when it ends before. */
export const answered = async <T>(child: ChildProcess, who: string): Promise<T> => {
  const over = new AbortController();
  const { signal } = over;
  try {
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error(`${who} ended before it answered`);
    });
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [T];
    return message;
  } finally {
    // What was not waited for any longer must not pile up on a child that answers often.
    over.abort();
  }
};
