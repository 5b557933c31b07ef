/** A chain's endpoint that answers with given text, in the place of the platform's `fetch`. */

export interface Reply {
  readonly status: number;
  readonly body: string;
}

const chunkBytes = 65_536;

const responseOf = ({ status, body }: Reply): unknown => {
  const bytes = Buffer.from(body);
  let at = 0;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: new Headers(),
    body: {
      cancel: async () => undefined,
      *[Symbol.iterator]() {
        yield bytes;
      },
      getReader: () => ({
        cancel: async () => undefined,
        read: async () => {
          if (at >= bytes.length) return { done: true, value: undefined };
          at += chunkBytes;
          return { done: false, value: bytes.subarray(at - chunkBytes, at) };
        },
      }),
    },
  };
};

const real = globalThis.fetch;

/** From here on every request is answered by `answer`, until `restore`. */
export const answerWith = (answer: (url: URL, body: string) => Reply): void => {
  globalThis.fetch = (async (url: URL, init?: { body?: string }) => responseOf(answer(url, init?.body ?? ''))) as unknown as typeof fetch;
};
export const restore = (): void => {
  globalThis.fetch = real;
};
