import { describe, expect, test } from 'vitest';
import { run, v } from '../test/support/core.ts';
import { answerFailure, answerReply, answerRequest, planDigits } from './answer.ts';

const request = { validator: v, purpose: 'approval', answer: 'approve', plan: 'f'.repeat(12) };
const reply = { state: 'pending', counted: 1, quorum: 2, execution: run('one'), validator: v };
const failure = { code: 'PlanChanged', message: 'not that one', fix: 'Read the plan.' };

describe('what a person sends', () => {
  test.each([
    {},
    { purpose: 'attestation', statement: 'x'.repeat(1_000) },
    { answer: 'deny' },
    { plan: '0123456789abcdef'.repeat(4) },
    { plan: 'a'.repeat(8) },
  ])('%j is taken as it is', (of) => {
    expect(answerRequest.parse({ ...request, ...of })).toEqual({ ...request, ...of });
  });
  test.each([
    { by: 'arn:aws:iam::123456789012:user/eve' },
    { validator: 'A' },
    { purpose: 'failover' },
    { answer: 'approved' },
    { statement: '' },
    { statement: 'x'.repeat(1_001) },
  ])('%j is refused', (of) => {
    expect(answerRequest.safeParse({ ...request, ...of }).success).toBe(false);
  });
  test.each(['', 'f'.repeat(7), 'f'.repeat(65), 'F'.repeat(8), 'g'.repeat(8), `${'f'.repeat(8)}\n`, ` ${'f'.repeat(8)}`])(
    'the plan %j is refused',
    (plan) => {
      expect(planDigits.test(plan)).toBe(false);
      const found = answerRequest.safeParse({ ...request, plan });
      expect(found.error?.issues.map(({ message }) => message)).toEqual(['expected the first 8 to 64 digits of the plan hash']);
    },
  );
});

describe('what is told', () => {
  test.each([{}, { state: 'approved', counted: 0 }, { state: 'denied', counted: 50 }, { state: 'expired', quorum: 10 }])('%j is taken', (of) => {
    expect(answerReply.parse({ ...reply, ...of })).toEqual({ ...reply, ...of });
  });
  test.each([
    { token: 'x' },
    { state: 'open' },
    { counted: -1 },
    { counted: 51 },
    { counted: 0.5 },
    { quorum: 0 },
    { quorum: 11 },
    { execution: 'a b' },
    { validator: '' },
  ])('%j is refused', (of) => {
    expect(answerReply.safeParse({ ...reply, ...of }).success).toBe(false);
  });
});

describe('a failure', () => {
  test.each([{}, { field: 'x'.repeat(400) }, { message: 'x'.repeat(3_000), fix: 'y'.repeat(3_000) }])('%j is taken', (of) => {
    expect(answerFailure.parse({ ...failure, ...of })).toEqual({ ...failure, ...of });
  });
  test.each(['Unexpected', '', 7, undefined])('of the code %j is one of the workflow, with its own words', (code) => {
    expect(answerFailure.parse({ ...failure, code })).toEqual({ ...failure, code: 'WorkflowFailed' });
  });
  test('without end is cut', () => {
    const of = { message: 'm'.repeat(3_001), fix: 'x'.repeat(3_001), field: 'y'.repeat(401) };
    expect(answerFailure.parse({ ...failure, ...of })).toEqual({
      code: 'PlanChanged',
      message: 'm'.repeat(3_000),
      fix: 'x'.repeat(3_000),
      field: 'y'.repeat(400),
    });
  });
  test.each([{ message: '' }, { fix: '' }, { field: '' }, { message: 7 }, { stack: 'at' }])('%j is refused', (of) => {
    expect(answerFailure.safeParse({ ...failure, ...of }).success).toBe(false);
  });
});
