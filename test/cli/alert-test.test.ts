import { describe, expect, test } from 'vitest';
import { AlertTests } from '../../aws/alert-test.ts';
import { contextFromEnvironment } from '../../cli/context.ts';
import { outputFor } from '../../cli/output.ts';
import { baton, client, notices, set, stopTable, text, told, useCli } from '../support/cli-bench.ts';
import { alex, robin } from '../support/core.ts';

useCli();
const stored = () => new AlertTests({ client, table: 'baton' }).read();
/** The code as a person reads it in the newest message. */
const codeIn = (index = notices.length - 1): string => /--ack ([a-f0-9]{8})$/.exec(notices[index]?.message ?? '')?.[1] ?? 'no code';
const send = async (): Promise<void> => {
  expect(await baton('alert-test')).toBe(0);
};

describe('alert-test', () => {
  test('sends one message whose code stands nowhere else', async () => {
    await send();
    expect(notices).toEqual([
      {
        kind: 'test',
        subject: 'Baton: alert test',
        message: expect.stringMatching(/baton alert-test --ack [a-f0-9]{8}$/) as string,
        test: told['test'],
      },
    ]);
    expect(told).toEqual({ sent: true, by: robin, test: expect.stringMatching(/^[a-f0-9]{16}$/) as string });
    expect(text).not.toContain(codeIn());
    expect(await stored()).toMatchObject({ code: codeIn(), by: robin });
  });
  test('is acknowledged by who types the code, once', async () => {
    await send();
    set({ me: alex });
    expect(await baton('alert-test', '--ack', ` ${codeIn().toUpperCase()} `)).toBe(0);
    expect(told).toMatchObject({ acknowledged: true, by: alex });
    const noted = (await stored())?.acknowledged;
    expect(noted).toMatchObject({ code: codeIn(), by: alex });
    set({ me: robin });
    expect(await baton('alert-test', '--ack', codeIn())).toBe(0);
    expect(told).toMatchObject({ acknowledged: true, by: alex });
    expect((await stored())?.acknowledged).toEqual(noted);
  });
  test('only the code of the newest message counts', async () => {
    await send();
    await send();
    expect(await baton('alert-test', '--ack', codeIn(0))).toBe(2);
    expect(told).toMatchObject({ error: { code: 'AlertTestUnknown', field: '--ack' } });
    expect((await stored())?.acknowledged).toBeUndefined();
    expect(await baton('alert-test', '--ack', codeIn(1))).toBe(0);
  });
  test.each(['', 'ffffffff0', 'fffffff', 'gggggggg', 'the code'])('%j is no code', async (code) => {
    await send();
    expect(await baton('alert-test', '--ack', code)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', fix: 'Type the code as the message shows it.' } });
  });
  test('a code when none was sent is not known', async () => {
    expect(await baton('alert-test', '--ack', 'ffffffff')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'AlertTestUnknown' } });
  });
  test('a message that does not leave is said to be so, and leaves what was acknowledged', async () => {
    await send();
    await baton('alert-test', '--ack', codeIn());
    set({ unreachable: true });
    expect(await baton('alert-test')).toBe(5);
    expect(told).toMatchObject({ error: { code: 'AlertFailed', field: 'BATON_TOPIC' } });
    expect((await stored())?.acknowledged).toMatchObject({ code: codeIn() });
  });
  test('without the table nothing is sent', async () => {
    await stopTable();
    expect(await baton('alert-test')).toBe(5);
    expect(told).toMatchObject({ error: { code: 'LeaseUnreachable' } });
    expect(notices).toEqual([]);
  });
});

describe('what the relay made of it', () => {
  const relays = {
    hook: { kind: 'webhook', taken: true, how: 'taken', atMs: 7 },
    chat: { kind: 'telegram', taken: false, how: 'refused it (status 401)', atMs: 7 },
  };
  const note = async (of: Record<string, (typeof relays)['hook']>): Promise<void> => {
    await new AlertTests({ client, table: 'baton' }).noteRelays(notices.at(-1)?.test ?? '', of);
  };
  test('is waited for, and told by name', async () => {
    let looks = 0;
    set({
      onSleep: async () => {
        looks += 1;
        if (looks === 3) await note(relays);
      },
    });
    expect(await baton('alert-test', '--wait')).toBe(6);
    expect([told['relays'], looks]).toEqual([relays, 3]);
    expect(text).toContain('Waiting for what the relay makes of it.');
  });
  test('is well when each took it', async () => {
    set({ onSleep: () => note({ hook: relays.hook }) });
    expect(await baton('alert-test', '--wait')).toBe(0);
    expect(told).toMatchObject({ sent: true, relays: { hook: { taken: true } } });
  });
  test('is not waited for without end', async () => {
    let looks = 0;
    set({
      onSleep: async () => {
        looks += 1;
      },
    });
    expect(await baton('alert-test', '--wait')).toBe(0);
    expect([told['relays'], looks]).toEqual([null, 30]);
  });
  test('is not taken from another test that somebody sends meanwhile', async () => {
    set({
      onSleep: async () => {
        await new AlertTests({ client, table: 'baton' }).begin({ id: 'f'.repeat(16), code: 'ffffffff', sentAtMs: 1, by: alex });
        await new AlertTests({ client, table: 'baton' }).noteRelays('f'.repeat(16), relays);
      },
    });
    expect(await baton('alert-test', '--wait')).toBe(0);
    expect(told['relays']).toBeNull();
  });
  test('is shown later, and sends nothing', async () => {
    expect(await baton('alert-test', '--status')).toBe(0);
    expect(told).toEqual({ newest: null });
    await send();
    const test = notices.at(-1)?.test;
    expect(await baton('alert-test', '--status')).toBe(0);
    expect(told).toEqual({ newest: { test, sentAtMs: expect.any(Number) as number, by: robin, acknowledged: null, relays: null } });
    await note(relays);
    await baton('alert-test', '--ack', codeIn());
    expect(await baton('alert-test', '--status')).toBe(6);
    expect(told).toMatchObject({ newest: { test, acknowledged: { by: robin }, relays } });
    expect(notices.length).toBe(1);
  });
  test('is forgotten with the next test', async () => {
    await send();
    await note(relays);
    await baton('alert-test', '--ack', codeIn());
    await send();
    await baton('alert-test', '--status');
    expect(told).toMatchObject({ newest: { acknowledged: null, relays: null } });
  });
});

test.each([undefined, 'baton'])('BATON_TOPIC %s is missed by this command alone', (topic) => {
  const before = { ...process.env };
  const needed = { BATON_KMS_KEY: 'k', BATON_STATE_MACHINE: 'arn:aws:states:x:1:stateMachine:baton', AWS_REGION: 'us-east-1' };
  delete process.env['BATON_TOPIC'];
  Object.assign(process.env, needed, topic === undefined ? {} : { BATON_TOPIC: topic });
  try {
    const context = contextFromEnvironment(outputFor({ json: true, verbose: false }));
    expect(() => context.notify()).toThrow(expect.objectContaining({ code: 'InputInvalid', field: 'BATON_TOPIC' }));
    process.env['BATON_TOPIC'] = 'arn:aws:sns:us-east-1:123456789012:people';
    expect(typeof context.notify().send).toBe('function');
  } finally {
    process.env = before;
  }
});
