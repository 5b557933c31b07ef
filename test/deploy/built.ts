import { builtBySam } from '../../local/artifacts.ts';
import { ServiceError, type Call as LocalCall } from '../../local/aws/server.ts';
import type { Deployment } from '../../local/deployment.ts';
import { runDrill } from '../../local/drill/run.ts';
import type { ScenarioName } from '../../local/drill/scenarios.ts';
import { systemClock } from '../../runtime/clock.ts';
import { ask, type Who } from '../iam/ask.ts';
import { questionsOf } from '../iam/questions.ts';
import { stackOf, type Stack } from '../iam/stack.ts';
import type { Call } from '../sim/clients.ts';
import { keyId, tableName } from '../sim/guard-run.ts';
import { finding, type Finding } from './finding.ts';

/**
 * Failovers driven by what `sam build` built: its functions, its workflow with the template's substitutions, its documents. Every call of a
 * function, a node or a person is judged by the policies of the template before it is served; a call that IAM would refuse is refused.
 */

export interface Driven {
  readonly findings: readonly Finding[];
  readonly failovers: number;
  /** Calls that were judged, and different questions to IAM among them. */
  readonly calls: number;
  readonly questions: number;
}

const services: Readonly<Record<string, Call['service']>> = {
  DynamoDB_20120810: 'dynamo',
  AWSStepFunctions: 'sfn',
  AmazonSSM: 'ssm',
  TrentService: 'kms',
  '2016-11-15': 'ec2',
  '2010-03-31': 'sns',
};
/** Everybody may ask who they are. */
const sts = '2011-06-15';

const roles: Readonly<Record<string, string>> = { requester: 'RequesterRole', approver: 'ApproverRole', custodian: 'CustodianRole' };

const whoOf = (deployment: Deployment, arn: string): Who => {
  const own = deployment.functions.find(({ principal }) => principal === arn);
  if (own) return { role: `${own.logicalId.replace(/Function$/, '')}Role` };
  const [, role = '', session = ''] = /:assumed-role\/([^/]+)\/([^/]+)$/.exec(arn) ?? [];
  if (role.startsWith('baton-node-')) return { policy: 'NodePolicy', name: role, tags: { 'baton-node': session, 'baton-validator': 'drill' } };
  const person = roles[role.replace('baton-', '')];
  if (person === undefined) throw new Error(`${arn} is nobody of this stack`);
  return { role: person, session };
};

/** As the recorder of test/iam names table and key, and lists as lists where the query protocol numbers them. */
const plainInput = (deployment: Deployment, input: Record<string, unknown>): Record<string, unknown> => {
  const table = (name: unknown): unknown => (name === deployment.table ? tableName : name);
  const named = Object.entries(input).map(([field, value]): [string, unknown] => {
    if (field === 'TableName') return [field, table(value)];
    if (field === 'RequestItems') return [field, Object.fromEntries(Object.entries(value as object).map(([name, of]) => [table(name), of]))];
    if (/^(KeyId|SourceKeyId|DestinationKeyId)$/.test(field)) return [field, value === deployment.custodyKey ? keyId : value];
    return [field, value];
  });
  const ids = named.filter(([field]) => field.startsWith('InstanceId.')).map(([, value]) => value);
  return { ...Object.fromEntries(named), ...(ids.length > 0 ? { InstanceIds: ids } : {}) };
};

class Court {
  readonly #stack: Stack;
  readonly #deployment: Deployment;
  readonly #known = new Map<string, boolean>();
  readonly refused = new Set<string>();
  calls = 0;

  constructor(stack: Stack, deployment: Deployment) {
    this.#stack = stack;
    this.#deployment = deployment;
  }

  get questions(): number {
    return this.#known.size;
  }

  /** @throws ServiceError AccessDeniedException. */
  async judge({ caller, target, action, input }: LocalCall): Promise<void> {
    const service = services[target];
    if (target === sts) return;
    if (!service) throw new Error(`${target} is not judged here`);
    const who = whoOf(this.#deployment, caller.arn);
    // A node decrypts by the grant of its term, which the local KMS holds it to.
    if ('policy' in who && service === 'kms' && action === 'Decrypt') return;
    this.calls += 1;
    const call = { service, action, input: plainInput(this.#deployment, input), actor: caller.arn, arn: caller.arn };
    for (const question of questionsOf(this.#stack, who, call)) {
      const shape = JSON.stringify(question);
      const allowed = this.#known.get(shape) ?? (await ask(this.#stack, question)).allowed;
      this.#known.set(shape, allowed);
      if (allowed) continue;
      this.refused.add(
        `${caller.arn} may not ${question.action} on ${question.resource} with ${JSON.stringify(question.context ?? {}).slice(0, 400)}`,
      );
      throw new ServiceError('AccessDeniedException', `not authorized to perform: ${question.action}`);
    }
  }
}

/** @param template the one that `sam build` wrote. */
export const driveBuilt = async (template: string, scenarios: readonly ScenarioName[], tell: (sentence: string) => void): Promise<Driven> => {
  const court = new Court(stackOf({ DryRun: 'false' }), builtBySam(template).deployment);
  const findings: Finding[] = [];
  for (const scenario of scenarios) {
    const result = await runDrill(
      {
        chain: 'ticker',
        scenario,
        guarded: true,
        keep: false,
        built: template,
        onCall: (call) => court.judge(call),
        clock: systemClock,
        ask: null,
        tell: () => undefined,
      },
      () => undefined,
    );
    tell(`${scenario}: ${result.end}; ${result.sentence}`);
    if (!result.ok) findings.push(finding('BuiltFailover', scenario, `ended in ${result.end}, expected ${result.expectedEnd}; ${result.sentence}`));
  }
  for (const refused of court.refused) findings.push(finding('AccessDenied', 'built', refused));
  return { findings, failovers: scenarios.length, calls: court.calls, questions: court.questions };
};

if (import.meta.main) {
  const [template = '.aws-sam/build/template.yaml', ...names] = process.argv.slice(2);
  const driven = await driveBuilt(template, names as ScenarioName[], (sentence) => {
    process.stdout.write(`${sentence}\n`);
  });
  process.stdout.write(`${JSON.stringify(driven, null, 1)}\n`);
  process.exitCode = driven.findings.length === 0 ? 0 : 1;
}
