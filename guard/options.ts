import type { Term } from '../core/ids.ts';
import type { Lease } from '../core/lease.ts';
import type { NodeReport } from '../core/report.ts';
import type { Clock, DurationMs } from '../core/time.ts';
import type { GuardConfig } from './config.ts';
import type { Driver } from '../chains/driver.ts';
import type { Peers } from './peers/peers.ts';
import type { Reporter, Word } from './report.ts';
import type { Loop } from './watchdog.ts';

export interface GuardOptions {
  readonly config: GuardConfig;
  readonly clock: Clock;
  /** A consistent read; rejects when the table gives no answer in time. */
  readonly readLease: (signal: AbortSignal) => Promise<Lease | undefined>;
  /** An eventually consistent read, for a node that holds nothing; rejects when the table gives no answer in time. */
  readonly peekLease: (signal: AbortSignal) => Promise<Lease | undefined>;
  readonly openKey: (lease: Lease, signal: AbortSignal) => Promise<Buffer>;
  readonly reporter: Reporter;
  /** Keeps on the disk that this term is held here, before its first signature. */
  readonly keepTerm?: (term: Term) => void;
  readonly driver: (maySign: () => boolean) => Driver;
  /** With policy `ask`: every other guard of the validator. */
  readonly peers?: Pick<Peers, 'asks' | 'run'> | undefined;
  readonly say: (sentence: string) => void;
  /** Told after every round of a loop: feeds the watchdog. */
  readonly onCycle?: (loop: Loop) => void;
  /** Told once the first demotion is verified: from then on nothing of an earlier life can sign. */
  readonly onDemoted?: () => void;
  /** How often the deadline is looked at; the gate itself asks before each signature. */
  readonly deadlineTickMs?: DurationMs;
}

/** What a guard says about itself for the whole of a term, before it opens. */
export const declared = (term: Term, { onControlPlaneLoss, timing }: GuardConfig, asks?: Word['asks']) => ({
  armedTerm: term,
  armed: onControlPlaneLoss !== 'hold',
  leaseMs: timing.leaseMs,
  // Of an earlier term nothing is left.
  asks: onControlPlaneLoss === 'ask' ? (asks ?? []) : undefined,
});

const largestHandoverBytes = 16_384;

/** A disk that came back from an earlier time hands nothing over; what fails only costs the next holder time. */
export const handedOver = async (
  driver: Pick<Driver, 'handover'>,
  { lostRecord }: Pick<Reporter, 'lostRecord'>,
): Promise<{ term: Term; bytes: string } | null> => {
  const found = lostRecord ? null : await Promise.resolve(driver.handover?.()).catch(() => null);
  return !found || found.bytes.length > largestHandoverBytes ? null : { term: found.term, bytes: found.bytes.toString('base64') };
};

/** True when another guard's settings were declared for this term. */
export const isOther = (before: NodeReport, word: ReturnType<typeof declared>): boolean =>
  before.armed !== word.armed || before.leaseMs !== word.leaseMs || String(before.asks) !== String(word.asks);
