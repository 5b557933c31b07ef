import { BatonError, errorCodes } from '../../core/errors.ts';
import { Random } from './random.ts';
import { smaller } from './shrink.ts';
import { canary, Wrong, type Outcome, type Target } from './target.ts';

/** Feeds a target and judges what it does: accepted, refused, or a failure. */

export type FailureKind = 'crash' | 'hang' | 'wrong';
export interface Failure {
  readonly kind: FailureKind;
  readonly target: string;
  readonly input: number;
  readonly detail: string;
  readonly shown: string;
}
export interface Report {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly failures: readonly Failure[];
}
export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Only this input: the replay of a failure. */
  readonly only?: number;
  /** When a promise counts as never settling. */
  readonly stallMs?: number;
  /** Told before each input: feeds the watchdog. */
  readonly onInput?: (input: number) => void;
}

/** One input in ten is an untouched valid one. */
export const validEvery = 10;
const budgetMs = 250;
const longestMessage = 3_000;
const maxFailures = 20;
const maxShrinks = 400;

type Judged = { readonly kind: Outcome } | { readonly kind: FailureKind; readonly detail: string };

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : `threw ${String(error)}`;

/** What is wrong with an error that refuses, or null. */
export const badRefusal = (error: BatonError): string | null => {
  const told = JSON.stringify(error);
  if (!errorCodes.includes(error.code)) return `the code ${error.code} is not known`;
  if (error.message.length > longestMessage) return `the message has ${error.message.length} characters`;
  if (error.fix.length === 0 || error.fix.length > longestMessage) return `the fix has ${error.fix.length} characters`;
  if ((error.field ?? '').length > longestMessage) return `the field has ${(error.field ?? '').length} characters`;
  if (told.includes(canary)) return 'the message holds a secret';
  return null;
};

const judgeError = (of: Target, error: unknown): Judged => {
  if (error instanceof Wrong) return { kind: 'wrong', detail: error.message };
  if (error instanceof BatonError) {
    const bad = badRefusal(error);
    return bad === null ? { kind: 'refused' } : { kind: 'wrong', detail: `${bad}: ${error.message.slice(0, 200)}` };
  }
  return of.refuses?.(error) === true ? { kind: 'refused' } : { kind: 'crash', detail: describe(error) };
};

// The system clock of runtime/ reads a file at each call, which would be most of the time measured here.
const now = (): number => performance.now();

class Engine {
  readonly #target: Target;
  readonly #stallMs: number;
  #startedMs = Infinity;
  #stalled: (judged: Judged) => void = () => undefined;

  constructor(target: Target, stallMs: number) {
    this.#target = target;
    this.#stallMs = stallMs;
  }

  watch(): () => void {
    const timer = setInterval(() => {
      if (now() - this.#startedMs > this.#stallMs) this.#stalled({ kind: 'hang', detail: `it has not settled after ${this.#stallMs} ms` });
    }, this.#stallMs / 4);
    return () => {
      clearInterval(timer);
    };
  }

  #try(input: unknown): Judged | Promise<Judged> {
    try {
      const found = this.#target.run(input);
      if (!(found instanceof Promise)) return { kind: found };
      const settled = found.then(
        (kind): Judged => ({ kind }),
        (error: unknown) => judgeError(this.#target, error),
      );
      return new Promise((resolve) => {
        this.#stalled = resolve;
        void settled.then(resolve);
      });
    } catch (error) {
      return judgeError(this.#target, error);
    }
  }

  async #timed(input: unknown): Promise<{ judged: Judged; tookMs: number; cpuMs: number }> {
    const before = process.cpuUsage();
    this.#startedMs = now();
    const tried = this.#try(input);
    const judged = tried instanceof Promise ? await tried : tried;
    const tookMs = now() - this.#startedMs;
    this.#startedMs = Infinity;
    const { user, system } = process.cpuUsage(before);
    return { judged, tookMs, cpuMs: (user + system) / 1_000 };
  }

  async judge(input: unknown, valid: boolean): Promise<Judged> {
    const limitMs = this.#target.budgetMs?.(input) ?? budgetMs;
    let { judged, tookMs, cpuMs } = await this.#timed(input);
    // A pause of the machine or of the collector is no hang: it must show twice, and as work of this process or as a very long wait.
    if (tookMs > limitMs && judged.kind !== 'hang') ({ judged, tookMs, cpuMs } = await this.#timed(input));
    const spent = tookMs > limitMs && (cpuMs > limitMs / 2 || tookMs > 10 * limitMs);
    if (spent && judged.kind !== 'hang') return { kind: 'hang', detail: `it took more than ${limitMs} ms, twice (${Math.round(tookMs)} ms)` };
    if (valid && judged.kind === 'refused') {
      const why = await Promise.resolve()
        .then(() => this.#target.run(input))
        .catch((error: unknown) => (error as Error).message);
      return { kind: 'wrong', detail: `a valid input was refused: ${why}` };
    }
    return judged;
  }

  /** The smallest input found that fails in the same way. */
  async shrink(input: unknown, failed: { kind: FailureKind; detail: string }, valid: boolean): Promise<unknown> {
    if (failed.kind === 'hang') return input;
    let best = input;
    for (let tries = 0, found = true; found && tries < maxShrinks;) {
      found = false;
      for (const less of (this.#target.smaller ?? smaller)(best)) {
        if ((tries += 1) > maxShrinks) break;
        // A target may not stand an input without its parts.
        const judged = await this.judge(less, valid).catch(() => null);
        if (judged === null) continue;
        if (judged.kind !== failed.kind || !('detail' in judged) || judged.detail.slice(0, 30) !== failed.detail.slice(0, 30)) continue;
        best = less;
        found = true;
        break;
      }
    }
    return best;
  }
}

const show = (input: unknown): string =>
  (
    JSON.stringify(input, (_, value: unknown) => {
      if (typeof value === 'bigint') return `${value}n`;
      if (value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer' && 'data' in value)
        return `hex:${Buffer.from(value.data as number[]).toString('hex')}`;
      return value;
    }) ?? String(input)
  ).slice(0, 2_000);

/** Runs one target. It stops early after twenty failures. */
export const fuzz = async (of: Target, options: FuzzOptions): Promise<Report> => {
  const engine = new Engine(of, options.stallMs ?? 5_000);
  const failures: Failure[] = [];
  const counts = { accepted: 0, refused: 0 };
  let input = options.only ?? 0;
  const lost = (error: unknown): void => {
    failures.push({ kind: 'crash', target: of.name, input, detail: `unhandled rejection: ${describe(error)}`, shown: 'at or before this input' });
  };
  process.on('unhandledRejection', lost);
  await of.open?.();
  const unwatch = engine.watch();
  const last = options.only === undefined ? options.inputs : options.only + 1;
  try {
    for (; input < last && failures.length < maxFailures; input += 1) {
      options.onInput?.(input);
      const valid = input % validEvery === 0;
      const made = of.make(new Random(options.seed, of.name, input), valid);
      const judged = await engine.judge(made, valid);
      if (judged.kind === 'accepted' || judged.kind === 'refused') counts[judged.kind] += 1;
      else if ('detail' in judged) {
        const small = await engine.shrink(made, judged, valid);
        failures.push({ kind: judged.kind, target: of.name, input, detail: judged.detail, shown: show(small) });
      }
      if (input % 500 === 499)
        await new Promise<void>((resolve) => {
          setImmediate(resolve);
        });
    }
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  } finally {
    unwatch();
    await of.close?.();
    process.off('unhandledRejection', lost);
  }
  return { inputs: input - (options.only ?? 0), ...counts, failures };
};
