import * as z from 'zod';
import type { Window } from '../quiet.ts';
import { callRpc, RpcRefused, type Ask } from '../rpc.ts';

/** When a NEAR validator has nothing to produce: for planned work. */

const height = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Both forms are documented: `[start, end]` and `{"start", "end"}`; the end is not in the window. */
const range = z.union([z.tuple([height, height]).transform(([start, end]) => ({ start, end })), z.looseObject({ start: height, end: height })]);
const ranges = z.array(range).max(100_000);

const methodNotFound = -32601;

/** Windows of the present epoch, as far as the node knows it. @throws Error when it does not tell. */
export const maintenanceWindows = async (of: { url: string; account: string; ask?: Ask }, signal: AbortSignal): Promise<Window[]> => {
  const ask = of.ask ?? callRpc;
  const params = { account_id: of.account };
  try {
    return ranges.parse(await ask(of.url, { method: 'maintenance_windows', params }, signal));
  } catch (error) {
    if (!(error instanceof RpcRefused) || error.code !== methodNotFound) throw error;
    // The name before nearcore 2.
    return ranges.parse(await ask(of.url, { method: 'EXPERIMENTAL_maintenance_windows', params }, signal));
  }
};
