import { Argument, type Command, type Option } from 'commander';
import { BatonError } from '../core/errors.ts';
import type { Output } from './output.ts';

/** Completion for shells, made from the commands themselves, so that it knows no other than there are. */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface KnownOption {
  readonly flag: string;
  readonly about: string;
  /** What follows it: nothing, a file, one of these words, or any text. */
  readonly value: 'none' | 'file' | 'text' | readonly string[];
}

interface Known {
  readonly name: string;
  readonly about: string;
  readonly options: readonly KnownOption[];
  /** The words that its argument may be, or a file. */
  readonly argument: 'file' | 'text' | readonly string[];
}

const files = ['file', 'template'];

const optionOf = (option: Option): KnownOption => {
  const named = /[<[]([a-z]+)/.exec(option.flags)?.[1];
  const value = option.argChoices ?? (named === undefined ? 'none' : files.includes(named) ? 'file' : 'text');
  return { flag: option.long ?? option.flags, about: option.description, value };
};

const help: KnownOption = { flag: '--help', about: 'display help for command', value: 'none' };

const knownOf = (command: Command): Known => {
  const argument = command.registeredArguments[0];
  return {
    name: command.name(),
    about: command.description(),
    options: [...command.options.map(optionOf), help],
    argument: argument?.argChoices ?? (argument !== undefined && files.includes(argument.name()) ? 'file' : 'text'),
  };
};

const flagsOf = ({ options }: Pick<Known, 'options'>): string => options.map(({ flag }) => flag).join(' ');

const bash = (all: Known, commands: readonly Known[]): string => {
  const complete = (value: KnownOption['value']): string => {
    if (value === 'file') return '_baton_files "$word"; return';
    return typeof value === 'string' ? 'return' : `words='${value.join(' ')}'`;
  };
  const values = commands.flatMap(({ name, options }) =>
    options.filter(({ value }) => value !== 'none').map(({ flag, value }) => `    '${name} ${flag}') ${complete(value)} ;;`),
  );
  const plain = commands.map((one) => {
    const { argument } = one;
    if (argument === 'file') return `        ${one.name}) words='${flagsOf(one)}'; [[ $word == -* ]] || { ${complete('file')}; } ;;`;
    return `        ${one.name}) words='${[flagsOf(one), ...(argument === 'text' ? [] : argument)].join(' ')}' ;;`;
  });
  return `# bash completion of baton: eval "$(baton completion bash)"
_baton_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$1"))
  compopt -o filenames 2>/dev/null
}
_baton() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    [[ \${COMP_WORDS[index]} == -* ]] || { command=\${COMP_WORDS[index]}; break; }
  done
  case "$command $before" in
${values.join('\n')}
    *)
      case $command in
        '') words='${[...commands.map(({ name }) => name), flagsOf(all)].join(' ')}' ;;
${plain.join('\n')}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _baton baton
`;
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const zsh = (all: Known, commands: readonly Known[]): string => {
  const described = (name: string, about: string): string => quoted(`${name}:${about.replaceAll(':', String.raw`\:`)}`);
  const one = ({ name, options, argument }: Known): string => {
    const values = options
      .filter(({ value }) => value !== 'none')
      .map(
        ({ flag, value }) =>
          `        ${flag}) ${value === 'file' ? '_files' : typeof value === 'string' ? ':' : `compadd -- ${value.join(' ')}`}; return ;;`,
      );
    const rest = argument === 'file' ? '      _files\n' : argument === 'text' ? '' : `      compadd -- ${argument.join(' ')}\n`;
    const flags = options.map(({ flag, about }) => described(flag, about)).join(' ');
    const choose = values.length === 0 ? '' : `      case $words[CURRENT-1] in\n${values.join('\n')}\n      esac\n`;
    return `    ${name})\n${choose}      flags=(${flags})\n      _describe option flags\n${rest}      ;;`;
  };
  return `#compdef baton
# zsh completion of baton: eval "$(baton completion zsh)", after compinit
_baton() {
  local -a verbs flags
  local command=\${\${(@)words[2,CURRENT-1]:#-*}[1]}
  case $command in
    '')
      verbs=(${commands.map(({ name, about }) => described(name, about)).join(' ')})
      flags=(${all.options.map(({ flag, about }) => described(flag, about)).join(' ')})
      _describe command verbs
      _describe option flags
      ;;
${commands.map(one).join('\n')}
  esac
}
compdef _baton baton
`;
};

const fish = (all: Known, commands: readonly Known[]): string => {
  const text = (about: string): string => `'${about.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
  const line = (when: string, { flag, about, value }: KnownOption): string => {
    const takes = value === 'none' ? '' : value === 'file' ? ' -r -F' : typeof value === 'string' ? ' -x' : ` -x -a '${value.join(' ')}'`;
    return `complete -c baton -n ${when} -l ${flag.slice(2)}${takes} -d ${text(about)}`;
  };
  const of = ({ name, options, argument }: Known): string[] => {
    const when = `'__fish_seen_subcommand_from ${name}'`;
    const rest = argument === 'file' ? [' -F'] : argument === 'text' ? [] : [` -a '${argument.join(' ')}'`];
    return [...rest.map((part) => `complete -c baton -n ${when}${part}`), ...options.map((option) => line(when, option))];
  };
  return `${[
    '# fish completion of baton: baton completion fish | source',
    'complete -c baton -f',
    ...all.options.map((option) => line('__fish_use_subcommand', option)),
    ...commands.map(({ name, about }) => `complete -c baton -n __fish_use_subcommand -a ${name} -d ${text(about)}`),
    ...commands.flatMap(of),
  ].join('\n')}\n`;
};

const scripts = { bash, zsh, fish } as const;

export const completionFor = (shell: Shell, program: Command): string => scripts[shell](knownOf(program), program.commands.map(knownOf));

/** `baton completion SHELL`: needs no AWS. */
export const registerCompletion = (program: Command, outputOf: (options: { json: boolean; verbose: boolean }) => Output): void => {
  program
    .command('completion')
    .description('completion for a shell, as a script that it can read')
    .addArgument(new Argument('<shell>', 'which shell').choices([...shells]))
    .action((shell: string) => {
      const output = outputOf(program.opts<{ json: boolean; verbose: boolean }>());
      const known = shells.find((one) => one === shell);
      if (!known) {
        output.failure(new BatonError('InputInvalid', `SHELL is ${shell}: expected ${shells.join(', ')}`, { fix: 'baton completion bash' }));
        return;
      }
      const script = completionFor(known, program);
      output.answer({ lines: [script.trimEnd()], json: { shell: known, script } });
    });
};
