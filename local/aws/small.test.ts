import { expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { localEc2 } from './small.ts';

const machineOf = () => {
  const log: string[] = [];
  const machine = {
    reachable: () => true,
    run: () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '' }),
    powerOff: async () => {
      log.push('off');
    },
    state: () => (log.includes('off') ? ('stopped' as const) : ('running' as const)),
  };
  const ec2 = localEc2({ machines: { get: (id) => (id === 'i-1' ? machine : undefined) }, clock: systemClock, settleMs: 0 });
  const call = (input: Record<string, string>) =>
    ec2.handle('StopInstances', { 'InstanceId.1': 'i-1', ...input }, { arn: 'arn', accessKeyId: 'x' } as never);
  return { log, call };
};

test('a dry run stops nothing, and says so by its error', async () => {
  const { log, call } = machineOf();
  await expect(call({ DryRun: 'true' })).rejects.toMatchObject({ code: 'DryRunOperation' });
  await expect(call({ DryRun: 'true', 'InstanceId.1': 'i-2' })).rejects.toMatchObject({ code: 'InvalidInstanceID.NotFound' });
  expect(log).toEqual([]);
});

test('what is no dry run stops', async () => {
  const { log, call } = machineOf();
  await call({});
  expect(log).toEqual(['off']);
});
