import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';
import { tickMs } from './judge.ts';
import { GuardSocket } from './guard-socket.ts';

/**
 * The dummy signer of every tool: while it runs, a line each 100 ms. With `--socket` it asks the guard for a signature first, as a CometBFT node
 * does, and writes the line only when it has got one.
 */

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: '' },
    record: { type: 'string', default: '' },
    pid: { type: 'string', default: '' },
    socket: { type: 'string' },
    rpc: { type: 'string', default: '0' },
  },
});
const { node, record, pid, socket } = values;

const heightNow = (): number => Math.floor(systemClock.epochMs() / tickMs);

/** What a CometBFT node says of itself. */
const serveStatus = (): void => {
  createServer((_request, response) => {
    const result = { sync_info: { latest_block_height: String(heightNow()), catching_up: false } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result }));
  }).listen(Number(values.rpc), '127.0.0.1');
};

writeFileSync(pid, String(process.pid));
const file = openSync(record, 'a');
const guard = socket === undefined ? null : new GuardSocket(socket, node);
if (guard !== null) serveStatus();
process.once('SIGTERM', () => {
  closeSync(file);
  process.exit(0);
});
for (let height = heightNow(); ; height = Math.max(height + 1, heightNow())) {
  await systemClock.sleep(durationMs(Math.max(0, height * tickMs - systemClock.epochMs())));
  if (guard === null || (await guard.sign(height))) writeSync(file, `${systemClock.epochMs()} ${node} ${height}\n`);
}
