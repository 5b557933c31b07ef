import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { deploymentOf } from '../deployment.ts';
import { templateFile } from '../lambda/bundle.ts';
import { secureParameterOf } from './parameters.ts';
import { startAwsServer } from './server.ts';
import { LocalSsm } from './ssm.ts';

const deployment = deploymentOf(templateFile, { SlackEnabled: 'true' });
const parameter = secureParameterOf(deployment, '/baton/slack', 'the secret');
const server = await startAwsServer([
  new LocalSsm({ machines: { get: () => undefined }, clock: systemClock, documents: {}, visibleAfterMs: 0, parameters: [parameter] }),
]);
afterAll(() => server.close());

const principalOf = (id: string): string => deployment.functions.find(({ logicalId }) => logicalId === id)?.principal ?? '';
const readBy = async (arn: string, of: { Name?: string; WithDecryption?: boolean } = {}): Promise<string> => {
  const client = new SSMClient({ region: 'us-east-1', endpoint: server.endpoint, credentials: server.principal(arn), maxAttempts: 1 });
  const { Parameter } = await client.send(new GetParameterCommand({ Name: '/baton/slack', WithDecryption: true, ...of }));
  return Parameter?.Value ?? '';
};

test('those whom the template lets read it', async () => {
  for (const id of ['SlackFunction', 'RequestApprovalFunction']) expect(await readBy(principalOf(id))).toBe('the secret');
});

test('nobody else does, whether or not it is there', async () => {
  for (const id of ['AnswerFunction', 'FenceFunction', 'ReleaseKeyFunction', 'WatchFunction']) {
    await expect(readBy(principalOf(id))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  }
  await expect(readBy('arn:aws:sts::123456789012:assumed-role/baton-approver/alex')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(readBy(principalOf('SlackFunction'), { Name: '/other/slack' })).rejects.toMatchObject({ name: 'ParameterNotFound' });
});

test('without decryption there is nothing to be read in it', async () => {
  const text = await readBy(principalOf('SlackFunction'), { WithDecryption: false });
  expect([text.length > 0, text.includes('secret')]).toEqual([true, false]);
});

test('a stack without Slack lets nobody read it', () => {
  expect(secureParameterOf(deploymentOf(templateFile, {}), '/baton/slack', 'x').readers).toEqual([]);
});
