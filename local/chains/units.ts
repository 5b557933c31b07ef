import type { Units } from '../../chains/node.ts';

/** systemd of one stand-in node: it knows one unit, and says "down" only when the node is. */

export interface Machine {
  readonly up: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export class NodeUnits implements Units {
  readonly #unit: string;
  readonly #machine: Machine;
  /** `stop` does nothing, as with a daemon that hangs; `kill` still works. */
  hangs = false;
  /** systemd gives no answer. */
  silent = false;
  /** What its unit file says. */
  readonly properties: Record<string, string> = {};
  starts = 0;
  kills = 0;

  constructor(unit: string, machine: Machine) {
    this.#unit = unit;
    this.#machine = machine;
  }

  #known(unit: string): boolean {
    return unit === this.#unit && !this.silent;
  }

  async start(unit: string): Promise<boolean> {
    if (!this.#known(unit)) return false;
    this.starts += 1;
    await this.#machine.start();
    return true;
  }

  async stop(unit: string): Promise<void> {
    if (this.#known(unit) && !this.hangs) await this.#machine.stop();
  }

  async kill(unit: string): Promise<void> {
    this.kills += 1;
    if (this.#known(unit)) await this.#machine.stop();
  }

  async isDown(unit: string): Promise<boolean> {
    return this.#known(unit) && !this.#machine.up;
  }

  async property(unit: string, name: string): Promise<string> {
    if (!this.#known(unit)) return 'unknown';
    if (name !== 'ActiveState') return this.properties[name] ?? 'unknown';
    return this.#machine.up ? 'active' : 'inactive';
  }
}
