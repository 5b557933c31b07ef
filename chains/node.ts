import { chownSync } from 'node:fs';
import { durationMs, elapsedMs, type Clock, type DurationMs } from '../core/time.ts';
import { runCommand } from '../runtime/commands.ts';
import type { DriverOptions } from './driver.ts';

/** What a driver is made from: the node's systemd, its programs and its folders. Adapters in the guard, stand-ins in tests. */

/** systemd's view of units. `isDown` is true only when systemd says that the unit is down and nothing of it runs. */
export interface Units {
  start(unit: string): Promise<boolean>;
  stop(unit: string): Promise<void>;
  kill(unit: string): Promise<void>;
  isDown(unit: string): Promise<boolean>;
  property(unit: string, name: string): Promise<string>;
}

/** Runs a program without a shell, bounded in time and output. Never rejects. `input` is its standard input: keys go there, not into files. */
export type Run = (
  argv: readonly string[],
  options: { timeoutMs: number; input?: Buffer },
) => Promise<{ readonly exitCode: number; readonly stdout: string }>;

export interface NodeParts {
  readonly unit: string;
  readonly stopMs: DurationMs;
  readonly paths: { readonly keyDir: string; readonly stateDir: string };
  readonly clock: Clock;
  readonly units: Units;
  readonly run: Run;
  /** Takes the stored watermark away: it would be taken for the exact one while the daemon signs by itself. */
  readonly forget: () => void;
}

export const partsOf = ({ config, state, clock, systemctl }: Omit<DriverOptions, 'maySign'>): NodeParts => ({
  unit: config.unit,
  stopMs: config.timing.stopMs,
  paths: config.paths,
  clock,
  units: systemctl,
  run: runCommand,
  forget: () => {
    state.remove();
  },
});

/** The user that the unit runs as; null when systemd or the machine does not tell. */
export const userOf = async ({
  unit,
  units,
  run,
  stopMs,
}: Pick<NodeParts, 'unit' | 'units' | 'run' | 'stopMs'>): Promise<{ uid: number; gid: number } | null> => {
  const name = await units.property(unit, 'User');
  const asked = name === '' ? 'root' : name;
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (what) => (await run(['id', what, asked], { timeoutMs: stopMs })).stdout.trim()));
  return /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '') ? { uid: Number(uid), gid: Number(gid) } : null;
};

/** The node's user may read what lies there, and nobody else but root. */
export const giveTo = (user: { uid: number; gid: number } | null, ...paths: readonly string[]): void => {
  if (user === null) return;
  for (const path of paths) chownSync(path, user.uid, user.gid);
};

const pollMs = durationMs(50);
/** As long as the guard waits for a stop that overruns its time. */
const overrun = 4;

/** Stops the unit, kills what is left after half of the time. @throws when systemd does not say that it is down. */
export const bringDown = async ({ unit, units, stopMs, clock }: Pick<NodeParts, 'unit' | 'units' | 'stopMs' | 'clock'>): Promise<void> => {
  const startedMs = clock.steadyMs();
  if (await units.isDown(unit)) return;
  await Promise.race([units.stop(unit), clock.sleep(durationMs(stopMs / 2))]);
  if (!(await units.isDown(unit))) {
    await units.kill(unit);
    // What is killed may be started again by its unit; only a stop keeps it down.
    await Promise.race([units.stop(unit), clock.sleep(durationMs(stopMs / 2))]);
  }
  while (!(await units.isDown(unit)) && elapsedMs(startedMs, clock.steadyMs()) < stopMs * overrun) {
    if (elapsedMs(startedMs, clock.steadyMs()) > stopMs) await units.kill(unit);
    await clock.sleep(pollMs);
  }
  if (!(await units.isDown(unit))) throw new Error(`${unit} does not stop`);
};

const upMs = durationMs(1_000);

/**
 * Where a node stands that runs on active and standby alike, and that the guard alone starts. One thing is done after the other: a start that is
 * under way must not come after a demotion that has seen the unit down.
 */
export class Standing {
  #turns: Promise<unknown> = Promise.resolve();
  #closing = false;
  #demoted = false;
  #opened = false;
  #asked = false;

  /** An activation begins. */
  begin(): void {
    this.#closing = this.#demoted = this.#opened = false;
    this.#asked = true;
  }

  /** It has succeeded. */
  open(): void {
    this.#opened = true;
  }

  close(): void {
    this.#closing = true;
  }

  /** An activation that is under way must not go on. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** The last demotion has succeeded, and nothing was begun since. */
  get isDemoted(): boolean {
    return this.#demoted;
  }

  /** From the first step of an activation until the next demotion. */
  get isAsked(): boolean {
    return this.#asked;
  }

  /** Demoted only when `act` has succeeded. */
  async demote(act: () => Promise<void>): Promise<void> {
    this.#closing = true;
    this.#asked = this.#demoted = this.#opened = false;
    await this.#take(act);
    this.#demoted = true;
  }

  /**
   * Keeps the unit up until the signal, but while it is opened or closed, and where `may` says that it must stay down. A unit that is masked does
   * not start.
   */
  async keepUp(
    of: Pick<NodeParts, 'unit' | 'units' | 'clock'> & { readonly may: () => boolean; readonly start?: () => Promise<boolean> },
    signal: AbortSignal,
  ): Promise<void> {
    const { unit, units, clock } = of;
    const may = (): boolean => (this.#demoted || (this.#opened && !this.#closing)) && of.may();
    while (!signal.aborted) {
      if (may())
        await this.#take(async () => {
          if (may() && (await units.isDown(unit)) && may()) await (of.start?.() ?? units.start(unit));
        });
      await clock.sleep(upMs, signal).catch(() => undefined);
    }
  }

  #take<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#turns.then(act);
    this.#turns = mine.catch(() => undefined);
    return mine;
  }
}

/** Asks again until `is` says yes. False when the time is over or the signal has come. */
export const within = async (
  of: { clock: Clock; longestMs: number; signal: AbortSignal; everyMs?: DurationMs },
  is: () => Promise<boolean>,
): Promise<boolean> => {
  const startedMs = of.clock.steadyMs();
  while (!of.signal.aborted) {
    if (await is()) return true;
    if (elapsedMs(startedMs, of.clock.steadyMs()) >= of.longestMs) return false;
    await of.clock.sleep(of.everyMs ?? pollMs, of.signal).catch(() => undefined);
  }
  return false;
};
