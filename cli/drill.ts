import { Option, type Command } from 'commander';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { durationMs } from '../core/time.ts';
import type { DrillOptions, DrillResult } from '../local/drill/options.ts';
import { runDrill } from '../local/drill/run.ts';
import { scenarioNames, scenarios, type ScenarioName } from '../local/drill/scenarios.ts';
import { systemClock } from '../runtime/clock.ts';
import { BatonError } from '../core/errors.ts';
import { drillReal } from './commands/drill-real.ts';
import { contextFromEnvironment, type Context } from './context.ts';
import { examples } from './examples.ts';
import { exitCodes } from './exit-codes.ts';
import { outputFor, type Answer, type Output } from './output.ts';

/** How long a page stays where nobody can press a key. */
const lingerMs = durationMs(3_000);

interface Flags {
  readonly chain: 'ticker' | 'cometbft';
  readonly scenario: ScenarioName;
  readonly approve: boolean;
  readonly guard: boolean;
  readonly keep: boolean;
  readonly web: boolean;
  readonly slack: boolean;
  readonly built?: string;
  readonly real?: true;
  readonly validator?: string;
  readonly to?: string;
  readonly window?: string;
  readonly yes?: true;
}

const stamp = (atMs: number): string => `+${(atMs / 1_000).toFixed(1).padStart(5)} s`;

const askAtTerminal = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(await terminal.question(`${question}\nApprove? [y/N] `));
  } finally {
    terminal.close();
  }
};

/** Until somebody presses Enter; Ctrl-C ends the whole drill, as ever. */
const stayAtTerminal = async (sentence: string): Promise<void> => {
  if (!process.stdin.isTTY) return systemClock.sleep(lingerMs);
  process.stderr.write(`${sentence}\nThe page stays until you press Enter.\n`);
  await once(process.stdin.resume(), 'data');
  process.stdin.pause();
};

/** The last messages are read after the end: the page stays until somebody at the terminal has seen them. */
const slackAtTerminal = (say: (line: string) => void): NonNullable<DrillOptions['slack']> => ({
  page: (url) => {
    say(`Slack stands at ${url}/ : open it in a browser, choose who you are, and answer there.`);
  },
  until: async () => {
    if (process.stdin.isTTY) await stayAtTerminal('It has ended.');
  },
});

const seconds = (ms: number | null): string => (ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`);

const linesOf = (result: DrillResult): string[] => [
  '',
  result.sentence,
  ...(result.verdictToSignatureMs === null
    ? []
    : [`Fault to verdict: ${seconds(result.faultToVerdictMs)}. Verdict to first new signature: ${seconds(result.verdictToSignatureMs)}.`]),
  result.scenario === 'no-guard'
    ? `This was the negative control: it fails with exit code ${exitCodes.signedTwice} when the detector works. It took ${seconds(result.totalMs)}.`
    : result.end === result.expectedEnd
      ? `It ended as it must: ${result.end}. The drill took ${seconds(result.totalMs)}.`
      : `It ended in ${result.end}, expected ${result.expectedEnd}.`,
];

/** `--real`: a validator of the stack, there and back. @throws BatonError InputInvalid. */
const drillReally = (context: () => Context, flags: Flags): Promise<Answer> => {
  const { validator, to, window } = flags;
  if (validator === undefined)
    throw new BatonError('InputInvalid', '--real moves a validator, and none is named', {
      field: '--validator',
      fix: 'Give its name: --validator NAME',
    });
  return drillReal(context(), validator, {
    yes: flags.yes === true,
    ...(to === undefined ? {} : { to }),
    ...(window === undefined ? {} : { window }),
  });
};

/** @throws BatonError InputInvalid: who gives one of these means a real validator. */
const onlyWithReal = (flags: Flags): void => {
  for (const name of ['validator', 'to', 'window', 'yes'] as const)
    if (flags[name] !== undefined)
      throw new BatonError('InputInvalid', `--${name} is of --real, which was not given`, {
        field: `--${name}`,
        fix: 'Add --real to move a real validator, or leave it out.',
      });
};

const drillHere = async (flags: Flags, json: boolean, output: Output): Promise<void> => {
  let close: () => Promise<void> = async () => undefined;
  const stop = (): void => {
    void close().finally(() => process.exit(exitCodes.unexpected));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const say = (line: string): void => {
    if (json) output.progress(line);
    else process.stdout.write(`${line}\n`);
  };
  try {
    const result = await runDrill(
      {
        chain: flags.chain,
        scenario: flags.scenario,
        guarded: flags.guard,
        keep: flags.keep,
        built: flags.built ?? null,
        clock: systemClock,
        ask: flags.approve ? askAtTerminal : null,
        ...(flags.web ? { web: { open: (url: string) => say(`The page of this drill: ${url}`), stay: stayAtTerminal } } : {}),
        ...(flags.slack ? { slack: slackAtTerminal(say) } : {}),
        tell: (sentence, atMs) => {
          say(`${stamp(atMs)}  ${sentence}`);
        },
      },
      (end) => {
        close = end;
      },
    );
    output.answer({
      lines: linesOf(result),
      json: { ...result },
      exitCode: result.signedTwice ? exitCodes.signedTwice : result.ok ? exitCodes.done : exitCodes.notReached,
    });
  } catch (error) {
    output.failure(error);
  }
};

/** `baton drill`: the whole failover on this machine, or with `--real` a planned one of a validator of the stack. */
export const registerDrill = (
  program: Command,
  make: (output: Output) => Context = contextFromEnvironment,
  outputOf: (options: { json: boolean; verbose: boolean }) => Output = outputFor,
): void => {
  program
    .command('drill')
    .description(
      'a whole failover on this machine: local cloud, two nodes, a chain; needs no AWS. With --real: a validator of the stack, there and back',
    )
    .addOption(
      new Option('--chain <kind>', 'ticker needs nothing but Node; cometbft is a real chain, built with Go when missing')
        .choices(['ticker', 'cometbft'])
        .default('ticker'),
    )
    .addOption(
      new Option('--scenario <name>', scenarioNames.map((name) => `${name}: ${scenarios[name].about}`).join('; '))
        .choices([...scenarioNames])
        .default('crash'),
    )
    .option('--approve', 'ask at this terminal instead of approving by the drill’s own approver', false)
    .option('--no-guard', 'negative control: fail over without proof; both nodes sign, and the drill must say so')
    .option('--slack', 'people answer on the page of a Slack on this machine; needs no Slack', false)
    .option('--keep', 'keep the folder with all logs', false)
    .option('--web', 'show it as a page, live; the page stays until Enter, or a few seconds where there is no terminal', false)
    .option('--built <template>', 'run what `sam build` built, e.g. .aws-sam/build/template.yaml')
    .option('--real', 'a planned switchover of a real validator, there and back, through the same gates as every other')
    .option('--validator <name>', 'with --real: which one')
    .option('--to <node>', 'with --real: the node to go to; any ready standby when not given')
    .option('--window <times>', 'with --real: refuse outside these times in UTC, for example 03:00-05:00')
    .option('--yes', 'with --real: begin without a question')
    .addHelpText('after', `\nExample:\n  ${(examples['drill'] ?? []).join('\n  ')}\n`)
    .action(async (flags: Flags) => {
      const general = program.opts<{ json: boolean; verbose: boolean }>();
      const output = outputOf(general);
      try {
        if (flags.real) output.answer(await drillReally(() => make(output), flags));
        else onlyWithReal(flags);
      } catch (error) {
        output.failure(error);
        return;
      }
      if (flags.real) return;
      await drillHere(flags, general.json, output);
    });
};
