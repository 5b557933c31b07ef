import { describe, expect, test } from 'vitest';
import { stateOf } from './state.ts';

const detail = { content: 'a'.repeat(64), signature: 'AA==', seconds: '-62135596800', nanos: 5 };
const textOf = (change: Record<string, unknown>): string =>
  `{"kind":"consensus","height":5,"round":0,"step":2}\n${JSON.stringify({ ...detail, ...change })}\n`;

describe('a stored answer', () => {
  test.each([{}, { seconds: '9223372036854775807' }, { seconds: '-9223372036854775808' }, { nanos: 2_147_483_647 }])(
    '%j can be given again',
    (change) => {
      expect(stateOf(textOf(change), 'x').detail).toEqual({ ...detail, ...change });
    },
  );
  test.each([{ seconds: '9223372036854775808' }, { seconds: '1'.repeat(20) }, { nanos: 2_147_483_648 }, { nanos: -2_147_483_649 }])(
    '%j fits no frame: the file is refused, not found out at the next vote',
    (change) => {
      expect(() => stateOf(textOf(change), 'x')).toThrow(expect.objectContaining({ code: 'GuardRefused' }));
    },
  );
});
