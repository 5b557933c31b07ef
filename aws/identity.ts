import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { BatonError } from '../core/errors.ts';

export const nobodyKnown = (cause: unknown): BatonError =>
  new BatonError('InputInvalid', `AWS does not know who you are: ${(cause as Error).name}`, {
    cause,
    fix: 'Log in (for example: aws sso login) and run it again.',
  });

/** The caller's ARN as STS tells it. @throws BatonError InputInvalid when there are no valid credentials. */
export const whoAmI = async (client: STSClient): Promise<string> => {
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    if (Arn !== undefined) return Arn;
    throw new Error('the answer holds no ARN');
  } catch (cause) {
    throw nobodyKnown(cause);
  }
};
