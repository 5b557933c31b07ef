import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { serveSigner } from './server.ts';
import { loadedSigner, publicKeys, selectionOf, useEthereumFolder, voteOf } from '../../../test/support/ethereum.ts';

useEthereumFolder();

const [first] = publicKeys;

const withServer = async (act: (url: string) => Promise<void>): Promise<void> => {
  const stop = new AbortController();
  const { port, ended } = await serveSigner({ signer: await loadedSigner(), port: 0, signal: stop.signal });
  try {
    await act(`http://127.0.0.1:${port}`);
  } finally {
    stop.abort();
    await ended;
  }
};
const post = (url: string, key: string, body: string): Promise<Response> =>
  fetch(`${url}/api/v1/eth2/sign/${key}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

describe('the API of Web3Signer', () => {
  test('signs, refuses with 412, knows its keys, and says that it is up', async () => {
    await withServer(async (url) => {
      expect(await (await fetch(`${url}/upcheck`)).json()).toEqual({ status: 'OK' });
      expect(await (await fetch(`${url}/api/v1/eth2/publicKeys`)).json()).toEqual(publicKeys);
      const signed = await post(url, first, JSON.stringify(voteOf(1, 3)));
      expect(signed.status).toBe(200);
      expect(((await signed.json()) as { signature: string }).signature).toMatch(/^0x[0-9a-f]{192}$/);
      const refused = await post(url, first, JSON.stringify(voteOf(1, 3, '09')));
      expect(refused.status).toBe(412);
      expect(await refused.json()).toEqual({ message: 'a message at or above this one may have been signed' });
      expect((await post(url, first, JSON.stringify(selectionOf(30)))).status).toBe(200);
    });
  });
  test.each([
    ['an unknown key', `0x${'ab'.repeat(48)}`, '{"type":"x"}', 404],
    ['no key', '0x12', '{}', 404],
    ['no JSON', first, 'x', 400],
    ['nothing', first, '', 400],
    ['too much', first, `"${'x'.repeat(1_000_001)}"`, 400],
  ])('refuses %s', async (_, key, body, status) => {
    await withServer(async (url) => {
      expect((await post(url, key, body)).status).toBe(status);
    });
  });
  test('has no other path or method', async () => {
    await withServer(async (url) => {
      expect((await fetch(`${url}/`)).status).toBe(404);
      expect((await fetch(`${url}/api/v1/eth2/sign/${first}`)).status).toBe(404);
      expect((await fetch(`${url}/reload`, { method: 'POST' })).status).toBe(404);
    });
  });
  test('is not for a page that calls it by another name', async () => {
    await withServer(async (url) => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        httpRequest(`${url}/upcheck`, { headers: { host: 'evil.example' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(400);
    });
  });
});
