import type { Clock } from '../../core/time.ts';
import { durationMs } from '../../core/time.ts';
import { stack } from '../deployment.ts';
import type { Machines } from '../machines.ts';
import { ServiceError, textOf, type Service } from './server.ts';

/** STS, SNS and EC2: as much of them as Baton calls. */

export const localSts = (): Service => ({
  target: '2011-06-15',
  handle: async (action, _input, caller) => {
    if (action !== 'GetCallerIdentity') throw new ServiceError('InvalidAction', `sts:${action} is not served here`);
    return `<Arn>${caller.arn}</Arn><UserId>LOCAL</UserId><Account>123456789012</Account>`;
  },
});

export interface Published {
  readonly topic: string;
  readonly subject: string;
  readonly message: string;
  /** Message attributes, all of them strings. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** `MessageAttributes.entry.N.…` of the query protocol. */
const attributesIn = (input: Record<string, unknown>): Record<string, string> => {
  const found: Record<string, string> = {};
  for (let at = 1; typeof input[`MessageAttributes.entry.${at}.Name`] === 'string'; at += 1)
    found[textOf(input, `MessageAttributes.entry.${at}.Name`)] = textOf(input, `MessageAttributes.entry.${at}.Value.StringValue`);
  return found;
};

export const localSns = (onPublish: (one: Published) => void): Service => {
  let count = 0;
  return {
    target: '2010-03-31',
    handle: async (action, input) => {
      if (action !== 'Publish') throw new ServiceError('InvalidAction', `sns:${action} is not served here`);
      if (typeof input['TopicArn'] !== 'string' || typeof input['Message'] !== 'string')
        throw new ServiceError('InvalidParameter', 'TopicArn and Message are needed');
      onPublish({ topic: input['TopicArn'], subject: textOf(input, 'Subject'), message: input['Message'], attributes: attributesIn(input) });
      count += 1;
      return `<MessageId>local-${count}</MessageId>`;
    },
  };
};

type Ec2State = 'running' | 'stopping' | 'stopped' | 'terminated';

const instanceIds = (input: Record<string, unknown>): string[] =>
  Object.entries(input)
    .filter(([key]) => key.startsWith('InstanceId.'))
    .map(([, value]) => String(value));

/** `stopped` is shown only after the machine is really down and `settleMs` have passed. */
export const localEc2 = (options: { machines: Machines; clock: Clock; settleMs: number }): Service => {
  const states = new Map<string, Ec2State>();
  const machineOf = (id: string) => {
    const machine = id.startsWith('i-') ? options.machines.get(id) : undefined;
    if (!machine) throw new ServiceError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return machine;
  };
  const stateOf = (id: string): Ec2State => {
    const machine = machineOf(id);
    const known = states.get(id);
    if (known === 'stopping') return known;
    return machine.state();
  };
  const stop = (id: string): string => {
    const machine = machineOf(id);
    const before = stateOf(id);
    if (before === 'terminated')
      throw new ServiceError('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be stopped.`);
    if (before === 'running') {
      states.set(id, 'stopping');
      void machine
        .powerOff()
        .then(() => options.clock.sleep(durationMs(options.settleMs)))
        .then(
          () => states.delete(id),
          () => states.delete(id),
        );
    }
    const was = `<previousState><name>${before}</name></previousState>`;
    return `<item><instanceId>${id}</instanceId>${was}<currentState><name>${stateOf(id)}</name></currentState></item>`;
  };
  // As docs/deploy.md has every node tagged.
  const tags = `<tagSet><item><key>baton</key><value>${stack}</value></item></tagSet>`;
  const describe = (id: string): string =>
    `<item><instancesSet><item><instanceId>${id}</instanceId><instanceState><name>${stateOf(id)}</name></instanceState>${tags}</item></instancesSet></item>`;
  return {
    target: '2016-11-15',
    handle: async (action, input) => {
      const ids = instanceIds(input);
      if (ids.length === 0) throw new ServiceError('MissingParameter', 'InstanceId is missing');
      // Whether it may, without doing it.
      if (action === 'StopInstances' && input['DryRun'] === 'true') {
        ids.forEach(machineOf);
        throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
      }
      if (action === 'StopInstances') return `<instancesSet>${ids.map(stop).join('')}</instancesSet>`;
      if (action === 'DescribeInstances') return `<reservationSet>${ids.map(describe).join('')}</reservationSet>`;
      throw new ServiceError('InvalidAction', `ec2:${action} is not served here`);
    },
  };
};
