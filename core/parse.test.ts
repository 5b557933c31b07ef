import { cometbft } from '../chains/cometbft/index.ts';
import { registry } from '../chains/registry.ts';
import { systemd as daemon } from '../chains/systemd/index.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { yaml } from '../test/support/core.ts';
import { BatonError } from './errors.ts';
import { term } from './ids.ts';
import { parseValidatorsFile, parseWith } from './parse.ts';

const refusal = (act: () => unknown): BatonError => {
  try {
    act();
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};
type One = Record<string, unknown>;

test('the example is valid, with the defaults filled in', () => {
  const file = parseValidatorsFile(yaml(), registry);
  expect(file).toMatchObject({ version: 1, validators: [{ id: 'hub-1', custody: 'release', timing: { leaseMs: 15_000, probeMs: 5_000 } }] });
});

test('what is valid is given back as the schema makes it', () => {
  expect(parseWith(z.object({ a: z.number().prefault(1) }), { b: 2 }, { what: 'input', code: 'InputInvalid' })).toStrictEqual({ a: 1 });
});

describe('what is wrong, what it holds, and what was expected', () => {
  const never = (path: (string | number)[]): z.ZodType =>
    z.unknown().superRefine((_, context) => {
      context.addIssue({ code: 'custom', path, message: 'no good' });
    });
  const at = (path: (string | number)[], value: unknown): string =>
    refusal(() => parseWith(never(path), value, { what: 'input', code: 'InputInvalid' })).message;
  test.each<[(string | number)[], unknown, string]>([
    [[], 3, 'input: is 3: no good'],
    [['input'], { input: 3 }, 'input: is 3: no good'],
    [['a'], { a: 'x' }, 'input: a is "x": no good'],
    [['a', 0, 'b'], { a: [{ b: true }] }, 'input: a.0.b is true: no good'],
    [['a'], {}, 'input: a is nothing: no good'],
    [['a', 'b', 'c'], { a: {} }, 'input: a.b.c is nothing: no good'],
    [['a', 'b'], { a: null }, 'input: a.b is nothing: no good'],
    [[], undefined, 'input: is nothing: no good'],
    [['a'], { a: null }, 'input: a is null: no good'],
    [['a'], { a: { b: 1 } }, 'input: a is an object: no good'],
    [['a'], { a: [1, 2] }, 'input: a is a list of 2: no good'],
    [['a'], { a: 12_345_678_901_234_567_890n }, 'input: a is 12345678901234567890: no good'],
    [['a'], { a: 10n ** 90n }, `input: a is 1${'0'.repeat(79)}: no good`],
    [['a'], { a: () => 1 }, 'input: a is function: no good'],
    [['a'], { a: 'x'.repeat(78) }, `input: a is "${'x'.repeat(78)}": no good`],
    [['a'], { a: 'x'.repeat(79) }, `input: a is "${'x'.repeat(79)}…: no good`],
    [['a', 'dataKey'], { a: { dataKey: 'hush' } }, 'input: a.dataKey is (not shown): no good'],
    [['token', 'a'], { token: { a: 'hush' } }, 'input: token.a is (not shown): no good'],
    [['Passwords', 0], { Passwords: ['hush'] }, 'input: Passwords.0 is (not shown): no good'],
    [['k', 'ey'], { k: { ey: 1 } }, 'input: k.ey is 1: no good'],
    [['grant', 'Token'], { grant: {} }, 'input: grant.Token is nothing: no good'],
  ])('%j', (path, value, expected) => {
    expect(at(path, value)).toBe(expected);
  });
  test('the first of several issues, with the code, the field and the fix', () => {
    const schema = z.strictObject({ a: z.number(), b: z.number() });
    const error = refusal(() => parseWith(schema, { a: 'x', b: 'y' }, { what: 'input', code: 'LeaseInvalid' }));
    expect(error.toJSON()).toStrictEqual({
      code: 'LeaseInvalid',
      message: 'input: a is "x": Invalid input: expected number, received string',
      field: 'a',
      fix: 'Mend a and run it again.',
    });
    expect(error.cause).toBe(undefined);
  });
  test('the fix that the caller gives, and the whole as the field', () => {
    const error = refusal(() => parseWith(term, 0.5, { what: 'term', code: 'InputInvalid', fix: 'Read the lease again.' }));
    expect(error.toJSON()).toMatchObject({ field: 'term', fix: 'Read the lease again.' });
  });
});

describe('validators.yaml', () => {
  const fileOf = (...of: unknown[]): unknown => ({ version: 1, validators: of });
  const one = (of: One = {}): unknown => ({ ...(yaml() as { validators: One[] }).validators[0], ...of });
  const systemd = { kind: 'systemd', progressPath: '/', progressPointer: '/p', headPath: '/', headPointer: '/h' };
  const two = { cometbft, systemd: daemon };
  test('an unknown chain is told before anything else', () => {
    const error = refusal(() => parseValidatorsFile(fileOf(one({ chain: systemd }), one({ id: 'Hub', chain: { kind: 'dogecoin' } })), two));
    expect(error.toJSON()).toStrictEqual({
      code: 'ChainUnknown',
      message: 'validators.1.chain.kind is "dogecoin": expected cometbft, systemd',
      field: 'validators.1.chain.kind',
      fix: 'Use systemd for any daemon that has a unit and shows its progress over HTTP.',
    });
    expect(refusal(() => parseValidatorsFile(fileOf(one({ chain: { kind: 'x'.repeat(81) } })), two)).message).toBe(
      `validators.0.chain.kind is "${'x'.repeat(80)}": expected cometbft, systemd`,
    );
  });
  test.each<[unknown, string]>([
    [undefined, 'validators.yaml: is nothing: Invalid input: expected object, received undefined'],
    [null, 'validators.yaml: is null: Invalid input: expected object, received null'],
    [3, 'validators.yaml: is 3: Invalid input: expected object, received number'],
    [[], 'validators.yaml: is a list of 0: Invalid input: expected object, received array'],
    [{ version: 1 }, 'validators.yaml: validators is nothing: Invalid input: expected array, received undefined'],
    [{ version: 1, validators: 'x' }, 'validators.yaml: validators is "x": Invalid input: expected array, received string'],
    [{ version: 2, validators: [one()] }, 'validators.yaml: version is 2: Invalid input: expected 1'],
    [fileOf(null), 'validators.yaml: validators.0 is null: Invalid input: expected object, received null'],
    [fileOf(one({ chain: null })), 'validators.yaml: validators.0.chain is null: Invalid input: expected object, received null'],
    [fileOf(one({ chain: undefined })), 'validators.yaml: validators.0.chain is nothing: Invalid input: expected object, received undefined'],
    [fileOf(one({ primary: 'amber' })), 'validators.yaml: validators.0 is an object: Unrecognized key: "primary"'],
    [fileOf(one({ id: 'Hub' })), 'validators.yaml: validators.0.id is "Hub": expected 1–40 of a–z, 0–9 and -'],
  ])('%j is refused', (value, expected) => {
    const error = refusal(() => parseValidatorsFile(value, registry));
    expect([error.code, error.message]).toEqual(['ConfigInvalid', expected]);
  });
  test('a chain whose kind is no text is left to the schema', () => {
    expect(refusal(() => parseValidatorsFile(fileOf(one({ chain: { kind: 3 } })), registry)).code).toBe('ConfigInvalid');
  });
  test('one id twice is refused', () => {
    expect(refusal(() => parseValidatorsFile(fileOf(one(), one()), registry)).toJSON()).toStrictEqual({
      code: 'ConfigInvalid',
      message: 'validator hub-1 stands twice',
      field: 'validators',
      fix: 'Remove one of them.',
    });
  });
  test('one key in two validators is refused', () => {
    const other = (of: One = {}): unknown =>
      one({ id: 'hub-2', chain: { kind: 'cometbft', chainId: 'hub', publicKey: `${'A'.repeat(43)}=`, ...of } });
    expect(parseValidatorsFile(fileOf(one(), other()), registry).validators).toHaveLength(2);
    const same = (one() as { chain: One }).chain;
    expect(refusal(() => parseValidatorsFile(fileOf(one(), other(same)), registry)).toJSON()).toStrictEqual({
      code: 'ConfigInvalid',
      message: 'hub-1 and hub-2 have the same key, cometbft hub bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=',
      field: 'hub-2.chain',
      fix: 'Keep one of the two: each key is one validator, with all of its nodes.',
    });
    expect(parseValidatorsFile(fileOf(one(), other({ ...same, chainId: 'zone' })), registry).validators).toHaveLength(2);
    expect(parseValidatorsFile(fileOf(one({ chain: systemd }), one({ id: 'hub-2', chain: systemd })), registry).validators).toHaveLength(2);
  });
  test('the rules between fields are checked for every validator', () => {
    const error = refusal(() => parseValidatorsFile(fileOf(one(), one({ id: 'hub-2', holder: 'zebra' })), registry));
    expect([error.code, error.field]).toEqual(['HolderUnknown', 'hub-2.holder']);
  });
});

test('an unknown key of any length makes a short message', () => {
  const error = refusal(() => parseValidatorsFile({ ...(yaml() as object), ['k'.repeat(50_000)]: 1 }, registry));
  expect(error.message.length).toBeLessThan(1_500);
  const deep = yaml((one) => {
    one['policy'] = { ['p'.repeat(50_000)]: { x: 1 } };
  });
  expect(refusal(() => parseValidatorsFile(deep, registry)).field?.length).toBeLessThan(400);
});
