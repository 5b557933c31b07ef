import { DescribeInstancesCommand, StopInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { BatonError } from '../core/errors.ts';
import type { NodeId } from '../core/ids.ts';

/** EC2's power switch. Only the state that EC2 itself shows can become evidence. */
export class Power {
  readonly #client: EC2Client;

  constructor(options: { client: EC2Client }) {
    this.#client = options.client;
  }

  /** Asks for the power to be cut without waiting for the operating system. @throws BatonError PowerFailed; it may have happened all the same. */
  async off(node: NodeId, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.send(
        new StopInstancesCommand({ InstanceIds: [node], Force: true, SkipOsShutdown: true }),
        signal ? { abortSignal: signal } : {},
      );
    } catch (cause) {
      throw new BatonError('PowerFailed', `EC2 did not take the order to stop ${node}: ${(cause as Error).name}`, {
        cause,
        fix: `aws ec2 stop-instances --force --instance-ids ${node}`,
      });
    }
  }

  /** EC2's word for its state, or `unknown`. Never throws. */
  async state(node: NodeId, signal?: AbortSignal): Promise<string> {
    try {
      const { Reservations = [] } = await this.#client.send(
        new DescribeInstancesCommand({ InstanceIds: [node] }),
        signal ? { abortSignal: signal } : {},
      );
      const found = Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ InstanceId }) => InstanceId === node);
      const state: unknown = found.length === 1 ? found[0]?.State?.Name : undefined;
      return typeof state === 'string' ? state : 'unknown';
    } catch {
      return 'unknown';
    }
  }
}
