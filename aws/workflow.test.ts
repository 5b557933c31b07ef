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

describe('the whole history', () => {
  test('keeps everything of each event', async () => {
    const details = { resource: 'invoke', resourceType: 'lambda', output: '{"Payload":{}}' };
    const { sent, workflow } = workflowWith({
      events: [{ id: 4, previousEventId: 3, type: 'TaskSucceeded', timestamp: 1.5, taskSucceededEventDetails: details }, {}],
    });
    expect(await workflow.fullHistory(name)).toStrictEqual([
      { id: 4, type: 'TaskSucceeded', atMs: 1_500, before: 3, details },
      { id: 0, type: '', atMs: 0, before: 0, details: {} },
    ]);
    expect(sent[0]?.input).toEqual({ executionArn, maxResults: 1_000, includeExecutionData: true });
  });
  test('tells what failed', async () => {
    await expect(workflowWith(lost).workflow.fullHistory(name)).rejects.toMatchObject({ code: 'WorkflowFailed', fix: 'Run it again.' });
  });
});

describe('the list of executions', () => {
  const one = (id: number, more: Record<string, unknown> = {}) => ({ name: `hub-1.t${id}.a`, status: 'RUNNING', startDate: id, ...more });

  test('of those that run asks for these alone, page by page', async () => {
    const { sent, workflow } = workflowWith((index) => ({ executions: [one(index)], ...(index < 1 ? { nextToken: 'more' } : {}) }));
    const signal = someSignal();
    expect(await workflow.list({ running: true }, signal)).toStrictEqual([
      { name: 'hub-1.t0.a', status: 'RUNNING', startedMs: 0 },
      { name: 'hub-1.t1.a', status: 'RUNNING', startedMs: 1_000 },
    ]);
    const asked = { stateMachineArn: stateMachine, maxResults: 1_000, statusFilter: 'RUNNING' };
    expect(sent).toEqual([
      { action: 'ListExecutions', input: asked, signal },
      { action: 'ListExecutions', input: { ...asked, nextToken: 'more' }, signal },
    ]);
  });
  test('of a time ends with the first that is older', async () => {
    const { sent, workflow } = workflowWith({ executions: [one(9, { status: 'FAILED', stopDate: 9.5 }), one(5), one(4)], nextToken: 'more' });
    expect(await workflow.list({ sinceMs: 5_000 })).toStrictEqual([
      { name: 'hub-1.t9.a', status: 'FAILED', startedMs: 9_000, stoppedMs: 9_500 },
      { name: 'hub-1.t5.a', status: 'RUNNING', startedMs: 5_000 },
    ]);
    expect(sent.map(({ input }) => input)).toEqual([{ stateMachineArn: stateMachine, maxResults: 1_000 }]);
  });
  test('ends after 30 pages', async () => {
    const { sent, workflow } = workflowWith({ executions: [one(9)], nextToken: 'more' });
    expect((await workflow.list({ sinceMs: 1 })).length).toBe(30);
    expect(sent.length).toBe(30);
  });
  test('may be empty, or tell nothing of one', async () => {
    expect(await workflowWith({}).workflow.list({ running: true })).toEqual([]);
    expect(await workflowWith({ executions: [{}] }).workflow.list({ sinceMs: 0 })).toStrictEqual([{ name: '', status: 'UNKNOWN', startedMs: 0 }]);
  });
  test.each(failures)('%s is told', async (_, answer, cause) => {
    await expect(workflowWith(answer).workflow.list({ running: true })).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `the executions could not be listed: ${cause}`,
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
