import type { Command } from 'commander';
import { apply } from './commands/apply.ts';
import { exportStateOf } from './commands/export-state.ts';
import { init } from './commands/init.ts';
import { plan } from './commands/plan.ts';
import { seal } from './commands/seal.ts';
import { terminalHere } from './init/terminal.ts';
import type { Output } from './output.ts';
import { flag, option, type Run } from './run.ts';

/** Commands that bring a validator in, or change it. */

const registerPlan = (program: Command, run: Run): void => {
  const planning = program
    .command('plan <file>')
    .description('what apply would change, and what that means; reads only')
    .option('--detailed-exitcode', 'exit code 9 when something would change');
  planning.action(run((context, file) => plan(context, file ?? '', { detailedExitcode: flag(planning, 'detailedExitcode') })));
};

const registerApply = (program: Command, run: Run): void => {
  const applying = program
    .command('apply <file>')
    .description('validate validators.yaml, show what would change, then write it')
    .option('--plan <id>', 'first 8 or more digits of the plan that you read: refuse when anything has changed since')
    .option('--yes', 'write without a question')
    .option('--attest <statement>', 'your statement that no other copy of the key can sign (to enrol)');
  applying.action(
    run((context, file) => {
      const [attest, planned] = [option(applying, 'attest'), option(applying, 'plan')];
      return apply(context, file ?? '', {
        yes: flag(applying, 'yes'),
        ...(attest === undefined ? {} : { attest }),
        ...(planned === undefined ? {} : { plan: planned }),
      });
    }),
  );
};

const registerSeal = (program: Command, run: Run): void => {
  const sealing = program
    .command('seal <validator>')
    .description('put a key in: encrypt it for this validator')
    .requiredOption('--key-file <file>', 'priv_validator_key.json, or any key file; with --password-file a keystore, or a folder of them')
    .option('--password-file <file>', 'of keystores (EIP-2335): the password of all, or a folder with one for each, named by key or keystore')
    .option(
      '--state <file>',
      'sign state of the signer that had the key (CometBFT, tmkms, horcrux, EIP-3076): its last duty becomes part of the floor',
    )
    .option('--replace', 'replace a key that is sealed already');
  sealing.action(
    run((context, name) => {
      const [state, passwords] = [option(sealing, 'state'), option(sealing, 'passwordFile')];
      return seal(context, name ?? '', option(sealing, 'keyFile') ?? '', {
        replace: flag(sealing, 'replace'),
        ...(state === undefined ? {} : { state }),
        ...(passwords === undefined ? {} : { passwords }),
      });
    }),
  );
};

const registerExport = (program: Command, run: Run): void => {
  const exporting = program
    .command('export-state <validator>')
    .description('what may have been signed, rounded up, as the state file of another signer; refused while the holder signs')
    .requiredOption('--format <name>', 'cometbft, tmkms, horcrux or eip3076, as its chain has it');
  exporting.action(run((context, name) => exportStateOf(context, name ?? '', { format: option(exporting, 'format') ?? '' })));
};

export const registerSetup = (program: Command, run: Run): void => {
  registerPlan(program, run);
  registerApply(program, run);
  registerSeal(program, run);
  registerExport(program, run);
};

/** `baton init`: needs no AWS. */
export const registerInit = (program: Command, outputOf: (options: { json: boolean; verbose: boolean }) => Output): void => {
  const asking = program
    .command('init')
    .description('write validators.yaml by questions, and tell which roles, units and commands it needs')
    .option('--out <file>', 'where it is written', 'validators.yaml')
    .option('--add', 'add a validator or a node to the file that is there; its comments stay')
    .option('--answers <file>', 'answers as JSON, {"validator": {…}} or {"node": {…}}, instead of questions')
    .option('--force', 'replace a file that is there')
    .option('--yes', 'write without a question');
  asking.action(async () => {
    const output = outputOf(program.opts<{ json: boolean; verbose: boolean }>());
    const answers = option(asking, 'answers');
    const flags = { add: flag(asking, 'add'), force: flag(asking, 'force'), yes: flag(asking, 'yes') };
    try {
      const out = option(asking, 'out') ?? 'validators.yaml';
      output.answer(await init({ out, ...flags, terminal: terminalHere, ...(answers === undefined ? {} : { answers }) }));
    } catch (error) {
      output.failure(error);
    }
  });
};
