#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { alertTest } from './commands/alert-test.ts';
import { answer } from './commands/approve.ts';
import { breaker } from './commands/breaker.ts';
import { bundle } from './commands/bundle.ts';
import { doctor } from './commands/doctor.ts';
import { fenceTest } from './commands/fence-test.ts';
import { explainAny } from './commands/explain-policy.ts';
import { gate } from './commands/gate.ts';
import { history } from './commands/history.ts';
import { pause, resume } from './commands/pause.ts';
import { report } from './commands/report.ts';
import { registerVerifyBundle } from './commands/verify-bundle.ts';
import { watchStatus } from './commands/status-watch.ts';
import { status } from './commands/status.ts';
import { contextFromEnvironment, type Context } from './context.ts';
import { registerCompletion } from './completion.ts';
import { registerCost } from './cost.ts';
import { registerDrill } from './drill.ts';
import { withExamples } from './examples.ts';
import { exitCodes } from './exit-codes.ts';
import { outputFor, type Answer, type Output } from './output.ts';
import { flag, option, type Run } from './run.ts';
import { registerMoves } from './moves.ts';
import { registerInit, registerSetup } from './setup.ts';

type Make = (output: Output) => Context;

const exitCodeHelp = `
Exit codes:
  0  done
  1  unexpected failure
  2  bad input; nothing was written
  3  a drill found two signatures for one duty
  4  refused by the lease, the policy or a person; nothing was changed
  5  no answer from AWS: what was asked may or may not have happened
  6  a failover or drill ended, but not as asked
  7  doctor or fence-test found what must be mended
  8  verify-bundle found a bundle that was changed or contradicts itself
  9  plan --detailed-exitcode: the file would change something
  10  recover is not at its end: another person goes on with it, as it says
`;

/** The command line. `make` builds the context only when a command needs AWS. */
export const programFor = (
  make: Make = contextFromEnvironment,
  outputOf: (options: { json: boolean; verbose: boolean }) => Output = outputFor,
): Command => {
  const program = new Command('baton')
    .description('Moves the right to sign to a healthy standby. Never lets two nodes sign.')
    .option('--json', 'print one JSON object', false)
    .option('--verbose', 'print stack traces', false)
    .addHelpText('after', exitCodeHelp)
    .showHelpAfterError('(type `baton --help`)');
  const run =
    (action: (context: Context, ...args: string[]) => Promise<Answer>) =>
    async (...args: unknown[]): Promise<void> => {
      const output = outputOf(program.opts<{ json: boolean; verbose: boolean }>());
      try {
        output.answer(await action(make(output), ...args.filter((arg) => typeof arg === 'string')));
      } catch (error) {
        output.failure(error);
      }
    };
  registerInit(program, outputOf);
  registerSetup(program, run);
  registerCost(program, outputOf);
  registerStatus(program, run);
  registerDoctor(program, run);
  registerMoves(program, run);
  registerAnswers(program, run);
  program
    .command('explain <execution> [validator]')
    .description(
      'what an execution did and why, step by step; or `explain policy VALIDATOR`, `explain gates VALIDATOR`: how a failover would be judged now',
    )
    .action(run((context, name, of) => explainAny(context, name ?? '', of)));
  registerHistory(program, run);
  registerReport(program, run);
  registerBundle(program, run);
  registerVerifyBundle(program, outputOf);
  registerPauses(program, run);
  registerBreaker(program, run);
  registerAlertTest(program, run);
  registerFenceTest(program, run);
  registerGate(program, run);
  registerCompletion(program, outputOf);
  withExamples(program);
  return program;
};

const registerStatus = (program: Command, run: Run): void => {
  const looking = program
    .command('status [validator]')
    .description('who may sign, is each guard ready, what waits for a person')
    .option('--watch', 'look again every two seconds until interrupted; without a terminal, and with --json, print only changes');
  looking.action(run((context, name) => (flag(looking, 'watch') ? watchStatus(context, name) : status(context, name))));
};

const registerDoctor = (program: Command, run: Run): void => {
  const examining = program
    .command('doctor [validator]')
    .description('whether a failover could go well now: every precondition, each with its fix')
    .option('--vault', 'look for the sealed keys too; only a custodian may');
  examining.action(run((context, name) => doctor(context, name, { vault: flag(examining, 'vault') })));
};

const registerHistory = (program: Command, run: Run): void => {
  const telling = program
    .command('history <validator>')
    .description('the last times that the right to sign was moved: how each ended, how long it took, what proved the fence')
    .option('--last <number>', 'how many, at most 20', '5');
  telling.action(run((context, name) => history(context, name ?? '', { last: option(telling, 'last') ?? '' })));
};

const registerReport = (program: Command, run: Run): void => {
  const reporting = program
    .command('report [validator]')
    .description('how long it took until a new holder signed: failovers and drills, against an objective and the time before')
    .option('--days <number>', 'how many days, at most 365; Step Functions remembers 90', '30')
    .option('--objective <seconds>', 'within which a new holder is to sign', '45');
  reporting.action(
    run((context, name) => report(context, name, { days: option(reporting, 'days') ?? '', objective: option(reporting, 'objective') ?? '' })),
  );
};

const registerBundle = (program: Command, run: Run): void => {
  const bundling = program
    .command('bundle <execution>')
    .description('everything that is known of one execution, in one file whose records are chained by hashes')
    .option('--out <file>', 'where to; EXECUTION.bundle.jsonl in this folder when not given')
    .option('--force', 'write over a file that is there');
  bundling.action(
    run((context, name) => {
      const out = option(bundling, 'out');
      return bundle(context, name ?? '', { force: flag(bundling, 'force'), ...(out === undefined ? {} : { out }) });
    }),
  );
};

const registerPauses = (program: Command, run: Run): void => {
  const pausing = program
    .command('pause <validator>')
    .description('start no failover until resume, or for some time')
    .option('--reason <text>', 'why, for the record', 'paused by hand')
    .option('--for <length>', 'how long: 30s, 15m, 2h or 3d, at most 30d; until resume when not given');
  pausing.action(
    run((context, name) => {
      const length = option(pausing, 'for');
      return pause(context, name ?? '', { reason: option(pausing, 'reason') ?? '', ...(length === undefined ? {} : { for: length }) });
    }),
  );
  program
    .command('resume <validator>')
    .description('end a pause')
    .action(run((context, name) => resume(context, name ?? '')));
};

const registerBreaker = (program: Command, run: Run): void => {
  const showing = program
    .command('breaker')
    .description('what freezes the whole fleet, and who cleared what before; with --clear, end it')
    .option('--clear <number>', 'the newest suspicion, as it was shown: you have looked into it and all before it')
    .option('--reason <text>', 'what you found, for the record; needed with --clear');
  showing.action(
    run((context) => {
      const [number, reason] = [option(showing, 'clear'), option(showing, 'reason')];
      return breaker(context, { ...(number === undefined ? {} : { clear: number }), ...(reason === undefined ? {} : { reason }) });
    }),
  );
};

const registerAlertTest = (program: Command, run: Run): void => {
  const testing = program
    .command('alert-test')
    .description('send a test message to whom alerts reach, then acknowledge it with the code that it shows')
    .option('--ack <code>', 'the code in the message: alerts have reached you')
    .option('--wait', 'wait for what each destination of the relay makes of it')
    .option('--status', 'the newest test: who has acknowledged it, which destinations took it; sends nothing');
  testing.action(
    run((context) => {
      const [ack, { wait, status: shown }] = [option(testing, 'ack'), testing.opts<{ wait?: true; status?: true }>()];
      return alertTest(context, { wait: wait === true, status: shown === true, ...(ack === undefined ? {} : { ack }) });
    }),
  );
};

const registerFenceTest = (program: Command, run: Run): void => {
  const testing = program
    .command('fence-test [validator]')
    .description('whether each fence that acts on a machine would work now; stops nothing')
    .option('--node <node>', 'of this node alone, by name or id');
  testing.action(
    run((context, name) => {
      const node = option(testing, 'node');
      return fenceTest(context, name, node === undefined ? {} : { node });
    }),
  );
};

const registerGate = (program: Command, run: Run): void => {
  const gating = program
    .command('gate <what> <validator> [node]')
    .description('custody gate: `show` who signs; `add` or `remove` a node while all run; `close` the arbiter, after which nobody signs, for ever')
    .option('--yes', 'close without a question');
  gating.action(
    run((context, verb, validator, node) => gate(context, { verb: verb ?? '', validator: validator ?? '', node }, { yes: flag(gating, 'yes') })),
  );
};

const registerAnswers = (program: Command, run: Run): void => {
  const kinds = [
    { name: 'approve', answer: 'approve', purpose: 'approval', about: 'approve the plan that waits' },
    { name: 'deny', answer: 'deny', purpose: 'approval', about: 'deny the plan, or the attestation, that waits' },
    { name: 'attest', answer: 'approve', purpose: 'attestation', about: 'state what you did so that the fenced node cannot sign' },
  ] as const;
  for (const kind of kinds) {
    const command = program
      .command(`${kind.name} <validator>`)
      .description(kind.about)
      .option('--plan <hash>', 'first 8 or more digits of the plan hash, as the message shows it');
    if (kind.name === 'attest') command.requiredOption('--statement <text>', 'what you did, in your words');
    if (kind.name === 'deny') command.option('--attestation', 'deny the attestation instead of the plan');
    command.action(
      run((context, name) => {
        const [plan, statement] = [option(command, 'plan'), option(command, 'statement')];
        const purpose = command.opts<Record<string, unknown>>()['attestation'] === true ? 'attestation' : kind.purpose;
        return answer(context, name ?? '', {
          answer: kind.answer,
          purpose,
          ...(plan === undefined ? {} : { plan }),
          ...(statement === undefined ? {} : { statement }),
        });
      }),
    );
  }
};

if (import.meta.main) {
  const program = programFor();
  registerDrill(program);
  program.exitOverride();
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  }
}
