import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createServer } from 'node:http';
import { keyOf, toItem } from '../../aws/items.ts';
import { hashOf } from '../../core/plan.ts';
import { localCredentials, startDynamo } from '../../local/dynamo.ts';
import { listen } from '../../local/loopback.ts';
import { systemClock } from '../../runtime/clock.ts';
import { addressesOf, committee, configAt, idOf, vantages } from './fleet.ts';

/**
 * What the watcher of the bench looks at, in a process of its own: a table with the fleet in it, and for each chain two endpoints that answer as
 * CometBFT does. A block a second; every validator signs, but each tenth of those whose number the parent names as failing.
 */

export interface Wanted {
  readonly validators: number;
  readonly perChain: number;
  /** Each so many-th validator signs nothing; 0 for none. */
  readonly failingEach: number;
}

export interface Ready {
  readonly dynamo: string;
}

export interface Counted {
  readonly requests: number;
  readonly connections: number;
}

const genesisMs = systemClock.steadyMs();
const head = (): number => 100 + Math.floor((systemClock.steadyMs() - genesisMs) / 1_000);
const timestamp = '2026-01-01T00:00:00.000000001Z';
const signature = Buffer.alloc(64, 9).toString('base64');
const hash = 'AB'.repeat(32);
const noEvidence = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855';

let counted = { requests: 0, connections: 0 };

const headerOf = (chainId: string, height: number) => ({
  ...{ version: { block: '11' }, chain_id: chainId, height: String(height), time: timestamp },
  ...{ last_commit_hash: hash, data_hash: hash, validators_hash: hash, next_validators_hash: hash, consensus_hash: hash, app_hash: hash },
  ...{ last_results_hash: hash, evidence_hash: noEvidence, proposer_address: hash.slice(0, 40) },
});

const commitTail = (signers: readonly string[], silent: ReadonlySet<string>): string =>
  JSON.stringify(
    signers.map((address) =>
      silent.has(address)
        ? { block_id_flag: 1, validator_address: '', timestamp: '0001-01-01T00:00:00Z', signature: null }
        : { block_id_flag: 2, validator_address: address, timestamp, signature },
    ),
  );

const serve = (chainId: string, signers: readonly string[], silent: ReadonlySet<string>): Promise<string> => {
  // The same in each block: made once, so that the endpoint is not what is measured.
  const signatures = commitTail(signers, silent);
  const server = createServer((request, response) => {
    counted.requests += 1;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    response.setHeader('content-type', 'application/json');
    const height = Number(searchParams.get('height'));
    if (pathname === '/status') {
      const sync = { latest_block_height: String(head()), latest_block_time: timestamp, catching_up: false };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: -1, result: { node_info: { network: chainId }, sync_info: sync } }));
    } else if (pathname === '/commit') {
      const header = JSON.stringify(headerOf(chainId, height));
      const commit = `{"height":"${height}","round":0,"block_id":{"hash":"${hash}"},"signatures":${signatures}}`;
      response.end(`{"jsonrpc":"2.0","id":-1,"result":{"signed_header":{"header":${header},"commit":${commit}},"canonical":true}}`);
    } else if (pathname === '/validators') {
      const validators = signers.map((address) => ({ address, voting_power: '1' }));
      response.end(JSON.stringify({ jsonrpc: '2.0', id: -1, result: { block_height: String(height), validators, total: String(signers.length) } }));
    } else response.writeHead(404).end();
  });
  server.on('connection', () => (counted.connections += 1));
  return listen(server);
};

const batchItems = 25;

const start = async ({ validators, perChain, failingEach }: Wanted): Promise<Ready> => {
  const { endpoint } = await startDynamo();
  const client = new DynamoDBClient({ endpoint, ...localCredentials });
  const items: Record<string, unknown>[] = [];
  for (let from = 0; from < validators; from += perChain) {
    const [chainId, to] = [`chain-${from}`, Math.min(validators, from + perChain)];
    const signers = [...addressesOf(from, to), ...addressesOf(1_000_000, 1_000_000 + Math.max(0, committee - (to - from)))];
    const silent = new Set(failingEach === 0 ? [] : signers.slice(0, to - from).filter((_, at) => (from + at) % failingEach === 0));
    const urls = await Promise.all(vantages.map(() => serve(chainId, signers, silent)));
    for (let index = from; index < to; index += 1) {
      const config = configAt(index, chainId, urls);
      items.push({ pk: keyOf.config(config.id), config, hash: hashOf(config) });
    }
  }
  for (let from = 0; from < items.length; from += batchItems) {
    const puts = items.slice(from, from + batchItems).map((item) => ({ PutRequest: { Item: toItem(item) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { baton: puts } }));
  }
  const fleet = { pk: keyOf.fleet(), validators: Array.from({ length: validators }, (_, index) => idOf(index)) };
  await client.send(new BatchWriteItemCommand({ RequestItems: { baton: [{ PutRequest: { Item: toItem(fleet) } }] } }));
  client.destroy();
  counted = { requests: 0, connections: 0 };
  return { dynamo: endpoint };
};

process.on('message', (wanted: Wanted | 'count') => {
  if (wanted === 'count') {
    process.send?.(counted);
    counted = { requests: 0, connections: 0 };
  } else
    start(wanted).then(
      (ready) => process.send?.(ready),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
});
// The bench is over, or gone.
process.on('disconnect', () => process.exit(0));
