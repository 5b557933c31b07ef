import { AlertTests } from '../../aws/alert-test.ts';
import { Notify } from '../../aws/notify.ts';
import { SecretParameter } from '../../aws/parameter.ts';
import { RelayLog } from '../../aws/relay-log.ts';
import { alertTest } from '../../functions/alert-test.ts';
import { relay } from '../../functions/relay.ts';
import { relaySettings } from '../../relay/index.ts';
import { randomHex, systemClock } from '../../runtime/clock.ts';
import { clientsFor, observed, type OnCall, type Services } from '../sim/clients.ts';
import { tableName } from '../sim/guard-run.ts';
import { topic } from '../sim/lambda.ts';
import { scenarioNamed } from '../sim/scenarios.ts';
import { World } from '../sim/world.ts';
import { unmeasured } from '../support/measure.ts';
import { Receivers } from '../support/relay.ts';
import { snsOf } from '../support/sns.ts';
import { directWire, nobody } from './people.ts';

/** An alert test of the schedule, passed on by the relay, against the simulated services and the stand-ins of the receivers. */

const parameter = '/baton/relay';
const never = new AbortController().signal;

/** @throws Error unless every destination took it, and the test says so. */
export const callsOfRelay = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('switchover') });
  const receivers = new Receivers();
  await receivers.start();
  const services: Services = {
    ...world.services,
    ssm: (action, input) => {
      if (action === 'GetParameter' && input['Name'] === parameter)
        return { Parameter: { Name: parameter, Value: JSON.stringify(receivers.settings()) } };
      throw new Error(`the relay needs no ${action}`);
    },
    sns: () => ({}),
  };
  const partsOf = (name: 'AlertTest' | 'Relay') => {
    const caller = { ...nobody, actor: name, arn: `arn:aws:sts::123456789012:assumed-role/baton-${name}/lambda` };
    const clients = clientsFor(directWire, observed(services, onCall), caller);
    const table = { client: clients.dynamo, table: tableName };
    const schema = relaySettings('loopback');
    const settings = new SecretParameter({ client: clients.ssm, name: parameter, schema, clock: systemClock, fix: 'Put it.' });
    return {
      clock: systemClock,
      randomHex,
      measure: unmeasured,
      alertTests: new AlertTests(table),
      relayLog: new RelayLog(table),
      notify: new Notify({ client: clients.sns, topic }),
      relay: { stack: 'baton', hosts: receivers.hosts(), reach: 'loopback' as const, settings: (signal: AbortSignal) => settings.read(signal) },
    };
  };
  try {
    await alertTest({}, partsOf('AlertTest'), never, () => 10_000);
    const stored = new AlertTests({ client: clientsFor(directWire, world.services, nobody).dynamo, table: tableName });
    const Sns = snsOf({}, { kind: 'test', test: (await stored.read())?.id ?? '' });
    await relay({ Records: [{ EventSource: 'aws:sns', Sns }] } as never, partsOf('Relay'), never, () => 20_000);
    const told = Object.values((await stored.read())?.relays ?? {});
    if (told.length !== 4 || !told.every(({ taken }) => taken)) throw new Error('the relay passed nothing on');
  } finally {
    await receivers.close();
  }
};
