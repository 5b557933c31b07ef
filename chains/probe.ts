import type { ValidatorConfig } from '../core/config.ts';
import type { Observation } from '../core/verdict.ts';

/** The one shape of every chain's probe, seen from one vantage. Nothing here ever throws for trouble with the network. */

/** What a vantage remembers of its look before. Plain JSON. */
export interface ProbeMemory {
  readonly head: number | null;
  readonly lastSigned: number | null;
  /** Looks in a row at which the head did not move. */
  readonly still: number;
  readonly observation: Observation;
}

export interface ProbeResult { readonly observation: Observation; readonly head: number | null; readonly lastSigned: number | null; readonly sentence: string }

export interface Look { readonly result: ProbeResult; readonly memory: ProbeMemory }

export interface ChainProbe {
  look(config: ValidatorConfig, url: string, before: ProbeMemory | null, signal: AbortSignal): Promise<Look>;
  /** Has the validator's signature landed above this height, and where is the head? */
  landed(config: ValidatorConfig, url: string, above: number, signal: AbortSignal): Promise<{ signed: boolean; head: number | null }>;
  head(config: ValidatorConfig, url: string, signal: AbortSignal): Promise<number | null>;
}

/** Looks without a new head until the whole chain counts as halted. */
const stillLooks = 3;

export const unobservable = (why: string, before: ProbeMemory | null): Look => ({
  result: { observation: 'unobservable', head: null, lastSigned: null, sentence: why },
  memory: { head: before?.head ?? null, lastSigned: before?.lastSigned ?? null, still: 0, observation: 'unobservable' },
});

/** The head did not move: nothing new can be told, until it has stood still long enough to be a halt. */
export const stillHead = (before: ProbeMemory, head: number): Look => {
  const still = before.still + 1;
  const halted = still >= stillLooks;
  // Between two blocks a validator that signed the last one is still signing; one that did not is not counted twice.
  const observation: Observation = halted ? 'halted' : before.observation === 'signing' ? 'signing' : 'unobservable';
  const sentence = halted ? `The head stands at ${head} since ${still} looks.` : `No new block since ${head}.`;
  return { result: { observation, head, lastSigned: before.lastSigned, sentence }, memory: { ...before, head, still, observation } };
};

export const moved = (head: number, lastSigned: number | null, signed: boolean, sentence: string): Look => {
  const observation: Observation = signed ? 'signing' : 'failing';
  return { result: { observation, head, lastSigned, sentence }, memory: { head, lastSigned, still: 0, observation } };
};
