import type { Command } from 'commander';
import { failover } from './commands/failover.ts';
import { cancel } from './commands/planned.ts';
import { readmit } from './commands/readmit.ts';
import { recover } from './commands/recover.ts';
import { flag, option, type Run } from './run.ts';

/** Commands that move the right to sign. */

const registerRecover = (program: Command, run: Run): void => {
  const recovering = program
    .command('recover <validator>')
    .description('cold recovery: the machine is lost and there is no standby; a fresh machine takes over, by the same proofs as ever')
    .requiredOption('--to <node>', 'name of the fresh machine')
    .option('--reason <text>', 'why, for the record', 'the machine is lost')
    .option('--file <file>', 'where it is added when it is no node yet', 'validators.yaml')
    .option('--id <id>', 'of the fresh machine, to add it: i-… or mi-…')
    .option('--principal <arn>', 'of the fresh machine, to add it: a role, or a session of one, that no other node has')
    .option('--power', 'to add it: EC2 may switch it off to fence it later')
    .option('--yes', 'write and apply without a question')
    .option('--wait', 'up to ten minutes until it is ready, and then to the end of the failover');
  recovering.action(
    run((context, name) => {
      const [id, principal] = [option(recovering, 'id'), option(recovering, 'principal')];
      return recover(context, name ?? '', {
        to: option(recovering, 'to') ?? '',
        reason: option(recovering, 'reason') ?? '',
        file: option(recovering, 'file') ?? '',
        power: flag(recovering, 'power'),
        yes: flag(recovering, 'yes'),
        wait: flag(recovering, 'wait'),
        ...(id === undefined ? {} : { id }),
        ...(principal === undefined ? {} : { principal }),
      });
    }),
  );
};

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
  registerRecover(program, run);
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
