import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { durationMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { runCommand } from '../../runtime/commands.ts';
import { untilAborted, type Driver, type DriverOptions, type Health } from '../driver.ts';
import { bringDown } from '../node.ts';
import type { SystemdNode } from './config.ts';
import { wipe, writeNew } from '../../runtime/key-files.ts';

/** Any daemon under systemd: the key is put into tmpfs before its unit starts and wiped after it has verifiably stopped. */

const healthOutput = z.object({ synced: z.boolean(), height: z.number().int().min(0).nullable() });
const pollMs = durationMs(50);
const maxPolls = 400;

export type SystemdOptions = Pick<DriverOptions<SystemdNode>, 'config' | 'state' | 'clock' | 'systemctl'>;

/** What a health command printed, or null. */
export const readHealth = (stdout: string): z.infer<typeof healthOutput> | null => {
  try {
    return healthOutput.parse(JSON.parse(stdout));
  } catch {
    return null;
  }
};

/** The slot that a watermark command printed, or null. */
export const readSlot = (stdout: string): Watermark | null =>
  /^\d{1,15}$/.test(stdout.trim()) ? { kind: 'slot', slot: Number(stdout.trim()) } : null;

export class SystemdDriver implements Driver {
  readonly #options: SystemdOptions;
  #closing = false;
  #activating = false;

  constructor(options: SystemdOptions) {
    this.#options = options;
    mkdirSync(options.config.paths.keyDir, { recursive: true, mode: 0o700 });
  }

  async run(signal: AbortSignal): Promise<void> {
    await untilAborted(signal);
  }

  prepare(): void {
    // While the daemon signs by itself, only the daemon knows its last duty: a stored number would be taken for the exact one.
    this.#options.state.remove();
  }

  async activate(of: { key: Buffer; floor: Watermark }, signal: AbortSignal): Promise<void> {
    this.#closing = false;
    this.#activating = true;
    try {
      await this.#start(of, signal);
    } finally {
      this.#activating = false;
    }
  }

  async #start({ key, floor }: { key: Buffer; floor: Watermark }, signal: AbortSignal): Promise<void> {
    const { config, systemctl, clock } = this.#options;
    const { chain, unit, paths } = config;
    if (chain.stateCheckCommand && (await runCommand(chain.stateCheckCommand, { timeoutMs: config.timing.stopMs })).exitCode !== 0)
      throw new Error('the state check did not pass');
    writeNew(join(paths.keyDir, 'watermark.json'), JSON.stringify(floor));
    writeNew(join(paths.keyDir, 'key'), key);
    if (this.#isClosing()) throw new Error('closed before it was started');
    if (!(await systemctl.start(unit))) throw new Error(`${unit} does not start`);
    for (let poll = 0; poll < maxPolls && !this.#isClosing(); poll += 1) {
      if ((await runCommand(chain.readinessCommand, { timeoutMs: config.timing.stopMs })).exitCode === 0) return;
      await clock.sleep(pollMs, signal);
    }
    throw new Error(`${unit} did not get ready`);
  }

  #isClosing(): boolean {
    return this.#closing;
  }

  // A unit has no gate that could be closed at once. `demote` follows and stops it within stopMs, which the deadline leaves room for;
  // a start that is under way is killed here, because `demote` would wait behind it.
  closeGate(): void {
    this.#closing = true;
    if (this.#activating) void this.#options.systemctl.kill(this.#options.config.unit);
  }

  async demote(): Promise<void> {
    const { config, systemctl: units, clock } = this.#options;
    await bringDown({ unit: config.unit, units, stopMs: config.timing.stopMs, clock });
    wipe(config.paths.keyDir);
    const mark = await this.#readSlot();
    if (mark) this.#options.state.save({ watermark: mark, detail: null });
  }

  async #readSlot(): Promise<Watermark | null> {
    const { watermarkCommand } = this.#options.config.chain;
    if (watermarkCommand === null) return null;
    const { exitCode, stdout } = await runCommand(watermarkCommand, { timeoutMs: this.#options.config.timing.stopMs });
    return exitCode === 0 ? readSlot(stdout) : null;
  }

  async watermark(): Promise<Watermark | null> {
    return this.#readSlot();
  }

  lostWatermark(): boolean {
    return false;
  }

  async health(active: boolean, signal: AbortSignal): Promise<Health> {
    const { config, systemctl } = this.#options;
    signal.throwIfAborted();
    const { exitCode, stdout } = await runCommand(config.chain.healthCommand, { timeoutMs: config.timing.stopMs });
    const told = exitCode === 0 ? readHealth(stdout) : null;
    const state = active ? await systemctl.property(config.unit, 'ActiveState') : 'not asked';
    const distress =
      active && state !== 'active'
        ? `ValidatorDown: ${config.unit} is ${state}.`
        : told === null
          ? 'HealthUnknown: the health command gave no answer.'
          : null;
    return { synced: told?.synced ?? false, height: told?.height ?? null, distress };
  }
}
