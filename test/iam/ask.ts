import { allowedContextKeysForRequest, runSimulation } from '@cloud-copilot/iam-simulate';
import { account, type Policy, type Stack } from './stack.ts';

/** One question to IAM, answered offline from the resolved template. */

export type Context = Readonly<Record<string, string | readonly string[]>>;

/** A role or managed policy of the stack by logical id, a node, a service, or somebody else of the account. */
export type Who =
  | { readonly role: string; readonly session?: string }
  /** Several policies are joined by +. */
  | { readonly policy: string; readonly name: string; readonly tags?: Readonly<Record<string, string>> }
  | { readonly service: string }
  /** An IAM user whose own policy allows everything. */
  | { readonly user: string }
  /** Somebody whose own policy allows everything. */
  | { readonly admin: string };

export interface Question {
  readonly who: Who;
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Statements of the caller's own policies that allowed it: policy and Sid. */
  readonly by: readonly string[];
}

const everything: Policy = { holder: 'admin', statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

interface Caller {
  readonly principal: string;
  readonly policies: readonly Policy[];
  readonly context: Context;
}

const roleSession = (arn: string, session: string): string =>
  arn.replace(':iam:', ':sts:').replace(/:role\/(.*\/)?/, ':assumed-role/') + `/${session}`;

const callerOf = (stack: Stack, who: Who): Caller => {
  const { partition } = stack.resolved;
  const asRole = (arn: string, session: string, policies: readonly Policy[], tags: Context = {}): Caller => ({
    principal: roleSession(arn, session),
    policies,
    context: { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': account, ...tags },
  });
  if ('user' in who) {
    const arn = `arn:${partition}:iam::${account}:user/${who.user}`;
    return {
      principal: arn,
      policies: [everything],
      context: { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': account, 'aws:username': who.user },
    };
  }
  if ('service' in who) return { principal: who.service, policies: [], context: {} };
  if ('admin' in who) return asRole(`arn:${partition}:iam::${account}:role/${who.admin}`, 'somebody', [everything]);
  if ('role' in who) {
    const [policies, arn] = [stack.identity[who.role], stack.roleArn[who.role]];
    if (!policies || arn === undefined) throw new Error(`there is no role ${who.role}`);
    return asRole(arn, who.session ?? 'lambda', policies);
  }
  const policies = who.policy.split('+').flatMap((id) => {
    const found = stack.identity[id];
    if (!found) throw new Error(`there is no policy ${id}`);
    return found;
  });
  const tags = Object.fromEntries(Object.entries(who.tags ?? {}).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]));
  return asRole(`arn:${partition}:iam::${account}:role/${who.name}`, 'somebody', policies, tags);
};

/**
 * The simulator knows that these actions take kms:EncryptionContext:KEY, and drops it all the same, for it does not fill in KEY.
 * Under the name of a key that every request may have it is compared as it should be.
 */
const contextKey = 'kms:EncryptionContext:';
const standIn = 'aws:PrincipalTag/encryption-context-';
const renamed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(`"${contextKey}`, `"${standIn}`)) as T;

const mustTakeContext = async ({ action, resource, context = {} }: Question): Promise<void> => {
  if (!Object.keys(context).some((key) => key.startsWith(contextKey))) return;
  const [service = '', name = ''] = action.split(':');
  const allowed = await allowedContextKeysForRequest(service, name, resource, false, undefined);
  if (!allowed.includes(`${contextKey}\${EncryptionContextKey}`.toLowerCase())) throw new Error(`${action} takes no encryption context`);
};

const documentOf = ({ statements }: Policy): unknown => ({ Version: '2012-10-17', Statement: renamed(statements) });

/** @throws when the simulator does not know the action, the resource or a context key: an answer would then mean nothing. */
export const ask = async (stack: Stack, question: Question): Promise<Verdict> => {
  const caller = callerOf(stack, question.who);
  const own = stack.resource[question.resource];
  await mustTakeContext(question);
  const context = { 'aws:SecureTransport': 'true', ...caller.context, ...question.context } as Record<string, string | string[]>;
  const answer = await runSimulation(
    {
      request: {
        principal: caller.principal,
        action: question.action,
        resource: { resource: question.resource, accountId: account },
        contextVariables: renamed(context),
      },
      identityPolicies: caller.policies.map((policy, index) => ({ name: `${policy.holder} ${index}`, policy: documentOf(policy) })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(own ? { resourcePolicy: documentOf(own) } : {}),
    },
    {},
  );
  const what = `${question.action} on ${question.resource}`;
  if (answer.resultType === 'error') throw new Error(`${what}: ${JSON.stringify(answer.errors)}`);
  if (answer.resultType !== 'single') throw new Error(`${what}: more than one resource`);
  const { analysis, ignoredContextKeys = [] } = answer.result;
  if (ignoredContextKeys.length > 0) throw new Error(`${what}: ${ignoredContextKeys.join(', ')} means nothing to it`);
  const by = (analysis.identityAnalysis?.allowStatements ?? []).map(
    ({ policyId, statement }) => `${policyId?.split(' ')[0] ?? ''} ${statement.sid() ?? ''}`,
  );
  return { allowed: answer.overallResult === 'Allowed', by };
};
