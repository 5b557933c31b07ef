import type { Command } from 'commander';
import { exitCodeOf } from '../../cli/exit-codes.ts';
import type { ErrorCode } from '../../core/errors.ts';

/** docs/cli.md: every command with its options, as the program itself knows them. `npm run schema` writes it. */

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const optionRows = (command: Command): string[] =>
  command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description, mandatory, defaultValue, argChoices }) => {
      const needed = mandatory ? ' Needed.' : '';
      const choices = argChoices === undefined ? '' : ` One of: ${argChoices.map((one) => `\`${one}\``).join(', ')}.`;
      const usual = typeof defaultValue === 'string' ? ` When not given: \`${defaultValue}\`.` : '';
      return `| \`${inCell(flags)}\` | ${inCell(description)}${choices === '' && usual === '' && needed === '' ? '' : '.'}${choices}${usual}${needed} |`;
    });

const sectionOf = (command: Command): string => {
  const rows = optionRows(command);
  const table = rows.length === 0 ? [] : ['', '| option | |', '|---|---|', ...rows];
  return [
    `### \`baton ${command.name()} ${command.usage().replace('[options] ', '').replace('[options]', '')}`.trimEnd() + '`',
    '',
    command.description(),
    ...table,
  ].join('\n');
};

/** What stands after the commands in `baton --help`. */
const exitCodesIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}(\d+) {2}(.+)$/gm)].map(([, code, about]) => `| ${code} | ${inCell(about ?? '')} |`);

export interface Failure {
  readonly code: ErrorCode;
  readonly about: string;
}

/** @param help what `baton --help` prints. */
export const cliPage = (program: Command, help: string, failures: readonly Failure[]): string =>
  [
    '# The command line',
    '',
    '`npm run baton -- COMMAND`, or `baton COMMAND` when linked. All take `--verbose`, and `--json`: what it prints is in [cli.schema.json](cli.schema.json).',
    'Completion for a shell: `eval "$(baton completion bash)"` in `~/.bashrc` (or `zsh`, `fish`).',
    '',
    '| variable | for | from the outputs of the stack |',
    '|---|---|---|',
    '| `BATON_TABLE`, `BATON_KMS_KEY`, `BATON_STATE_MACHINE` | every command that speaks to AWS | in `NextCommand` |',
    '| `BATON_TOPIC` | `alert-test` | in `NextCommand` |',
    '| `BATON_APPROVALS_URL` | `approve`, `deny`, `attest`: an answer is signed with your own AWS credentials, and counted for you | `ApprovalsUrl` |',
    '',
    '## Commands',
    '',
    ...program.commands.flatMap((command) => [sectionOf(command), '']),
    '## Exit codes',
    '',
    '| | |',
    '|---|---|',
    ...exitCodesIn(help),
    '',
    '## Failures',
    '',
    'Each has a stable code, says what happened, and what to type next; with `--json` they stand in `error`. Codes are added, never renamed.',
    '',
    '| code | exit code | |',
    '|---|---|---|',
    ...failures.map(({ code, about }) => `| \`${code}\` | ${exitCodeOf(code)} | ${inCell(about)} |`),
    '',
  ].join('\n');
