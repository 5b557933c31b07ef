import { expect, test } from 'vitest';
import { stepLine, stepsOf } from './explain.ts';

const events = [
  { id: 1, type: 'ExecutionStarted', atMs: 1_000 },
  { id: 2, type: 'TaskStateEntered', atMs: 1_000, state: 'Assess' },
  { id: 3, type: 'TaskStateExited', atMs: 1_400, state: 'Assess', output: '{"sentence":"Plan made."}' },
  { id: 4, type: 'TaskStateEntered', atMs: 1_400, state: 'TakeTerm' },
  { id: 5, type: 'LambdaFunctionFailed', atMs: 1_500, error: 'StaleTerm', cause: 'term 4 is taken' },
  { id: 6, type: 'FailStateEntered', atMs: 1_500, state: 'StaleTerm' },
  { id: 7, type: 'ExecutionFailed', atMs: 1_500, error: 'StaleTerm', cause: 'Another execution drives the term.' },
];

test('each state is told once, with its own sentence and duration', () => {
  expect(stepsOf(events)).toEqual([
    { state: 'Assess', startedMs: 0, tookMs: 400, sentence: 'Plan made.' },
    { state: 'TakeTerm', startedMs: 400, tookMs: 100, sentence: 'StaleTerm: term 4 is taken' },
    { state: 'StaleTerm', startedMs: 500, tookMs: 0, sentence: 'StaleTerm: Another execution drives the term.' },
  ]);
});

test('an output that is not JSON leaves the sentence empty', () => {
  expect(stepsOf([...events.slice(0, 2), { id: 3, type: 'TaskStateExited', atMs: 1_400, state: 'Assess', output: 'half {' }])).toEqual([
    { state: 'Assess', startedMs: 0, tookMs: 400, sentence: '' },
  ]);
});

test('a line shows when it began and how long it took', () => {
  expect(stepLine({ state: 'Fence', startedMs: 1_400, tookMs: 2_250, sentence: 'Fenced.' })).toBe('  +   1.4 s  Fence              Fenced.  (2.3 s)');
});
