import { createConnection } from 'node:net';
import { join } from 'node:path';

/** One request to `admin.rpc`. @throws Error with the validator's message. */
export const askAdmin = (ledger: string, method: string, params: readonly unknown[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(join(ledger, 'admin.rpc'));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${JSON.stringify({ jsonrpc: '2.0', method, params, id: 0 })}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      socket.end();
      const reply = JSON.parse(text) as { result?: unknown; error?: { message: string } };
      if (reply.error) reject(new Error(reply.error.message));
      else resolve(reply.result);
    });
    socket.on('error', reject);
  });

const standardInput = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

export type Program = (args: readonly string[], input: string) => Promise<void>;

/** As a process: wrong usage and refusals end with 1. */
export const asProgram = async (program: Program): Promise<void> => {
  try {
    await program(process.argv.slice(2), await standardInput());
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
};
