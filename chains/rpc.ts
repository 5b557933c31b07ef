import * as z from 'zod';
import { jsonOf, request } from './http.ts';

/** JSON-RPC 2.0 over HTTP. What comes back is never trusted: callers parse it. */

/** One question per connection: an answer to another one is none. */
const id = 'baton';

const refusal = z.looseObject({ code: z.number().int(), message: z.string() });
const envelope = z.looseObject({ jsonrpc: z.literal('2.0'), id: z.literal(id) });

/** The endpoint understood the question and refused it. */
export class RpcRefused extends Error {
  override readonly name = 'RpcRefused';
  readonly code: number;

  constructor(code: number, message: string) {
    super(`${code}: ${message.slice(0, 200)}`);
    this.code = code;
  }
}

export type Ask = (url: string, of: { method: string; params?: unknown }, signal: AbortSignal) => Promise<unknown>;

/** The `result` of a call. @throws RpcRefused when the endpoint answers with an error, Error on trouble of any other kind. */
export const callRpc: Ask = async (url, { method, params }, signal) => {
  const body = { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) };
  const reply = envelope.parse(jsonOf(await request(new URL(url), { body }, signal)));
  if (reply['error'] !== undefined) {
    const { code, message } = refusal.parse(reply['error']);
    throw new RpcRefused(code, message);
  }
  if (!Object.hasOwn(reply, 'result')) throw new Error(`${method} was answered without a result`);
  return reply['result'];
};
