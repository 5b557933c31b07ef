/** What comes back over HTTP, from whoever answers: read up to a limit, and trusted by nobody. */

/** The body of a reply as text. @throws Error when it is larger than `maxBytes`: whoever answers does not decide how much is read. */
export const textOf = async (response: Response, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The JSON in it; undefined when there is none: then it says nothing that could be told. */
export const jsonIn = (text: string | undefined): unknown => {
  let body: unknown;
  try {
    body = JSON.parse(String(text));
  } catch {
    // Whoever wants it parses what comes, and finds nothing.
  }
  return body;
};
