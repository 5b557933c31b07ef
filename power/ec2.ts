import type { NodeId } from '../core/ids.ts';
import type { PowerTest } from '../core/power-proof.ts';
import type { PowerSwitch } from './switch.ts';

/** What EC2's adapter can do. */
export interface Ec2Power {
  off(node: NodeId, signal?: AbortSignal): Promise<void>;
  state(node: NodeId, signal?: AbortSignal): Promise<string>;
  test(node: NodeId, signal?: AbortSignal): Promise<PowerTest>;
}

/**
 * EC2 in the shape of every other switch: the instance's id is its identity, so its answer is about that instance or about nothing.
 * One is made for one look: what its order found to be down already is the state of that look.
 */
export const ec2Switch = (power: Ec2Power): PowerSwitch => {
  const down = new Map<NodeId, string>();
  return {
    // What is on its way down, or down, is left alone: EC2's state is EC2's own, and not what a controller remembers.
    off: async ({ node }, signal) => {
      const before = await power.state(node, signal);
      if (before === 'running' || before === 'pending') await power.off(node, signal);
      else if (before === 'stopped' || before === 'terminated') down.set(node, before);
      return true;
    },
    state: async ({ node }, signal) => ({ kind: 'ec2', node, state: down.get(node) ?? (await power.state(node, signal)) }),
    test: ({ node }, signal) => power.test(node, signal),
  };
};
