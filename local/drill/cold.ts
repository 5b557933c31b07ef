import { recover } from '../../cli/commands/recover.ts';
import type { Context } from '../../cli/context.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { BatonError } from '../../core/errors.ts';
import type { Clock } from '../../core/time.ts';
import { nodePrincipal, type people } from '../cloud.ts';
import { ids, validator, validatorsFileIn } from './enrol.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** Cold recovery as two people type it: a custodian adds the fresh machine and applies it, a requester starts the failover. */

const readyMs = 60_000;

const typed = (world: World) => ({
  to: 'birch',
  id: ids.birch,
  principal: nodePrincipal(ids.birch),
  power: true,
  file: validatorsFileIn(world.dir),
  reason: 'amber is lost',
  yes: true,
  wait: false,
});

/** @throws BatonError DrillFailed when one of them could do what is not theirs. */
export const recoverCold = async (world: World, clock: Clock, tell: (sentence: string) => void): Promise<void> => {
  const contextOf = (person: keyof typeof people, name: string): Context => {
    const context = world.contextOf(person);
    const progress = (line: string): void => {
      tell(`${name}: ${line.trim()}`);
    };
    return { ...context, output: { ...context.output, progress } };
  };
  const first = await recover(contextOf('custodian', 'kim'), validator, typed(world));
  tell(`kim: ${first.lines.join(' ')}`);
  if (first.exitCode !== exitCodes.handedOver || world.cloud.states.executions().length > 0)
    throw new BatonError('DrillFailed', 'the custodian alone started a failover', { fix: 'Run the drill again with --keep.' });
  // A guard on a loaded machine may be late with a report: then it is typed again.
  const second = await until(clock, readyMs, 'the start of the recovery', () => recover(contextOf('requester', 'robin'), validator, typed(world)));
  tell(`robin: ${second.lines.join(' ')}`);
};
