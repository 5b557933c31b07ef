import type { Command } from 'commander';
import { registry } from '../chains/registry.ts';
import { BatonError } from '../core/errors.ts';
import { parseValidatorsFile } from '../core/parse.ts';
import { costOf } from '../local/cost/answer.ts';
import type { Output } from './output.ts';
import { readText, valueOf } from './plan/text.ts';

const longestBlockMs = 600_000;

/** @throws BatonError InputInvalid. */
const blockMsOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds * 1_000 <= longestBlockMs) return seconds * 1_000;
  throw new BatonError('InputInvalid', `--block-seconds is "${text}": expected a number above 0, at most 600`, {
    field: 'block-seconds',
    fix: 'baton cost validators.yaml --block-seconds 6',
  });
};

/** `baton cost`: counted on this machine; asks AWS for nothing. */
export const registerCost = (program: Command, outputOf: (options: { json: boolean; verbose: boolean }) => Output): void => {
  program
    .command('cost <file>')
    .description('what the validators of a file and their stack cost a month, from counted calls and dated prices; needs no AWS')
    .option('--block-seconds <n>', 'custody gate: seconds between two blocks or slots; as on each main chain by default')
    .action(async (file: string, { blockSeconds }: { blockSeconds?: string }) => {
      const output = outputOf(program.opts<{ json: boolean; verbose: boolean }>());
      try {
        const blockMs = blockMsOf(blockSeconds);
        const { validators } = parseValidatorsFile(valueOf(await readText(file), file), registry);
        output.answer(await costOf(validators, blockMs));
      } catch (error) {
        output.failure(error);
      }
    });
};
