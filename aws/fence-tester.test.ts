import type { LambdaClient } from '@aws-sdk/client-lambda';
import { expect, test } from 'vitest';
import { FenceTester } from './fence-tester.ts';

const testerWith = (answer: unknown) => {
  const sent: { readonly FunctionName?: string; readonly InvocationType?: string; readonly Payload?: Uint8Array }[] = [];
  const client = {
    send: async ({ input }: { input: (typeof sent)[number] }) => {
      sent.push(input);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as LambdaClient;
  return { sent, tester: new FenceTester({ client, name: 'baton-fence-test' }) };
};
const ask = { by: 'robin', validator: 'hub-1' };
const payload = (value: unknown) => Buffer.from(JSON.stringify(value));

test('the function is asked once, and waited for', async () => {
  const { sent, tester } = testerWith({ StatusCode: 200, Payload: payload({ validators: 1 }) });
  await tester.run(ask);
  expect(sent).toMatchObject([{ FunctionName: 'baton-fence-test', InvocationType: 'RequestResponse' }]);
  expect(JSON.parse(String(sent[0]?.Payload))).toEqual(ask);
});
test.each([
  [
    'a function that fails is told by its own words',
    { FunctionError: 'Unhandled', Payload: payload({ errorMessage: 'no fence could be tried' }) },
    'baton-fence-test failed: no fence could be tried',
  ],
  ['one that was cut off', { FunctionError: 'Unhandled', Payload: Buffer.from('{') }, 'baton-fence-test failed: it tells no reason'],
  [
    'one that may not be asked',
    Object.assign(new Error('secret'), { name: 'AccessDeniedException' }),
    'baton-fence-test could not be asked: AccessDeniedException',
  ],
])('%s', async (_, answer, message) => {
  await expect(testerWith(answer).tester.run(ask)).rejects.toMatchObject({ code: 'CommandFailed', message, fix: 'baton doctor' });
});
