import type { ValidatorConfig } from '../core/config.ts';
import type { DurationMs } from '../core/time.ts';
import type { Observation } from '../core/verdict.ts';
import type { At } from './answers.ts';

/** The one shape of every chain's probe, seen from one vantage. Nothing here ever throws for trouble with the network. */

/** What a vantage remembers of its look before. Plain JSON. */
export interface ProbeMemory {
  readonly head: number | null;
  readonly lastSigned: number | null;
  /** How long the head has stood still, by the clock of whoever looks, in milliseconds. */
  readonly stillMs: number;
  readonly observation: Observation;
  /** Counters of the chain that only their change tells something of. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** The look before, and how long ago it was on the looker's own steady clock. */
export interface Before {
  readonly memory: ProbeMemory;
  readonly agoMs: number;
}

export interface ProbeResult {
  readonly observation: Observation;
  readonly head: number | null;
  readonly lastSigned: number | null;
  readonly sentence: string;
  /** What the chain itself says of a double signature of this validator. */
  readonly slashed?: string;
}

export interface Look {
  readonly result: ProbeResult;
  readonly memory: ProbeMemory;
}

export interface Landed {
  readonly signed: boolean;
  readonly head: number | null;
  /** Everything above was looked at, up to the head. */
  readonly whole: boolean;
}

export interface ChainProbe {
  /** @param before what the look before remembered, with the time since it, or null. */
  look(config: ValidatorConfig, at: At, before: Before | null): Promise<Look>;
  /** Has the validator's signature landed above this height, and where is the head? */
  landed(config: ValidatorConfig, url: string, above: number, signal: AbortSignal): Promise<Landed>;
  head(config: ValidatorConfig, url: string, signal: AbortSignal): Promise<number | null>;
  /**
   * Where the chain tells ahead when nothing is due of the validator: in how many milliseconds a planned move begins best, of those that lie
   * within `withinMs`; 0 for now, null when this vantage does not tell.
   */
  quietIn?(config: ValidatorConfig, url: string, withinMs: DurationMs, signal: AbortSignal): Promise<number | null>;
}

export const unobservable = (why: string, before: Before | null): Look => ({
  result: { observation: 'unobservable', head: null, lastSigned: null, sentence: why },
  memory: { head: before?.memory.head ?? null, lastSigned: before?.memory.lastSigned ?? null, stillMs: 0, observation: 'unobservable' },
});

/** The head did not move: nothing new can be told, until it has stood still long enough to be a halt. */
export const stillHead = ({ memory, agoMs }: Before, head: number, haltAfterMs: number): Look => {
  const stillMs = memory.stillMs + agoMs;
  const halted = stillMs >= haltAfterMs;
  // Between two blocks a validator that signed the last one is still signing; one that did not is not counted twice.
  const observation: Observation = halted ? 'halted' : memory.observation === 'signing' ? 'signing' : 'unobservable';
  const sentence = halted ? `The head stands at ${head} since ${Math.round(stillMs / 1_000)} s.` : `No new block since ${head}.`;
  return { result: { observation, head, lastSigned: memory.lastSigned, sentence }, memory: { ...memory, head, stillMs, observation } };
};

export const moved = (head: number, lastSigned: number | null, signed: boolean, sentence: string): Look => {
  const observation: Observation = signed ? 'signing' : 'failing';
  return { result: { observation, head, lastSigned, sentence }, memory: { head, lastSigned, stillMs: 0, observation } };
};
