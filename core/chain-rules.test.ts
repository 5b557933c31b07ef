import { expect, test } from 'vitest';
import { cometbft } from '../chains/cometbft/index.ts';
import { rulesOf, withRisk, type ChainRules } from './chain-rules.ts';

const risky: ChainRules = {
  ...cometbft,
  kind: 'risky',
  risk: { ...cometbft.risk, policy: { mode: 'auto', maxLag: 9 }, timing: { coolDownMs: 7_000 } },
};
const chains = { risky };
const of = (more: Record<string, unknown>): unknown => withRisk({ id: 'a', chain: { kind: 'risky' }, ...more }, chains);

test('a chain says what holds where the file is silent', () => {
  expect(of({})).toStrictEqual({ id: 'a', chain: { kind: 'risky' }, policy: { mode: 'auto', maxLag: 9 }, timing: { coolDownMs: 7_000 } });
});

test('what the file says is kept', () => {
  expect(of({ policy: { mode: 'watch', quorum: 2 }, timing: { coolDownMs: 1, probeMs: 2 } })).toStrictEqual({
    id: 'a',
    chain: { kind: 'risky' },
    policy: { mode: 'watch', maxLag: 9, quorum: 2 },
    timing: { coolDownMs: 1, probeMs: 2 },
  });
});

test.each<[string, unknown]>([
  ['no object', 3],
  ['a list', []],
  ['nothing', null],
  ['no chain', { policy: {} }],
  ['a chain that is a word', { chain: 'risky' }],
  ['a chain without a kind', { chain: {} }],
  ['a kind that is no text', { chain: { kind: 3 } }],
  ['a kind that is a list', { chain: { kind: ['risky'] } }],
  ['a kind that is not known', { chain: { kind: 'calm' } }],
  ['a name that every object has', { chain: { kind: 'toString' } }],
])('%s is left for the schema to refuse', (_, value) => {
  expect(withRisk(value, chains)).toBe(value);
});

test('a policy of another shape is left for the schema to refuse', () => {
  expect(of({ policy: 'strict', timing: [] })).toStrictEqual({ id: 'a', chain: { kind: 'risky' }, policy: 'strict', timing: [] });
});

test('the rules of a chain, or what is known instead', () => {
  expect(rulesOf({ id: 'a', chain: { kind: 'risky' } }, chains)).toBe(risky);
  expect(() => rulesOf({ id: 'a', chain: { kind: 'toString' } }, { risky, cometbft })).toThrow(
    expect.objectContaining({
      code: 'ChainUnknown',
      field: 'chain.kind',
      message: 'a: this version knows no chain of kind toString: expected risky, cometbft',
      fix: 'Deploy the version that wrote this configuration, or a later one.',
    }),
  );
});
