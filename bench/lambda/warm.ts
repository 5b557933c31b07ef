import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { hashOf } from '../../core/plan.ts';
import { deploymentOf } from '../../local/deployment.ts';
import { startDynamo } from '../../local/dynamo.ts';
import { bundleFunctions, templateFile } from '../../local/lambda/bundle.ts';
import { systemClock } from '../../runtime/clock.ts';
import { rangeOf, type Range } from '../figures.ts';
import { writePart } from '../page.ts';
import { told } from './report.ts';
import { startOnce } from './sandboxes.ts';

/**
 * What the functions of a failover save by a warm-up (docs/decisions/0057): the beginning of a process, and how much longer its first event takes
 * than one after a warm-up. In turns, against a local DynamoDB that holds nothing: the event ends at its first reads. `npm run bench:warm`.
 */

const driven = { validator: 'hub-1', term: 7, claim: 'hub-1.t6.0a1b2c3d' };
const [holder, candidate] = ['i-0a11ce0000000001', 'i-0b0b000000000002'];
const cause = { kind: 'operator', by: 'robin', reason: 'a bench' };
const asked = { validator: 'hub-1', kind: 'failover', execution: driven.claim, cause };
const approval = { required: false, quorum: 1, approvers: [] };
const plan = { ...asked, term: 6, phase: 'HELD', holder, candidate, accepts: ['relinquished'], approval, config: 'a'.repeat(64) };
const planHash = hashOf(plan);

const events: Readonly<Record<string, unknown>> = {
  assess: asked,
  'take-term': { plan, planHash, approvalId: null },
  fence: { ...driven, holder, planHash, pass: 1, waitedMs: 0, approvalId: null },
  'release-key': { ...driven, candidate },
  verify: { ...driven, holder, pass: 1, waitedMs: 0, baseline: null },
  settle: driven,
};

interface Row {
  readonly name: string;
  readonly beginsMs: Range;
  readonly firstMs: Range;
  readonly warmedMs: Range;
}

const nothing: Range = { min: 0, median: 0, max: 0 };

const measure = async (runs: number): Promise<Row[]> => {
  const { functions, table } = deploymentOf(templateFile, { DryRun: 'false' });
  const bundles = await bundleFunctions(functions);
  const dynamo = await startDynamo(table);
  try {
    const rows: Row[] = [];
    for (const [name, event] of Object.entries(events)) {
      const at = functions.findIndex(({ handler: [stem] }) => stem === name);
      const [of, bundle] = [functions[at], bundles[at]];
      if (!of || !bundle) throw new Error(`there is no function ${name}`);
      const env = {
        ...of.variables,
        ...{ PATH: process.env['PATH'] ?? '', AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKLOCALROOT', AWS_SECRET_ACCESS_KEY: 'local' },
        AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
      };
      const start = { file: bundle.file, exported: of.handler[1], env };
      const [begins, first, warmed]: [number[], number[], number[]] = [[], [], []];
      // The first of each is not counted: the files are not in memory yet.
      for (let run = 0; run <= runs; run += 1) {
        const cold = await startOnce({ ...start, events: [event] });
        const warm = await startOnce({ ...start, events: [{ warm: true }, event] });
        if (run === 0) continue;
        begins.push(cold.initMs);
        first.push(cold.tookMs[0] ?? Number.NaN);
        warmed.push(warm.tookMs[1] ?? Number.NaN);
      }
      rows.push({ name, beginsMs: rangeOf(begins) ?? nothing, firstMs: rangeOf(first) ?? nothing, warmedMs: rangeOf(warmed) ?? nothing });
    }
    return rows;
  } finally {
    await dynamo.close();
  }
};

const tableOf = (rows: readonly Row[]): string =>
  [
    '| function | a process begins, ms (min / median / max) | its first event, not warmed | after a warm-up | saved, of the medians |',
    '|---|---|---|---|---|',
    ...rows.map(({ name, beginsMs, firstMs, warmedMs }) => {
      const saved = (beginsMs.median + firstMs.median - warmedMs.median).toFixed(0);
      return `| ${[name, told(beginsMs), told(firstMs), told(warmedMs), saved].join(' | ')} |`;
    }),
  ].join('\n');

const partOf = (rows: readonly Row[], caption: string): string =>
  [
    '## Kept warm',
    'What a failover does not wait for, since a schedule calls its functions every five minutes ([0057](decisions/0057-warm-functions.md)).',
    'A local DynamoDB that holds nothing answers, so an event ends at its first reads. On Lambda a process also waits for its code, and has a part of',
    'a processor: it takes longer than here.',
    '',
    tableOf(rows),
    '',
    `*${caption}*`,
  ].join('\n');

if (import.meta.main) {
  const { values } = parseArgs({ options: { runs: { type: 'string' }, write: { type: 'boolean' } } });
  const rows = await measure(Number(values.runs ?? 10));
  process.stdout.write(`${tableOf(rows)}\n`);
  const command = ['npm run bench:warm', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' }).format(systemClock.epochMs());
  const caption = `${day}, ${command}, Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'CPU'}`;
  if (values.write === true) writePart('warm', partOf(rows, caption));
  process.stdout.write(`${JSON.stringify({ bench: 'warm', rows })}\n`);
}
