import type { NodeId } from '../core/ids.ts';
import type { PowerTest } from '../core/power-proof.ts';
import { isOffByEc2 } from '../core/proofs.ts';
import type { PowerSwitch } from './switch.ts';

/** What EC2's adapter can do. */
export interface Ec2Power {
  off(node: NodeId, signal?: AbortSignal): Promise<void>;
  state(node: NodeId, signal?: AbortSignal): Promise<string>;
  test(node: NodeId, signal?: AbortSignal): Promise<PowerTest>;
}

/**
 * EC2 in the shape of every other switch: the instance's id is its identity, so its answer is about that instance or about nothing, and its state
 * is EC2's own, and not what a controller remembers.
 */
export const ec2Switch = (power: Ec2Power): PowerSwitch => ({
  off: async ({ node }, signal) => {
    try {
      await power.off(node, signal);
    } catch (error) {
      // A terminated one takes no order, and has nothing left to cut.
      if (!isOffByEc2(await power.state(node, signal))) throw error;
    }
    return true;
  },
  state: async ({ node }, signal) => ({ kind: 'ec2', node, state: await power.state(node, signal) }),
  test: ({ node }, signal) => power.test(node, signal),
});
