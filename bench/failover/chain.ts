import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { addressOf } from '../../chains/cometbft/probe.ts';
import type { Clock } from '../../core/time.ts';
import { listen } from '../../local/loopback.ts';
import { chainId } from './guard-socket.ts';
import { tickMs } from './judge.ts';
import type { LineRecord } from './record.ts';

/** The record as a chain: a height each tick, whose commit holds the validator's signature when a line of that height is in the record. RPC as CometBFT's. */

/** A line may take so long from its tick into the record. */
const finalAfterMs = 60;

const resultOf = (path: string, of: { readonly head: number; readonly address: string; readonly record: LineRecord }): unknown => {
  const url = new URL(path, 'http://chain');
  const height = Number(url.searchParams.get('height') ?? of.head);
  const signatures = [{ block_id_flag: of.record.has(height) ? 2 : 1, validator_address: of.address }];
  switch (url.pathname) {
    case '/status':
      return { sync_info: { latest_block_height: String(of.head), catching_up: false }, node_info: { network: chainId } };
    case '/commit':
      return { signed_header: { header: { height: String(height) }, commit: { signatures } } };
    case '/validators':
      return { validators: [{ address: of.address }], total: '1' };
    default:
      return undefined;
  }
};

/** @returns the places from which it is seen. */
export const startChain = async (of: { readonly clock: Clock; readonly record: LineRecord; readonly publicKey: string }): Promise<string[]> => {
  const address = addressOf(of.publicKey);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    of.record.read();
    const head = Math.floor((of.clock.epochMs() - finalAfterMs) / tickMs);
    const result = resultOf(request.url ?? '/', { head, address, record: of.record });
    response.writeHead(result === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ result }));
  };
  return Promise.all([listen(createServer(serve)), listen(createServer(serve))]);
};
