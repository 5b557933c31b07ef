import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { cgroupsEmpty, cgroupsOf } from './cgroup.ts';
import { isDownBy, readProperties, runCommand } from './commands.ts';

const unit = 'gaiad.service';
const resting = {
  LoadState: 'loaded',
  ActiveState: 'inactive',
  SubState: 'dead',
  Job: '',
  TasksCurrent: '0',
  ControlGroup: '',
  Slice: 'system.slice',
};
const isDown = (of: Partial<Record<keyof typeof resting, string>>, empty = true): boolean =>
  isDownBy(unit, new Map(Object.entries({ ...resting, ...of })), () => empty);

describe('a program', () => {
  test('gets its input whole, and then its end', async () => {
    expect(await runCommand(['cat'], { timeoutMs: 5_000, input: Buffer.from('a secret') })).toEqual({ exitCode: 0, stdout: 'a secret' });
    expect(await runCommand(['cat'], { timeoutMs: 5_000 })).toEqual({ exitCode: 0, stdout: '' });
  });
  test('that does not read its input is judged by its exit code', async () => {
    expect(await runCommand(['sh', '-c', 'exit 3'], { timeoutMs: 5_000, input: Buffer.alloc(1_000_000) })).toEqual({ exitCode: 3, stdout: '' });
    expect(await runCommand(['/no/such/program'], { timeoutMs: 5_000, input: Buffer.from('x') })).toEqual({ exitCode: 127, stdout: '' });
  });
  test('has an end also when it is given no time', async () => {
    expect((await runCommand(['sleep', '100'], { timeoutMs: 0 })).exitCode).toBe(127);
  });
});

describe('a unit is down', () => {
  test.for<Partial<typeof resting>>([
    {},
    { ActiveState: 'failed', SubState: 'failed' },
    { LoadState: 'masked', Slice: '' },
    { Job: '0' },
    { TasksCurrent: '[not set]' },
    { TasksCurrent: '18446744073709551615' },
    { SubState: 'dead-resources-pinned' },
  ])('%j', (of) => {
    expect(isDown(of)).toBe(true);
  });
  test.for<Partial<typeof resting>>([
    { ActiveState: 'active', SubState: 'running' },
    { ActiveState: 'activating', SubState: 'start-pre' },
    { ActiveState: 'activating', SubState: 'auto-restart' },
    { ActiveState: 'deactivating', SubState: 'stop-sigterm' },
    { ActiveState: 'reloading' },
    { ActiveState: 'unknown' },
    { SubState: 'dead-before-auto-restart' },
    { ActiveState: 'failed', SubState: 'failed-before-auto-restart' },
    { SubState: '' },
    { Job: '71' },
    { TasksCurrent: '1' },
    { TasksCurrent: '' },
    { LoadState: 'not-found' },
    { LoadState: 'error' },
  ])('not with %j', (of) => {
    expect(isDown(of)).toBe(false);
  });
  test('not when systemd tells nothing, or only a part', () => {
    expect(isDownBy(unit, new Map(), () => true)).toBe(false);
    for (const name of Object.keys(resting).filter((one) => one !== 'ControlGroup' && one !== 'Slice')) {
      const told = new Map(Object.entries(resting));
      told.delete(name);
      expect([name, isDownBy(unit, told, () => true)]).toEqual([name, false]);
    }
  });
  test('not when tasks are not counted and a process of it is left', () => {
    expect(isDown({ TasksCurrent: '[not set]' }, false)).toBe(false);
    expect(isDown({ TasksCurrent: '18446744073709551615' }, false)).toBe(false);
  });
});

test('properties are read by their name, whatever their order', () => {
  expect([...readProperties('SubState=dead\nExecStart=a=b\n\nJob=\n')]).toEqual([
    ['SubState', 'dead'],
    ['ExecStart', 'a=b'],
    ['Job', ''],
  ]);
});

describe('the cgroups of a unit', () => {
  test('are the one that systemd names, and those where it may be when it names none', () => {
    expect(cgroupsOf(unit, { controlGroup: '', slice: 'system.slice' })).toEqual(['/system.slice/gaiad.service']);
    expect(cgroupsOf(unit, { controlGroup: '/x/gaiad.service', slice: 'chain-hub.slice' })).toEqual([
      '/x/gaiad.service',
      '/chain.slice/chain-hub.slice/gaiad.service',
      '/system.slice/gaiad.service',
    ]);
    expect(cgroupsOf('my-node@a.service', { controlGroup: '/', slice: '' })).toEqual([
      '/system.slice/my-node@a.service',
      String.raw`/system.slice/system-my\x2dnode.slice/my-node@a.service`,
    ]);
    expect(cgroupsOf(unit, { controlGroup: '', slice: '-.slice' })[0]).toBe('/gaiad.service');
  });
});

describe('a tree of cgroups', () => {
  const made: string[] = [];
  const treeOf = (files: Record<string, string>): string => {
    const root = mkdtempSync(join(tmpdir(), 'cg-'));
    made.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path), { recursive: true });
      writeFileSync(join(root, path, 'cgroup.procs'), text);
    }
    return root;
  };
  afterAll(() => {
    for (const root of made) rmSync(root, { recursive: true });
  });
  const at = '/system.slice/gaiad.service';
  test('is empty without the unit, and with a folder of it that holds nothing', () => {
    expect(cgroupsEmpty([at], [treeOf({ '.': '1\n' })])).toBe(true);
    expect(cgroupsEmpty([at], [treeOf({ '.': '1\n', [at]: '', [`${at}/sub`]: '' })])).toBe(true);
  });
  test('is not with a process in the unit, or in a cgroup that the unit made', () => {
    expect(cgroupsEmpty([at], [treeOf({ '.': '1\n', [at]: '54\n' })])).toBe(false);
    expect(cgroupsEmpty([at], [treeOf({ '.': '1\n', [at]: '', [`${at}/sub/sub`]: '54\n', [`${at}/sub`]: '' })])).toBe(false);
  });
  test('is looked at in every hierarchy that is there', () => {
    expect(cgroupsEmpty([at], [treeOf({ '.': '1\n' }), treeOf({ '.': '1\n', [at]: '54\n' })])).toBe(false);
  });
  test('that cannot be read, or has no end, is not empty', () => {
    expect(cgroupsEmpty([at], [treeOf({})])).toBe(false);
    expect(cgroupsEmpty([at], [])).toBe(false);
    const root = treeOf({ '.': '1\n', [at]: '' });
    rmSync(join(root, at, 'cgroup.procs'));
    mkdirSync(join(root, at, 'cgroup.procs'));
    expect(cgroupsEmpty([at], [root])).toBe(false);
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${at}/${String(index)}`, '']));
    expect(cgroupsEmpty([at], [treeOf({ '.': '1\n', [at]: '', ...wide })])).toBe(false);
  });
});

test('what the guard runs gets neither its watchdog nor its credentials', async () => {
  vi.stubEnv('NOTIFY_SOCKET', '/run/n');
  vi.stubEnv('WATCHDOG_PID', '7');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('BATON_ROOT', '/b');
  try {
    const argv = ['/bin/sh', '-c', 'echo "$NOTIFY_SOCKET,$WATCHDOG_PID,$AWS_SECRET_ACCESS_KEY,$BATON_ROOT,$EXTRA"'];
    expect(await runCommand(argv, { timeoutMs: 5_000, env: { EXTRA: 'x' } })).toEqual({ exitCode: 0, stdout: ',,,/b,x\n' });
  } finally {
    vi.unstubAllEnvs();
  }
});
