import { SFNClient } from '@aws-sdk/client-sfn';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tasks } from '../../aws/tasks.ts';
import { Workflow } from '../../aws/workflow.ts';
import { durationMs } from '../../core/time.ts';
import { loadDefinition } from '../../local/asl/definition.ts';
import { TaskTokens } from '../../local/asl/tokens.ts';
import { startAwsServer, type AwsServer } from '../../local/aws/server.ts';
import { LocalStates } from '../../local/aws/states.ts';
import { LambdaPool } from '../../local/lambda/pool.ts';
import { systemClock } from '../../runtime/clock.ts';
import { run } from '../support/core.ts';

/** The workflow adapter with the real client, over executions whose tasks run in the Lambda pool's own processes. */

const arn = 'arn:aws:states:us-east-1:123456789012:stateMachine:m';
const bundle = `
export const handler = async (event, context) => {
  if (event.do === 'throw') { const error = new Error('as asked'); error.name = 'StaleTerm'; throw error; }
  if (event.do === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
  if (event.do === 'die') process.exit(3);
  return { sentence: 'Done.', pid: process.pid, left: context.getRemainingTimeInMillis() > 0 };
};`;
const states = {
  Ask: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { token: '{% $states.context.Task.Token %}' },
    TimeoutSeconds: 20,
    Next: 'Work',
  },
  Work: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { Payload: '{% $states.input %}' },
    TimeoutSeconds: 20,
    Output: '{% $states.result %}',
    End: true,
  },
};
let dir = '';
let server: AwsServer;
let pool: LambdaPool;
let service: LocalStates;
let workflow: Workflow;
let tasks: Tasks;
const given: string[] = [];
const ends: unknown[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'wf-'));
  writeFileSync(join(dir, 'index.mjs'), bundle);
  pool = new LambdaPool({
    clock: systemClock,
    logFile: join(dir, 'log'),
    functions: [{ name: 'work', file: join(dir, 'index.mjs'), exported: 'handler', env: {}, timeoutMs: 1_000 }],
  });
  await pool.start();
  let count = 0;
  const definition = loadDefinition(JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Ask', States: states }), {});
  service = new LocalStates({
    onEnd: (detail) => {
      ends.push(detail);
    },
    arn,
    definition,
    clock: systemClock,
    random: () => 0,
    tokens: new TaskTokens(() => `token-${(count += 1)}`),
    invoke: async ({ resource, args }) => {
      if (resource.endsWith('waitForTaskToken')) {
        given.push((args as { token: string }).token);
        return { ok: true, result: {} };
      }
      const result = await pool.invoke('work', (args as { Payload: unknown }).Payload);
      return result.ok ? { ok: true, result: result.payload } : { ok: false, error: result.errorType, cause: result.errorMessage };
    },
  });
  server = await startAwsServer([service]);
  const client = new SFNClient({ region: 'us-east-1', endpoint: server.endpoint, credentials: server.principal('arn:x'), maxAttempts: 1 });
  workflow = new Workflow({ client, stateMachine: arn });
  tasks = new Tasks(client);
});
afterAll(async () => {
  await service.stopAll();
  await pool.close();
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});
const until = async (look: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await look()) return;
    await systemClock.sleep(durationMs(20));
  }
  throw new Error('it did not come about');
};
const answered = async (name: string, answer: Record<string, unknown>): Promise<void> => {
  const before = given.length;
  await workflow.start({ name: run(name), input: {} });
  await until(async () => given.length > before);
  await tasks.sendAnswer(given.at(-1) ?? '', answer);
  await until(async () => !(await workflow.isRunning(run(name))));
};

test('an execution starts once, waits for its answer, runs its function and tells its history', async () => {
  expect(await workflow.start({ name: run('one'), input: { a: 1 } })).toBe(true);
  await until(async () => given.length > 0);
  expect(await workflow.isRunning(run('one'))).toBe(true);
  expect([await workflow.running(), ends]).toEqual([['one'], []]);
  expect(await workflow.start({ name: run('one'), input: { a: 2 } })).toBe(false);
  await tasks.sendAnswer(given[0] ?? '', { go: true });
  await until(async () => !(await workflow.isRunning(run('one'))));
  expect(await workflow.running()).toEqual([]);
  expect(ends).toMatchObject([
    { executionArn: `${arn.replace(':stateMachine:', ':execution:')}:one`, stateMachineArn: arn, name: 'one', status: 'SUCCEEDED', input: '{"a":1}' },
  ]);
  const { startedMs = 0, stoppedMs = 0, ...described } = await workflow.describe(run('one'));
  expect(described).toEqual({ status: 'SUCCEEDED', sentence: 'Done.' });
  expect(stoppedMs).toBeGreaterThanOrEqual(startedMs);
  expect(startedMs).toBeGreaterThan(1_700_000_000_000);
  expect((await workflow.history(run('one'))).map(({ type, state }) => (state === undefined ? type : `${type}/${state}`))).toEqual([
    'ExecutionStarted',
    'TaskStateEntered/Ask',
    'TaskScheduled',
    'TaskSubmitted',
    'TaskSucceeded',
    'TaskStateExited/Ask',
    'TaskStateEntered/Work',
    'TaskScheduled',
    'TaskSucceeded',
    'TaskStateExited/Work',
    'ExecutionSucceeded',
  ]);
  await expect(tasks.sendAnswer(given[0] ?? '', { go: true })).rejects.toMatchObject({ code: 'ApprovalExpired' });
  expect(await workflow.start({ name: run('one'), input: { a: 1 } })).toBe(false);
});

describe('a function that', () => {
  test('throws ends the execution by the error’s name', async () => {
    await answered('throws', { do: 'throw' });
    expect(await workflow.describe(run('throws'))).toMatchObject({ status: 'FAILED', error: 'StaleTerm', cause: 'as asked' });
  });
  test('hangs is ended at its time-out', async () => {
    await answered('hangs', { do: 'hang' });
    expect(await workflow.describe(run('hangs'))).toMatchObject({ status: 'FAILED', error: 'Sandbox.Timedout' });
  });
  test('dies is an error, and the next invocation has a process of its own', async () => {
    await answered('dies', { do: 'die' });
    expect(await workflow.describe(run('dies'))).toMatchObject({ status: 'FAILED', error: 'Runtime.ExitError' });
    expect(await pool.invoke('work', {})).toMatchObject({ ok: true, payload: { sentence: 'Done.', left: true } });
  });
});

test('a name that was never started does not run, and cannot be explained', async () => {
  expect(await workflow.isRunning(run('never'))).toBe(false);
  await expect(workflow.describe(run('never'))).rejects.toMatchObject({ code: 'WorkflowFailed' });
});
