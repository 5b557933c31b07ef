import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../core/time.ts';
import type { Machine, RunResult } from '../../local/machines.ts';
import { cut, heal, nodeAddress, type Direction, type Far, type NodeName } from './net.ts';
import { bootArgv, runIn, waitUp } from './nspawn.ts';

/**
 * One node of the rig: a machine that boots a real systemd, with an address and a disk of its own that outlives its power.
 * It is what SSM and EC2 of the local cloud reach.
 */

const rebooted = 133;
/** Version 2 of cgroups, whose freezer and kill work on a whole tree at once; beside it, on a hybrid host, what systemd has of version 1. */
const tree = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
const trees = [tree, '/sys/fs/cgroup/systemd'].filter((folder) => existsSync(join(folder, 'cgroup.procs')));
const mountMs = 10_000;

export interface RigNodeOptions {
  readonly name: NodeName;
  readonly dir: string;
  readonly rootfs: string;
  readonly clock: Clock;
  /** Folder of cgroups made for this rig, below the root of the tree. */
  readonly group: string;
  /** What the machine sees of this one, read only: path here, path there. */
  readonly binds: readonly (readonly [from: string, to: string])[];
  /** `image`: on a block device of its own, which can hang. */
  readonly disk: 'memory' | 'image';
  readonly diskMiB: number;
}

const run = (...argv: string[]): void => {
  const [program = '', ...args] = argv;
  execFileSync(program, args, { stdio: 'pipe', timeout: mountMs });
};

export class RigNode implements Machine {
  readonly name: NodeName;
  readonly root: string;
  readonly #options: RigNodeOptions;
  readonly #group: string;
  readonly #groups: readonly string[];
  #nspawn: ChildProcess | null = null;
  #init = 0;
  #frozen = false;
  #cutFromCloud = false;
  #off = false;
  /** The agent of SSM runs. */
  agent = true;
  /** A provider that answers, and does nothing. */
  powerLies = false;
  /** Stays down when it reboots, as a machine in its firmware does. */
  holdsAtReboot = false;

  constructor(options: RigNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.root = join(options.dir, options.name, 'root');
    this.#group = join(tree, options.group, options.name);
    this.#groups = trees.map((folder) => join(folder, options.group, options.name));
  }

  /** Makes its disk. */
  prepare(): void {
    const { dir, name, rootfs, disk, diskMiB } = this.#options;
    const own = join(dir, name);
    const store = join(own, 'disk');
    for (const folder of [store, this.root, ...this.#groups]) mkdirSync(folder, { recursive: true });
    if (disk === 'memory') run('mount', '-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', store);
    else {
      const image = join(own, 'image');
      run('truncate', '-s', `${diskMiB}M`, image);
      run('mkfs.ext4', '-q', image);
      run('mount', '-o', 'loop', image, store);
    }
    for (const folder of ['upper', 'work']) mkdirSync(join(store, folder));
    const layers = `lowerdir=${rootfs},upperdir=${join(store, 'upper')},workdir=${join(store, 'work')}`;
    run('mount', '-t', 'overlay', 'overlay', '-o', layers, this.root);
  }

  async boot(): Promise<void> {
    const { name, binds, clock } = this.#options;
    const argv = bootArgv({
      name,
      root: this.root,
      network: `--network-namespace-path=/run/netns/${name}`,
      binds: binds.map(([from, to]) => `${from}:${to}`),
    });
    const enter = this.#groups.map((folder) => `echo 0 >${folder}/cgroup.procs`).join(' && ');
    const child = spawn('sh', ['-c', `${enter} && exec "$@"`, 'sh', 'systemd-nspawn', ...argv], { stdio: 'ignore' });
    this.#nspawn = child;
    this.#off = false;
    child.once('exit', (code) => {
      this.#nspawn = null;
      this.#init = 0;
      if (code === rebooted && !this.holdsAtReboot) void this.boot().catch(() => undefined);
    });
    this.#init = await waitUp(child, name, clock);
  }

  /** As somebody who sits at its console. */
  sh(script: string, timeoutMs = 30_000): Promise<RunResult> {
    return this.run(script, {}, timeoutMs);
  }

  /** @throws Error with what it said. */
  async must(script: string, timeoutMs?: number): Promise<string> {
    const { exitCode, stdout, stderr } = await this.sh(script, timeoutMs);
    if (exitCode !== 0) throw new Error(`${this.name}: ${script.slice(0, 120)}: exit ${exitCode} ${stderr}${stdout}`.trim());
    return stdout;
  }

  run(script: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<RunResult> {
    if (this.#init === 0) return Promise.resolve({ exitCode: 255, stdout: '', stderr: 'the machine is off' });
    return runIn(this.#init, script, env, timeoutMs);
  }

  write(path: string, content: string, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
  }

  freeze(): void {
    this.#frozen = true;
    writeFileSync(join(this.#group, 'cgroup.freeze'), '1');
  }

  thaw(): void {
    this.#frozen = false;
    writeFileSync(join(this.#group, 'cgroup.freeze'), '0');
  }

  /** Its disk takes no more writes, and answers none. */
  hang(): void {
    run('fsfreeze', '-f', join(this.#options.dir, this.name, 'disk'));
  }

  unhang(): void {
    run('fsfreeze', '-u', join(this.#options.dir, this.name, 'disk'));
  }

  cut(far: Far, directions?: readonly Direction[]): void {
    if (far === 'cloud' || far === 'all') this.#cutFromCloud = true;
    cut(this.name, far, directions);
  }

  heal(): void {
    this.#cutFromCloud = false;
    heal(this.name);
  }

  get address(): string {
    return nodeAddress[this.name];
  }

  isUp(): boolean {
    return this.#init > 0;
  }

  reachable(): boolean {
    return this.agent && this.#init > 0 && !this.#frozen && !this.#cutFromCloud;
  }

  state(): 'running' | 'stopped' {
    return this.#off ? 'stopped' : 'running';
  }

  /** The plug is pulled: nothing in it runs any more, and nothing was told to stop. The provider still calls it running. */
  async losePower(): Promise<void> {
    const child = this.#nspawn;
    if (child === null) return;
    const ended = once(child, 'exit');
    writeFileSync(join(this.#group, 'cgroup.kill'), '1');
    await ended;
    if (this.#frozen) this.thaw();
  }

  /** As the provider does when it is told to. */
  async powerOff(): Promise<void> {
    this.#off = true;
    if (!this.powerLies) await this.losePower();
  }

  /** What the machine told of itself, for whoever looks into a failure. */
  async journal(): Promise<string> {
    const of = (which: string, lines: number): string => `journalctl --no-pager -o short-monotonic ${which} | tail -n ${lines}`;
    return this.#frozen ? 'frozen' : (await this.sh(`${of("-u 'baton-guard*' -u init.scope", 200)}; ${of('', 200)}`, 10_000)).stdout;
  }

  async close(): Promise<void> {
    if (this.#frozen) this.thaw();
    await this.losePower();
  }
}

/** Takes the cgroups of a rig away once nothing is in them. */
export const removeGroup = (group: string): void => {
  for (const folder of trees.map((one) => join(one, group)).filter((one) => existsSync(one))) {
    const found = execFileSync('find', [folder, '-depth', '-type', 'd'], { encoding: 'utf8' }).trim().split('\n');
    for (const one of found) rmdirSync(one);
  }
};
