import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guardConfig, type GuardConfig } from './config.ts';
import { mountOf, swapsOf, takesNoswap, thisMachine } from './machine-facts.ts';
import { isDrill, preflight, refuseUnsafe, type Asked, type FileFacts, type Machine } from './preflight.ts';

/** What keeps a guard from starting on a machine. */

const configOf = (paths: Record<string, unknown> = {}): GuardConfig =>
  guardConfig.parse({
    ...{ validator: 'hub-1', node: 'i-0a1b2c3d4e5f60718', table: 'baton', keyId: 'k', unit: 'x.service', build: 'b1' },
    paths: { keyDir: '/run/baton/hub-1', stateDir: '/var/lib/baton/hub-1', ...paths },
    chain: { kind: 'systemd', healthCommand: ['h'], readinessCommand: ['r'], watermarkCommand: null, stateCheckCommand: null },
  });

const folder = (mode = 0o755, uid = 0): FileFacts => ({ kind: 'folder', mode, uid });
const file = (mode = 0o600, uid = 0): FileFacts => ({ kind: 'file', mode, uid });
const files: Record<string, FileFacts | null> = {
  '/': folder(),
  '/run': folder(),
  '/run/baton': folder(),
  '/run/baton/hub-1': folder(0o700),
  '/var': folder(),
  '/var/lib': folder(),
  '/var/lib/baton': folder(),
  '/var/lib/baton/hub-1': folder(0o700),
  '/var/lib/baton/hub-1/watermark.json': file(),
  '/etc': folder(),
  '/etc/baton': folder(),
  '/etc/baton/hub-1.json': file(),
};
const root = '1 0 8:1 / / rw - ext4 /dev/sda1 rw';
const run = (type: string, options = 'rw,size=800k'): string => `2 1 0:2 / /run rw,nosuid shared:5 - ${type} ${type} ${options}`;
const mounts = (...lines: string[]): string => `${[root, ...lines].join('\n')}\n`;
const kernel: Record<string, string | null> = {
  '/proc/self/mountinfo': mounts(run('tmpfs')),
  '/proc/swaps': 'Filename Type Size Used Priority\n',
  '/proc/self/cgroup': '0::/system.slice/baton-guard@hub-1.service\n',
};
const swapOn = { '/proc/swaps': 'Filename Type Size Used Priority\n/dev/dm-1 partition 1000 0 -2\n' };
const noswap = { '/proc/self/mountinfo': mounts(run('tmpfs', 'rw,noswap')) };
const ownLimit = { '/sys/fs/cgroup/system.slice/baton-guard@hub-1.service/memory.swap.max': '0\n' };
const steady = [0, 50, 100].map((at) => ({ fineMs: 9_000 + at, bootMs: 70_000 + at }));

interface Changes {
  readonly files?: Record<string, FileFacts | null>;
  readonly kernel?: Record<string, string | null>;
  readonly real?: Record<string, string>;
  readonly list?: readonly string[];
  readonly clocks?: Awaited<ReturnType<Machine['clocks']>>;
  readonly release?: string;
  readonly as?: Asked['as'];
  readonly configFile?: string;
}
const asked = (of: Changes = {}): Asked => {
  const [known, texts] = [
    { ...files, ...of.files },
    { ...kernel, ...of.kernel },
  ];
  const machine: Machine = {
    uid: 0,
    release: of.release ?? '6.12.1',
    file: (path) => known[path] ?? null,
    real: (path) => of.real?.[path] ?? path,
    list: () => of.list ?? [],
    read: (path) => texts[path] ?? null,
    clocks: () => Promise.resolve(of.clocks ?? steady),
  };
  return { config: configOf(), configFile: of.configFile ?? '/etc/baton/hub-1.json', as: of.as ?? 'guard', machine };
};
const refusals = async (of: Changes): Promise<string[]> => (await preflight(asked(of))).map(({ code, message }) => `${code} ${message}`);

test('a machine as the installer leaves it is taken, before and after', async () => {
  expect(await refusals({})).toEqual([]);
  const notYet = { '/run/baton': null, '/run/baton/hub-1': null, '/var/lib/baton': null, '/var/lib/baton/hub-1': null, '/etc/baton': null };
  expect(await refusals({ as: 'check', files: notYet, configFile: '/home/me/hub-1.json' })).toEqual([]);
});

const others = 'expected no write for group and others';
test.each<[string, Changes, string[]]>([
  ['folder above the keys', { files: { '/run/baton': folder(0o775) } }, [`PathUnsafe paths.keyDir: /run/baton is mode 0775: ${others}`]],
  ['folder above the watermark', { files: { '/var/lib': folder(0o777) } }, [`PathUnsafe paths.stateDir: /var/lib is mode 0777: ${others}`]],
  [
    'folder that a link above the keys leads to',
    { files: { '/run/baton': { kind: 'link', mode: 0o777, uid: 0 }, '/run/d': folder(0o722) }, real: { '/run/baton/hub-1': '/run/d/hub-1' } },
    [`PathUnsafe paths.keyDir: /run/d is mode 0722: ${others}`],
  ],
  [
    'folder of another user',
    { files: { '/etc/baton': folder(0o755, 1_000) } },
    ['PathUnsafe config: /etc/baton is owned by uid 1000: expected root'],
  ],
  ['configuration', { files: { '/etc/baton/hub-1.json': file(0o620) } }, [`PathUnsafe config: /etc/baton/hub-1.json is mode 0620: ${others}`]],
  [
    'configuration of another user',
    { files: { '/etc/baton/hub-1.json': file(0o600, 1_000) } },
    ['PathUnsafe config: /etc/baton/hub-1.json is owned by uid 1000: expected root'],
  ],
  [
    'key folder that others may look into',
    { files: { '/run/baton/hub-1': folder(0o750) } },
    ['PathUnsafe paths.keyDir: /run/baton/hub-1 is mode 0750: expected nothing for group and others'],
  ],
  [
    'key folder that is a link',
    { files: { '/run/baton/hub-1': { kind: 'link', mode: 0o777, uid: 0 } } },
    ['PathUnsafe paths.keyDir: /run/baton/hub-1 is a link: expected a folder'],
  ],
  [
    'key that others could read',
    { list: ['key'], files: { '/run/baton/hub-1/key': file(0o440) } },
    ['PathUnsafe key file: /run/baton/hub-1/key is mode 0440: expected nothing for group and others'],
  ],
  [
    'watermark',
    { files: { '/var/lib/baton/hub-1/watermark.json': file(0o606) } },
    [`PathUnsafe paths.stateDir: /var/lib/baton/hub-1/watermark.json is mode 0606: ${others}`],
  ],
])('%s that others could change', async (_, changes, expected) => {
  expect(await refusals(changes)).toEqual(expected);
});

test('a sticky folder keeps what is in it in its place', async () => {
  const at = { '/tmp': folder(0o1777), '/tmp/hub-1.json': file() };
  expect(await refusals({ files: at, configFile: '/tmp/hub-1.json' })).toEqual([]);
  const link = { kind: 'link', mode: 0o777, uid: 0 } as const;
  const linked = { ...at, '/etc/baton/hub-1.json': link, '/srv': folder(0o777), '/srv/hub-1.json': file() };
  expect(await refusals({ files: linked, real: { '/etc/baton/hub-1.json': '/srv/hub-1.json' } })).toEqual([
    `PathUnsafe config: /srv is mode 0777: ${others}`,
  ]);
});

test.each<[string, Changes, string[]]>([
  [
    'a disk',
    { kernel: { '/proc/self/mountinfo': mounts() } },
    ['KeyStorageUnsafe paths.keyDir: /run/baton/hub-1 is on ext4: expected tmpfs or ramfs'],
  ],
  [
    'a disk mounted over the tmpfs',
    { kernel: { '/proc/self/mountinfo': mounts(run('tmpfs'), '3 2 8:2 / /run/baton rw - xfs /dev/sdb rw') } },
    ['KeyStorageUnsafe paths.keyDir: /run/baton/hub-1 is on xfs: expected tmpfs or ramfs'],
  ],
  [
    'what cannot be told',
    { kernel: { '/proc/self/mountinfo': null } },
    ['KeyStorageUnsafe paths.keyDir: /run/baton/hub-1 is on a file system that cannot be told: expected tmpfs or ramfs'],
  ],
])('keys on %s', async (_, changes, expected) => {
  expect(await refusals(changes)).toEqual(expected);
});

test.each<[string, Changes, string | null]>([
  ['a tmpfs', { kernel: { ...swapOn, ...ownLimit } }, '/run/baton/hub-1 could be written to it'],
  ['a tmpfs with noswap, but a guard that is swapped', { kernel: { ...swapOn, ...noswap } }, 'nothing keeps the memory of the guard out of it'],
  ['a tmpfs with noswap and a guard that stays in memory', { kernel: { ...swapOn, ...noswap, ...ownLimit } }, null],
  ['a ramfs and a guard that stays in memory', { kernel: { ...swapOn, ...ownLimit, '/proc/self/mountinfo': mounts(run('ramfs')) } }, null],
  ['cgroups of version 1', { kernel: { ...swapOn, ...noswap, '/proc/self/cgroup': '1:name=systemd:/x\n' } }, 'nothing keeps the memory'],
  [
    'a kernel that cannot',
    { as: 'check', release: '6.3.9', kernel: { ...swapOn, '/sys/fs/cgroup/cgroup.controllers': 'cpu memory' } },
    'could be written',
  ],
  ['a kernel that can', { as: 'check', release: '6.4.0', kernel: { ...swapOn, '/sys/fs/cgroup/cgroup.controllers': 'cpu memory' } }, null],
  ['no list of swaps', { kernel: { '/proc/swaps': null } }, '/proc/swaps is not there'],
])('swap on a disk, and %s', async (_, changes, reason) => {
  const found = await refusals(changes);
  expect(found.map((one) => one.split(' ')[0])).toEqual(reason === null ? [] : ['SwapUnsafe']);
  if (reason !== null) expect(found[0]).toContain(reason);
});

test('compressed memory is no swap on a disk, unless it is written back to one', () => {
  const text =
    'Filename Type Size Used Priority\n/dev/zram0 partition 1 0 1\n/dev/zram1 partition 1 0 1\n/dev/zram2 partition 1 0 1\n/swap file 1 0 1\n';
  const backing: Record<string, string> = { zram0: 'none\n', zram1: '/dev/sdb\n' };
  expect(swapsOf(text, (name) => backing[name] ?? null)).toEqual(['/dev/zram1', '/swap']);
});

test.each([
  ['no clock that counts a suspend', [{ fineMs: 0, bootMs: null }], 'without one that counts a suspended machine'],
  ['a fine clock that goes back', [0, 50, 40].map((at, one) => ({ fineMs: at, bootMs: one * 50 })), 'going backwards'],
  ['a coarse clock that goes back', [0, 50, 40].map((at, one) => ({ fineMs: one * 50, bootMs: at })), 'going backwards'],
  ['clocks that stand still', [0, 0].map(() => ({ fineMs: 7, bootMs: 7 })), 'standing still'],
  ['a coarse clock that does not count', [0, 200].map((at) => ({ fineMs: at, bootMs: 7 })), 'slower where it counts'],
  ['no number', [{ fineMs: 0, bootMs: Number.NaN }], 'without a number'],
  ['nothing', [], 'not there'],
])('%s', async (_, clocks, reason) => {
  const found = await refusals({ clocks });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`ClockUnsafe clock: is ${reason}`);
});

test('a machine that was suspended meanwhile is no fault', async () => {
  expect(await refusals({ clocks: [0, 200].map((at) => ({ fineMs: at, bootMs: at * 100 })) })).toEqual([]);
});

test('all that was found is said at once, with what to do for each', async () => {
  const changes = { files: { '/run/baton': folder(0o777) }, kernel: swapOn };
  const refused = refuseUnsafe(asked(changes));
  await expect(refused).rejects.toMatchObject({
    code: 'SwapUnsafe',
    message: expect.stringMatching(/^swap: is on \(\/dev\/dm-1\), .*; paths\.keyDir: \/run\/baton is mode 0777/) as string,
    fix: expect.stringMatching(/^swapoff -a.*; then chmod go-w '\/run\/baton'$/) as string,
  });
  await expect(refuseUnsafe(asked())).resolves.toBeUndefined();
});

test('the kernel’s own texts: a mount over another, a point with a space, a path that climbs', () => {
  const text = mounts(run('tmpfs'), String.raw`3 1 0:3 / /with\040space rw - ramfs ramfs rw`, '4 1 0:4 / /run rw - ext4 /dev/sdc rw');
  expect(mountOf(text, '/run/baton')?.type).toBe('ext4');
  expect(mountOf(text, '/with space/x')?.type).toBe('ramfs');
  expect(mountOf(text, '/running')?.type).toBe('ext4');
  expect(mountOf(text, '/run/../with space')?.type).toBe('ramfs');
  expect(mountOf('', '/run')).toBe(null);
  expect(['6.3.99', '6.4.0-1-amd64', '7.0.0', '5.15.0', 'x'].map(takesNoswap)).toEqual([false, true, true, false, false]);
});

test('only a configuration whose keys lie below BATON_ROOT is a drill', () => {
  const drill = configOf({ keyDir: '/tmp/d/run/k', stateDir: '/tmp/d/s' });
  expect([isDrill(drill, '/tmp/d'), isDrill(drill, '/tmp/d2'), isDrill(drill, '/'), isDrill(drill, ''), isDrill(drill, undefined)]).toEqual([
    ...[true, false, false, false, false],
  ]);
  expect(isDrill(configOf(), '/tmp/d')).toBe(false);
  expect(isDrill(configOf({ keyDir: '/tmp/d/../../run/k', stateDir: '/tmp/d/s' }), '/tmp/d')).toBe(false);
});

test('this machine answers for itself', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'preflight-'));
  try {
    mkdirSync(join(dir, 'open'));
    chmodSync(join(dir, 'open'), 0o777);
    writeFileSync(join(dir, 'open', 'c.json'), '{}', { mode: 0o600 });
    symlinkSync('open', join(dir, 'link'));
    expect([
      thisMachine.file(join(dir, 'link'))?.kind,
      thisMachine.file(join(dir, 'open', 'c.json'))?.kind,
      thisMachine.file(join(dir, 'no')),
    ]).toEqual(['link', 'file', null]);
    expect(thisMachine.list(join(dir, 'open'))).toEqual(['c.json']);
    expect(thisMachine.read(join(dir, 'no'))).toBe(null);
    const config = configOf({ keyDir: join(dir, 'k'), stateDir: join(dir, 's') });
    const found = await preflight({ config, configFile: join(dir, 'link', 'c.json'), as: 'guard', machine: thisMachine });
    expect(found.map(({ message }) => message)).toContain(`config: ${join(dir, 'open')} is mode 0777: ${others}`);
    expect(found.filter(({ code }) => code === 'ClockUnsafe')).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
