import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { Tasks } from './tasks.ts';

const tasksWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, tasks: new Tasks(new SFNClient(options)) };
};
const failures: [string, Answer, string][] = [
  ['a refusal', new Refusal('AccessDeniedException'), 'AccessDeniedException'],
  ['no answer', new Error('socket hang up'), 'Error'],
];

describe('an answer', () => {
  test('is handed to the task of this token', async () => {
    const { sent, tasks } = tasksWith({});
    await tasks.sendAnswer('token-1', { approved: true });
    expect(sent).toEqual([{ action: 'SendTaskSuccess', input: { taskToken: 'token-1', output: '{"approved":true}' }, signal: undefined }]);
  });
  test('can be given up', async () => {
    const { sent, tasks } = tasksWith({});
    const signal = someSignal();
    await tasks.sendAnswer('token-1', {}, signal);
    expect(sent[0]?.signal).toBe(signal);
  });
  test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])('after %s it comes too late', async (code) => {
    await expect(tasksWith(new Refusal(code)).tasks.sendAnswer('token-1', {})).rejects.toMatchObject({
      code: 'ApprovalExpired',
      message: 'the execution no longer waits for this answer',
      fix: 'baton status',
      cause: { name: code },
    });
  });
  test.each(failures)('%s is told, and the answer may be given again', async (_, answer, cause) => {
    await expect(tasksWith(answer).tasks.sendAnswer('token-1', {})).rejects.toMatchObject({
      code: 'WorkflowFailed',
      message: `the answer could not be handed over: ${cause}`,
      fix: 'Answer again.',
      cause: { name: cause },
    });
  });
});
