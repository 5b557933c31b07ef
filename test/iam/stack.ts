import { join } from 'node:path';
import { loadTemplate, resolveTemplate, type Resolved, type Target } from '../../local/template/index.ts';

/** The policies of the template as they would be deployed, and who carries which. */

export const region = 'us-east-1';
export const account = '123456789012';
export const file = join(import.meta.dirname, '..', '..', 'template.yaml');

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  /** Logical id of the role, policy or resource that holds it. */
  readonly holder: string;
  readonly statements: readonly Statement[];
}

export interface Stack {
  readonly resolved: Resolved;
  /** What a role or a managed policy may do, by logical id. */
  readonly identity: Readonly<Record<string, readonly Policy[]>>;
  /** Policies of keys, topics, queues, and who may assume a role, by the ARN of what they stand on. */
  readonly resource: Readonly<Record<string, Policy>>;
  /** What its physical role name gives for a function, a schedule or the workflow. */
  readonly roleArn: Readonly<Record<string, string>>;
}

export const manyOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

const policyOf = (holder: string, document: unknown): Policy => ({ holder, statements: (document as { Statement: Statement[] }).Statement });

interface Inline {
  readonly PolicyDocument: unknown;
}

export const vantageParameters = (home: Resolved): Record<string, string> => ({
  Mode: 'vantage',
  VantageName: 'far',
  HomeRegion: region,
  HomeTableArn: home.attribute('LeaseTable', 'Arn'),
  HomeTableKeyArn: home.attribute('TableKey', 'Arn'),
  HomeStateMachineArn: home.ref('FailoverStateMachine'),
});

const template = loadTemplate(file);
const known = new Map<string, Resolved>();

/** A deployment is worked out once: controls change its policies, not the template. */
const deployed = (target: Target): Resolved => {
  const key = JSON.stringify(target);
  const found = known.get(key) ?? resolveTemplate(template, target);
  known.set(key, found);
  return found;
};

/** @param change a last word on every policy, for controls. */
export const stackOf = (
  parameters: Readonly<Record<string, string>> = {},
  of: { region?: string; stack?: string; change?: (policy: Policy) => Policy } = {},
): Stack => {
  const resolved = deployed({ region: of.region ?? region, account, stack: of.stack ?? 'baton', parameters });
  const change = of.change ?? ((policy: Policy) => policy);
  const identity: Record<string, Policy[]> = {};
  const resource: Record<string, Policy> = {};
  const roleArn: Record<string, string> = {};
  for (const [id, { Type, Properties: has }] of Object.entries(resolved.resources)) {
    if (Type === 'AWS::IAM::ManagedPolicy') identity[id] = [change(policyOf(id, has['PolicyDocument']))];
    if (Type === 'AWS::IAM::Role') {
      roleArn[id] = resolved.attribute(id, 'Arn');
      resource[resolved.attribute(id, 'Arn')] = change(policyOf(id, has['AssumeRolePolicyDocument']));
      identity[id] = manyOf(has['Policies'] as Inline[] | undefined).map((one) => change(policyOf(id, one.PolicyDocument)));
    }
    if (Type === 'AWS::KMS::Key') resource[resolved.attribute(id, 'Arn')] = change(policyOf(id, has['KeyPolicy']));
    if (Type === 'AWS::SNS::TopicPolicy') resource[(has['Topics'] as string[])[0] as string] = change(policyOf(id, has['PolicyDocument']));
    if (Type === 'AWS::SQS::QueuePolicy') resource[resolved.attribute('DeadLetterQueue', 'Arn')] = change(policyOf(id, has['PolicyDocument']));
  }
  for (const [id, { Type, Properties: has }] of Object.entries(resolved.resources)) {
    if (Type !== 'AWS::IAM::Role') continue;
    const attached = manyOf(has['ManagedPolicyArns'] as string[] | undefined);
    const ids = Object.keys(resolved.resources).filter((one) => resolved.resources[one]?.Type === 'AWS::IAM::ManagedPolicy');
    identity[id]?.push(...ids.filter((one) => attached.includes(resolved.ref(one))).flatMap((one) => identity[one] ?? []));
  }
  return { resolved, identity, resource, roleArn };
};
