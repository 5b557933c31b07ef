import { ServiceError } from '../../local/aws/server.ts';
import type { Input } from './clients.ts';
import type { Machine } from './machine.ts';

/** EC2: stops instances with a delay, and shows their state, perhaps as it was. */
export class SimEc2 {
  readonly #machines: ReadonlyMap<string, Machine>;

  constructor(machines: ReadonlyMap<string, Machine>) {
    this.#machines = machines;
  }

  serve(action: string, input: Input, staleMs: number): unknown {
    const [id = ''] = (input['InstanceIds'] ?? []) as string[];
    const machine = id.startsWith('i-') ? this.#machines.get(id) : undefined;
    if (!machine) throw new ServiceError('InvalidInstanceID.NotFound', `${id} does not exist`);
    if (action === 'StopInstances') {
      machine.stopInstance();
      return { StoppingInstances: [{ InstanceId: id }] };
    }
    if (action !== 'DescribeInstances') throw new ServiceError('InvalidAction', `ec2:${action} is not served here`);
    return { Reservations: [{ Instances: [{ InstanceId: id, State: { Name: machine.powerAt(staleMs) } }] }] };
  }
}
