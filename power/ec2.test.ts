import { describe, expect, test } from 'vitest';
import { BatonError } from '../core/errors.ts';
import { amber, t, v } from '../test/support/core.ts';
import { ec2Switch } from './ec2.ts';

/** EC2 as a switch: an order, and EC2's own word. */

const { signal } = new AbortController();
const ask = { validator: v, node: amber, term: t(2), power: { kind: 'ec2' } } as const;
const refusal = new BatonError('PowerFailed', 'EC2 did not take the order', { fix: 'aws' });

const switchWith = (state: string, taken = true) => {
  const heard: string[] = [];
  const power = {
    off: async (node: string) => {
      heard.push(`off ${node}`);
      if (!taken) throw refusal;
    },
    state: async (node: string) => {
      heard.push(`state ${node}`);
      return state;
    },
    test: async () => ({ works: true, code: 'works', how: '' }) as const,
  };
  return { of: ec2Switch(power), heard };
};

describe('EC2', () => {
  test('is given the order at once', async () => {
    const { of, heard } = switchWith('running');
    expect(await of.off(ask, signal)).toBe(true);
    expect(heard).toEqual([`off ${amber}`]);
  });
  test.each(['stopped', 'terminated'])('that takes no order for a %s machine has nothing left to cut', async (state) => {
    expect(await switchWith(state, false).of.off(ask, signal)).toBe(true);
  });
  test.each(['running', 'pending', 'stopping', 'shutting-down', 'unknown', ''])(
    'that takes no order for a %o machine has taken none',
    async (state) => {
      await expect(switchWith(state, false).of.off(ask, signal)).rejects.toThrow(refusal);
    },
  );
  test('tells its own word for the state, each time anew', async () => {
    const { of, heard } = switchWith('stopping');
    expect(await of.state(ask, signal)).toEqual({ kind: 'ec2', node: amber, state: 'stopping' });
    await of.state(ask, signal);
    expect(heard).toEqual([`state ${amber}`, `state ${amber}`]);
  });
});
