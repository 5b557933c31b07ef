import { describe, expect, test } from 'vitest';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { toItem } from '../../aws/items.ts';
import { baton, client, enrolled, hub, inWords, records, stopTable, text, told, useCli } from '../support/cli-bench.ts';
import { robin } from '../support/core.ts';

useCli();

const why = 'birch ran from an old image; it is wiped';
const suspect = (kind: 'two-signers' | 'slashed' = 'two-signers') =>
  records().suspect({ kind, validator: hub, what: 'Seen.', by: 'survey', atMs: 0 });
const frozen = 'The fleet is frozen: 1. hub-1: Seen. (survey, 1970-01-01 00:00:00 UTC)';

describe('the breaker', () => {
  test('is closed at first, and says so everywhere', async () => {
    await enrolled();
    expect(await baton('breaker')).toBe(0);
    expect(told).toEqual({ frozen: false, sentence: null, open: [], last: null, cleared: [] });
    await baton('status');
    expect(told).toMatchObject({ frozen: null });
    expect(await baton('breaker', '--clear', '1', '--reason', why)).toBe(4);
    expect(told).toMatchObject({ error: { code: 'BreakerChanged', fix: 'baton breaker' } });
  });
  test('shows what freezes the fleet in status, explain and doctor', async () => {
    await enrolled();
    await suspect();
    expect(await inWords('breaker')).toBe(0);
    expect(text).toContain(frozen);
    expect(text).toContain('  then:  baton breaker --clear 1 --reason "what you found, and why it is safe now"');
    await inWords('status');
    expect(text.split('\n').slice(0, 2)).toEqual([`${frozen} No term is taken and no key released. Holders go on signing.`, '  next: baton breaker']);
    await inWords('explain', 'gates', 'hub-1');
    expect(text).toContain(`breaker: ${frozen}; required: closed`);
    expect(await baton('doctor', 'hub-1')).toBe(7);
    expect((told['findings'] as { check: string }[]).find(({ check }) => check === 'breaker')).toMatchObject({
      state: 'fail',
      next: 'baton breaker',
    });
  });
  test('is cleared in two steps, with who and why; a number that was not shown clears nothing', async () => {
    await enrolled();
    await suspect();
    expect(await baton('breaker', '--clear', '1')).toBe(2);
    expect(await baton('breaker', '--clear', '2', '--reason', why)).toBe(4);
    await suspect('slashed');
    expect(await baton('breaker', '--clear', '1', '--reason', why)).toBe(4);
    expect(await records().readBreaker()).toMatchObject({ suspicions: { last: 2 }, clearance: undefined });
    expect(await baton('breaker', '--clear', '2', '--reason', why)).toBe(0);
    expect(told).toEqual({ frozen: false, cleared: 2, by: robin, reason: why });
    await inWords('breaker');
    expect(text).toContain('The breaker is closed: failovers may start.');
    expect(text).toContain(`  cleared through 2 by ${robin}, 2023-11-14 22:13:20 UTC: ${why}`);
    await suspect();
    expect(await baton('breaker')).toBe(0);
    expect(told).toMatchObject({ frozen: true, last: 3 });
  });
  test('that a hand has broken is open, and nothing clears it', async () => {
    await enrolled();
    await client.send(new PutItemCommand({ TableName: 'baton', Item: toItem({ pk: 'breaker#suspicions', last: 0, found: [] }) }));
    expect(await baton('breaker')).toBe(0);
    expect(told).toMatchObject({ frozen: true, last: null });
    expect(await baton('breaker', '--clear', '0', '--reason', why)).toBe(4);
  });
  test('that gives no answer is not closed', async () => {
    await enrolled();
    await stopTable();
    expect(await baton('breaker')).toBe(5);
  });
});
