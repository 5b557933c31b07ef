import { registry } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { timingArithmetic } from '../../core/timing.ts';
import { answersIn, type Answers } from '../init/answers.ts';
import { addedTo, newFile, requireFree, textOf, writeWhole, type Made } from '../init/file.ts';
import { commandsFor, nodeSteps, stepLines } from '../init/next-steps.ts';
import { askNode, askValidator } from '../init/questions.ts';
import { ask, askYes, type Terminal } from '../init/terminal.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';
import { valueOf } from '../plan/text.ts';
import { validatorId } from '../../core/ids.ts';

export interface InitOptions {
  /** Where validators.yaml is, or is to be. */
  readonly out: string;
  /** Add to the file instead of making it. */
  readonly add: boolean;
  readonly force: boolean;
  readonly yes: boolean;
  /** A JSON file with the answers: nothing is asked. */
  readonly answers?: string;
  /** Makes the terminal when something is to be asked. @throws BatonError when there is none. */
  readonly terminal: () => Terminal;
}

const fromFile = async (file: string): Promise<Answers> => {
  const text = await textOf(file);
  if (text === undefined) throw new BatonError('InputInvalid', `${file} is not there`, { field: '--answers', fix: 'Give the path of a JSON file.' });
  return answersIn(text, file);
};

const fromPerson = async (terminal: Terminal, known: readonly string[]): Promise<Answers> => {
  if (known.length === 0 || !(await askYes(terminal, 'Add a node to a validator of the file? (No adds a validator)', false)))
    return askValidator(terminal, known);
  const there = validatorId.refine((id) => known.includes(id), `expected one of ${known.slice(0, 20).join(', ')}`);
  const validator = await ask(terminal, { field: 'validator', about: 'Id of the validator', schema: there });
  return { node: { ...(await askNode(terminal)), validator: validatorId.parse(validator) } as Extract<Answers, { node: unknown }>['node'] };
};

const stepsOf = (of: { made: Made; answers: Answers; out: string }) => {
  const { made, answers, out } = of;
  const added = 'node' in answers;
  const config = (added ? made.file.validators.find(({ id }) => id === answers.node.validator) : made.file.validators.at(-1)) as ValidatorConfig;
  const nodes = config.nodes.filter(({ name }) => !added || name === answers.node.name).map((node) => nodeSteps(config, node, answers));
  return { config, nodes, commands: commandsFor(config, out, added) };
};

const agreed = async (made: Made, options: InitOptions, terminal: () => Terminal, sum: string): Promise<boolean> => {
  if (options.yes) return true;
  const at = terminal();
  for (const line of [...made.text.trimEnd().split('\n'), `timing: ${sum}`]) at.say(line);
  return askYes(at, `Write this to ${options.out}?`, false);
};

const initWith = async (options: InitOptions, terminal: () => Terminal): Promise<Answer> => {
  const { out, add, force } = options;
  const before = add ? await textOf(out) : undefined;
  if (add && before === undefined)
    throw new BatonError('InputInvalid', `${out} is not there: nothing can be added to it`, { field: '--add', fix: 'Type it without --add.' });
  if (!add) await requireFree(out, force);
  const known = before === undefined ? [] : parseValidatorsFile(valueOf(before, out), registry).validators.map(({ id }) => id);
  const answers = options.answers === undefined ? await fromPerson(terminal(), known) : await fromFile(options.answers);
  const made = before === undefined ? newFile(answers, out) : addedTo(before, answers, out);
  const { config, nodes, commands } = stepsOf({ made, answers, out });
  const timing = timingArithmetic(config.timing).sentence;
  const json = { file: out, validator: config.id, timing, nodes, commands };
  if (!(await agreed(made, options, terminal, timing)))
    return { lines: ['Nothing was written.'], json: { ...json, written: false }, exitCode: exitCodes.refused };
  await writeWhole(made.text, out, !add && force ? 'anything' : { exactly: before ?? null });
  return {
    lines: [`${out} is written. timing: ${timing}`, '', ...stepLines(config, nodes, commands)],
    json: { ...json, written: true },
  };
};

/** Writes validators.yaml from answers, and tells what else is needed for exactly them. Needs no AWS. */
export const init = async (options: InitOptions): Promise<Answer> => {
  let opened: Terminal | undefined;
  try {
    return await initWith(options, () => (opened ??= options.terminal()));
  } finally {
    opened?.close();
  }
};
