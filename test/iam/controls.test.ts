import { expect, test } from 'vitest';
import { ask } from './ask.ts';
import { denied } from './denied/index.ts';
import { questionOf, slackParameter, stacks, stacksWith } from './denied/names.ts';
import type { Policy, Statement } from './stack.ts';

/** Without one condition a call that is denied goes through: so each condition holds something, and the tables can fail. */

type Change = (policy: Policy) => Policy;

const eachStatement =
  (change: (statement: Statement) => Statement | null, holder?: string): Change =>
  (policy) => {
    if (holder !== undefined && policy.holder !== holder) return policy;
    return { ...policy, statements: policy.statements.flatMap((one) => change(one) ?? []) };
  };

const conditionWithout = (statement: Statement, key: string, whether: (operator: string) => boolean): Statement => {
  const kept = Object.entries(statement.Condition ?? {}).map(([operator, of]) => {
    const rest = Object.entries(of).filter(([name]) => name !== key || !whether(operator));
    return [operator, Object.fromEntries(rest)] as const;
  });
  const { Condition: _, ...bare } = statement;
  const left = kept.filter(([, of]) => Object.keys(of).length > 0);
  return left.length === 0 ? bare : { ...bare, Condition: Object.fromEntries(left) };
};

/** Without what is compared with this key; its Null check stays. */
const without = (key: string, holder?: string): Change =>
  eachStatement((one) => conditionWithout(one, key, (operator) => operator !== 'Null'), holder);
/** Without the check that this key is there. */
const withoutNull = (key: string, holder?: string): Change =>
  eachStatement((one) => conditionWithout(one, key, (operator) => operator === 'Null'), holder);
const withoutDenial = (sid: string): Change => eachStatement((one) => (one.Sid === sid ? null : one));

/** What is taken away, and what then goes through. */
const controls: readonly (readonly [key: string, why: string, change: Change])[] = [
  ['dynamodb:LeadingKeys', "a node reads another validator's lease", without('dynamodb:LeadingKeys')],
  ['dynamodb:LeadingKeys', "watch takes another vantage's watch", without('dynamodb:LeadingKeys')],
  ['Null of dynamodb:LeadingKeys', 'a read whose key is not told', withoutNull('dynamodb:LeadingKeys')],
  ['Null of dynamodb:LeadingKeys', 'assess reads an item whose key is not told', withoutNull('dynamodb:LeadingKeys')],
  ['dynamodb:Attributes', "a node writes an attribute that is not the guard's", without('dynamodb:Attributes')],
  ['dynamodb:Attributes', 'take-term names a holder', without('dynamodb:Attributes')],
  ['dynamodb:Attributes', 'who asks reads the task token', without('dynamodb:Attributes')],
  ['Null of dynamodb:Attributes', 'a write whose attributes are not told', withoutNull('dynamodb:Attributes')],
  ['dynamodb:Select', 'who asks reads all attributes and tells of some', without('dynamodb:Select')],
  ['ssm:resourceTag/baton', 'a command to a machine without the tag', without('ssm:resourceTag/baton')],
  ['ec2:ResourceTag/baton', 'fence stops a machine without the tag', without('ec2:ResourceTag/baton')],
  ['kms:GranteePrincipal', 'a grant to a role that is no node', without('kms:GranteePrincipal')],
  ['kms:GranteePrincipal', 'a grant into another account', without('kms:GranteePrincipal')],
  ['kms:GrantOperations', 'a grant for more than Decrypt', without('kms:GrantOperations')],
  ['kms:GrantConstraintType', 'a grant for more contexts than one', without('kms:GrantConstraintType')],
  ['Null of kms:EncryptionContext:term', 'a grant for every term', withoutNull('kms:EncryptionContext:term')],
  ['Null of kms:EncryptionContext:node', 'a grant for every node', withoutNull('kms:EncryptionContext:node')],
  ['Null of kms:EncryptionContext:validator', 'a grant for every validator', withoutNull('kms:EncryptionContext:validator')],
  ['kms:EncryptionContextKeys', 'release-key passes on what was sealed for another node', without('kms:EncryptionContextKeys')],
  ['kms:ReEncryptOnSameKey', 'release-key moves the sealed key under another key', without('kms:ReEncryptOnSameKey')],
  ['aws:PrincipalArn', 'an administrator gives a grant', without('aws:PrincipalArn', 'CustodyKey')],
  ['kms:EncryptionContext:term', 'who has the key gives a grant in a later term', without('kms:EncryptionContext:term')],
  ['kms:ViaService', "an administrator uses the table's key past the table", without('kms:ViaService')],
  ['kms:CallerAccount', "another account uses the table's key through DynamoDB", without('kms:CallerAccount')],
  ['kms:GrantIsForAWSResource', "somebody gives a grant on the table's key that is not DynamoDB's own", without('kms:GrantIsForAWSResource')],
  ['aws:SourceAccount', "another account's alarm uses the key", without('aws:SourceAccount', 'TableKey')],
  ['aws:SourceAccount', "another account's alarm writes to people", without('aws:SourceAccount', 'TopicPolicy')],
  ['aws:SourceArn', 'another rule fills the queue', without('aws:SourceArn', 'DeadLetterQueuePolicy')],
  ['aws:SourceArn', "another workflow takes the workflow's role", without('aws:SourceArn', 'FailoverRole')],
  ['kms:EncryptionContext:aws:logs:arn', 'another log group uses the key', without('kms:EncryptionContext:aws:logs:arn')],
  ['aws:MultiFactorAuthPresent', 'a role without a second factor', without('aws:MultiFactorAuthPresent')],
  ['sts:RoleSessionName', "a session under somebody else's name", without('sts:RoleSessionName')],
  ['iam:PassedToService', 'who deploys gives a role to a machine', without('iam:PassedToService')],
  ['iam:PermissionsBoundary', 'who deploys makes a role without the boundary', without('iam:PermissionsBoundary')],
  ['aws:ResourceTag/baton-validator', "a node signs with another validator's key", without('aws:ResourceTag/baton-validator')],
  ['kms:SigningAlgorithm', 'a node signs by another algorithm', without('kms:SigningAlgorithm')],
  ['kms:MessageType', 'a node signs a digest', without('kms:MessageType')],
  ['the denial of signing', 'an administrator signs with a key in KMS', withoutDenial('OnlyTheNodesSign')],
  ['the denial of signing', 'a node that the key policy does not name signs in KMS', withoutDenial('OnlyTheNodesSign')],
  ['aws:SecureTransport', 'a message over plain HTTP', withoutDenial('OnlyEncrypted')],
  ['the denial of starting', 'who has both policies starts', withoutDenial('NeverStart')],
  ['the denial of approving', 'who has both policies approves', withoutDenial('NeverApprove')],
  ['the denial of nodes and people', 'who deploys becomes a node', withoutDenial('NeverPeopleOrNodes')],
];

test.each(controls)('without %s: %s', async (_, why, change) => {
  const one = denied.find((call) => call.why === why);
  if (!one) throw new Error(`no denied call is about: ${why}`);
  const place = one.in ?? 'home';
  expect((await ask(stacks[place], questionOf(one))).allowed).toBe(false);
  expect((await ask(stacksWith(change)[place], questionOf(one))).allowed).toBe(true);
});

test.each(['RequesterPolicy', 'ApproverPolicy', 'CustodianPolicy'])('%s denies the secrets of Slack whatever else is allowed', async (policy) => {
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
  const also: Change = (one) => (one.holder === policy ? { ...one, statements: [...one.statements, everything] } : one);
  const read = { who: { policy, name: 'somebody' }, resource: slackParameter };
  for (const action of ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParameterHistory', 'ssm:GetParametersByPath'])
    expect([action, (await ask(stacksWith(also).home, { ...read, action })).allowed]).toEqual([action, false]);
  const other = { ...read, action: 'ssm:GetParameter', resource: `${slackParameter}-other` };
  expect((await ask(stacksWith(also).home, other)).allowed).toBe(true);
});

test('every kind of condition of the template has such a control', () => {
  const kinds = new Set(
    [stacks.home, stacks.bounded].flatMap(({ identity, resource }) =>
      [...Object.values(identity).flat(), ...Object.values(resource)].flatMap(({ statements }) =>
        statements.flatMap(({ Condition }) => Object.values(Condition ?? {}).flatMap((of) => Object.keys(of))),
      ),
    ),
  );
  const held = new Set(controls.map(([key]) => key.replace('Null of ', '')));
  // A tag that is not there takes its statement away in any case; the check beside it only says so.
  const saidTwice = /^aws:PrincipalTag\/baton-(node|validator(-[234])?)$/;
  expect([...kinds].filter((key) => !held.has(key) && !saidTwice.test(key))).toEqual([]);
  expect(kinds.size).toBe(33);
});
