import { BatonError } from '../core/errors.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

/** What a command found or did: lines for people, one JSON object for programs. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  readonly exitCode?: number;
}

/** Where a command writes. `progress` never mixes with the answer: it goes to stderr. */
export interface Output {
  answer(answer: Answer): void;
  failure(error: unknown): void;
  progress(line: string): void;
  /** One of many answers: on a terminal in the place of the one before, elsewhere only what is new in it. `at` says when. */
  show(answer: Answer, at: string): void;
}

interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly setExitCode: (code: number) => void;
  /** True for a screen that can be drawn over. */
  readonly terminal: boolean;
}

const processStreams: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  setExitCode: (code) => {
    process.exitCode = code;
  },
  terminal: process.stdout.isTTY,
};

const drawOver = '\u001B[H\u001B[2J';

/** What is new in each answer: its lines that did not stand in the one before, or the whole object when it is another one. */
const showing = (options: { json: boolean }, streams: Streams): Output['show'] => {
  let before: readonly string[] = [];
  return ({ lines, json }, at) => {
    if (streams.terminal && !options.json) {
      streams.out(`${drawOver}${[at, ...lines].join('\n')}\n`);
      return;
    }
    const now = options.json ? [JSON.stringify(json)] : lines;
    const fresh = now.filter((line) => !before.includes(line));
    before = now;
    if (fresh.length > 0) streams.out(`${(options.json ? fresh : [at, ...fresh]).join('\n')}\n`);
  };
};

const describe = (error: unknown): { code: string; message: string; fix: string; field?: string; exitCode: number } => {
  if (error instanceof BatonError) return { ...error.toJSON(), exitCode: exitCodeOf(error.code) };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'Unexpected', message, fix: 'Run the command again with --verbose, and report it if it stays.', exitCode: exitCodes.unexpected };
};

/** @param streams where it writes; the process by default. */
export const outputFor = (options: { json: boolean; verbose: boolean }, streams: Streams = processStreams): Output => ({
  answer: ({ lines, json, exitCode }) => {
    streams.out(options.json ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
    streams.setExitCode(exitCode ?? exitCodes.done);
  },
  failure: (error) => {
    const { exitCode, ...told } = describe(error);
    if (options.json) streams.out(`${JSON.stringify({ error: told })}\n`);
    else streams.err(`${told.code}: ${told.message}\n  next: ${told.fix}\n`);
    if (options.verbose && error instanceof Error) streams.err(`${error.stack ?? ''}\n`);
    streams.setExitCode(exitCode);
  },
  progress: (line) => streams.err(`${line}\n`),
  show: showing(options, streams),
});
