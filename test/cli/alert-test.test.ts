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
      { kind: 'test', subject: 'Baton: alert test', message: expect.stringMatching(/baton alert-test --ack [a-f0-9]{8}$/) as string },
    ]);
    expect(told).toEqual({ sent: true, by: robin });
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
