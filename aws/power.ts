import { DescribeInstancesCommand, StopInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { BatonError } from '../core/errors.ts';
import type { NodeId } from '../core/ids.ts';
import type { PowerTest } from '../core/power-proof.ts';
import { withSignal } from './signal.ts';

/** The machines of an answer. One without a state in words makes the whole of it worthless. */
const described = z
  .object({
    Reservations: z.array(z.object({ Instances: z.array(z.object({ InstanceId: z.string(), State: z.object({ Name: z.string() }) })).prefault([]) })),
  })
  .transform(({ Reservations }) => Reservations.flatMap(({ Instances }) => Instances));

/** EC2's power switch. Only the state that EC2 itself shows can become evidence. */
export class Power {
  readonly #client: EC2Client;

  constructor(options: { client: EC2Client }) {
    this.#client = options.client;
  }

  /** Asks for the power to be cut without waiting for the operating system. @throws BatonError PowerFailed; it may have happened all the same. */
  async off(node: NodeId, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.send(new StopInstancesCommand({ InstanceIds: [node], Force: true, SkipOsShutdown: true }), withSignal(signal));
    } catch (cause) {
      throw new BatonError('PowerFailed', `EC2 did not take the order to stop ${node}: ${(cause as Error).name}`, {
        cause,
        fix: `aws ec2 stop-instances --force --instance-ids ${node}`,
      });
    }
  }

  /** EC2's word for its state, or `unknown`. Never throws. */
  async state(node: NodeId, signal?: AbortSignal): Promise<string> {
    const answer = await this.#client.send(new DescribeInstancesCommand({ InstanceIds: [node] }), withSignal(signal)).catch(() => undefined);
    const found = described.safeParse(answer).data?.filter(({ InstanceId }) => InstanceId === node) ?? [];
    const [only, ...more] = found.map(({ State }) => State.Name);
    return more.length === 0 ? (only ?? 'unknown') : 'unknown';
  }

  /**
   * Whether EC2 would let this caller stop the machine, and shows a state of it. A dry run stops nothing: EC2 refuses it by a name of its own when
   * the order would have been taken. Never throws.
   */
  async test(node: NodeId, signal?: AbortSignal): Promise<PowerTest> {
    const dry = new StopInstancesCommand({ InstanceIds: [node], Force: true, SkipOsShutdown: true, DryRun: true });
    const told = await this.#client.send(dry, withSignal(signal)).then(
      () => 'no refusal',
      (error: unknown) => (error as Error).name,
    );
    if (told === 'UnauthorizedOperation') return { works: false, code: 'PowerNotAllowed', how: `EC2 would not let it stop ${node}.` };
    if (told !== 'DryRunOperation')
      return { works: false, code: 'PowerUnreachable', how: `EC2 tells nothing of an order to stop ${node}: ${told.slice(0, 100)}.` };
    const state = await this.state(node, signal);
    if (state === 'unknown') return { works: false, code: 'PowerUnusable', how: `EC2 shows no state of ${node}.` };
    return { works: true, code: 'works', how: `EC2 would take the order to stop it, and shows it as ${state}.` };
  }
}
