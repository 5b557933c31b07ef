import type { Command } from 'commander';
import { failover } from './commands/failover.ts';
import { cancel } from './commands/planned.ts';
import { readmit } from './commands/readmit.ts';
import { flag, option, type Run } from './run.ts';

/** Commands that move the right to sign. */

export const registerMoves = (program: Command, run: Run): void => {
  for (const kind of ['failover', 'switchover'] as const) {
    const moving = program
      .command(`${kind} <validator>`)
      .description(kind === 'failover' ? 'move the right to sign away from a failed node' : 'planned move to another node')
      .option('--to <node>', 'name of the node that is to sign')
      .option('--reason <text>', 'why, for the record', `${kind} by hand`)
      .option('--no-wait', 'do not follow it to its end');
    if (kind === 'switchover') {
      moving
        .option('--at <time>', 'begin then: HH:MM (UTC) or RFC 3339, at most 24 hours ahead')
        .option('--window <from-to>', 'begin within HH:MM-HH:MM (UTC), at once when it is open now');
    }
    moving.action(
      run((context, name) => {
        const [to, at, window] = [option(moving, 'to'), option(moving, 'at'), option(moving, 'window')];
        return failover(context, name ?? '', {
          kind,
          reason: option(moving, 'reason') ?? kind,
          wait: flag(moving, 'wait'),
          ...(to === undefined ? {} : { to }),
          ...(at === undefined ? {} : { at }),
          ...(window === undefined ? {} : { window }),
        });
      }),
    );
  }
  program
    .command('cancel <execution>')
    .description('call off a planned move that still waits; a move that has begun is never stopped half-way')
    .action(run((context, execution) => cancel(context, execution ?? '')));
  const readmitting = program
    .command('readmit <validator> <node>')
    .description('a fenced node is well again and may take over; rejoin does this by itself where it can')
    .option('--reason <text>', 'what was wrong and is mended, for the record', 'readmitted by hand');
  readmitting.action(run((context, name, node) => readmit(context, name ?? '', node ?? '', { reason: option(readmitting, 'reason') ?? '' })));
};
