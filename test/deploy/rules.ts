import { finding, isTree, treeAt, walk, type Finding, type Tree } from './finding.ts';

/** Baton's own rules of a template, which no linter knows. Each takes the template as it is written, with long-form functions. */

type Rule = (template: Tree) => Finding[];

const resourcesOf = (template: Tree, ...types: readonly string[]): [string, Tree][] =>
  Object.entries(treeAt(template, 'Resources')).filter(
    (entry): entry is [string, Tree] => isTree(entry[1]) && (types.length === 0 || types.includes(String(entry[1]['Type']))),
  );
const propertiesOf = (template: Tree, ...types: readonly string[]): [string, Tree][] =>
  resourcesOf(template, ...types).map(([id, resource]) => [id, treeAt(resource, 'Properties')]);

/** A URL of a function is a second way in, beside the endpoint that identifies people. */
const functionUrl: Rule = (template) => [
  ...resourcesOf(template, 'AWS::Lambda::Url').map(([id]) => finding('FunctionUrl', id, 'a function has no URL of its own')),
  ...propertiesOf(template, 'AWS::Serverless::Function')
    .filter(([, { FunctionUrlConfig: url }]) => url !== undefined)
    .map(([id]) => finding('FunctionUrl', id, 'a function has no URL of its own')),
];

const authNames = ['AuthType', 'AuthorizationType', 'Authorizer', 'DefaultAuthorizer'];
/** Slack signs with a secret of its own and cannot sign as IAM does: `functions/slack.ts` checks that signature before it reads anything. */
const signedOtherwise = 'SlackFunction.Events.Post.Auth.Authorizer';
const noAuth: Rule = (template) => {
  const found: Finding[] = [];
  walk(treeAt(template, 'Resources'), (value, path) => {
    const at = path.filter((step) => step !== 'Properties').join('.');
    if (authNames.includes(path.at(-1) ?? '') && String(value).toUpperCase() === 'NONE' && at !== signedOtherwise)
      found.push(finding('AuthNone', at, 'every caller must be known'));
  });
  for (const [id, properties] of propertiesOf(template, 'AWS::Serverless::HttpApi', 'AWS::Serverless::Api'))
    if (treeAt(properties, 'Auth')['DefaultAuthorizer'] !== 'AWS_IAM')
      found.push(finding('AuthNotIam', id, 'DefaultAuthorizer must be AWS_IAM: the approver is who IAM says'));
  return found;
};

const openPermission: Rule = (template) =>
  propertiesOf(template, 'AWS::Lambda::Permission').flatMap(([id, { Principal: principal, SourceArn: source }]) => [
    ...(principal === '*' ? [finding('PermissionOpen', id, 'name the principal')] : []),
    ...(source === undefined ? [finding('PermissionWithoutSource', id, 'give SourceArn: the service could be sent by any account')] : []),
  ]);

const throttled: Rule = (template) =>
  propertiesOf(template, 'AWS::Serverless::HttpApi', 'AWS::ApiGatewayV2::Stage').flatMap(([id, properties]) => {
    const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = treeAt(properties, 'DefaultRouteSettings');
    return [
      ...(rate === undefined || burst === undefined ? [finding('ApiNotThrottled', id, 'give ThrottlingRateLimit and ThrottlingBurstLimit')] : []),
      ...(properties['AccessLogSettings'] === undefined ? [finding('ApiNotLogged', id, 'give AccessLogSettings')] : []),
    ];
  });

const logs: Rule = (template) => [
  ...propertiesOf(template, 'AWS::Logs::LogGroup').flatMap(([id, { RetentionInDays: days, KmsKeyId: key }]) => [
    ...(days === undefined ? [finding('LogsKeptForever', id, 'give RetentionInDays')] : []),
    ...(key === undefined ? [finding('LogsWithoutKey', id, 'give KmsKeyId')] : []),
  ]),
  // A function without a group of its own makes one at its first run, which is kept for ever and outlives the stack.
  ...propertiesOf(template, 'AWS::Serverless::Function', 'AWS::Lambda::Function')
    .filter(([, properties]) => treeAt(properties, 'LoggingConfig')['LogGroup'] === undefined)
    .map(([id]) => finding('FunctionWithoutLogGroup', id, 'give LoggingConfig.LogGroup')),
];

const explicit: Rule = (template) => {
  const globals = treeAt(template, 'Globals', 'Function');
  return propertiesOf(template, 'AWS::Serverless::Function', 'AWS::Lambda::Function').flatMap(([id, own]) =>
    ['Timeout', 'MemorySize', 'Role']
      .filter((key) => (own[key] ?? globals[key]) === undefined)
      .map((key) => finding(`FunctionWithout${key}`, id, `give ${key}: the default fits nothing here`)),
  );
};

const secretText = /AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|xox[abprs]-|hooks\.slack\.com\/services\/T|gh[pousr]_[A-Za-z0-9]{36}/;
const secretName = /(password|passwd|secret|apikey|api_key|privatekey|private_key|mnemonic)$/i;
const secrets: Rule = (template) => {
  const found: Finding[] = [];
  walk(template, (value, path) => {
    if (typeof value !== 'string' && typeof value !== 'number') return;
    const named = secretName.test(path.at(-1) ?? '') && !String(value).startsWith('{{resolve:');
    if (named || secretText.test(String(value))) found.push(finding('SecretInline', path.join('.'), 'keep it in Secrets Manager and resolve it'));
  });
  for (const [name, parameter] of Object.entries(treeAt(template, 'Parameters')))
    if (treeAt(parameter)['NoEcho'] !== undefined && treeAt(parameter)['Default'] !== undefined)
      found.push(finding('SecretInline', `Parameters.${name}`, 'a hidden parameter has no default'));
  return found;
};

const keptTypes = ['AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table', 'AWS::KMS::Key'];
const kept: Rule = (template) => {
  const found = resourcesOf(template, ...keptTypes).flatMap(([id, resource]) =>
    ['DeletionPolicy', 'UpdateReplacePolicy']
      .filter((key) => resource[key] !== 'Retain')
      .map((key) => finding('NotRetained', `${id}.${key}`, 'Retain: with it go the leases, or the only way to open the sealed keys')),
  );
  // A rule that looks at nothing holds for everything.
  const ids = resourcesOf(template, ...keptTypes).map(([id]) => id);
  return [
    ...found,
    ...['LeaseTable', 'TableKey', 'CustodyKey'].filter((id) => !ids.includes(id)).map((id) => finding('Absent', id, 'the stack must have it')),
  ];
};

/** What the lease rests on: with these, a conditional write would not be judged the same way everywhere. */
const lockable: Rule = (template) =>
  propertiesOf(template, 'AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table').flatMap(([id, properties]) => [
    ...['TimeToLiveSpecification', 'LocalSecondaryIndexes']
      .filter((key) => properties[key] !== undefined)
      .map((key) => finding('TableNotLockable', `${id}.${key}`, 'a strongly consistent table over three Regions has none')),
    ...(Array.isArray(properties['Replicas']) && properties['Replicas'].length > 1 && properties['MultiRegionConsistency'] === undefined
      ? [finding('TableNotLockable', `${id}.MultiRegionConsistency`, 'last-writer-wins replicas are no lock')]
      : []),
  ]);

const safeDefaults: Rule = (template) => [
  ...['DryRun', 'ApprovalRequired']
    .filter((name) => treeAt(template, 'Parameters', name)['Default'] !== 'true')
    .map((name) => finding('UnsafeDefault', `Parameters.${name}`, "its default is 'true': a fresh stack moves nothing and asks a person")),
  ...(treeAt(template, 'Parameters', 'SlackEnabled')['Default'] === 'false'
    ? []
    : [finding('UnsafeDefault', 'Parameters.SlackEnabled', "its default is 'false': a fresh stack has no route that IAM does not guard")]),
  ...(treeAt(template, 'Parameters', 'RelayEnabled')['Default'] === 'false'
    ? []
    : [finding('UnsafeDefault', 'Parameters.RelayEnabled', "its default is 'false': a fresh stack tells nobody outside the account but the topic")]),
  ...(treeAt(template, 'Parameters', 'DrillsEnabled')['Default'] === 'false'
    ? []
    : [finding('UnsafeDefault', 'Parameters.DrillsEnabled', "its default is 'false': a fresh stack starts nothing by a schedule")]),
];

const bounds = ['AllowedPattern', 'AllowedValues', 'MinValue', 'MinLength'];
const described: Rule = (template) => [
  ...Object.entries(treeAt(template, 'Parameters')).flatMap(([name, parameter]) => {
    const declared = treeAt(parameter);
    const limited = bounds.some((key) => declared[key] !== undefined) && !(declared['MinValue'] !== undefined && declared['MaxValue'] === undefined);
    return [
      ...(typeof declared['Description'] === 'string' ? [] : [finding('ParameterUndescribed', `Parameters.${name}`, 'give a Description')]),
      ...(limited ? [] : [finding('ParameterUnbounded', `Parameters.${name}`, 'give AllowedPattern, AllowedValues, or MinValue and MaxValue')]),
    ];
  }),
  ...Object.entries(treeAt(template, 'Outputs'))
    .filter(([, output]) => typeof treeAt(output)['Description'] !== 'string')
    .map(([name]) => finding('OutputUndescribed', `Outputs.${name}`, 'give a Description')),
];

const rules: readonly Rule[] = [functionUrl, noAuth, openPermission, throttled, logs, explicit, secrets, kept, lockable, safeDefaults, described];

/** All that the rules find. */
export const ruleFindings = (template: Tree): Finding[] => rules.flatMap((rule) => rule(template));
