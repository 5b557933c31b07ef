import { join } from 'node:path';
import { loadTemplate, resolveTemplate, type Resolved, type Tree } from '../../local/template/index.ts';
import { alarmOf, type Alarm } from './definition.ts';
import { keyOfMetric } from './evaluator.ts';

/** The alarms of template.yaml, as one deployment would have them. */

const template = loadTemplate(join(import.meta.dirname, '..', '..', 'template.yaml'));
const target = { region: 'eu-central-1', account: '111122223333', stack: 'baton' };

const vantage = {
  Mode: 'vantage',
  VantageName: 'far',
  HomeRegion: 'eu-west-1',
  HomeTableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/baton-LeaseTable-1',
  HomeTableKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555',
  HomeStateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:baton-failover',
};

export interface Stack {
  readonly resolved: Resolved;
  /** Properties of each alarm by its logical id. */
  readonly properties: ReadonlyMap<string, { readonly type: string; readonly properties: Tree }>;
}

const alarmTypes = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'];

const stackOf = (parameters: Readonly<Record<string, string>>): Stack => {
  const resolved = resolveTemplate(template, { ...target, parameters });
  const found = Object.entries(resolved.resources).filter(([, { Type }]) => alarmTypes.includes(Type));
  return { resolved, properties: new Map(found.map(([id, { Type, Properties }]) => [id, { type: Type, properties: Properties }])) };
};

/** With everything that can be switched on: every alarm is there. */
const switchedOn = { SlackEnabled: 'true' };
export const home = stackOf(switchedOn);
export const far = stackOf(vantage);
export const homeWith = (parameters: Readonly<Record<string, string>>): Stack => stackOf({ ...switchedOn, ...parameters });

/** One alarm, with some of its properties changed. @throws RangeError when the stack has none of this name. */
export const alarmIn = (stack: Stack, id: string, changed: Tree = {}): Alarm => {
  const found = stack.properties.get(id);
  if (!found) throw new RangeError(`there is no alarm ${id}`);
  return alarmOf(found.type, { ...found.properties, ...changed });
};

export const alarmsOf = (stack: Stack): Map<string, Alarm> => new Map([...stack.properties.keys()].map((id) => [id, alarmIn(stack, id)]));

const functionName = /^(Errors|Throttles):([a-z-]+)$/;

/** The metric that a short name in a series stands for. @throws RangeError for a name that stands for none. */
export const metricKey = ({ resolved }: Stack, name: string): string => {
  const [, metric, one] = functionName.exec(name) ?? [];
  if (metric !== undefined && one !== undefined)
    return keyOfMetric({ namespace: 'AWS/Lambda', name: metric, dimensions: { FunctionName: `baton-${one}` } });
  if (name.startsWith('Executions')) {
    const StateMachineArn = 'arn:aws:states:eu-central-1:111122223333:stateMachine:baton-failover';
    return keyOfMetric({ namespace: 'AWS/States', name, dimensions: { StateMachineArn } });
  }
  if (name.endsWith('ThrottleEvents')) return keyOfMetric({ namespace: 'AWS/DynamoDB', name, dimensions: { TableName: resolved.ref('LeaseTable') } });
  if (name === 'ApproximateNumberOfMessagesVisible') {
    return keyOfMetric({ namespace: 'AWS/SQS', name, dimensions: { QueueName: resolved.attribute('DeadLetterQueue', 'QueueName') } });
  }
  if (!/^[A-Z][A-Za-z]+$/.test(name)) throw new RangeError(`no metric is called ${name}`);
  return keyOfMetric({ namespace: 'Baton', name, dimensions: { service: 'baton' } });
};
