import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { RpcError, replyTo } from '../rpc-server.ts';
import { readPair } from './pair.ts';
import { readFileSync } from 'node:fs';
import type { SolanaNodeStandIn } from './server.ts';

/** `admin.rpc` in the ledger: JSON-RPC over a unix socket, one request a line. */

export interface AdminSocket {
  close(): Promise<void>;
}

const invalid = (message: string): RpcError => new RpcError(-32602, message);

const answer =
  (node: SolanaNodeStandIn) =>
  (method: string, params: unknown): unknown => {
    const [first, second] = Array.isArray(params) ? (params as unknown[]) : [];
    const pair = () => {
      try {
        return readPair(typeof first === 'string' ? readFileSync(first, 'utf8') : JSON.stringify(first));
      } catch (error) {
        throw invalid(`Failed to read identity keypair: ${(error as Error).message}`);
      }
    };
    if (method === 'isLocked') return node.locked;
    if (method === 'setIdentity' || method === 'setIdentityFromBytes') {
      if (typeof second !== 'boolean') throw invalid('expected a boolean');
      node.setIdentity(pair(), second);
      node.locked = false;
      return null;
    }
    if (method === 'addAuthorizedVoterFromBytes' || method === 'addAuthorizedVoter') {
      node.addVoter(pair());
      return null;
    }
    if (method === 'removeAllAuthorizedVoters') {
      node.voters = [];
      return null;
    }
    throw new RpcError(-32601, 'Method not found');
  };

export const serveAdmin = async (node: SolanaNodeStandIn): Promise<AdminSocket> => {
  const path = join(node.ledger, 'admin.rpc');
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n') || node.wedged) return;
      const [line = ''] = text.split('\n');
      text = '';
      socket.write(`${JSON.stringify(replyTo(line, answer(node)))}\n`);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
