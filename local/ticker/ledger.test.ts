import { sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { dutyMessage, Ledger } from './ledger.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';

/** The detector of the default drill must detect. */

const seed = Buffer.alloc(32, 8);
const key = privateKeyOf(seed);
const publicKey = rawPublicKeyOf(key).toString('base64');
let ledger: Ledger;
let url = '';
const duty = async (height: number, node: string, signed = dutyMessage({ height, node })): Promise<number> =>
  (
    await fetch(`${url}/duty`, {
      method: 'POST',
      body: JSON.stringify({ height, node, publicKey, signature: sign(null, signed, key).toString('base64') }),
    })
  ).status;
const progress = async (): Promise<unknown> => (await fetch(`${url}/progress/${Buffer.from(publicKey, 'base64').toString('hex')}`)).json();

beforeEach(async () => {
  ledger = new Ledger({ clock: systemClock });
  [url = ''] = await ledger.start(1, 600_000);
});
afterEach(() => ledger.close());

describe('the ledger', () => {
  test('takes one duty per height and shows it', async () => {
    expect(await progress()).toEqual({ lastSigned: 0 });
    expect(await duty(1, 'amber')).toBe(200);
    expect(await progress()).toEqual({ lastSigned: 1 });
    expect(ledger.equivocations).toEqual([]);
  });
  test('the same message again is no double signing', async () => {
    await duty(1, 'amber');
    expect(await duty(1, 'amber')).toBe(200);
    expect(ledger.equivocations).toEqual([]);
  });
  test('two different messages of one height are', async () => {
    await duty(1, 'amber');
    expect(await duty(1, 'birch')).toBe(200);
    expect(ledger.equivocations).toEqual([{ height: 1, nodes: ['amber', 'birch'] }]);
  });
  test('a forged, a late, an early and a shapeless duty are refused', async () => {
    expect(await duty(1, 'amber', Buffer.from('other'))).toBe(403);
    expect(await duty(2, 'amber')).toBe(409);
    expect((await fetch(`${url}/duty`, { method: 'POST', body: '{"height":1}' })).status).toBe(400);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    expect(await progress()).toEqual({ lastSigned: 0 });
  });
});
