import { expect, test } from 'vitest';
import { t, v } from '../test/support/core.ts';
import { BatonError } from './errors.ts';
import { drillName, failoverName, isDrill } from './names.ts';

test('an error is named by its code and says what, why, where and the fix', () => {
  const cause = new Error('refused');
  const error = new BatonError('StaleTerm', 'term 2 is over', { fix: 'Run baton status hub-1.', field: 'term', cause });
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.message, error.fix, error.field, error.cause]).toEqual([
    'StaleTerm',
    'StaleTerm',
    'term 2 is over',
    'Run baton status hub-1.',
    'term',
    cause,
  ]);
  expect(error.toJSON()).toStrictEqual({ code: 'StaleTerm', message: 'term 2 is over', fix: 'Run baton status hub-1.', field: 'term' });
});

test('an error without cause and field has neither', () => {
  const error = new BatonError('Paused', 'hub-1 is paused', { fix: 'Run baton resume hub-1.' });
  expect('cause' in error).toBe(false);
  expect(error.toJSON()).toStrictEqual({ code: 'Paused', message: 'hub-1 is paused', fix: 'Run baton resume hub-1.' });
});

test('an execution’s name is deterministic and bounded', () => {
  expect(failoverName({ validator: v, term: t(3), episode: 'ab12' })).toBe('hub-1.t3.ab12');
  let found: unknown;
  try {
    failoverName({ validator: v, term: t(3), episode: 'a b' });
  } catch (error) {
    found = error;
  }
  expect((found as BatonError).toJSON()).toStrictEqual({
    code: 'InputInvalid',
    message: 'execution name hub-1.t3.a b is not valid: expected 1–80 of A–Z, a–z, 0–9, _, . and -',
    field: 'episode',
    fix: 'Shorten the episode.',
  });
  expect(() => failoverName({ validator: v, term: t(3), episode: 'x'.repeat(80) })).toThrow('is not valid');
});

test('the name of a drill tells that it is one, and which way', () => {
  expect(drillName({ validator: v, term: t(3), way: 'back', mark: '20260304' })).toBe('hub-1.t3.drill-back-20260304');
  for (const way of ['there', 'back', 'real'] as const) {
    const name = drillName({ validator: v, term: t(12), way, mark: 'ab' });
    expect(isDrill(name)).toBe(true);
    for (const other of ['there', 'back', 'real'] as const) expect(isDrill(name, other)).toBe(other === way);
  }
  const others = [
    'enrol',
    'hub-1.t3.by-hand-ab',
    'hub-1.t3.drill-ab',
    'drill-there-1',
    'hub-1.tx.drill-there-1',
    'a.hub-1.t3.drill-there-1',
    'hub-1.t3.drill-there',
  ];
  for (const other of others) expect(isDrill(other)).toBe(false);
});
