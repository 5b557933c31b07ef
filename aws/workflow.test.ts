import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { run } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { Workflow } from './workflow.ts';

const stateMachine = 'arn:aws:states:us-east-1:123456789012:stateMachine:baton';
const executionArn = 'arn:aws:states:us-east-1:123456789012:execution:baton:hub-1.t2.e1';
const name = run('hub-1.t2.e1');
const lost = new Error('socket hang up');

const workflowWith = (answer: Answer | ((index: number) => Answer)) => {
  const { sent, options } = wired((_, index) => (typeof answer === 'function' ? answer(index) : answer));
  return { sent, workflow: new Workflow({ client: new SFNClient(options), stateMachine }) };
};
const failures: [string, Answer, string][] = [
  ['a refusal', new Refusal('AccessDeniedException'), 'AccessDeniedException'],
  ['no answer', lost, 'Error'],
];

describe('starting', () => {
  test('asks for this name and input', async () => {
    const { sent, workflow } = workflowWith({ executionArn, startDate: 1 });
    const signal = someSignal();
    expect(await workflow.start({ name, input: { validator: 'hub-1' } }, signal)).toBe(true);
    expect(sent).toEqual([{ action: 'StartExecution', input: { stateMachineArn: stateMachine, name, input: '{"validator":"hub-1"}' }, signal }]);
  });
  test('is false when one of this name was started before', async () => {
    expect(await workflowWith(new Refusal('ExecutionAlreadyExists')).workflow.start({ name, input: {} })).toBe(false);
  });
  test.each(failures)('%s is told', async (_, answer, cause) => {
    await expect(workflowWith(answer).workflow.start({ name, input: {} })).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `hub-1.t2.e1 could not be started: ${cause}`,
      fix: 'Run it again: the same name starts it only once.',
      cause: { name: cause },
    });
  });
});

describe('describing', () => {
  test('asks about the execution of this name, and tells its end and its sentence', async () => {
    const { sent, workflow } = workflowWith({ status: 'SUCCEEDED', output: '{"sentence":"birch signs.","term":2}' });
    const signal = someSignal();
    expect(await workflow.describe(name, signal)).toStrictEqual({ status: 'SUCCEEDED', sentence: 'birch signs.' });
    expect(sent).toEqual([{ action: 'DescribeExecution', input: { executionArn }, signal }]);
  });
  test('tells error and cause of a failure', async () => {
    const { workflow } = workflowWith({ status: 'FAILED', error: 'StaleTerm', cause: 'term 3' });
    expect(await workflow.describe(name)).toStrictEqual({ status: 'FAILED', error: 'StaleTerm', cause: 'term 3' });
  });
  test('tells when it began and when it ended', async () => {
    const { workflow } = workflowWith({ status: 'FAILED', startDate: 1.5, stopDate: 4 });
    expect(await workflow.describe(name)).toStrictEqual({ status: 'FAILED', startedMs: 1_500, stoppedMs: 4_000 });
  });
  test('of one that the service does not know finds nothing; of any other it finds that', async () => {
    expect(await workflowWith(new Refusal('ExecutionDoesNotExist')).workflow.find(name)).toBe(undefined);
    expect(await workflowWith({ status: 'RUNNING' }).workflow.find(name)).toStrictEqual({ status: 'RUNNING' });
  });
  test('an answer without a status is of unknown status', async () => {
    expect(await workflowWith({}).workflow.describe(name)).toStrictEqual({ status: 'UNKNOWN' });
  });
  test.each(['null', '7', '[]', '{}', '{"sentence":7}', 'Done.'])('the output %s holds no sentence', async (output) => {
    expect(await workflowWith({ status: 'SUCCEEDED', output }).workflow.describe(name)).toStrictEqual({ status: 'SUCCEEDED' });
  });
  test.each(failures)('%s is told', async (_, answer, cause) => {
    await expect(workflowWith(answer).workflow.describe(name)).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `hub-1.t2.e1 could not be looked up: ${cause}`,
      fix: 'Check the name: baton status shows the claim of each validator.',
      cause: { name: cause },
    });
  });
});

describe('an execution runs', () => {
  const runs = (answer: Answer): Promise<boolean> => workflowWith(answer).workflow.isRunning(name);
  test.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'])('no more when it is %s', async (status) => {
    expect(await runs({ status })).toBe(false);
  });
  test('not when the service never heard of it', async () => {
    expect(await runs(new Refusal('ExecutionDoesNotExist'))).toBe(false);
  });
  test.each([{ status: 'RUNNING' }, { status: 'PENDING_REDRIVE' }, {}])('unless the service says that it ended: %o', async (answer) => {
    expect(await runs(answer)).toBe(true);
  });
  test.each(failures)('or not: %s leaves it open', async (_, answer, cause) => {
    await expect(runs(answer)).rejects.toMatchObject({ code: 'WorkflowFailed', cause: { name: cause } });
  });
  test('is asked with the signal', async () => {
    const { sent, workflow } = workflowWith({ status: 'RUNNING' });
    const signal = someSignal();
    await workflow.isRunning(name, signal);
    expect(sent[0]?.signal).toBe(signal);
  });
});

describe('the history', () => {
  const asked = { executionArn, maxResults: 1_000, includeExecutionData: true };
  const historyOf = (event: Record<string, unknown>) => workflowWith({ events: [event] }).workflow.history(name);
  const at = { id: 3, timestamp: 1.5 };
  const failed = { error: 'StaleTerm', cause: 'term 3' };

  test('is read page by page, to the last', async () => {
    const { sent, workflow } = workflowWith((index) => ({ events: [{ id: index }], ...(index < 2 ? { nextToken: `page-${index + 2}` } : {}) }));
    expect((await workflow.history(name)).map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(sent.map(({ action, input }) => ({ action, input }))).toEqual([
      { action: 'GetExecutionHistory', input: asked },
      { action: 'GetExecutionHistory', input: { ...asked, nextToken: 'page-2' } },
      { action: 'GetExecutionHistory', input: { ...asked, nextToken: 'page-3' } },
    ]);
  });
  test('ends after 30 pages: more events than an execution can have', async () => {
    const { sent, workflow } = workflowWith({ events: [{ id: 1 }], nextToken: 'more' });
    expect((await workflow.history(name)).length).toBe(30);
    expect(sent.length).toBe(30);
  });
  test('of no events is empty', async () => {
    expect(await workflowWith({}).workflow.history(name)).toEqual([]);
  });
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['TaskStateEntered', { stateEnteredEventDetails: { name: 'Fence', input: '{}' } }, { state: 'Fence' }],
    ['TaskStateExited', { stateExitedEventDetails: { name: 'Fence', output: '{"a":1}' } }, { state: 'Fence', output: '{"a":1}' }],
    ['ExecutionFailed', { executionFailedEventDetails: failed }, failed],
    ['TaskFailed', { taskFailedEventDetails: failed }, failed],
    ['LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: failed }, failed],
    ['TaskTimedOut', { taskTimedOutEventDetails: { error: 'States.Timeout' } }, { error: 'States.Timeout' }],
    ['LambdaFunctionTimedOut', { taskTimedOutEventDetails: { cause: 'late' } }, { cause: 'late' }],
    ['ExecutionStarted', {}, {}],
  ])('tells of %s only what it holds', async (type, details, told) => {
    expect(await historyOf({ ...at, type, ...details })).toStrictEqual([{ id: 3, type, atMs: 1_500, ...told }]);
  });
  test('an event that tells nothing is still an event', async () => {
    expect(await historyOf({})).toStrictEqual([{ id: 0, type: '', atMs: 0 }]);
  });
  test.each(failures)('%s is told', async (_, answer, cause) => {
    await expect(workflowWith(answer).workflow.history(name)).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `the history of hub-1.t2.e1 could not be read: ${cause}`,
      fix: 'Run it again.',
      cause: { name: cause },
    });
  });
});

describe('what runs now', () => {
  test('is one page of names', async () => {
    const { sent, workflow } = workflowWith({ executions: [{ name }, { name: 'x y' }, {}, { name: run('two') }], nextToken: 'more' });
    const signal = someSignal();
    expect(await workflow.running(signal)).toEqual([name, 'two']);
    expect(sent).toEqual([{ action: 'ListExecutions', input: { stateMachineArn: stateMachine, statusFilter: 'RUNNING', maxResults: 25 }, signal }]);
  });
  test('is nothing when nothing is told', async () => {
    expect(await workflowWith({}).workflow.running()).toEqual([]);
  });
  test.each(failures)('%s is told', async (_, answer, cause) => {
    await expect(workflowWith(answer).workflow.running()).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `what runs could not be listed: ${cause}`,
      fix: 'Run it again.',
    });
  });
});

test('whoever waits for a history may end it', async () => {
  const { sent, workflow } = workflowWith({ events: [] });
  const signal = someSignal();
  await workflow.history(name, signal);
  expect(sent[0]?.signal).toBe(signal);
});
