import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, hashOf } from './plan.ts';

describe('canonical JSON', () => {
  test.each<[unknown, string]>([
    [null, 'null'],
    ['a"b', '"a\\"b"'],
    [1.5, '1.5'],
    [true, 'true'],
    [[], '[]'],
    [{}, '{}'],
    [[1, undefined, [null, 'x']], '[1,null,[null,"x"]]'],
    [{ b: [1, { d: null, c: undefined }], a: 'x' }, '{"a":"x","b":[1,{"d":null}]}'],
    [{ 'a!': 1, a: 2, B: 3, 10: 4, 9: 5 }, '{"10":4,"9":5,"B":3,"a":2,"a!":1}'],
  ])('of %j', (value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });
  test('is JSON of the same meaning, whatever the order of the fields', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

test('the hash is SHA-256 of that text, in hex', () => {
  // sha256sum of {"a":1,"b":2}
  expect(hashOf({ b: 2, a: 1 })).toBe('43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777');
});
