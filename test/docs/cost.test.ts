import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { registry } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { durationMs } from '../../core/time.ts';
import { costOf } from '../../local/cost/answer.ts';
import { countMinute, guardMinute, plainConfig } from '../../local/cost/minute.ts';
import { readPrices } from '../../local/cost/model.ts';
import { costTable, resolvedStack } from '../../local/cost/table.ts';
import { warmLine } from '../../local/cost/warm.ts';

/** The costs in docs/deploy.md are those that the code, the template and the prices give today. */

test('a quiet minute of four validators with two nodes each, counted', async () => {
  const { validators, ...rest } = await countMinute(['hub-1', 'hub-2', 'hub-3', 'hub-4'].map(plainConfig));
  expect(rest).toEqual({
    stackReads: 5,
    stackWrites: 13,
    stackMetrics: 12,
    validatorMetrics: 1,
    surveySeconds: expect.closeTo(0, 0) as number,
    pageOwnReads: 9,
    pageSeconds: expect.closeTo(3, 0) as number,
  });
  expect([...validators.values()]).toEqual([0, 1, 2, 3].map(() => ({ watchReads: 14, pageReads: 12, guards: { reads: 31, writes: 14 } })));
});

describe('the guards of one validator', () => {
  const two = plainConfig('hub-1');
  const of = (more: object): ValidatorConfig => ({ ...two, ...more });
  const third = { ...two.nodes[1], name: 'cedar', id: 'i-0c0c000000000003' } as ValidatorConfig['nodes'][number];
  const timing = { ...two.timing, pollMs: durationMs(1_000), leaseMs: durationMs(9_000) };
  test.each<[string, ValidatorConfig, { reads: number; writes: number }]>([
    ['one node alone: 20 reads, and a report each 5 s', of({ nodes: two.nodes.slice(0, 1) }), { reads: 20, writes: 12 }],
    ['a third node: 11 more, and two reports', of({ nodes: [...two.nodes, third] }), { reads: 42, writes: 16 }],
    ['custody gate: each reads its membership', of({ custody: 'gate', nodes: [...two.nodes, third] }), { reads: 60, writes: 6 }],
    ['another timing', of({ timing }), { reads: 93, writes: 32 }],
  ])('%s', (_, config, units) => {
    expect(guardMinute(config)).toEqual(units);
  });
});

test('signatures of custody gate are counted by the time of a block', () => {
  expect(registry['cometbft']?.signaturesPerHour?.(plainConfig('hub-1').chain, undefined)).toBe(1_200);
  expect(registry['cometbft']?.signaturesPerHour?.(plainConfig('hub-1').chain, 2_000)).toBe(3_600);
});

test('the cost of a file is that of its stack and each of its validators', async () => {
  const { json, lines } = await costOf([plainConfig('hub-1'), plainConfig('hub-2')], undefined);
  expect(json.validators.map(({ validator, custody, nodes }) => [validator, custody, nodes])).toEqual([
    ['hub-1', 'release', 2],
    ['hub-2', 'release', 2],
  ]);
  const each = json.validators.map(({ usd }) => usd);
  const stack = json.stack.reduce((sum, { usd }) => sum + usd, 0);
  expect(json.usd).toBeCloseTo(stack + (each[0] ?? 0) + (each[1] ?? 0), 2);
  expect(json.perValidatorUsd).toBeCloseTo(json.usd / 2, 2);
  expect(lines.at(-2)).toContain('for each of 2 validators.');
  expect(json.quorumUsd).toBeCloseTo(3 * (730 * 0.0168 + 8 * 0.08), 4);
});

test('seven functions are kept warm: 61,320 calls, of which each is a request, a trace and a read, and 0.1 s', () => {
  const { what, usd } = warmLine(resolvedStack(), readPrices());
  expect(what).toBe('7 functions of a failover, kept warm each five minutes');
  // 61,320 × $6.325 ÷ 1,000,000, and 1,971 GB-seconds.
  expect(usd).toBeCloseTo(0.38785 + 0.02628, 4);
});

test('docs/deploy.md holds the table of `npm run cost -- --write`', async () => {
  const [, table] =
    /<!-- cost -->\n([\s\S]*?)\n<!-- \/cost -->/.exec(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'deploy.md'), 'utf8')) ?? [];
  expect(table).toBe(await costTable());
});

test('each price names where it comes from', () => {
  const { date, prices } = readPrices();
  expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  for (const { usd, source } of Object.values(prices)) {
    expect(usd).toBeGreaterThan(0);
    expect(source).toMatch(/^https:\/\/aws\.amazon\.com\//);
  }
});
