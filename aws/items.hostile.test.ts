import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { nodeReport } from '../core/report.ts';
import { leaseOf, reportOf } from '../test/support/core.ts';
import { lease } from '../core/lease.ts';
import { fromItem, toItem } from './items.ts';

/** What the fuzzer found in reading items: all of it is LeaseInvalid, and none of it another error or a value. */

const leaseItem = (field: string, value: AttributeValue) => ({ ...toItem({ ...leaseOf() }), [field]: value });

describe('an item that cannot be trusted', () => {
  test.each<[string, AttributeValue]>([
    ['a number with a part that a double does not hold', { N: '9007199254740993.5' }],
    ['a number that is only nearly whole', { N: '1.00000000000000000001' }],
    ['a number beyond a double', { N: '9007199254740993' }],
    ['a number beyond every double', { N: `1${'0'.repeat(400)}` }],
    ['a type that is not known', { $unknown: ['X', 1] } as unknown as AttributeValue],
    ['a value without a type', {} as AttributeValue],
  ])('%s', (_, value) => {
    expect(() => fromItem(leaseItem('term', value), lease, 'lease#hub-1')).toThrow(expect.objectContaining({ code: 'LeaseInvalid' }));
  });
  test('fields that hide as those of a prototype', () => {
    const item = toItem({ ...reportOf() });
    const hidden = JSON.parse('{"__proto__":{"M":{"term":{"N":"2"},"watermark":{"NULL":true}}}}') as Record<string, AttributeValue>;
    expect(() => fromItem({ ...item, relinquished: { M: hidden } }, nodeReport, 'node')).toThrow(expect.objectContaining({ code: 'LeaseInvalid' }));
    expect(() => fromItem({ ...item, list: { L: [{ M: hidden }] } }, nodeReport, 'node')).toThrow('it holds a value that cannot be read');
  });
  test('whole numbers and fractions that a double holds are read as they are', () => {
    expect(fromItem(leaseItem('term', { N: '9007199254740991' }), lease, 'x').term).toBe(Number.MAX_SAFE_INTEGER);
    expect(fromItem(toItem({ ...reportOf({ diskFreeBytes: 0.5 }) }), nodeReport, 'x').diskFreeBytes).toBe(0.5);
  });
});

test('why an item cannot be read stands behind the error', () => {
  const causeOf = (field: string, value: AttributeValue): unknown => {
    try {
      return fromItem(leaseItem(field, value), lease, 'lease#hub-1');
    } catch (error) {
      return (error as Error).cause;
    }
  };
  expect(causeOf('term', { N: '9007199254740993' })).toEqual(new Error('a number is out of range'));
  expect(causeOf('evidence', { M: JSON.parse('{"__proto__":{"N":"1"}}') as Record<string, AttributeValue> })).toEqual(
    new Error('a field is called __proto__'),
  );
});
