import { describe, expect, test } from 'vitest';
import { evidenceOf, sentenceIn, signingAfterMs, type WorkflowEvent } from './history.ts';

const exit = (state: string, atMs: number, output: unknown, type = 'TaskStateExited'): WorkflowEvent => ({
  id: atMs,
  type,
  state,
  atMs,
  output: typeof output === 'string' ? output : JSON.stringify(output),
});
const begun: WorkflowEvent = { id: 1, type: 'ExecutionStarted', atMs: 1_000 };

describe('what proved the fence', () => {
  test('is what the last pass of Fence gave that ended it', () => {
    expect(evidenceOf([exit('Fence', 1, { state: 'pending' }), exit('Fence', 2, { state: 'fenced', kind: 'stopped' })])).toBe('stopped');
    expect(evidenceOf([exit('Fence', 1, { state: 'fenced', kind: 'stopped' }), exit('Fence', 2, { state: 'fenced', kind: 'lapsed' })])).toBe(
      'lapsed',
    );
  });
  test.each<[string, WorkflowEvent[]]>([
    ['nothing', []],
    ['another state', [exit('Fenced', 1, { state: 'fenced', kind: 'stopped' })]],
    ['another event', [exit('Fence', 1, { state: 'fenced', kind: 'stopped' }, 'TaskStateEntered')]],
    ['another word', [exit('Fence', 1, { state: 'exhausted', kind: 'stopped' })]],
    ['an evidence that is none', [exit('Fence', 1, { state: 'fenced', kind: 'guessed' })]],
    ['half an output', [exit('Fence', 1, '{"state":"fenced"')]],
    ['no output', [{ id: 1, type: 'TaskStateExited', state: 'Fence', atMs: 1 }]],
  ])('%s tells none', (_, events) => {
    expect(evidenceOf(events)).toBe(null);
  });
});

describe('from start to signature', () => {
  const seen = exit('Verify', 6_500, { state: 'signing' });
  test('is until Verify first saw it', () => {
    expect(signingAfterMs([begun, exit('Verify', 3_000, { state: 'pending' }), seen, exit('Verify', 9_000, { state: 'signing' })])).toBe(5_500);
  });
  test.each<[string, WorkflowEvent[]]>([
    ['nothing', []],
    ['a pass that did not see it', [begun, exit('Verify', 3_000, { state: 'pending' })]],
    ['another state', [begun, exit('Verified', 3_000, { state: 'signing' })]],
    ['another event', [begun, exit('Verify', 3_000, { state: 'signing' }, 'TaskStateEntered')]],
    ['no output', [begun, { id: 2, type: 'TaskStateExited', state: 'Verify', atMs: 2 }]],
  ])('%s tells none', (_, events) => {
    expect(signingAfterMs(events)).toBe(null);
  });
});

test.each<[string, string | undefined, string | undefined]>([
  ['a sentence', '{"sentence":"It signs.","state":"signing"}', 'It signs.'],
  ['no sentence', '{"state":"signing"}', undefined],
  ['half an output', '{"sentence":"It', undefined],
  ['no output', undefined, undefined],
])('%s', (_, output, sentence) => {
  expect(sentenceIn(output)).toBe(sentence);
});
