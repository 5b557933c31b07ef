import { unmarshall } from '@aws-sdk/util-dynamodb';
import { Records } from '../../aws/records.ts';
import { breaker } from '../../cli/commands/breaker.ts';
import { frozenBy } from '../../core/breaker.ts';
import { clientsFor } from './clients.ts';
import { validator } from './enrolment.ts';
import { tableName } from './guard-run.ts';
import { Proc } from './proc.ts';
import type { TableWrite } from './table.ts';
import { whole, type Caller } from './wire.ts';
import type { World } from './world.ts';

/** The circuit breaker: who freezes the fleet, who clears it, and what must not happen in between. */

const retryMs = 500;

/** The survey sees a slashing. It tries until the table has it, as the next survey would. */
export const suspectAfter = (world: World, afterMs: number): void => {
  const { scheduler, wire, services } = world;
  const caller: Caller = {
    proc: new Proc(scheduler, 'survey', { rate: 1, aheadMs: 0 }),
    actor: 'Survey',
    arn: 'arn:aws:sts::123456789012:assumed-role/baton-Survey/lambda',
    timeoutMs: 3_000,
    line: () => whole,
  };
  const records = new Records({ client: clientsFor(wire, services, caller).dynamo, table: tableName });
  const suspect = (): void => {
    const seen = { kind: 'slashed' as const, validator, what: 'Evidence of two votes at one height.', by: 'survey', atMs: 0 };
    records.suspect(seen).catch(() => {
      scheduler.after(retryMs, 'survey', suspect);
    });
  };
  scheduler.after(afterMs, 'survey', suspect);
};

/** A person has looked on the chain, and clears what is open; what fails is left to the next time. */
export const clearBreaker = async (world: World, by: string): Promise<void> => {
  const context = world.people.contextOf(by);
  try {
    const frozen = frozenBy(await context.records.readBreaker());
    if (frozen?.last === undefined || frozen.last === null) return;
    await breaker(context, { clear: String(frozen.last), reason: 'The evidence is of another validator.' });
  } catch (error) {
    world.say(`The breaker stays as it is: ${(error as Error).name}.`);
  }
};

/** Since when the fleet is frozen, by what the table holds. */
export class Freeze {
  #last = 0;
  #through = 0;
  #sinceMs: number | null = null;

  onWrite(write: TableWrite, nowMs: number): void {
    if (!write.after || !write.pk.startsWith('breaker#')) return;
    const item = unmarshall(write.after) as { last?: number; through?: number };
    this.#last = item.last ?? this.#last;
    this.#through = item.through ?? this.#through;
    const frozen = this.#last > this.#through;
    this.#sinceMs = frozen ? (this.#sinceMs ?? nowMs) : null;
  }

  /** How long it is frozen, or null. */
  forMs(nowMs: number): number | null {
    return this.#sinceMs === null ? null : nowMs - this.#sinceMs;
  }
}
