import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadDefinition, type Definition } from './asl/definition.ts';
import { loadTemplate, resolveTemplate, type Resolved, type Resource, type Template } from './template/index.ts';
import { isTree, textOf, treeOf, type Tree } from './template/read.ts';

/**
 * What template.yaml makes of the code, for one account and Region: functions with their variables and time-outs, the workflow with its
 * substitutions, documents, schedules. The local cloud runs exactly that.
 */

export const account = '123456789012';
export const region = 'us-east-1';
export const stack = 'baton';

export interface DeployedFunction {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Entry point in CodeUri, with how SAM builds it. */
  readonly build: Tree;
  /** File stem of the built module, and its exported function. */
  readonly handler: readonly [string, string];
  readonly codeUri: string;
  readonly timeoutMs: number;
  readonly variables: Readonly<Record<string, string>>;
  /** As STS names the function's own sessions. */
  readonly principal: string;
}

export interface Schedule {
  readonly everyMs: number;
  readonly target: string;
  readonly input: unknown;
}

export interface Deployment {
  readonly resolved: Resolved;
  readonly functions: readonly DeployedFunction[];
  readonly definition: Definition;
  readonly stateMachineArn: string;
  readonly table: string;
  readonly custodyKey: string;
  readonly topicArn: string;
  /** Name in SSM, and content. */
  readonly documents: readonly { readonly name: string; readonly content: unknown }[];
  readonly schedules: readonly Schedule[];
}

const rates: Readonly<Record<string, number>> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

const ofType = (resolved: Resolved, type: string): [string, Resource][] => Object.entries(resolved.resources).filter(([, one]) => one.Type === type);

const roleSession = (resolved: Resolved, roleArn: string, session: string): string =>
  `arn:${resolved.partition}:sts::${resolved.account}:assumed-role/${basename(roleArn)}/${session}`;

const functionOf = (resolved: Resolved, template: Template, [logicalId, { Properties: of, Metadata }]: [string, Resource]): DeployedFunction => {
  const name = textOf(`${logicalId}.FunctionName`, of['FunctionName']);
  const [file = '', exported = ''] = textOf(`${logicalId}.Handler`, of['Handler']).split('.');
  const variables = treeOf(`${logicalId}.Environment`, treeOf(logicalId, of['Environment'])['Variables']);
  return {
    logicalId,
    name,
    arn: resolved.attribute(logicalId, 'Arn'),
    build: isTree(Metadata['BuildProperties']) ? Metadata['BuildProperties'] : {},
    handler: [file, exported],
    codeUri: join(template.folder, textOf(`${logicalId}.CodeUri`, of['CodeUri'])),
    timeoutMs: Number(of['Timeout']) * 1_000,
    variables: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, textOf(`${logicalId} ${key}`, value)])),
    principal: roleSession(resolved, textOf(`${logicalId}.Role`, of['Role']), name),
  };
};

const scheduleOf = ([id, { Properties: of }]: [string, Resource]): Schedule => {
  const expression = textOf(id, of['ScheduleExpression']);
  const [, count = '', unit = ''] = /^rate\((\d+) (\w+)\)$/.exec(expression) ?? [];
  const unitMs = rates[unit];
  if (unitMs === undefined) throw new Error(`${id}: ${expression} is no rate that can be run here`);
  const target = treeOf(id, of['Target']);
  return { everyMs: Number(count) * unitMs, target: textOf(id, target['Arn']), input: JSON.parse(textOf(id, target['Input'])) as unknown };
};

const definitionOf = (template: Template, of: Tree): Definition => {
  const substitutions = Object.entries(treeOf('DefinitionSubstitutions', of['DefinitionSubstitutions']));
  return loadDefinition(
    readFileSync(join(template.folder, textOf('DefinitionUri', of['DefinitionUri'])), 'utf8'),
    Object.fromEntries(substitutions.map(([key, value]) => [key, textOf(key, value)])),
  );
};

const oneOrMore = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** The functions whose role may do `action` on exactly this resource, as STS names their sessions. */
export const allowedBy = ({ resolved, functions }: Deployment, action: string, resource: string): readonly string[] => {
  const roles = ofType(resolved, 'AWS::IAM::Role').filter(([, { Properties: of }]) =>
    oneOrMore(of['Policies'] ?? [])
      .flatMap((policy) => oneOrMore(treeOf('PolicyDocument', treeOf('Policies', policy)['PolicyDocument'])['Statement']))
      .some((statement) => {
        const { Effect, Action, Resource: on } = treeOf('Statement', statement);
        return Effect === 'Allow' && oneOrMore(Action).includes(action) && oneOrMore(on).includes(resource);
      }),
  );
  const arns = roles.map(([id]) => resolved.attribute(id, 'Arn'));
  return functions
    .filter(({ logicalId }) => arns.includes(textOf(`${logicalId}.Role`, resolved.resources[logicalId]?.Properties['Role'])))
    .map(({ principal }) => principal);
};

/** @param file template.yaml, or the one that `sam build` wrote. */
export const deploymentOf = (file: string, parameters: Readonly<Record<string, string>>): Deployment => {
  const template = loadTemplate(file);
  const resolved = resolveTemplate(template, { region, account, stack, parameters });
  const [workflow] = ofType(resolved, 'AWS::Serverless::StateMachine');
  if (!workflow) throw new Error(`${file} holds no state machine`);
  return {
    resolved,
    functions: ofType(resolved, 'AWS::Serverless::Function').map((one) => functionOf(resolved, template, one)),
    definition: definitionOf(template, workflow[1].Properties),
    stateMachineArn: resolved.ref(workflow[0]),
    table: resolved.ref('LeaseTable'),
    custodyKey: resolved.attribute('CustodyKey', 'Arn'),
    topicArn: resolved.ref('Topic'),
    documents: ofType(resolved, 'AWS::SSM::Document').map(([id, { Properties: of }]) => ({ name: textOf(id, of['Name']), content: of['Content'] })),
    schedules: ofType(resolved, 'AWS::Scheduler::Schedule').map(scheduleOf),
  };
};
