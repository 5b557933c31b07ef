import { STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { alex } from '../test/support/core.ts';
import { Refusal, wired, type Answer } from '../test/support/wire.ts';
import { whoAmI } from './identity.ts';

const askWith = (answer: Answer): Promise<string> => whoAmI(new STSClient(wired(() => answer).options));
const identity = (inner: string): string =>
  `<GetCallerIdentityResponse><GetCallerIdentityResult>${inner}</GetCallerIdentityResult></GetCallerIdentityResponse>`;

test('the caller is who STS says', async () => {
  expect(await askWith(identity(`<Arn>${alex}</Arn>`))).toBe(alex);
});

test.each<[string, Answer, string, object]>([
  ['a refusal', new Refusal('ExpiredToken'), 'ExpiredToken', { name: 'ExpiredToken' }],
  ['an answer that names nobody', identity('<UserId>U</UserId>'), 'Error', { message: 'the answer holds no ARN' }],
])('%s is told with how to log in', async (_, answer, name, cause) => {
  await expect(askWith(answer)).rejects.toMatchObject({
    code: 'InputInvalid',
    message: `AWS does not know who you are: ${name}`,
    fix: 'Log in (for example: aws sso login) and run it again.',
    cause,
  });
});
