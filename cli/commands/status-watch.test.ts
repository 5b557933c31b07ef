import { afterEach, expect, test, vi } from 'vitest';
import { BatonError } from '../../core/errors.ts';
import { contextFromEnvironment, type Context } from '../context.ts';
import { outputFor } from '../output.ts';
import { watchStatus } from './status-watch.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a watch that everybody has forgotten ends after half a day', async () => {
  let [slept, shown] = [0, 0];
  const context = {
    records: {
      readFleet: async () => {
        throw new BatonError('LeaseUnreachable', 'no answer', { fix: 'Wait.' });
      },
    },
    clock: {
      epochMs: () => 0,
      sleep: async (length: number) => {
        slept += length;
      },
    },
    output: {
      show: () => {
        shown += 1;
      },
    },
    interrupted: () => new AbortController().signal,
  } as unknown as Context;
  expect(await watchStatus(context, undefined)).toEqual({ lines: ['Looked 21600 times.'], json: { looks: 21_600 }, exitCode: 5 });
  expect([slept, shown]).toEqual([43_198_000, 21_600]);
});

test('an interrupt ends a watch, not the process', () => {
  vi.stubEnv('BATON_KMS_KEY', 'key');
  vi.stubEnv('BATON_STATE_MACHINE', 'arn:aws:states:us-east-1:123456789012:stateMachine:baton-failover');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  const heard: (() => void)[] = [];
  const once = vi.spyOn(process, 'once').mockImplementation((_, listener) => {
    heard.push(listener as () => void);
    return process;
  });
  const interrupted = contextFromEnvironment(outputFor({ json: false, verbose: false })).interrupted();
  expect(once.mock.calls.map(([signal]) => signal)).toEqual(['SIGINT', 'SIGTERM']);
  expect(interrupted.aborted).toBe(false);
  heard[0]?.();
  expect(interrupted.aborted).toBe(true);
  once.mockRestore();
});
