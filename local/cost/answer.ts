import { registry } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { countMinute } from './minute.ts';
import { dollars, ownMetrics, quorumUsd, readPrices, stackLines, total, validatorLines, type Line } from './model.ts';
import { resolvedStack } from './table.ts';

/** What these validators cost a month, and the stack that watches them. */

const lineOf = ({ what, usd }: Line): string => `    ${dollars(usd).padStart(8)}  ${what}`;
const cents = (usd: number): number => Math.round(usd * 10_000) / 10_000;
const told = (lines: readonly Line[]) => lines.map(({ what, usd }) => ({ what, usd: cents(usd) }));

/** @param blockMs the time between two blocks or slots, where custody gate asks the arbiter; as on each main chain when undefined. */
export const costOf = async (configs: readonly ValidatorConfig[], blockMs: number | undefined) => {
  const [prices, resolved, minute] = [readPrices(), resolvedStack(), await countMinute(configs)];
  const stack = stackLines(resolved, minute, prices);
  const measured = Math.min(configs.length, Number(resolved.parameters['ValidatorsMeasured']));
  const own = { what: `metrics of their own, of the first ${measured} validators`, usd: measured * ownMetrics(minute, prices) };
  const each = configs.flatMap((config) => {
    const counted = minute.validators.get(config.id);
    return counted ? [{ config, lines: validatorLines(config, counted, prices, { chains: registry, blockMs }) }] : [];
  });
  const sum = total([...stack, own, ...each.flatMap(({ lines }) => lines)]);
  const quorum = quorumUsd(prices);
  return {
    lines: [
      `A month in which nothing happens, at the prices of ${prices.date} in ${prices.region}, without free tiers; the calls of one minute were counted.`,
      `  the stack: ${dollars(total([...stack, own]))}`,
      ...[...stack, own].map(lineOf),
      ...each.flatMap(({ config, lines }) => [
        `  ${config.id}: ${dollars(total(lines))} (custody ${config.custody}, ${config.nodes.length} nodes)`,
        ...lines.map(lineOf),
      ]),
      `Together ${dollars(sum)}: ${dollars(sum / Math.max(1, configs.length))} for each of ${configs.length} validators.`,
      `A quorum of three t4g.small, the least of a tool that runs a quorum of its own, costs ${dollars(quorum)}, whatever it watches.`,
    ],
    json: {
      prices: { date: prices.date, region: prices.region },
      stack: told([...stack, own]),
      validators: each.map(({ config, lines }) => ({
        validator: config.id,
        custody: config.custody,
        nodes: config.nodes.length,
        lines: told(lines),
        usd: cents(total(lines)),
      })),
      usd: cents(sum),
      perValidatorUsd: cents(sum / Math.max(1, configs.length)),
      quorumUsd: cents(quorum),
    },
  };
};
