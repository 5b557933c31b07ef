import type { Deployment } from '../deployment.ts';
import { isTree, listOf, textOf, treeOf, type Tree } from '../template/read.ts';

/** EventBridge: which functions of the template an event goes to. */

/** As far as the template uses it: a list of exact values, or of prefixes. Anything else is refused. */
const matchesOne = (pattern: unknown, value: unknown): boolean => {
  if (typeof pattern === 'string') return value === pattern;
  const { prefix, ...other } = treeOf('pattern', pattern);
  if (typeof prefix !== 'string' || Object.keys(other).length > 0) throw new Error(`the pattern ${JSON.stringify(pattern)} is not known here`);
  return typeof value === 'string' && value.startsWith(prefix);
};

/** @throws Error for a pattern that is not known here. */
export const matches = (pattern: Tree, event: Tree): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const value = event[field];
    if (isTree(wanted)) return isTree(value) && matches(wanted, value);
    return listOf(field, wanted).some((one) => matchesOne(one, value));
  });

/** Names of the functions that get this event. */
export const targetsOf = ({ resolved, functions }: Deployment, event: Tree): string[] =>
  Object.values(resolved.resources)
    .filter(({ Type, Properties }) => Type === 'AWS::Events::Rule' && matches(treeOf('EventPattern', Properties['EventPattern']), event))
    .flatMap(({ Properties }) => listOf('Targets', Properties['Targets']))
    .map((target) => {
      const arn = textOf('Arn', treeOf('target', target)['Arn']);
      const name = functions.find((one) => one.arn === arn)?.name;
      if (name === undefined) throw new Error(`${arn} is no function of the template`);
      return name;
    });

/** The event of a CloudWatch alarm that went to ALARM, as EventBridge gives it to a function. */
export const alarmEvent = (of: { id: string; alarm: string; region: string; account: string; at: string; reason: string }): Tree => ({
  version: '0',
  id: of.id,
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: of.account,
  time: of.at,
  region: of.region,
  resources: [`arn:aws:cloudwatch:${of.region}:${of.account}:alarm:${of.alarm}`],
  detail: {
    alarmName: of.alarm,
    state: { value: 'ALARM', reason: of.reason, timestamp: of.at },
    previousState: { value: 'OK', timestamp: of.at },
    configuration: { metrics: [] },
  },
});

/** The event of an execution that ended. @param of.detail as Step Functions tells it. */
export const endEvent = (of: { id: string; region: string; account: string; at: string; detail: Tree }): Tree => ({
  version: '0',
  id: of.id,
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: of.account,
  time: of.at,
  region: of.region,
  resources: [of.detail['executionArn']],
  detail: of.detail,
});
