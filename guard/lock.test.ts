import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ValidatorId } from '../core/ids.ts';
import { amber, birch, v } from '../test/support/core.ts';
import { lockGuard } from './lock.ts';

const root = `/lock-test-${process.pid}`;
const of = { validator: v, node: amber, root };

test('a second guard of the validator on this machine is refused, until the first has ended', async () => {
  const first = await lockGuard(of);
  await expect(lockGuard(of)).rejects.toMatchObject({ code: 'GuardRefused', message: 'another guard of hub-1 runs on this machine (EADDRINUSE)' });
  first.close();
  await once(first, 'close');
  (await lockGuard(of)).close();
});

test('guards of other validators, and of the other nodes of a drill, are no second one', async () => {
  const held = await Promise.all([
    lockGuard(of),
    lockGuard({ ...of, validator: 'hub-2' as ValidatorId }),
    lockGuard({ ...of, node: birch }),
    lockGuard({ ...of, root: '/' }),
  ]);
  for (const server of held) server.close();
});

test('one that was killed holds it no longer', async () => {
  const script = `import { lockGuard } from '${join(import.meta.dirname, 'lock.ts')}';
    await lockGuard(${JSON.stringify({ ...of, root: `${root}-2` })}); console.log('held'); process.stdin.resume();`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(other.stdout, 'data');
  await expect(lockGuard({ ...of, root: `${root}-2` })).rejects.toThrow('another guard of hub-1 runs on this machine');
  other.kill('SIGKILL');
  await once(other, 'exit');
  (await lockGuard({ ...of, root: `${root}-2` })).close();
});
