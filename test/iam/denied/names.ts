import type { Context, Question, Who } from '../ask.ts';
import { contextKeys } from '../questions.ts';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { account, file, stackOf, vantageParameters, type Policy, type Stack, type Statement } from '../stack.ts';

/** Names that the tables of denied calls share. */

export interface Denied extends Question {
  /** What would have happened. */
  readonly why: string;
  /** In which deployment; the one at home when absent. */
  readonly in?: 'vantage' | 'bounded';
}

/** With everything that can be switched on: nothing is denied only because it is not there. */
/** Keys of hub-1 and hub-2 that lie in KMS. */
export const signingKeys = ['1', '2'].map((one) => `arn:aws:kms:us-east-1:${account}:key/0a1b2c3d-0000-4000-8000-00000000000${one}`);
const switchedOn = { SlackEnabled: 'true', RelayEnabled: 'true', DrillsEnabled: 'true', SigningKeyArns: signingKeys.join(',') };
const home = stackOf(switchedOn);
const { resolved } = home;

/** The key policy that docs/ways-to-run.md gives for such a key, which is not of the stack. */
const signingPolicies = (change: (policy: Policy) => Policy = (policy) => policy): Record<string, Policy> => {
  const { Statement } = JSON.parse(readFileSync(join(dirname(file), 'docs', 'signing-key-policy.json'), 'utf8')) as { Statement: Statement[] };
  return Object.fromEntries(signingKeys.map((arn) => [arn, change({ holder: 'SigningKey', statements: Statement })]));
};

export { account };
export type Stacks = Readonly<Record<'home' | 'vantage' | 'bounded', Stack>>;
export const boundary = `arn:aws:iam::${account}:policy/boundary`;
/** @param change a last word on every policy, for controls. */
export const stacksWith = (change?: (policy: Policy) => Policy): Stacks => {
  const also = change ? { change } : {};
  const withKeys = (stack: Stack): Stack => ({ ...stack, resource: { ...stack.resource, ...signingPolicies(change) } });
  return {
    home: withKeys(stackOf(switchedOn, also)),
    vantage: stackOf(vantageParameters(resolved), { stack: 'baton-far', ...also }),
    bounded: stackOf({ ...switchedOn, PermissionsBoundaryArn: boundary }, also),
  };
};
export const stacks = stacksWith();
export const table = resolved.attribute('LeaseTable', 'Arn');
export const custody = resolved.attribute('CustodyKey', 'Arn');
export const tableKey = resolved.attribute('TableKey', 'Arn');
export const topic = resolved.ref('Topic');
export const queue = resolved.attribute('DeadLetterQueue', 'Arn');
export const api = `arn:aws:execute-api:us-east-1:${account}:${resolved.ref('ApprovalsApi')}`;
export const answers = `${api}/$default/POST/answers`;
export const stateMachine = `arn:aws:states:us-east-1:${account}:stateMachine:baton-failover`;
export const execution = `arn:aws:states:us-east-1:${account}:execution:baton-failover:hub-1.t1.e`;
export const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:${account}:function:baton-${name}`;
export const document = (name: string): string => `arn:aws:ssm:us-east-1:${account}:document/${name}`;
export const slackParameter = `arn:aws:ssm:us-east-1:${account}:parameter/baton/slack`;
export const powerParameter = `arn:aws:ssm:us-east-1:${account}:parameter/baton/power/amber`;
export const relayParameter = `arn:aws:ssm:us-east-1:${account}:parameter/baton/relay`;
export const instance = `arn:aws:ec2:us-east-1:${account}:instance/i-0a11ce0000000001`;
export const hybrid = `arn:aws:ssm:us-east-1:${account}:managed-instance/mi-0ceda00000000003`;
export const roleArn = (name: string): string => `arn:aws:iam::${account}:role/${name}`;

export const role = (id: string): Who => ({ role: `${id}Role` });
/** amber, one of the nodes of hub-1. */
export const node = (of: { tags?: Readonly<Record<string, string>> } = {}): Who => ({
  policy: 'NodePolicy',
  name: 'baton-node-amber',
  tags: of.tags ?? { 'baton-node': 'i-0a11ce0000000001', 'baton-validator': 'hub-1' },
});

export const guardItem = [
  'pk',
  'validator',
  'node',
  'sequence',
  'writer',
  'after',
  'rival',
  'armedTerm',
  'asks',
  'promised',
  'armed',
  'leaseMs',
  'signing',
  'floor',
  'synced',
  'height',
  'build',
  'distress',
  'diskFreeBytes',
  'relinquished',
];

export const item = (key: string): Context => ({ 'dynamodb:LeadingKeys': [key] });
export const attributes = (key: string, ...names: string[]): Context => ({ ...item(key), 'dynamodb:Attributes': ['pk', ...names] });

export const vaulted: Context = { ...contextKeys({ validator: 'hub-1' }), 'kms:CallerAccount': account };
export const sealedFor = (term: string, node = 'i-0a11ce0000000001'): Context => ({
  ...contextKeys({ validator: 'hub-1', node, term }),
  'kms:CallerAccount': account,
});
export const sameKey: Context = { 'kms:ReEncryptOnSameKey': 'true' };
export const grant = (of: Context = {}): Context => ({
  ...sealedFor('2'),
  'kms:GrantConstraintType': 'EncryptionContextEquals',
  'kms:GrantOperations': ['Decrypt'],
  'kms:GranteePrincipal': roleArn('baton-node-amber'),
  ...of,
});

/** A role of the stack may be named by its logical id. */
export const questionOf = (one: Denied): Question => {
  const stack = stacks[one.in ?? 'home'];
  return { ...one, resource: stack.roleArn[one.resource] ?? one.resource };
};
