import type { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { amber, birch } from '../test/support/core.ts';
import { Power } from './power.ts';

const stateOf = (...instances: { InstanceId: string; State: unknown }[]): Promise<string> =>
  new Power({ client: { send: async () => ({ Reservations: [{ Instances: instances }] }) } as unknown as EC2Client }).state(amber);

test.each<[string, unknown, string]>([
  ['a word', { Name: 'stopped' }, 'stopped'],
  ['no text', { Name: { toString: 1 } }, 'unknown'],
  ['a list', { Name: ['stopped'] }, 'unknown'],
  ['nothing', undefined, 'unknown'],
])('a state that is %s', async (_, State, expected) => {
  expect(await stateOf({ InstanceId: amber, State })).toBe(expected);
});

test('two answers about one instance, or one about another, tell nothing', async () => {
  const State = { Name: 'stopped' };
  expect(await stateOf({ InstanceId: amber, State }, { InstanceId: amber, State })).toBe('unknown');
  expect(await stateOf({ InstanceId: birch, State })).toBe('unknown');
});
