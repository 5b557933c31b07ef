import type { Lease } from '../core/lease.ts';
import type { Term } from '../core/ids.ts';
import { maySign, newHold, onDeadline, onPromises, onRead, onRelinquished, onUnproven, type HoldState, type HoldStep } from '../core/hold.ts';
import { durationMs, elapsedMs } from '../core/time.ts';
import { highest, type Watermark } from '../core/watermark.ts';
import { Actions } from './actions.ts';
import { Pacer } from './pacer.ts';
import { declared, handedOver, isOther, type GuardOptions } from './options.ts';
import type { Driver, Health } from '../chains/driver.ts';
import type { View } from './peers/peers.ts';
import { isAcknowledged, type Word } from './report.ts';

/** One cycle: read the lease, decide by core/hold.ts, act, report, and say in a sentence what was done and why. */

const defaultDeadlineTickMs = durationMs(25);
const healthTimeoutMs = durationMs(2_000);
const distressEveryMs = 500;
/** A daemon may take long to get ready. */
const longestActionMs = 60_000;

export class Guard {
  readonly #options: GuardOptions;
  readonly #driver: Driver;
  readonly #actions: Actions;
  readonly #pacer: Pacer;
  #hold: HoldState;
  #active = false;
  #owed: number = 0;
  #said = '';
  #why = '';
  #readFailed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#hold = newHold(options.config.node, { relinquished: 0, floor: 0 });
    this.#actions = new Actions(options.clock, (sentence) => {
      this.#say(sentence);
    });
    this.#driver = options.driver(() => this.#maySignNow());
    this.#pacer = new Pacer(options);
  }

  // With policy `hold` an outage of the table closes nothing; what a read shows still does.
  #maySignNow(): boolean {
    if (this.#options.reporter.whyUnproven() !== null) return false;
    if (this.#options.config.onControlPlaneLoss === 'hold') return this.#hold.term !== null;
    return maySign(this.#hold, this.#options.clock.steadyMs());
  }

  #view(): View {
    const { clock, config } = this.#options;
    return {
      hold: () => this.#hold,
      idle: () => !this.#active && this.#actions.idle,
      readFailed: () => this.#readFailed,
      extend: (round) => {
        this.#hold = onPromises(this.#hold, round, config.timing, clock.steadyMs());
      },
    };
  }

  /** Why it holds nothing, each time it is another reason. */
  #sayWhy(why: string): void {
    if (why === this.#why) return;
    this.#why = why;
    this.#say(why);
  }

  #say(sentence: string): void {
    if (sentence === this.#said) return;
    this.#said = sentence;
    this.#options.say(sentence);
  }

  /** Runs until the signal; then closes, demotes and drops the key. Relinquishes nothing on the way out. */
  async run(signal: AbortSignal): Promise<void> {
    const { reporter, config } = this.#options;
    const running = this.#driver.run(signal);
    await this.#driver.demote(signal);
    this.#options.onDemoted?.();
    const known = await reporter.start(signal);
    this.#hold = newHold(config.node, { relinquished: known?.relinquished?.term ?? 0, floor: known?.floor ?? 0 });
    // Whoever follows a guard that has ended here takes over at once.
    await this.#tryReport();
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    try {
      await Promise.all([
        this.#readLoop(either),
        this.#deadlineLoop(either),
        this.#reportLoop(either),
        this.#options.peers?.run(this.#view(), either),
      ]);
    } finally {
      // Also when one of them has died of an error: nothing looks at the deadline then, and a read of those that live must not open again.
      ending.abort();
      this.#driver.closeGate();
      this.#hold = { ...this.#hold, term: null, deadlineMs: null };
    }
    await this.#actions.ended();
    await this.#driver.demote(this.#options.clock.timeout(durationMs(config.timing.stopMs * 2)));
    this.#active = false;
    await running;
  }

  async #readLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#cycle(signal);
      this.#options.onCycle?.('read');
      await this.#options.clock.sleep(this.#pacer.readInMs(this.#readFailed), signal).catch(() => undefined);
    }
  }

  async #cycle(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#options;
    // The answer may be as old as the question: the deadline counts from here.
    const sentMs = clock.steadyMs();
    const within = AbortSignal.any([signal, clock.timeout(config.timing.readTimeoutMs)]);
    try {
      const lease = (await this.#pacer.isQuiet(this.#hold.term !== null, within)) ? this.#pacer.lease : await this.#options.readLease(within);
      if (signal.aborted) return;
      this.#readFailed = false;
      const step = onRead(this.#hold, { sentMs, lease }, config.timing);
      if (step.action !== 'ignore') {
        this.#options.reporter.lease = lease;
        this.#pacer.saw(lease);
      }
      this.#take(step, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#readFailed = true;
      this.#say(`The lease cannot be read (${(error as Error).name}).`);
      this.#tick(signal);
    }
  }

  async #deadlineLoop(signal: AbortSignal): Promise<void> {
    const { clock, config, deadlineTickMs = defaultDeadlineTickMs } = this.#options;
    while (!signal.aborted) {
      this.#tick(signal);
      if (!this.#actions.isStuck(longestActionMs + config.timing.stopMs * 4)) this.#options.onCycle?.('gate');
      await clock.sleep(deadlineTickMs, signal).catch(() => undefined);
    }
  }

  #tick(signal: AbortSignal): void {
    if (this.#hold.term === null || this.#maySignNow()) return;
    const unproven = this.#options.reporter.whyUnproven();
    this.#take(unproven === null ? onDeadline(this.#hold, this.#options.clock.steadyMs()) : onUnproven(this.#hold, unproven), signal);
  }

  #take(step: HoldStep, signal: AbortSignal): void {
    this.#hold = step.state;
    const unproven = this.#options.reporter.whyUnproven();
    if (unproven !== null && step.action === 'open') {
      // Held by a lease that names this node, which another guard may have the name of.
      this.#hold = { ...step.state, term: null, deadlineMs: null };
      this.#sayWhy(unproven);
      return;
    }
    if (step.action !== 'keep' && step.action !== 'ignore') this.#say(step.sentence);
    if (step.action === 'close') {
      this.#driver.closeGate();
      this.#actions.add('close', () => this.#close());
    }
    const { term } = step.state;
    const { lease } = this.#pacer;
    if (step.action === 'open' && term !== null && lease && !this.#actions.add('open', () => this.#open(term, lease, signal))) this.#letGo(term);
    const owed = step.relinquish;
    if (owed !== null && owed > this.#owed && unproven === null && this.#actions.add('relinquish', () => this.#relinquish(owed, signal)))
      this.#owed = owed;
  }

  /** Nothing is held that is not open: the next read tries again. */
  #letGo(term: Term): void {
    if (this.#hold.term === term) this.#hold = { ...this.#hold, term: null, deadlineMs: null };
  }

  // Stopping may overrun its time; it is verified all the same.
  #stopSignal(): AbortSignal {
    return this.#options.clock.timeout(durationMs(this.#options.config.timing.stopMs * 4));
  }

  async #close(): Promise<void> {
    this.#driver.closeGate();
    await this.#driver.demote(this.#stopSignal());
    this.#active = false;
    this.#say('The gate is closed, verified, and the key is dropped.');
    await this.#report({}).catch(() => undefined);
  }

  async #open(term: Term, lease: Lease, signal: AbortSignal): Promise<void> {
    const { config, reporter, peers } = this.#options;
    try {
      const word = declared(term, config, peers?.asks);
      const before = reporter.word;
      if (before?.armedTerm === term) {
        if (isOther(before, word))
          throw new Error(`GuardRefused: term ${term} was declared with other timing or peers; switch over to begin a new term`);
        if (this.#driver.lostWatermark()) throw new Error(`GuardRefused: the watermark of term ${term} is gone; switch over to begin a new term`);
      }
      const floor = lease.watermark;
      if (!floor) throw new Error('GuardRefused: the lease names no watermark; switch over to begin a new term');
      const key = await this.#options.openKey(lease, signal);
      try {
        this.#options.keepTerm?.(term);
        this.#driver.prepare(floor, term);
        // What this guard promises for the term is on record before the first signature of it.
        await this.#report({ ...word, signing: false });
        if (this.#hold.term !== term || !this.#maySignNow()) {
          this.#letGo(term);
          return;
        }
        const handed = lease.sealed?.handover;
        await this.#driver.activate({ key, floor, term, handover: handed === undefined ? null : Buffer.from(handed, 'base64') }, signal);
      } finally {
        key.fill(0);
      }
      this.#active = true;
      if (this.#hold.term !== term || !this.#maySignNow()) {
        this.#letGo(term);
        await this.#close();
        return;
      }
      this.#say(`The gate is open in term ${term}.`);
      await this.#report({}).catch(() => undefined);
    } catch (error) {
      this.#letGo(term);
      await this.#close().catch(() => undefined);
      reporter.distress = (error as Error).message.slice(0, 500);
      throw error;
    }
  }

  // The term is still held: the next read opens it anew, from what the disk holds.
  #reopen(): void {
    if (!this.#active || this.#hold.term === null) return;
    this.#letGo(this.#hold.term);
    this.#driver.closeGate();
    this.#actions.add('close', () => this.#close());
  }

  async #relinquish(term: Term, signal: AbortSignal): Promise<void> {
    try {
      await this.#driver.demote(this.#stopSignal());
      this.#active = false;
      const own: Watermark | null = this.#options.reporter.lostRecord ? null : await this.#driver.watermark();
      // A holder that never opened knows less than the lease does.
      const { lease } = this.#pacer;
      const watermark = own === null ? null : highest(own, lease?.watermark?.kind === own.kind ? lease.watermark : null);
      const handover = await handedOver(this.#driver, this.#options.reporter);
      await this.#report({ relinquished: { term, watermark, ...(handover === null ? {} : { handover }) } }, signal);
      this.#hold = onRelinquished(this.#hold, term);
      this.#say(`Relinquished term ${term}.`);
    } finally {
      if (this.#hold.relinquished < term) this.#owed = this.#hold.relinquished;
    }
  }

  async #report(word: Partial<Word>, signal?: AbortSignal): Promise<void> {
    const { reporter } = this.#options;
    await reporter.write({ ...word, floor: this.#hold.floor, signing: this.#active && this.#maySignNow() }, signal);
    // What was said in this node's name before holds for this guard too.
    const { floor, relinquished } = reporter.word ?? { floor: 0 };
    if (this.#hold.term === null && relinquished) this.#hold = onRelinquished(this.#hold, relinquished.term);
    this.#hold = { ...this.#hold, floor: Math.max(this.#hold.floor, floor) };
  }

  /** @returns whether the table has acknowledged it. */
  #tryReport(signal?: AbortSignal): Promise<boolean> {
    return isAcknowledged(this.#report({}, signal), (why) => {
      this.#sayWhy(why);
    });
  }

  async #reportLoop(signal: AbortSignal): Promise<void> {
    const { clock, reporter } = this.#options;
    let lastMs = clock.steadyMs();
    let told = '';
    let failed = false;
    while (!signal.aborted) {
      const health: Health = await this.#driver
        .health(this.#active, AbortSignal.any([signal, clock.timeout(healthTimeoutMs)]))
        .catch(() => ({ synced: false, height: null, distress: 'HealthUnknown: no answer.' }));
      reporter.health = health;
      if (health.stalled === true) this.#reopen();
      const holds = this.#active || this.#hold.term !== null;
      const unproven = (reporter.waits || this.#pacer.isAwake(holds)) && reporter.whyUnproven() !== null;
      const now = `${health.synced} ${health.distress ?? ''}`;
      const everyMs = this.#pacer.reportEveryMs(holds, failed);
      if (this.#pacer.takeWanted() || unproven || now !== told || elapsedMs(lastMs, clock.steadyMs()) >= everyMs) {
        told = now;
        lastMs = clock.steadyMs();
        failed = !(await this.#tryReport(signal));
      }
      this.#options.onCycle?.('report');
      await clock.sleep(durationMs(Math.min(distressEveryMs, everyMs / 2)), AbortSignal.any([signal, this.#pacer.wanted])).catch(() => undefined);
    }
  }
}
