import { Command } from '../../aws/command.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { toItem, keyOf } from '../../aws/items.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { SecretParameter } from '../../aws/parameter.ts';
import { Power } from '../../aws/power.ts';
import { Records } from '../../aws/records.ts';
import { hashOf } from '../../core/plan.ts';
import { fenceTest } from '../../functions/fence-test.ts';
import { WebhookSwitch, webhookPowerSecret } from '../../power/webhook.ts';
import { randomHex, systemClock } from '../../runtime/clock.ts';
import { clientsFor, observed, type OnCall, type Services } from '../sim/clients.ts';
import { tableName } from '../sim/guard-run.ts';
import { scenarioNamed } from '../sim/scenarios.ts';
import { World } from '../sim/world.ts';
import { unmeasured } from '../support/measure.ts';
import { PowerHook, secretOne } from '../support/power-hook.ts';
import { inspectOutputOf, noRemotePower } from '../support/remote-power.ts';
import { directWire, nobody } from './people.ts';

/** A test of every fence, and the power of a machine that is not EC2's, against the simulated services and a receiver of questions. */

const never = new AbortController().signal;

/** @throws Error unless every fence was found to work, and the power was cut. */
export const callsOfFences = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('switchover') });
  const hook = new PowerHook();
  await hook.start();
  hook.nowSeconds = Math.floor(systemClock.epochMs() / 1_000);
  const [first, ...more] = world.config.nodes.map((node) => ({ ...node, power: true }));
  if (!first) throw new Error('no node');
  const config = { ...world.config, nodes: [{ ...first, power: hook.power() }, ...more] };
  world.table.items.set(
    keyOf.config(config.id),
    toItem({ config: JSON.parse(JSON.stringify(config)) as object, hash: hashOf(config), pk: keyOf.config(config.id) }),
  );
  let comment = '';
  const services: Services = {
    ...world.services,
    ssm: (action, input) => {
      if (action === 'GetParameter') return { Parameter: { Value: JSON.stringify({ secrets: [secretOne] }) } };
      if (action === 'ListCommands') return { Commands: [] };
      if (action === 'SendCommand') comment = String(input['Comment']);
      if (action === 'SendCommand') return { Command: { CommandId: comment } };
      const StandardOutputContent = JSON.stringify(
        inspectOutputOf({ validator: config.id, nonce: String(input['CommandId']).replace('baton ', '') }),
      );
      return { Status: 'Success', StatusDetails: 'Success', CommandId: input['CommandId'], InstanceId: input['InstanceId'], StandardOutputContent };
    },
    ec2: (action, input) => {
      if (action === 'StopInstances') throw Object.assign(new Error('dry'), { name: 'DryRunOperation' });
      return { Reservations: [{ Instances: [{ InstanceId: (input['InstanceIds'] as string[])[0], State: { Name: 'running' } }] }] };
    },
  };
  const partsOf = (name: 'FenceTest' | 'Fence') => {
    const caller = { ...nobody, actor: name, arn: `arn:aws:sts::123456789012:assumed-role/baton-${name}/lambda` };
    const clients = clientsFor(directWire, observed(services, onCall), caller);
    const table = { client: clients.dynamo, table: tableName };
    const secret = new SecretParameter({
      client: clients.ssm,
      name: '/baton/power/amber',
      schema: webhookPowerSecret,
      clock: systemClock,
      fix: 'Put it.',
    });
    return {
      clock: systemClock,
      randomHex,
      measure: unmeasured,
      records: new Records(table),
      lease: new LeaseStore(table),
      inspectCommand: new Command({ client: clients.ssm, document: 'baton-inspect', deliverySeconds: 30 }),
      power: new Power({ client: clients.ec2 }),
      remotePower: {
        ...noRemotePower(),
        webhook: new WebhookSwitch({ clock: systemClock, randomHex, loopback: true, secret: async (_, signal) => secret.read(signal) }),
      },
      fenceTests: new FenceTests(table),
    };
  };
  try {
    const { failed, sentence } = await fenceTest({}, partsOf('FenceTest'), never, () => 500_000);
    if (failed > 0) throw new Error(sentence);
    const lease = await partsOf('Fence').lease.read(config.id);
    if (!lease) throw new Error('no lease');
    const ask = { validator: config.id, node: first.id, term: lease.term, power: hook.power() };
    if (!(await partsOf('Fence').remotePower.webhook.off(ask, never))) throw new Error('the power was not cut');
  } finally {
    await hook.close();
  }
};
