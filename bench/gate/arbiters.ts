import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { answered } from '../answered.ts';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { limits } from '../../aws/clients.ts';
import type { AskOnce, LookOnce } from '../../chains/ask-arbiter.ts';
import { applyClaim, applyOpening, type Arbiter, type Opening } from '../../core/gate.ts';
import type { Clock, DurationMs } from '../../core/time.ts';
import { localCredentials } from '../../local/dynamo.ts';
import type { Counted, Ready } from './table.ts';

/** Who decides the claims of a bench. */

export interface BenchArbiter {
  open(opening: Opening): Promise<void>;
  readonly claim: AskOnce;
  readonly look: LookOnce;
  /** What it was asked since this was asked before. */
  counted(): Promise<Counted>;
  close(): Promise<void>;
}

/** The adapter for DynamoDB, with the guard's limits, on the local table. */
export const tableArbiter = async (): Promise<BenchArbiter> => {
  const child = fork(join(import.meta.dirname, 'table.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const { endpoint } = await answered<Ready>(child, 'the table');
  const client = new DynamoDBClient({ ...limits(2_000), endpoint, ...localCredentials, maxAttempts: 1 });
  const store = new ArbiterStore({ client, table: 'baton' });
  return {
    open: async (opening) => {
      const { outcome } = await store.open(opening);
      if (outcome !== 'done') throw new Error(`the arbiter of ${opening.validator} ${opening.lane ?? ''} was not opened: ${outcome}`);
    },
    claim: (claim, signal) => store.claim(claim, signal),
    look: ({ validator, lane }, signal) => store.read(validator, signal, lane),
    counted: () => {
      child.send('count');
      return answered<Counted>(child, 'the table');
    },
    close: async () => {
      client.destroy();
      child.disconnect();
      await once(child, 'exit');
    },
  };
};

/** The rules of the arbiter in this process, each answer after `latencyMs`. */
export const assumedArbiter = (clock: Pick<Clock, 'sleep'>, latencyMs: DurationMs): BenchArbiter => {
  const items = new Map<string, Arbiter>();
  const nameOf = ({ validator, lane = '' }: Pick<Opening, 'validator' | 'lane'>): string => `${validator}#${lane}`;
  let counted = { writes: 0, reads: 0 };
  return {
    open: async (opening) => {
      const opened = applyOpening(items.get(nameOf(opening)), opening);
      if (opened.outcome !== 'done') throw new Error(`${nameOf(opening)} was opened before`);
      items.set(nameOf(opening), opened.item);
    },
    claim: async (claim, signal) => {
      counted.writes += 1;
      try {
        await clock.sleep(latencyMs, signal);
      } catch (cause) {
        return { outcome: 'unknown', cause };
      }
      const outcome = applyClaim(items.get(nameOf(claim)), claim);
      if (outcome.outcome === 'won') items.set(nameOf(claim), outcome.item);
      return outcome;
    },
    look: async (place, signal) => {
      counted.reads += 1;
      await clock.sleep(latencyMs, signal);
      return items.get(nameOf(place));
    },
    counted: async () => {
      const all = counted;
      counted = { writes: 0, reads: 0 };
      return all;
    },
    close: async () => undefined,
  };
};
