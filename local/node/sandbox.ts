import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { durationMs, type Clock } from '../../core/time.ts';
import type { Machine, RunResult } from '../machines.ts';
import { Link } from './link.ts';

/** One node: a folder with its own processes under a supervisor that stands in for systemd, and its own way to the cloud. */

export interface UnitSpec {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly restart?: 'no' | 'always';
  readonly bindsTo?: string;
  readonly stopMs?: number;
}

export interface SandboxOptions {
  readonly root: string;
  readonly clock: Clock;
  /** Endpoints of the cloud by the name of the SDK's variable, for example AWS_ENDPOINT_URL_KMS. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

const here = import.meta.dirname;
// Long enough for a machine that is busy with other things.
const readyMs = durationMs(30_000);
const maxOutput = 100_000;

export class NodeSandbox implements Machine {
  readonly root: string;
  readonly #options: SandboxOptions;
  readonly #links = new Map<string, Link>();
  #supervisor: ChildProcess | null = null;
  #powered = false;
  #destroyed = false;
  #frozen = false;
  #isCut = false;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.root = options.root;
  }

  /** Environment of everything that runs on the node. */
  get env(): Record<string, string> {
    const endpoints = Object.fromEntries([...this.#links].map(([name, link]) => [name, link.url]));
    return {
      ...this.#options.env,
      ...endpoints,
      BATON_ROOT: this.root,
      PATH: [join(this.root, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
      HOME: this.root,
    };
  }

  async prepare(): Promise<void> {
    for (const folder of ['bin', 'etc/baton', 'etc/systemd', 'run/baton', 'var/lib/baton', 'log'])
      mkdirSync(join(this.root, folder), { recursive: true, mode: 0o755 });
    const shim = join(this.root, 'bin', 'systemctl');
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${join(here, 'systemctl.mjs')}" "$@"\n`);
    chmodSync(shim, 0o755);
    for (const [name, target] of Object.entries(this.#options.endpoints)) {
      const link = new Link(target);
      await link.start();
      this.#links.set(name, link);
    }
  }

  write(path: string, content: string, mode = 0o644): string {
    const file = join(this.root, path);
    writeFileSync(file, content, { mode });
    chmodSync(file, mode);
    return file;
  }

  unit(name: string, spec: UnitSpec): void {
    this.write(`etc/systemd/${name}.json`, JSON.stringify(spec));
  }

  async powerOn(): Promise<void> {
    const child = spawn(process.execPath, [join(here, 'supervisor.ts'), '--root', this.root], {
      env: { ...process.env, ...this.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#supervisor = child;
    child.stdin.on('error', () => undefined);
    await Promise.race([
      once(child.stdout, 'data'),
      this.#options.clock.sleep(readyMs).then(() => {
        throw new Error('the supervisor does not start');
      }),
    ]);
    this.#powered = true;
  }

  systemctl(verb: 'start' | 'stop' | 'mask' | 'unmask', unit: string): Promise<void> {
    return this.#ask(verb, unit, '');
  }

  #ask(verb: string, unit: string, signal: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(join(this.root, 'run', 's'));
      socket.once('error', reject);
      socket.once('connect', () => socket.write(`${JSON.stringify({ verb, unit, properties: [], signal })}\n`));
      socket.once('data', (data: Buffer) => {
        const { code, out } = JSON.parse(data.toString('utf8')) as { code: number; out: string };
        if (code === 0) resolve();
        else reject(new Error(`systemctl ${verb} ${unit}: exit ${code} ${out}`));
      });
    });
  }

  /** SIGKILL to everything of one unit, as a crash would end it. */
  killUnit(unit: string): Promise<void> {
    return this.#ask('kill', unit, 'SIGKILL');
  }

  #groups(): number[] {
    const file = join(this.root, 'run', 'pids.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as number[]) : [];
  }

  #signalAll(signal: NodeJS.Signals): void {
    // The supervisor first: a living one would restart what is killed.
    this.#supervisor?.kill(signal);
    for (const group of this.#groups()) {
      try {
        process.kill(-group, signal);
      } catch {
        // It has ended.
      }
    }
  }

  freeze(): void {
    this.#frozen = true;
    this.#signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#frozen = false;
    this.#signalAll('SIGCONT');
  }

  /** Cut off from the cloud; what the node does on its chain goes on. */
  cut(): void {
    this.#isCut = true;
    for (const link of this.#links.values()) link.cut();
  }

  heal(): void {
    this.#isCut = false;
    for (const link of this.#links.values()) link.heal();
  }

  reachable(): boolean {
    return this.#powered && !this.#frozen && !this.#isCut;
  }

  state(): 'running' | 'stopped' | 'terminated' {
    if (this.#destroyed) return 'terminated';
    return this.#powered ? 'running' : 'stopped';
  }

  /** The machine is lost. Its folder stays, for whoever looks afterwards at what it signed. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    await this.powerOff();
  }

  async powerOff(): Promise<void> {
    const child = this.#supervisor;
    if (child === null) return;
    this.#signalAll('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    this.#supervisor = null;
    this.#powered = false;
    this.#frozen = false;
  }

  run(script: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<RunResult> {
    const child = spawn('/bin/sh', ['-c', script], {
      cwd: this.root,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        texts[name] = (texts[name] + chunk).slice(-maxOutput);
      });
    const over = new AbortController();
    this.#options.clock
      .sleep(durationMs(timeoutMs), over.signal)
      .then(() => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      })
      .catch(() => undefined);
    return new Promise((resolve) => {
      child.once('error', () => {
        resolve({ exitCode: 127, ...texts });
      });
      child.once('close', (code) => {
        over.abort();
        resolve({ exitCode: code ?? 137, ...texts });
      });
    });
  }

  /** Ends everything of this node. */
  async close(): Promise<void> {
    await this.powerOff();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}
