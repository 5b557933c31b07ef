import { expect, test } from 'vitest';
import { AlertTests } from '../../aws/alert-test.ts';
import { alex, robin, sam } from '../support/core.ts';
import { lossyClient, tableName, type Bench } from './bench.ts';

const [first, second] = ['0123abcd', '89abcdef'] as const;
const [id, other] = ['0a1b2c3d4e5f6071', '1716f5e4d3c2b1a0'] as const;

/** One item for the whole fleet, so it is one story. */
export const alertTests = (at: () => Bench): void => {
  test('only the newest code counts, once, and what was acknowledged before stays known until then', async () => {
    const tests = new AlertTests(at());
    const unknown = { code: 'AlertTestUnknown' };
    const got = { code: first, atMs: 2, by: alex };
    expect(await tests.read()).toBeUndefined();
    await expect(tests.acknowledge(got)).rejects.toMatchObject(unknown);
    await tests.begin({ id, code: first, sentAtMs: 1, by: robin });
    expect(await tests.read()).toEqual({ id, code: first, sentAtMs: 1, by: robin, unansweredSinceMs: 1 });
    await expect(tests.acknowledge({ ...got, code: second })).rejects.toMatchObject(unknown);
    expect(await tests.acknowledge(got)).toEqual(got);
    expect(await tests.acknowledge({ ...got, atMs: 3, by: sam })).toEqual(got);
    const relays = { chat: { kind: 'telegram', taken: false, how: 'refused it (status 401)', atMs: 3 } };
    expect([await tests.noteRelays(other, relays), await tests.noteRelays(id, relays)]).toEqual([false, true]);
    expect(await tests.read()).toEqual({ id, code: first, sentAtMs: 1, by: robin, acknowledged: got, relays });
    await tests.begin({ id: other, code: second, sentAtMs: 4, by: robin });
    expect(await tests.read()).toEqual({ id: other, code: second, sentAtMs: 4, by: robin, acknowledged: got, unansweredSinceMs: 4 });
    await tests.begin({ id: other, code: second, sentAtMs: 5, by: robin });
    expect(await tests.read()).toMatchObject({ sentAtMs: 5, unansweredSinceMs: 4 });
    await expect(tests.acknowledge({ ...got, atMs: 5 })).rejects.toMatchObject(unknown);
    expect(await tests.acknowledge({ code: second, atMs: 6, by: sam })).toEqual({ code: second, atMs: 6, by: sam });
    expect(await tests.read()).toEqual({ id: other, code: second, sentAtMs: 5, by: robin, acknowledged: { code: second, atMs: 6, by: sam } });
  });
  test('an acknowledgement whose reply was lost is not called refused', async () => {
    const tests = new AlertTests(at());
    await tests.begin({ id, code: 'aaaaaaaa', sentAtMs: 7, by: robin });
    const { client, sent } = lossyClient(at().endpoint, 3);
    const got = { code: 'aaaaaaaa', atMs: 8, by: alex };
    expect(await new AlertTests({ client, table: tableName }).acknowledge(got)).toEqual(got);
    expect(sent()).toBe(2);
    client.destroy();
  });
};
