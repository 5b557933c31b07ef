import { dirname, join } from 'node:path';
import { BatonError } from '../core/errors.ts';
import { clockFault, type ClockSample } from '../runtime/clock.ts';
import { isWithin, mountOf, swapsOf, takesNoswap } from './machine-facts.ts';
import type { GuardConfig } from './config.ts';

/** What the machine must be like before a guard starts on it. Each refusal names the field, what was found, what is expected, and what to do. */

export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
}

/** What is asked of the machine; null is "not there", and what cannot be told throws. */
export interface Machine {
  readonly uid: number;
  readonly release: string;
  /** Of the path itself, not of what a link leads to. */
  file(path: string): FileFacts | null;
  real(path: string): string;
  list(folder: string): readonly string[];
  /** The text of a file of the kernel; null when it is not there. */
  read(path: string): string | null;
  clocks(): Promise<readonly ClockSample[]>;
}

export interface Asked {
  readonly config: GuardConfig;
  readonly configFile: string;
  /** `check`: before the installation, when the guard's unit and its folders need not be there yet. */
  readonly as: 'guard' | 'check';
  readonly machine: Machine;
}

type Check = (asked: Asked) => readonly BatonError[];

const [othersWrite, othersAny, sticky] = [0o022, 0o077, 0o1000];
const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;
const quoted = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`;

const refuse = (
  code: 'PathUnsafe' | 'KeyStorageUnsafe' | 'SwapUnsafe' | 'ClockUnsafe',
  of: { field: string; path?: string; is: string; expected: string; fix: string },
): BatonError => new BatonError(code, `${of.field}: ${of.path ?? ''}${of.path === undefined ? '' : ' '}is ${of.is}: expected ${of.expected}`, of);

const isTrusted = (machine: Machine, { uid }: FileFacts): boolean => uid === 0 || uid === machine.uid;
const foreign = (field: string, path: string, { uid }: FileFacts): BatonError =>
  refuse('PathUnsafe', { field, path, is: `owned by uid ${uid}`, expected: 'root', fix: `chown root:root ${quoted(path)}` });

const parentsOf = (path: string): string[] => {
  const parents: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    parents.unshift(at);
    if (at === dirname(at)) return parents;
  }
};

/** Who may write to a folder may put another file in the place of the one that was checked. A sticky folder keeps it in place. */
const parentFault = (asked: Asked, field: string, path: string): BatonError | null => {
  const found = asked.machine.file(path);
  if (found === null) return null;
  if (!isTrusted(asked.machine, found)) return foreign(field, path, found);
  if (found.kind !== 'folder' || (found.mode & othersWrite) === 0 || (found.mode & sticky) !== 0) return null;
  const expected = 'no write for group and others';
  return refuse('PathUnsafe', { field, path, is: `mode ${octal(found.mode)}`, expected, fix: `chmod go-w ${quoted(path)}` });
};

const ownFault = (asked: Asked, of: { field: string; path: string; kind: 'file' | 'folder'; refused: number }): BatonError | null => {
  const { field, path } = of;
  const found = asked.machine.file(path);
  if (found === null) return null;
  if (found.kind !== of.kind)
    return refuse('PathUnsafe', { field, path, is: `a ${found.kind}`, expected: `a ${of.kind}`, fix: `ls -ld ${quoted(path)}` });
  if (!isTrusted(asked.machine, found)) return foreign(field, path, found);
  if ((found.mode & of.refused) === 0) return null;
  const expected = of.refused === othersAny ? 'nothing for group and others' : 'no write for group and others';
  const fix = `chmod ${of.refused === othersAny ? 'go=' : 'go-w'} ${quoted(path)}`;
  return refuse('PathUnsafe', { field, path, is: `mode ${octal(found.mode)}`, expected, fix });
};

/** As it is when every link is followed; of what is not there yet, the folder that it will come into. */
const existingPart = (machine: Machine, path: string): string => {
  for (let at = path; ; at = dirname(at)) if (at === dirname(at) || machine.file(at) !== null) return machine.real(at);
};

// Before the installation the configuration lies anywhere: the installer copies it to where only root may write.
const configPlace = ({ configFile, as }: Asked) =>
  as === 'check' && !isWithin(configFile, '/etc/baton') ? [] : [{ field: 'config', path: configFile, kind: 'file', refused: othersWrite } as const];

const placesOf = ({ config }: Asked) =>
  [
    { field: 'paths.keyDir', path: config.paths.keyDir, kind: 'folder', refused: othersAny },
    { field: 'paths.stateDir', path: config.paths.stateDir, kind: 'folder', refused: othersWrite },
    { field: 'paths.stateDir', path: join(config.paths.stateDir, 'watermark.json'), kind: 'file', refused: othersWrite },
    ...(config.peers ? ([{ field: 'peers.keyFile', path: config.peers.keyFile, kind: 'file', refused: othersAny }] as const) : []),
  ] as const;

const pathFaults: Check = (asked) => {
  const { machine, config } = asked;
  const faults = [...configPlace(asked), ...placesOf(asked)].flatMap(({ field, path, kind, refused }) => {
    const real = existingPart(machine, path);
    // Both ways: as it is written, and as it is when links are followed.
    const parents = new Set([...parentsOf(path), ...parentsOf(join(real, 'x'))]);
    parents.delete(path);
    const target = machine.file(path)?.kind === 'link' && field === 'config' ? real : path;
    return [...[...parents].map((one) => parentFault(asked, field, one)), ownFault(asked, { field, path: target, kind, refused })];
  });
  // A key that is left from the last life: who could read it may have it.
  const left = machine.file(config.paths.keyDir)?.kind === 'folder' ? machine.list(config.paths.keyDir) : [];
  const keys = left.map((name) => ownFault(asked, { field: 'key file', path: join(config.paths.keyDir, name), kind: 'file', refused: othersAny }));
  const all = [...faults, ...keys].filter((one) => one !== null);
  return all.filter((one, index) => all.findIndex(({ message }) => message === one.message) === index);
};

const memoryTypes: readonly string[] = ['tmpfs', 'ramfs'];

const storageOf = ({ machine, config }: Asked) => mountOf(machine.read('/proc/self/mountinfo') ?? '', existingPart(machine, config.paths.keyDir));

const storageFaults: Check = (asked) => {
  const mount = storageOf(asked);
  if (mount !== null && memoryTypes.includes(mount.type)) return [];
  const is = mount === null ? 'on a file system that cannot be told' : `on ${mount.type}`;
  const fix = `mount -t tmpfs -o mode=0755 tmpfs /run  # findmnt --target ${quoted(asked.config.paths.keyDir)} shows what is there`;
  return [refuse('KeyStorageUnsafe', { field: 'paths.keyDir', path: asked.config.paths.keyDir, is, expected: 'tmpfs or ramfs', fix })];
};

/** Whether the kernel keeps this process itself out of the swap. */
const processStays = ({ machine, as }: Asked): boolean => {
  // The unit sets MemorySwapMax=0, which holds only where cgroups of version 2 count memory.
  if (as === 'check') return (machine.read('/sys/fs/cgroup/cgroup.controllers') ?? '').split(/\s/).includes('memory');
  const [, path] = /^0::(\/.*)$/m.exec(machine.read('/proc/self/cgroup') ?? '') ?? [];
  return path !== undefined && (machine.read(join('/sys/fs/cgroup', path, 'memory.swap.max')) ?? '').trim() === '0';
};

const swapFaults: Check = (asked) => {
  const { machine, config, as } = asked;
  const swaps = swapsOf(machine.read('/proc/swaps'), (name) => machine.read(`/sys/block/${name}/backing_dev`));
  if (swaps.length === 0) return [];
  const mount = storageOf(asked);
  // Before the installation the folder of the keys is not there: the installer mounts it with noswap where the kernel can.
  const filesStay =
    mount?.type === 'ramfs' || (mount?.type === 'tmpfs' && (mount.options.includes('noswap') || (as === 'check' && takesNoswap(machine.release))));
  if (filesStay && processStays(asked)) return [];
  const why = filesStay ? 'and nothing keeps the memory of the guard out of it' : `and ${config.paths.keyDir} could be written to it`;
  const expected = 'none, or a key folder on tmpfs with noswap (kernel 6.4) or ramfs together with cgroups of version 2';
  const fix = 'swapoff -a, and take the swap out of /etc/fstab (systemctl list-units --type swap)';
  return [refuse('SwapUnsafe', { field: 'swap', is: `on (${swaps.join(', ')}), ${why}`, expected, fix })];
};

const clockFaults = async ({ machine }: Asked): Promise<BatonError[]> => {
  const fault = clockFault(await machine.clocks());
  if (fault === null) return [];
  const fix = 'cat /proc/uptime /sys/devices/system/clocksource/clocksource0/current_clocksource; take another clocksource, or another machine';
  return [
    refuse('ClockUnsafe', { field: 'clock', is: fault, expected: 'two clocks that only go forward, one of which counts a suspended machine', fix }),
  ];
};

type Code = Parameters<typeof refuse>[0];

/** What cannot be told is a refusal too. */
const told = (code: Code, check: Check, asked: Asked): readonly BatonError[] => {
  try {
    return check(asked);
  } catch (cause) {
    const is = `not to be told (${(cause as Error).message})`;
    return [
      refuse(code, { field: 'machine', is, expected: 'an answer', fix: `findmnt --target ${quoted(asked.config.paths.keyDir)}; cat /proc/swaps` }),
    ];
  }
};

/** Everything that speaks against a start here; empty when the guard may start. */
export const preflight = async (asked: Asked): Promise<readonly BatonError[]> => [
  ...told('KeyStorageUnsafe', storageFaults, asked),
  ...told('SwapUnsafe', swapFaults, asked),
  ...told('PathUnsafe', pathFaults, asked),
  ...(await clockFaults(asked)),
];

/** @throws BatonError with all that preflight found; its code is that of the first. */
export const refuseUnsafe = async (asked: Asked): Promise<void> => {
  const faults = await preflight(asked);
  const [first] = faults;
  if (!first) return;
  const message = faults.map((one) => one.message).join('; ');
  throw new BatonError(first.code, message, { field: first.field, fix: faults.map(({ fix }) => fix).join('; then ') });
};

/**
 * A drill is no machine of its own: its files, keys among them, lie below BATON_ROOT, and only then nothing is looked at. A real configuration
 * has its keys in /run, whatever the variable says.
 */
export const isDrill = ({ paths }: GuardConfig, root: string | undefined): boolean =>
  root !== undefined && root !== '' && root !== '/' && isWithin(paths.keyDir, root) && isWithin(paths.stateDir, root);
