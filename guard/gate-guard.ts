import { mayAsk, type Member } from '../core/member.ts';
import { reportEveryMs } from '../core/pace.ts';
import { durationMs, elapsedMs, type Clock } from '../core/time.ts';
import { Actions } from './actions.ts';
import type { GuardConfig } from './config.ts';
import type { Health } from '../chains/driver.ts';
import type { GateDriver, MemberKey } from '../chains/gate-driver.ts';
import { isAcknowledged, type Reporter } from './report.ts';
import type { Loop } from './watchdog.ts';

/**
 * The guard of custody `gate`. It has the key while its node is a member, and drops it when a read shows that it is one no more, or has
 * changed. No deadline counts here: a node that cannot reach the table cannot reach the arbiter, and without the arbiter no signature leaves.
 */

const healthTimeoutMs = durationMs(2_000);
const lookEveryMs = durationMs(500);
const longestActionMs = 60_000;

export interface GateGuardOptions {
  readonly config: Pick<GuardConfig, 'validator' | 'node' | 'timing'>;
  readonly clock: Clock;
  /** A consistent read; rejects when the table gives no answer in time. */
  readonly readMember: (signal: AbortSignal) => Promise<Member | undefined>;
  /** The key of a member, which is wiped once the driver has it, or the way to it. */
  readonly openKey: (member: Member, signal: AbortSignal) => Promise<MemberKey>;
  readonly reporter: Pick<Reporter, 'start' | 'write' | 'health' | 'distress'>;
  /** Made with the rule that holds beside the arbiter: this node is a member. */
  readonly driver: (maySign: () => boolean) => GateDriver;
  readonly say: (sentence: string) => void;
  /** Told after every round of a loop: feeds the watchdog. */
  readonly onCycle?: (loop: Loop) => void;
  /** Told once the first demotion is verified. */
  readonly onDemoted?: () => void;
}

export class GateGuard {
  readonly #options: GateGuardOptions;
  readonly #driver: GateDriver;
  readonly #actions: Actions;
  /** What the last read showed. */
  #member: number | null = null;
  /** The version of the membership whose key is loaded. */
  #held: number | null = null;
  #said = '';

  constructor(options: GateGuardOptions) {
    this.#options = options;
    this.#actions = new Actions(options.clock, (sentence) => {
      this.#say(sentence);
    });
    this.#driver = options.driver(() => this.#held !== null && this.#held === this.#member);
  }

  #say(sentence: string): void {
    if (sentence === this.#said) return;
    this.#said = sentence;
    this.#options.say(sentence);
  }

  /** Runs until the signal; then closes, drops the key and verifies it. */
  async run(signal: AbortSignal): Promise<void> {
    const { reporter, config, clock, onDemoted } = this.#options;
    const running = this.#driver.run(signal);
    await this.#driver.demote(signal);
    onDemoted?.();
    await reporter.start(signal);
    await this.#report(signal);
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    try {
      await Promise.all([this.#readLoop(either), this.#lookLoop(either), this.#reportLoop(either)]);
    } finally {
      ending.abort();
      this.#member = null;
      this.#driver.closeGate();
    }
    await this.#actions.ended();
    await this.#driver.demote(clock.timeout(durationMs(config.timing.stopMs * 2)));
    this.#held = null;
    await running;
  }

  async #readLoop(signal: AbortSignal): Promise<void> {
    const { clock, config, readMember, onCycle } = this.#options;
    while (!signal.aborted) {
      try {
        const found = await readMember(AbortSignal.any([signal, clock.timeout(config.timing.readTimeoutMs)]));
        if (!signal.aborted) this.#take(found, signal);
      } catch (error) {
        // The key stays: whether it signs is for the arbiter to say.
        if (!signal.aborted) this.#say(`Its membership cannot be read (${(error as Error).name}).`);
      }
      onCycle?.('read');
      await clock.sleep(config.timing.pollMs, signal).catch(() => undefined);
    }
  }

  #take(found: Member | undefined, signal: AbortSignal): void {
    const member = found && mayAsk(found) ? found : null;
    this.#member = member?.version ?? null;
    if (this.#held !== null && this.#held !== this.#member) {
      this.#say(member === null ? 'This node is a member no more.' : 'Its membership has changed.');
      this.#drop();
      return;
    }
    if (member === null) this.#say('This node is no member: it signs nothing.');
    else if (this.#held === null && this.#actions.idle) {
      this.#actions.add('open', () => this.#open(member, signal));
    }
  }

  #drop(): void {
    this.#driver.closeGate();
    this.#held = null;
    this.#actions.add('close', () => this.#close());
  }

  async #close(): Promise<void> {
    // Stopping may overrun its time; it is verified all the same.
    await this.#driver.demote(this.#options.clock.timeout(durationMs(this.#options.config.timing.stopMs * 4)));
    this.#say('The key is dropped.');
  }

  async #open(member: Member, signal: AbortSignal): Promise<void> {
    const { openKey, reporter } = this.#options;
    const { version } = member;
    try {
      const key = await openKey(member, signal);
      try {
        if (this.#member !== version) return;
        await this.#driver.activate(key, signal);
      } finally {
        if (Buffer.isBuffer(key)) key.fill(0);
      }
      this.#held = version;
      if (this.#member !== version) {
        this.#drop();
        return;
      }
      reporter.distress = null;
      this.#say('This node signs, and the arbiter decides each signature.');
    } catch (error) {
      reporter.distress = (error as Error).message.slice(0, 500);
      await this.#close().catch(() => undefined);
      throw error;
    }
  }

  async #lookLoop(signal: AbortSignal): Promise<void> {
    const { clock, config, onCycle } = this.#options;
    while (!signal.aborted) {
      if (!this.#actions.isStuck(longestActionMs + config.timing.stopMs * 4)) onCycle?.('gate');
      await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }

  /** @returns whether the table has acknowledged it. */
  #report(signal: AbortSignal): Promise<boolean> {
    return isAcknowledged(this.#options.reporter.write({ floor: 0, signing: this.#held !== null }, signal), (why) => {
      this.#say(why);
    });
  }

  async #reportLoop(signal: AbortSignal): Promise<void> {
    const { clock, config, reporter, onCycle } = this.#options;
    let lastMs = clock.steadyMs();
    let last = '';
    let failed = false;
    while (!signal.aborted) {
      const health: Health = await this.#driver
        .health(this.#held !== null, AbortSignal.any([signal, clock.timeout(healthTimeoutMs)]))
        .catch(() => ({ synced: false, height: null, distress: 'HealthUnknown: no answer.' }));
      reporter.health = health;
      // The next read opens it anew, from what the disk holds.
      if (health.stalled === true && this.#held !== null) this.#drop();
      const now = `${this.#held ?? ''} ${health.synced} ${health.distress ?? ''}`;
      if (now !== last || elapsedMs(lastMs, clock.steadyMs()) >= reportEveryMs({ alert: false, holds: false, failed }, config.timing)) {
        last = now;
        lastMs = clock.steadyMs();
        failed = !(await this.#report(signal));
      }
      onCycle?.('report');
      await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }
}
