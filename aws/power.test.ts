import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { amber, birch } from '../test/support/core.ts';
import { Refusal, someSignal, wired, type Answer } from '../test/support/wire.ts';
import { Power } from './power.ts';

const powerWith = (answer: Answer) => {
  const { sent, options } = wired(() => answer);
  return { sent, power: new Power({ client: new EC2Client(options) }) };
};

interface Machine {
  readonly id: string;
  readonly state?: string;
}
const machine = ({ id, state }: Machine): string =>
  `<item><instanceId>${id}</instanceId>${state === undefined ? '' : `<instanceState><name>${state}</name></instanceState>`}</item>`;
const shown = (...reservations: Machine[][]): string => {
  const items = reservations.map((machines) => `<item><instancesSet>${machines.map(machine).join('')}</instancesSet></item>`);
  return `<DescribeInstancesResponse><reservationSet>${items.join('')}</reservationSet></DescribeInstancesResponse>`;
};

describe('off', () => {
  test('is one order to exactly this machine that waits for no operating system', async () => {
    const { sent, power } = powerWith('<StopInstancesResponse/>');
    const signal = someSignal();
    await power.off(amber, signal);
    expect(sent).toEqual([{ action: 'StopInstances', input: { 'InstanceId.1': amber, Force: 'true', SkipOsShutdown: 'true' }, signal }]);
  });
  test('that EC2 refuses is told with the machine, the reason and the command to type', async () => {
    await expect(powerWith(new Refusal('IncorrectInstanceState')).power.off(amber)).rejects.toMatchObject({
      code: 'PowerFailed',
      message: `EC2 did not take the order to stop ${amber}: IncorrectInstanceState`,
      fix: `aws ec2 stop-instances --force --instance-ids ${amber}`,
      cause: { name: 'IncorrectInstanceState' },
    });
  });
});

describe('the state', () => {
  test('is asked of exactly this machine', async () => {
    const { sent, power } = powerWith(shown([{ id: amber, state: 'running' }]));
    const signal = someSignal();
    await power.state(amber, signal);
    expect(sent).toEqual([{ action: 'DescribeInstances', input: { 'InstanceId.1': amber }, signal }]);
  });
  test.each(['running', 'stopping', 'shutting-down', 'stopped', 'terminated'])('%s is EC2’s own word', async (state) => {
    expect(await powerWith(shown([{ id: amber, state }])).power.state(amber)).toBe(state);
  });
  test('is found among what else is shown', async () => {
    const { power } = powerWith(shown([{ id: birch, state: 'stopped' }], [], [{ id: amber, state: 'running' }]));
    expect(await power.state(amber)).toBe('running');
    const answer = shown([{ id: amber, state: 'running' }]).replace('<item>', '<item><reservationId>r-1</reservationId></item><item>');
    expect(await powerWith(answer).power.state(amber)).toBe('running');
  });
  test.each<[string, Answer]>([
    ['another machine that is stopped', shown([{ id: birch, state: 'stopped' }])],
    ['the machine shown twice', shown([{ id: amber, state: 'stopped' }], [{ id: amber, state: 'stopped' }])],
    ['a machine without a state', shown([{ id: amber }])],
    ['a reservation without machines', '<DescribeInstancesResponse><reservationSet><item/></reservationSet></DescribeInstancesResponse>'],
    ['no reservation', '<DescribeInstancesResponse/>'],
    ['a refusal', new Refusal('InvalidInstanceID.NotFound')],
    ['no answer', new Error('socket hang up')],
  ])('%s is unknown', async (_, answer) => {
    expect(await powerWith(answer).power.state(amber)).toBe('unknown');
  });
});

describe('the test', () => {
  const testWith = (dry: Answer, answer: Answer = shown([{ id: amber, state: 'running' }])) => {
    const { sent, options } = wired(({ action }) => (action === 'StopInstances' ? dry : answer));
    return { sent, tested: new Power({ client: new EC2Client(options) }).test(amber) };
  };
  test('is a dry run of exactly the order, and a state', async () => {
    const { sent, tested } = testWith(new Refusal('DryRunOperation'));
    expect(await tested).toEqual({ works: true, code: 'works', how: 'EC2 would take the order to stop it, and shows it as running.' });
    expect(sent.map(({ action, input }) => [action, input])).toEqual([
      ['StopInstances', { 'InstanceId.1': amber, Force: 'true', SkipOsShutdown: 'true', DryRun: 'true' }],
      ['DescribeInstances', { 'InstanceId.1': amber }],
    ]);
  });
  test.each<[string, string, Answer]>([
    ['a right that is missing', 'PowerNotAllowed', new Refusal('UnauthorizedOperation')],
    ['a machine that is gone', 'PowerUnreachable', new Refusal('InvalidInstanceID.NotFound')],
    ['a service that is away', 'PowerUnreachable', new Refusal('InternalError')],
    ['an order that was taken as if it were meant', 'PowerUnreachable', '<StopInstancesResponse/>'],
  ])('%s is no success', async (_, code, dry) => {
    expect(await testWith(dry).tested).toMatchObject({ works: false, code });
  });
  test('an order that would be taken for a machine without a state is no success', async () => {
    expect(await testWith(new Refusal('DryRunOperation'), shown()).tested).toMatchObject({ works: false, code: 'PowerUnusable' });
  });
});
