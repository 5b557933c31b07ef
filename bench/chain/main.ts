import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { exitCodes } from '../../cli/exit-codes.ts';
import { elapsedMs } from '../../core/time.ts';
import { cometbftBinary } from '../../local/testnet/binary.ts';
import { systemClock } from '../../runtime/clock.ts';
import { writePart } from '../page.ts';
import { figuresOf, partOf, rowsOf, tableOf, type Sample } from './report.ts';
import { drilled, gated, restart } from './ways.ts';

/**
 * What a validator misses on a real CometBFT chain when it moves or its node is killed, beside a restart of a node with a key file, in turns.
 * `npm run bench:chain` prints a table, and at last one line of JSON. It fails with 3 when a duty was signed twice, and with 1 when a run did not end as
 * it must. `-n` is how often; `--quick` is once, and without custody `gate`.
 */

const clock = systemClock;
const startedMs = clock.steadyMs();
const tell = (line: string): void => {
  process.stderr.write(`${(elapsedMs(startedMs, clock.steadyMs()) / 1_000).toFixed(1).padStart(6)}  ${line}\n`);
};

const { values } = parseArgs({
  options: { runs: { type: 'string', short: 'n', default: '3' }, quick: { type: 'boolean' }, write: { type: 'boolean' } },
});
const quick = values.quick === true;
const runs = quick ? 1 : Number(values.runs);
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error(`-n ${values.runs}: give a whole number above 0`);

const samples: Sample[] = [];
const note = (sample: Sample): void => {
  samples.push(sample);
  tell(JSON.stringify(sample));
};
// In turns: what else the machine does meets all of them.
for (let turn = 0; turn < runs; turn += 1) {
  note(await restart(clock, tell));
  note(await drilled(clock, tell, 'switchover'));
  note(await drilled(clock, tell, 'crash'));
  if (!quick) note(await gated(clock, tell, turn));
}

const rows = rowsOf(samples);
const doubleSigned = samples.some(({ signedTwice }) => signedTwice > 0);
const command = ['npm run bench:chain', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' }).format(clock.epochMs());
// What else the machine did, too: times and blocks grow with it.
const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}, load average ${(loadavg()[1] ?? 0).toFixed(1)}`;
const version = execFileSync(await cometbftBinary(tell), ['version'], { encoding: 'utf8' }).trim();
const caption = `${day}, ${command}, Node ${process.versions.node}, CometBFT ${version}, ${machine}`;
if (values.write === true && !doubleSigned) writePart('chain', partOf(rows, caption));
process.stdout.write(`${tableOf(rows)}\n${JSON.stringify({ quick, ...figuresOf(samples) })}\n`);
process.exitCode = doubleSigned ? exitCodes.signedTwice : exitCodes.done;
