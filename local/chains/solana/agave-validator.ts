import { realpathSync, readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { askAdmin, asProgram } from './ask-admin.ts';
import { readPair } from './pair.ts';

/**
 * Stands in for `agave-validator`: the subcommands that Baton uses, with their own arguments and no others, against `admin.rpc` of the ledger.
 * From validator/src/commands/{set_identity,authorized_voter}/mod.rs. clap 2 ends wrong usage with 1.
 */

const fail = (message: string): never => {
  throw new Error(message);
};

type Options = NonNullable<ParseArgsConfig['options']>;
const parse = (args: readonly string[], options: Options, most: number) => {
  try {
    const found = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (found.positionals.length > most) throw new Error(`Found argument '${found.positionals[most]}' which wasn't expected`);
    return found;
  } catch (error) {
    return fail((error as Error).message);
  }
};

/** A path is given to the validator as it is; without one the keypair is read from standard input. */
const keypair = (path: string | undefined, input: string): readonly [by: '' | 'FromBytes', value: unknown] => {
  try {
    if (path === undefined) return ['FromBytes', JSON.parse(readPair(input).text)];
    readPair(readFileSync(path, 'utf8'));
    return ['', realpathSync(path)];
  } catch (error) {
    return fail(`Unable to read JSON keypair: ${(error as Error).message}`);
  }
};

/** @throws Error on wrong usage, or when the validator refuses. */
export const agaveValidator = async (args: readonly string[], input: string): Promise<void> => {
  if (args[0] !== '-l' && args[0] !== '--ledger') fail('the following required arguments were not provided: --ledger');
  const [, ledger = '', command, ...rest] = args;
  if (command === 'set-identity') {
    const { values, positionals } = parse(rest, { 'require-tower': { type: 'boolean' } }, 1);
    const [by, key] = keypair(positionals[0], input);
    await askAdmin(ledger, `setIdentity${by}`, [key, values['require-tower'] === true]);
    return;
  }
  if (command === 'authorized-voter' && rest[0] === 'remove-all') {
    parse(rest.slice(1), {}, 0);
    await askAdmin(ledger, 'removeAllAuthorizedVoters', []);
    return;
  }
  if (command === 'authorized-voter' && rest[0] === 'add') {
    const [by, key] = keypair(parse(rest.slice(1), {}, 1).positionals[0], input);
    await askAdmin(ledger, `addAuthorizedVoter${by}`, [key]);
    return;
  }
  fail(`Found argument '${String(command)}' which wasn't expected, or isn't valid in this context`);
};

if (import.meta.main) void asProgram(agaveValidator);
