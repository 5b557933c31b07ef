import { describe, expect, test } from 'vitest';
import { dynamo, ec2, guardDynamo, kms, sfn, sns, ssm, sts } from './clients.ts';

interface Made {
  readonly config: {
    readonly maxAttempts: () => Promise<number>;
    readonly requestHandler: { handle(request: never): Promise<unknown>; httpHandlerConfigs(): object };
  };
  destroy(): void;
}

/** What the SDK will hold the client to. The handler settles its limits when it is first used; that request goes nowhere. */
const limitsOf = async (client: unknown): Promise<object> => {
  const made = client as Made;
  const { config } = made;
  await config.requestHandler.handle({} as never).catch(() => undefined);
  const found = { ...config.requestHandler.httpHandlerConfigs(), maxAttempts: await config.maxAttempts() };
  made.destroy();
  return found;
};

describe('each client has a time-out that is an error, and a bound on its tries', () => {
  test.each([
    ['DynamoDB', dynamo, 2_000],
    ['Step Functions', sfn, 5_000],
    ['SSM', ssm, 5_000],
    ['KMS', kms, 3_000],
    ['EC2', ec2, 5_000],
    ['SNS', sns, 5_000],
    ['STS', sts, 3_000],
  ])('%s', async (_, make, requestTimeout) => {
    expect(await limitsOf(make())).toMatchObject({ maxAttempts: 3, connectionTimeout: 1_000, requestTimeout, throwOnRequestTimeout: true });
  });
  test.each([
    ['DynamoDB', dynamo],
    ['Step Functions', sfn],
    ['KMS', kms],
    ['the guard’s table', (place: { region: string }) => guardDynamo(750, place)],
  ])('%s of another Region', async (_, make) => {
    const there = make({ region: 'eu-north-1' }) as unknown as { config: { region: () => Promise<string> }; destroy(): void };
    expect(await there.config.region()).toBe('eu-north-1');
    there.destroy();
  });
  test('the guard tries once, within its own read time-out', async () => {
    const limits = { maxAttempts: 1, connectionTimeout: 750, requestTimeout: 750, throwOnRequestTimeout: true };
    expect(await limitsOf(guardDynamo(750))).toMatchObject(limits);
  });
});
