import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { closeServer, listen } from '../loopback.ts';
import { RecordingProxy } from './proxy.ts';

const data = { slot: '19', index: '0', beacon_block_root: '0x01', source: { epoch: '1', root: '0x' }, target: { epoch: '2', root: '0x' } };

describe('the recorder', () => {
  test('passes all on, and writes down whose votes and blocks are published', async () => {
    const asked: string[] = [];
    const node = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const duty = { validator_index: '8', slot: '19', committee_index: '0', validator_committee_index: '2' };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: request.url?.includes('duties') ? [duty] : 'ok' }));
    });
    const proxy = new RecordingProxy({ name: 'amber', target: await listen(node), owed: new Map() });
    const url = await proxy.start();
    const post = async (path: string, body: unknown): Promise<unknown> =>
      (await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
    expect(await (await fetch(`${url}/eth/v1/node/version?x=1`)).json()).toEqual({ data: 'ok' });
    await post('/eth/v1/validator/duties/attester/2', ['8']);
    // Four members: bit 2 is set, bit 4 is the end.
    expect(await post('/eth/v1/beacon/pool/attestations', [{ aggregation_bits: '0x14', data }])).toEqual({ data: 'ok' });
    await post('/eth/v1/beacon/pool/attestations', [{ aggregation_bits: '0x11', data }]);
    await post('/eth/v1/beacon/blocks', { message: { slot: '20', proposer_index: '8', body: {} }, signature: '0x' });
    await post('/eth/v1/beacon/pool/sync_committees', []);
    expect(proxy.published).toEqual([
      { kind: 'vote', by: 'amber', validator: 8, slot: 19, source: 1, target: 2, data: JSON.stringify(data) },
      { kind: 'block', by: 'amber', validator: 8, slot: 20, data: '{"slot":"20","proposer_index":"8","body":{}}' },
    ]);
    expect(proxy.unknown).toBe(1);
    expect(asked).toHaveLength(6);
    await proxy.stop();
    await closeServer(node);
    expect((await fetch(url).catch(() => null)) === null).toBe(true);
  });
});
