import { describe, expect, test } from 'vitest';
import { validatorConfig } from '../core/config.ts';
import { chainSchemaOf } from '../core/parse.ts';
import { yaml } from '../test/support/core.ts';
import { holdsRows, long } from '../test/support/schema.ts';
import { chainOf, registry } from './registry.ts';

const base = (): Record<string, unknown> => {
  const [one] = (yaml() as { validators: Record<string, unknown>[] }).validators;
  if (!one) throw new Error('no validator');
  return one;
};
const schema = validatorConfig.extend({ chain: chainSchemaOf(registry) });

test('each chain stands under its own kind, and its schemas accept no other', () => {
  for (const [kind, chain] of Object.entries(registry)) {
    expect(chain.kind).toBe(kind);
    expect(chain.config.shape.kind.value).toBe(kind);
    expect(chain.node.shape.kind.value).toBe(kind);
  }
});

test('a chain that this version does not know is told', () => {
  expect(() => chainOf({ id: 'hub-1', chain: { kind: 'dogecoin' } })).toThrow(
    expect.objectContaining({
      code: 'ChainUnknown',
      message: expect.stringContaining('hub-1: this version knows no chain of kind dogecoin') as string,
    }),
  );
  expect(() => chainOf({ id: 'hub-1', chain: { kind: 'toString' } })).toThrow(expect.objectContaining({ code: 'ChainUnknown' }));
});

test('custody gate can be had exactly where there is a signer that asks the arbiter, and there the guard is the signer', () => {
  for (const chain of Object.values(registry)) expect(chain.gateDriver !== undefined, chain.kind).toBe(chain.arbiter !== undefined);
  expect(registry['cometbft']?.arbiter?.({ kind: 'cometbft' })).toBe(true);
  expect(registry['systemd']?.arbiter).toBe(undefined);
});

test('what a chain is at risk of is said, with where it is written', () => {
  for (const { kind, risk } of Object.values(registry)) {
    expect(risk.downtime.length, kind).toBeGreaterThan(20);
    expect(risk.equivocation.length, kind).toBeGreaterThan(20);
    if (kind !== 'systemd') expect(risk.sources.length, kind).toBeGreaterThan(0);
  }
});

describe('chain', () => {
  holdsRows(schema, base, [
    ['chain.kind', ['cometbft'], ['', 'dogecoin']],
    ['chain.chainId', ['x', long(50)], ['', long(51)]],
    ['chain.publicKey', [`${'A'.repeat(43)}=`], [`${'A'.repeat(39)}=`, 'A'.repeat(48), `${'!'.repeat(43)}=`]],
  ]);
  const systemd = (): unknown => ({
    ...base(),
    chain: { kind: 'systemd', progressPath: '/a', progressPointer: '/b', headPath: '/c', headPointer: '/d' },
  });
  holdsRows(
    schema,
    systemd,
    ['progressPath', 'progressPointer', 'headPath', 'headPointer'].map((field) => [
      `chain.${field}`,
      ['/', '/x', `/${long(299)}`],
      ['', 'x', 'x/', `/${long(300)}`],
    ]),
  );
  holdsRows(schema, systemd, [['chain.kind', ['systemd'], ['']]]);
  const key = (fill: string): string => `0x${fill.repeat(48)}`;
  const ethereum = (): unknown => ({
    ...base(),
    chain: { kind: 'ethereum', mode: 'signer', publicKeys: [key('ab')], genesisValidatorsRoot: `0x${'0a'.repeat(32)}`, slotsPerEpoch: 32 },
  });
  const roots = [`0x${'0A'.repeat(32)}`, `0x${'0a'.repeat(31)}`, '0a'.repeat(32)];
  holdsRows(schema, ethereum, [
    ['chain.mode', ['signer', 'keymanager'], ['', 'gate']],
    ['chain.publicKeys', [[key('ab'), key('ac')]], [[], [key('ab'), key('ab')], [key('AB')], [key('ab').slice(2)], ['0x']]],
    ['chain.genesisValidatorsRoot', [`0x${'0b'.repeat(32)}`], roots],
    ['chain.slotsPerEpoch', [1, 8, 1_024], [0, 1_025, 1.5]],
  ]);
});
