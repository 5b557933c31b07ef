import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { loadDefinition } from './definition.ts';
import { Run, type HistoryEntry, type RunResult, type TaskReply } from './interpreter.ts';
import { TaskTokens } from './tokens.ts';

/** The interpreter keeps what Step Functions promises; what it does not know it refuses to load. */

type States = Record<string, unknown>;
const machine = (states: States, startAt = Object.keys(states)[0] ?? ''): string =>
  JSON.stringify({ QueryLanguage: 'JSONata', StartAt: startAt, States: states });
const task = (of: Record<string, unknown> = {}): Record<string, unknown> => ({
  Type: 'Task',
  Resource: 'arn:task',
  TimeoutSeconds: 10,
  End: true,
  ...of,
});
const caught = { ErrorEquals: ['States.ALL'], Next: 'Caught', Output: '{% $states.errorOutput %}' };

interface Ran {
  readonly result: RunResult;
  readonly tookMs: number;
  readonly events: HistoryEntry[];
  readonly calls: number;
}

const execute = async (
  states: States,
  of: { input?: unknown; reply?: (call: number, args: unknown, tokens: TaskTokens, clock: VirtualClock) => Promise<TaskReply> } = {},
): Promise<Ran> => {
  const clock = new VirtualClock();
  let count = 0;
  const tokens = new TaskTokens(() => `t${(count += 1)}`);
  const events: HistoryEntry[] = [];
  let calls = 0;
  const run = new Run({
    definition: loadDefinition(machine(states), {}),
    clock,
    tokens,
    random: () => 0.5,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    execution: { id: 'arn:x', name: 'x', input: of.input ?? {} },
    invoke: (call) => of.reply?.((calls += 1), call.args, tokens, clock) ?? Promise.resolve({ ok: true, result: {} }),
  });
  const result = await clock.run(run.run());
  return { result, tookMs: clock.steadyMs(), events, calls };
};
const fail = async (): Promise<TaskReply> => ({ ok: false, error: 'Bad', cause: 'because' });
const silence = (): Promise<TaskReply> => new Promise(() => undefined);

describe('a task', () => {
  test('that does not answer ends in States.Timeout, after exactly its time', async () => {
    const { result, tookMs } = await execute({ A: task({ TimeoutSeconds: 7 }) }, { reply: silence });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(tookMs).toBe(7_000);
  });
  test('may have its time from an expression', async () => {
    expect((await execute({ A: task({ TimeoutSeconds: '{% $states.input.limit * 2 %}' }) }, { input: { limit: 4 }, reply: silence })).tookMs).toBe(
      8_000,
    );
  });
  test('is tried again with backoff up to its bound, then caught', async () => {
    const retry = [{ ErrorEquals: ['Bad'], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2, MaxDelaySeconds: 3 }];
    const { result, tookMs, calls } = await execute({ A: task({ Retry: retry, Catch: [caught] }), Caught: { Type: 'Succeed' } }, { reply: fail });
    expect(calls).toBe(4);
    expect(tookMs).toBe(1_000 + 2_000 + 3_000);
    expect(result).toEqual({ status: 'SUCCEEDED', output: { Error: 'Bad', Cause: 'because' } });
  });
  test('is not tried again for an error that no retrier names', async () => {
    const { calls, result } = await execute({ A: task({ Retry: [{ ErrorEquals: ['Other'] }] }) }, { reply: fail });
    expect(calls).toBe(1);
    expect(result).toMatchObject({ status: 'FAILED', error: 'Bad', cause: 'because' });
  });
  test('jitter comes from the given randomness', async () => {
    const retry = [{ ErrorEquals: ['Bad'], IntervalSeconds: 4, MaxAttempts: 1, JitterStrategy: 'FULL' }];
    expect((await execute({ A: task({ Retry: retry }) }, { reply: fail })).tookMs).toBe(2_000);
  });
  test('assigns variables that later states see, together with the context', async () => {
    const { result } = await execute(
      {
        A: task({ End: undefined, Next: 'B', Assign: { seen: '{% $states.result.n + 1 %}' } }),
        B: {
          Type: 'Pass',
          Output: { seen: '{% $seen %}', name: '{% $states.context.Execution.Name %}', state: '{% $states.context.State.Name %}' },
          End: true,
        },
      },
      { reply: async () => ({ ok: true, result: { n: 1 } }) },
    );
    expect(result).toEqual({ status: 'SUCCEEDED', output: { seen: 2, name: 'x', state: 'B' } });
  });
});

describe('a task token', () => {
  const waiting = task({ Resource: 'arn:task.waitForTaskToken', Arguments: { token: '{% $states.context.Task.Token %}' }, TimeoutSeconds: 60 });
  test('is answered while it is waited for', async () => {
    const reply = async (_: number, args: unknown, tokens: TaskTokens): Promise<TaskReply> => {
      tokens.answer((args as { token: string }).token, { ok: true, result: { yes: 1 } });
      return { ok: true, result: {} };
    };
    expect((await execute({ A: waiting }, { reply })).result).toEqual({ status: 'SUCCEEDED', output: { yes: 1 } });
  });
  test('that is answered too late, or twice, or never was, is TaskTimedOut', async () => {
    let kept: TaskTokens | undefined;
    const reply = async (_: number, __: unknown, tokens: TaskTokens): Promise<TaskReply> => {
      kept = tokens;
      return { ok: true, result: {} };
    };
    const { result, tookMs } = await execute({ A: waiting }, { reply });
    expect([result.status, tookMs]).toEqual(['FAILED', 60_000]);
    expect(() => kept?.answer('t1', { ok: true, result: {} })).toThrow('Task Timed Out');
    expect(() => kept?.answer('nobody', { ok: true, result: {} })).toThrow('Task Timed Out');
  });
  test('whose heartbeat stays away ends before its time', async () => {
    const { result, tookMs } = await execute({ A: { ...waiting, HeartbeatSeconds: 5 } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
    expect(tookMs).toBe(5_000);
  });
});

describe('choices, waits and ends', () => {
  const choose = (condition: string): States => ({
    A: { Type: 'Choice', Choices: [{ Condition: condition, Next: 'Yes' }], Default: 'No' },
    Yes: { Type: 'Succeed', Output: 'yes' },
    No: { Type: 'Succeed', Output: 'no' },
  });
  test('take the first that holds, else the default', async () => {
    expect((await execute(choose('{% $states.input.a = 1 %}'), { input: { a: 1 } })).result).toMatchObject({ output: 'yes' });
    expect((await execute(choose('{% $states.input.a = 1 %}'), { input: { a: 2 } })).result).toMatchObject({ output: 'no' });
  });
  test('a condition that is no yes or no fails, it does not pass for no', async () => {
    expect((await execute(choose('{% $states.input.missing %}'))).result).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect((await execute(choose('{% "text" %}'))).result).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
  test('a wait lasts as long as it says', async () => {
    expect((await execute({ A: { Type: 'Wait', Seconds: '{% $states.input.s %}', End: true } }, { input: { s: 90 } })).tookMs).toBe(90_000);
  });
  test('a failure says its error and cause', async () => {
    expect(
      (await execute({ A: { Type: 'Fail', Error: 'Denied', Cause: "{% 'by ' & $states.input.who %}" } }, { input: { who: 'alex' } })).result,
    ).toMatchObject({ status: 'FAILED', error: 'Denied', cause: 'by alex' });
  });
  test('a loop without end is ended at 25,000 events', async () => {
    const { result, events } = await execute({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(events.length).toBeLessThanOrEqual(25_001);
  });
});

test('a redrive begins at the state that failed, with its input and variables', async () => {
  const clock = new VirtualClock();
  const definition = loadDefinition(machine({ A: { Type: 'Pass', Assign: { kept: 5 }, Next: 'B' }, B: task({ Output: '{% $kept %}' }) }), {});
  let up = false;
  const options = {
    definition,
    clock,
    tokens: new TaskTokens(() => 't'),
    random: () => 0,
    signal: new AbortController().signal,
    execution: { id: 'a', name: 'a', input: {} },
    invoke: async (): Promise<TaskReply> => (up ? { ok: true, result: {} } : { ok: false, error: 'Bad', cause: '' }),
  };
  const first = await clock.run(new Run(options).run());
  if (first.status === 'SUCCEEDED') throw new Error('it did not fail');
  expect(first.at.state).toBe('B');
  up = true;
  expect(await clock.run(new Run({ ...options, from: first.at }).run())).toEqual({ status: 'SUCCEEDED', output: 5 });
});

describe('what is not known is refused when it is loaded', () => {
  test.each<[string, States]>([
    ['JSONPath fields', { A: { ...task(), ResultPath: '$.x' } }],
    ['a map state', { A: { Type: 'Map', End: true } }],
    ['a task without a time', { A: { Type: 'Task', Resource: 'arn:x', End: true } }],
    ['a next that is not there', { A: { Type: 'Pass', Next: 'Nowhere' } }],
    ['a state that nothing leads to', { A: { Type: 'Succeed' }, Lost: { Type: 'Succeed' } }],
    ['a state without a way on', { A: { Type: 'Pass' } }],
    ['an unknown field of a retrier', { A: { ...task(), Retry: [{ ErrorEquals: ['x'], Forever: true }] } }],
  ])('%s', (_, states) => {
    expect(() => loadDefinition(machine(states), {})).toThrow();
  });
  test('a substitution that is missing', () => {
    expect(() => loadDefinition(machine({ A: task({ Resource: '${Missing}' }) }), {})).toThrow('no substitution for ${Missing}');
  });
});

describe('Wait until a moment', () => {
  const until = (Timestamp: string): Record<string, unknown> => ({ Later: { Type: 'Wait', Timestamp, End: true } });
  test.each([
    ['2023-11-14T22:14:20Z', 60_000],
    ['2023-11-14T23:14:20+01:00', 60_000],
    ['2023-11-14T22:13:20.500Z', 500],
    ['2020-01-01T00:00:00Z', 0],
  ])('%s', async (at, tookMs) => {
    expect(await execute(until('{% $states.input.at %}'), { input: { at } })).toMatchObject({ result: { status: 'SUCCEEDED' }, tookMs });
  });
  test.each(['soon', '2023-11-14', '2023-13-14T22:13:20Z', 5, null])('%j is none', async (at) => {
    const { result } = await execute(until('{% $states.input.at %}'), { input: { at } });
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
  test.each([{}, { Seconds: 1, Timestamp: 'x' }])('%j is no Wait', (of) => {
    expect(() => loadDefinition(machine({ Later: { Type: 'Wait', End: true, ...of } }), {})).toThrow('expected either Seconds or Timestamp');
  });
});
