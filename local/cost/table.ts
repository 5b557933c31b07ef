import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registry } from '../../chains/registry.ts';
import { validatorConfig, type ValidatorConfig } from '../../core/config.ts';
import { loadTemplate, resolveTemplate, type Resolved } from '../template/index.ts';
import { countMinute, plainConfig } from './minute.ts';
import { dollars, ownMetrics, pageUsd, quorumUsd, readPrices, stackLines, total, validatorLines, type Line } from './model.ts';

/** The cost tables of docs/deploy.md: `npm run cost` prints them, `npm run cost -- --write` puts them there. */

const root = join(import.meta.dirname, '..', '..');
const fleets = [1, 10, 100, 1_000] as const;

export const resolvedStack = (): Resolved =>
  resolveTemplate(loadTemplate(join(root, 'template.yaml')), { region: 'us-east-1', account: '123456789012', stack: 'baton' });

/** The same with three nodes of custody gate. */
const gateConfig = (): ValidatorConfig => {
  const plain = plainConfig('gate-1');
  const third = {
    ...plain.nodes[1],
    name: 'cedar',
    id: 'i-0c0c000000000003',
    principal: plain.nodes[1]?.principal.replaceAll('i-0b0b000000000002', 'i-0c0c000000000003'),
  };
  return validatorConfig.parse({ ...plain, custody: 'gate', nodes: [...plain.nodes, third] });
};

const rows = (lines: readonly Line[]): string[] => [
  ...lines.map(({ what, usd }) => `| ${what} | ${dollars(usd)} |`),
  `| **together** | **${dollars(total(lines))}** |`,
];

export const costTable = async (): Promise<string> => {
  const [prices, resolved, plain, gate] = [readPrices(), resolvedStack(), plainConfig('hub-1'), gateConfig()];
  const measured = Number(resolved.parameters['ValidatorsMeasured']);
  const minute = await countMinute([plain, plainConfig('hub-2'), plainConfig('hub-3'), gate]);
  const of = { chains: registry, blockMs: undefined };
  const lines = (config: ValidatorConfig): Line[] => {
    const counted = minute.validators.get(config.id);
    return counted ? validatorLines(config, counted, prices, of) : [];
  };
  const [stack, validator, gated] = [stackLines(resolved, minute, prices), lines(plain), lines(gate)];
  const own = ownMetrics(minute, prices);
  const all = (count: number, each: readonly Line[]): number => total(stack) + count * total(each) + Math.min(count, measured) * own;
  const fleet = (count: number): string =>
    `| ${count} | ${dollars(all(count, validator))} | ${dollars(all(count, validator) / count)} | ${dollars(all(count, gated) / count)} |`;
  const pageReads = minute.validators.get(plain.id)?.pageReads ?? 0;
  return [
    `Prices of ${prices.date}, ${prices.region}; default timing and parameters.`,
    '',
    '| the stack, a month | |',
    '|---|---|',
    ...rows(stack),
    '',
    '| each validator of two nodes in custody `release`, a month | |',
    '|---|---|',
    ...rows(validator),
    `| the first ${measured} also have ${minute.validatorMetrics} ${minute.validatorMetrics === 1 ? 'metric' : 'metrics'} of their own | ${dollars(own)} |`,
    '',
    '| each validator of three nodes in custody `gate`, key in memory, blocks of 6 s, a month | |',
    '|---|---|',
    ...rows(gated),
    '',
    '| validators | all in `release`, a month | per validator | per validator, all in `gate` |',
    '|---|---|---|---|',
    ...fleets.map(fleet),
    '',
    `A tool that needs a quorum of its own costs three t4g.small, ${dollars(quorumUsd(prices))} a month for any number of validators, and somebody to run it.`,
    '',
    '| validators | the console, open on one dashboard all month and refreshed each minute |',
    '|---|---|',
    ...fleets.slice(0, 3).map((count) => `| ${count} | ${dollars(pageUsd(count, pageReads, resolved, minute, prices))} |`),
  ].join('\n');
};

const markers = /<!-- cost -->[\s\S]*<!-- \/cost -->/;

if (import.meta.main) {
  const table = await costTable();
  process.stdout.write(`${table}\n`);
  const file = join(root, 'docs', 'deploy.md');
  if (process.argv.includes('--write')) writeFileSync(file, readFileSync(file, 'utf8').replace(markers, `<!-- cost -->\n${table}\n<!-- /cost -->`));
}
