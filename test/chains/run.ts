import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runDrill } from '../../local/drill/run.ts';
import type { DrillResult } from '../../local/drill/options.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { ChainFacts } from './facts.ts';
import { nearFacts } from './near.ts';
import { polkadotFacts } from './polkadot.ts';
import { solanaFacts } from './solana.ts';

/**
 * `npm run chains [-- --only near,solana]`: for each chain a planned switch, a crash, and the negative control, with what the probe told from outside
 * and what the new holder signed first. Says what each was tried against. The last line is one JSON object; exit code 1 unless all is as it must be.
 */

const { values } = parseArgs({ options: { only: { type: 'string' } } });

interface Row {
  readonly chain: string;
  readonly against: string;
  readonly probe: string;
  readonly planned: string;
  readonly crash: string;
  readonly watermark: string;
  readonly negative: string;
  readonly good: boolean;
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const rowOf = ({ chain, against, planned, crash, negative }: ChainFacts, unit: string): Row => {
  const { healthy, down, after } = crash.probe;
  const probed = healthy === 'signing' && down === 'failing' && after === 'signing';
  const above = crash.first > crash.floor;
  return {
    chain,
    against,
    probe: `${healthy}, ${down}, ${after}`,
    planned: `${planned.conflicts} conflicts, ${planned.gap} ${unit} between`,
    crash: `${crash.conflicts} conflicts, ${crash.gap} ${unit} between`,
    watermark: `floor ${crash.floor}, first ${crash.first}`,
    negative: `${negative.conflicts} conflicts`,
    good: probed && above && planned.conflicts === 0 && crash.conflicts === 0 && negative.conflicts > 0,
  };
};

const drill = (of: { scenario: 'switchover' | 'crash'; guarded: boolean }): Promise<DrillResult> => {
  say(`cometbft: ${of.guarded ? of.scenario : 'no guard'}`);
  const how = { clock: systemClock, chain: 'cometbft', keep: false, built: null, ask: null } as const;
  return runDrill({ ...how, ...of, tell: (line) => say(`  ${line}`) }, () => undefined);
};

const cometbft = async (): Promise<Row> => {
  const planned = await drill({ scenario: 'switchover', guarded: true });
  const crash = await drill({ scenario: 'crash', guarded: true });
  const negative = await drill({ scenario: 'crash', guarded: false });
  const foundOf = ({ findings }: DrillResult): string => `${findings.doubleSigned} conflicts, ${findings.missed} blocks missed`;
  return {
    chain: 'cometbft',
    against: 'real CometBFT v0.38, real guards',
    probe: crash.ok ? 'signing, failing, signing' : crash.end,
    planned: foundOf(planned),
    crash: foundOf(crash),
    watermark: `${crash.findings.late} signatures after the new holder’s first`,
    negative: `${negative.findings.doubleSigned} conflicts`,
    good: planned.ok && crash.ok && planned.findings.doubleSigned + crash.findings.doubleSigned === 0 && negative.signedTwice,
  };
};

/** By the command of its own: it makes a chain of Lodestar, and has one JSON line at its end. */
const ethereum = async (): Promise<Row[]> => {
  say('ethereum: npm run chains:ethereum');
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'chain', 'ethereum', 'run.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ending = () => child.kill('SIGTERM');
  process.once('exit', ending);
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  process.off('exit', ending);
  const found = JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<'signer' | 'keymanager', TeamReport> & { control: { conflicts: number } };
  return (['signer', 'keymanager'] as const).map((mode) => {
    const { conflicts, missedVotes, keys, moves } = found[mode];
    const [planned, crash] = moves;
    return {
      chain: `ethereum, ${mode}`,
      against: 'real Lodestar 1.5.1, recorders at each client; drivers without a lease',
      probe: 'recorded replies: npm test -- chains/ethereum/probe.test.ts',
      planned: `${conflicts.length} conflicts, ${missedVotes.plannedSwitch} votes of ${keys} keys missed, closed to open ${planned?.closedToOpenMs ?? '?'} ms`,
      crash: `${missedVotes.crash} votes of ${keys} keys missed`,
      watermark: `floor ${JSON.stringify(crash?.floor ?? null)}`,
      negative: `${found.control.conflicts} conflicts`,
      good: conflicts.length === 0 && found.control.conflicts > 0,
    };
  });
};

interface TeamReport {
  readonly keys: number;
  readonly conflicts: readonly unknown[];
  readonly missedVotes: { readonly plannedSwitch: number; readonly crash: number };
  readonly moves: readonly { readonly closedToOpenMs: number; readonly floor: unknown }[];
}

const chains: Readonly<Record<string, () => Promise<Row[]>>> = {
  cometbft: async () => [await cometbft()],
  ethereum,
  solana: async () => [rowOf(await solanaFacts(), 'slots of 10 ms')],
  near: async () => [rowOf(await nearFacts(), 'blocks')],
  polkadot: async () => [rowOf(await polkadotFacts(), 'blocks')],
};

const columns = ['chain', 'against', 'probe', 'planned', 'crash', 'watermark', 'negative'] as const;

const table = (rows: readonly Row[]): string[] => [
  '| chain | tried against | probe: before, dead, after | planned switch | crash | watermark | negative control |',
  `|${columns.map(() => '---|').join('')}`,
  ...rows.map((row) => `| ${columns.map((column) => row[column]).join(' | ')} |`),
];

const main = async (): Promise<void> => {
  const only = values.only?.split(',') ?? Object.keys(chains);
  const wrong = only.find((name) => !Object.hasOwn(chains, name));
  if (wrong !== undefined) {
    say(`--only names ${wrong}: expected some of ${Object.keys(chains).join(', ')}.`);
    process.exit(2);
  }
  const rows: Row[] = [];
  for (const name of only) rows.push(...((await chains[name]?.()) ?? []));
  for (const line of table(rows)) process.stdout.write(`${line}\n`);
  const bad = rows.filter(({ good }) => !good).map(({ chain }) => chain);
  process.stdout.write(`${JSON.stringify({ chains: rows.length, good: rows.length - bad.length, bad })}\n`);
  process.exit(bad.length === 0 ? 0 : 1);
};

await main();
