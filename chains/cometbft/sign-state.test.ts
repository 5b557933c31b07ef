import { describe, expect, test } from 'vitest';
import { fromSignState, signStateFormats } from './sign-state.ts';

describe('a sign state becomes a watermark that is never too low', () => {
  test.each([
    ['CometBFT', '{"height":"812","round":1,"step":2,"signature":"x","signbytes":"00"}', { height: 812, round: 1, step: 2 }],
    ['horcrux', '{"height":"812","round":"3","step":3}', { height: 812, round: 3, step: 3 }],
    ['tmkms, whose precommit is 2', '{"height":"812","round":"0","step":2,"block_id":null}', { height: 812, round: 0, step: 3 }],
    ['tmkms, whose propose is 0', '{"height":"812","round":"0","step":0,"block_id":null}', { height: 812, round: 0, step: 1 }],
    ['a fresh node', '{"height":"0","round":0,"step":0}', { height: 0, round: 0, step: 0 }],
    ['without round and step', '{"height":5}', { height: 5, round: 2_147_483_647, step: 3 }],
  ])('%s', (_, text, expected) => {
    expect(fromSignState(text)).toEqual({ kind: 'consensus', ...expected });
  });
  test.each([
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"height":-1}',
    '{"height":"1e9"}',
    '{"height":1.5}',
    '{"height":"99999999999999999999"}',
    '{"height":1,"round":"x"}',
  ])('%s is none', (text) => {
    expect(() => fromSignState(text)).toThrow('the sign state');
  });
});

describe('a watermark becomes a sign state that is never too low', () => {
  test.each(Object.keys(signStateFormats))('%s reads back what it was, or higher', (format) => {
    for (const step of [0, 1, 2, 3]) {
      const mark = { kind: 'consensus', height: 812, round: 4, step } as const;
      const back = fromSignState(JSON.stringify(signStateFormats[format]?.(mark)));
      expect(back).toEqual(format === 'tmkms' && step === 0 ? { ...mark, step: 1 } : mark);
    }
  });
  test('of another kind there is none', () => {
    expect(() => signStateFormats['tmkms']?.({ kind: 'slot', slot: 3 })).toThrow(new RangeError('a slot watermark is no sign state of CometBFT'));
  });
});
