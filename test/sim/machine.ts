import type { NodeConfig, ValidatorConfig } from '../../core/config.ts';
import type { Proposal, Vote } from '../../chains/cometbft/privval/read.ts';
import { SimDisk } from './disk.ts';
import { GuardRun, markFile, statementFile } from './guard-run.ts';
import type { Services } from './clients.ts';
import type { Prng } from './prng.ts';
import { Proc } from './proc.ts';
import type { Scheduler } from './scheduler.ts';
import { whole, type Wire } from './wire.ts';

/** One node: power, network, disk, the validator's process, its guard, and SSM's agent. */

export type Power = 'running' | 'stopping' | 'stopped' | 'pending';

export interface MachineOptions {
  readonly config: ValidatorConfig;
  readonly node: NodeConfig;
  readonly rate: number;
  readonly aheadMs: number;
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly wire: Wire;
  readonly services: () => Services;
  readonly head: () => number;
  readonly say: (sentence: string) => void;
  readonly onSigned: (duty: Vote | Proposal) => void;
  readonly onDurable: (text: string) => void;
}

const restartMs = 1_000;
const catchUpMs = 1_500;
const stopLimitMs = 3_000;

export class Machine {
  readonly options: MachineOptions;
  readonly disk: SimDisk;
  guard: GuardRun | null = null;
  /** The operating system runs. */
  up = false;
  frozen = false;
  nodeUp = false;
  synced = false;
  guardMasked = false;
  nodeMasked = false;
  /** The machine's owner has patched what it says about itself: only with the assumption switched off. */
  liesAboutStop = false;
  line = whole;
  chainCut = false;
  #boots = 0;
  #power: { atMs: number; state: Power }[] = [{ atMs: -Infinity, state: 'stopped' }];
  #agents = new Set<Proc>();
  #afterThaw: (() => void)[] = [];

  constructor(options: MachineOptions) {
    this.options = options;
    this.disk = new SimDisk({
      random: options.random,
      onTear: () => {
        this.crash('its power went while it wrote');
      },
      onDurable: (file, text) => {
        if (file === markFile) options.onDurable(text);
      },
    });
  }

  get name(): string {
    return this.options.node.name;
  }

  /** This boot of it. */
  get place(): string {
    return `${this.name} boot ${this.#boots}`;
  }

  get id(): string {
    return this.options.node.id;
  }

  get reachable(): boolean {
    return this.up && !this.frozen && this.line.out && this.line.back;
  }

  get power(): Power {
    return this.#power.at(-1)?.state ?? 'stopped';
  }

  powerAt(staleMs: number): Power {
    const seenMs = this.options.scheduler.nowMs - staleMs;
    return this.#power.findLast(({ atMs }) => atMs <= seenMs)?.state ?? 'stopped';
  }

  /** Whether it was stopped at any instant since then. Once is enough: a machine that comes back holds nothing until it reads the lease. */
  wasStoppedSince(sinceMs: number): boolean {
    return this.#power.some(({ state }, index) => state === 'stopped' && (this.#power[index + 1]?.atMs ?? Infinity) >= sinceMs);
  }

  /** Whether a signature would leave if the node asked for one now. */
  canSign(): boolean {
    return this.up && this.guard !== null && !this.guard.proc.dead && this.guard.canSign();
  }

  #setPower(state: Power): void {
    this.#power.push({ atMs: this.options.scheduler.nowMs, state });
  }

  #after(lengthMs: number, act: () => void): void {
    this.options.scheduler.after(lengthMs, `${this.name} machine`, act);
  }

  /** Comes up with what its disk holds, and with nothing else. */
  boot(): void {
    if (this.up) return;
    this.#setPower('running');
    this.up = true;
    this.#boots += 1;
    this.startNode();
    this.startGuard();
  }

  startNode(): void {
    if (!this.up || this.nodeMasked || this.nodeUp) return;
    this.nodeUp = true;
    this.synced = false;
    this.#after(catchUpMs, () => {
      this.synced = this.nodeUp && !this.chainCut;
    });
  }

  startGuard(): void {
    if (!this.up || this.guardMasked || this.guard) return;
    if (this.frozen) {
      this.#afterThaw.push(() => {
        this.startGuard();
      });
      return;
    }
    const run = new GuardRun(this);
    this.guard = run;
    run.start(() => {
      if (this.guard !== run) return;
      this.guard = null;
      this.#after(restartMs, () => {
        this.startGuard();
      });
    });
  }

  killGuard(): void {
    this.guard?.proc.kill();
    this.guard = null;
    this.#after(restartMs, () => {
      this.startGuard();
    });
  }

  killNode(downMs: number): void {
    this.nodeUp = false;
    this.synced = false;
    this.#after(downMs, () => {
      this.startNode();
    });
  }

  /** Everything that ran is gone; EC2 still says running. */
  crash(why: string): void {
    if (!this.up) return;
    this.options.say(`${this.name} crashes: ${why}.`);
    this.#goDown();
  }

  #goDown(): void {
    this.up = false;
    this.frozen = false;
    this.nodeUp = false;
    this.synced = false;
    this.guard?.proc.kill();
    this.guard = null;
    for (const agent of this.#agents) agent.kill();
    this.#agents.clear();
    this.#afterThaw = [];
    this.disk.crash();
  }

  /** EC2 StopInstances: down after a while, shown as stopped a little later. */
  stopInstance(): void {
    if (this.power !== 'running') return;
    this.options.say(`EC2 begins to stop ${this.name}.`);
    this.#setPower('stopping');
    this.#after(this.options.random.between(500, 4_000), () => {
      this.#goDown();
      this.#after(500, () => {
        if (this.power === 'stopping') this.#setPower('stopped');
      });
    });
  }

  /** A person pulls the plug. */
  pullPlug(): void {
    this.options.say(`A person cuts the power of ${this.name}.`);
    this.#goDown();
    this.#setPower('stopped');
  }

  freeze(lengthMs: number): void {
    if (this.frozen || !this.up) return;
    this.options.say(`${this.name} freezes for ${Math.round(lengthMs)} ms.`);
    this.frozen = true;
    this.guard?.proc.pause();
    for (const agent of this.#agents) agent.pause();
    this.#after(lengthMs, () => {
      this.thaw();
    });
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.guard?.proc.resume();
    for (const agent of this.#agents) agent.resume();
    const waiting = this.#afterThaw;
    this.#afterThaw = [];
    for (const act of waiting) act();
  }

  /** The node asks its signer. One that is frozen asks when it is thawed: its request was on the way. */
  ask(duty: Vote | Proposal): void {
    if (!this.nodeUp) return;
    if (this.frozen) {
      if (this.#afterThaw.length < 2)
        this.#afterThaw.push(() => {
          this.ask(duty);
        });
      return;
    }
    this.guard?.ask(duty, () => {
      this.options.onSigned(duty);
    });
  }

  joinChain(): void {
    this.chainCut = false;
    this.#after(catchUpMs, () => {
      this.synced = this.nodeUp && !this.chainCut;
    });
  }

  /** A program of the machine's owner or of SSM's agent: frozen and gone with the machine. */
  program(name: string): Proc {
    const { scheduler, rate, aheadMs } = this.options;
    const proc = new Proc(scheduler, `${this.name} ${name}`, { rate, aheadMs });
    this.#agents.add(proc);
    return proc;
  }

  /** Stops the guard as systemd does: asks, waits, kills. */
  stopGuard(agent: Proc, then: () => void): void {
    const running = this.guard;
    running?.stop();
    const waitMs = running && !running.proc.paused ? 200 : stopLimitMs;
    this.options.scheduler.after(running ? waitMs : 10, `${this.name} agent`, () => {
      agent.deliver(() => {
        running?.proc.kill();
        if (this.guard === running) this.guard = null;
        then();
      });
    });
  }

  /** Repaired by people: power, network, disk, masks. */
  heal(): void {
    this.thaw();
    if (this.guard?.displaced) this.killGuard();
    const unproven = this.guard?.unproven ?? null;
    if (unproven !== null) {
      this.disk.put(statementFile, unproven);
      this.killGuard();
    }
    Object.assign(this, { line: whole, guardMasked: false, nodeMasked: false, liesAboutStop: false });
    this.disk.full = false;
    this.disk.tearAfter = null;
    this.joinChain();
    if (this.power === 'stopping') {
      this.#after(5_000, () => {
        this.heal();
      });
      return;
    }
    this.boot();
    this.startNode();
    this.startGuard();
  }
}
