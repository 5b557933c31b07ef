import aslValidator from 'asl-validator';
import { errorCodes } from '../../core/errors.ts';
import { finding, isTree, shown, treeAt, type Finding, type Tree } from './finding.ts';
import { expressionFindings } from './jsonata.ts';

/** What asl-validator does not see in a state machine: endless waits, blind retries, failures without a name, holes in the text. */

/** Errors of the services themselves that pass by themselves. `States.ALL` would also retry a refusal, and act twice. */
const serviceErrors = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'SNS.ThrottledException',
  'SNS.InternalErrorException',
  'States.Timeout',
];
const blindErrors = ['States.ALL', 'States.TaskFailed'];
const known: readonly string[] = [...errorCodes, ...serviceErrors, ...blindErrors];
const maxAttempts = 10;
const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** The states of a definition by name. */
export const statesOf = (definition: unknown): [string, Tree][] =>
  Object.entries(treeAt(definition, 'States')).filter((entry): entry is [string, Tree] => isTree(entry[1]));

const timeoutFindings = (name: string, state: Tree): Finding[] => {
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (timeout === undefined) return [finding('TaskWithoutTimeout', name, 'give it TimeoutSeconds: Step Functions waits for ever otherwise')];
  if (heartbeat === undefined) return [];
  // Two expressions cannot be compared here, so neither is taken on trust.
  if (typeof heartbeat !== 'number' || typeof timeout !== 'number')
    return [finding('HeartbeatUnknown', name, 'HeartbeatSeconds and TimeoutSeconds must both be numbers')];
  return heartbeat < timeout ? [] : [finding('HeartbeatTooLong', name, `HeartbeatSeconds ${heartbeat} is not below TimeoutSeconds ${timeout}`)];
};

const retryFindings = (name: string, state: Tree): Finding[] =>
  listAt(state['Retry']).flatMap((retry, index) => {
    const at = `${name}.Retry[${index}]`;
    const { MaxAttempts: attempts, MaxDelaySeconds: delay } = treeAt(retry);
    const errors = listAt(treeAt(retry)['ErrorEquals']).map(String);
    const blind = errors.filter((error) => blindErrors.includes(error));
    const unknown = errors.filter((error) => !known.includes(error));
    return [
      ...blind.map((error) => finding('RetryOfAll', at, `${error} also retries a refusal; name the errors that pass by themselves`)),
      ...unknown.map((error) => finding('RetryUnknownError', at, `${error} is no code of core/errors.ts and no known error of a service`)),
      ...(typeof attempts === 'number' && attempts >= 1 && attempts <= maxAttempts
        ? []
        : [finding('RetryUnbounded', at, `MaxAttempts must be 1 to ${maxAttempts}`)]),
      ...(typeof delay === 'number' && delay >= 1
        ? []
        : [finding('RetryDelayUnbounded', at, 'MaxDelaySeconds must be given: the wait grows with each attempt')]),
    ];
  });

const nextsOf = (state: Tree): string[] =>
  [state['Next'], state['Default'], ...[...listAt(state['Choices']), ...listAt(state['Catch'])].map((one) => treeAt(one)['Next'])].filter(
    (next): next is string => typeof next === 'string',
  );

/** The ends that can be reached from a state, itself included. */
const endsFrom = (start: string, states: ReadonlyMap<string, Tree>): Set<string> => {
  const reached = new Set([start]);
  for (const name of reached) for (const next of nextsOf(states.get(name) ?? {})) reached.add(next);
  return new Set([...reached].filter((name) => states.get(name)?.['Type'] === 'Fail'));
};

const catchFindings = (name: string, state: Tree, states: ReadonlyMap<string, Tree>): Finding[] => {
  const catchers = listAt(state['Catch']).map((one) => treeAt(one));
  const all = catchers.some((one) => listAt(one['ErrorEquals']).includes('States.ALL'));
  const found = all ? [] : [finding('TaskWithoutCatch', name, 'catch States.ALL: an uncaught error ends the execution without a named end')];
  for (const [index, one] of catchers.entries()) {
    const at = `${name}.Catch[${index}]`;
    const next = String(one['Next']);
    const ends = endsFrom(next, states);
    const failure = treeAt(one, 'Assign', 'failure')['error'];
    if (ends.size === 0) found.push(finding('CatchWithoutEnd', at, `no Fail state can be reached from ${next}`));
    else if (failure !== undefined && !ends.has(shown(failure)))
      found.push(finding('CatchWithoutEnd', at, `${next} cannot reach a Fail state named ${shown(failure)}`));
  }
  return found;
};

const failFindings = (name: string, state: Tree): Finding[] =>
  ['Error', 'Cause']
    .filter((key) => typeof state[key] !== 'string' || state[key] === '')
    .map((key) => finding(`FailWithout${key}`, name, `give it ${key}: the person on call reads nothing else`));

const substitution = /\$\{([^}]*)\}/g;

/** `${Name}` in the text against DefinitionSubstitutions of the template. */
export const substitutionFindings = (text: string, given: readonly string[]): Finding[] => {
  const used = new Set([...text.matchAll(substitution)].map(([, name]) => name ?? ''));
  return [
    ...[...used].filter((name) => !given.includes(name)).map((name) => finding('SubstitutionMissing', name, 'the template gives no value for it')),
    ...given.filter((name) => !used.has(name)).map((name) => finding('SubstitutionUnused', name, 'the definition does not use it')),
  ];
};

/** All that is wrong with a definition. */
export const aslFindings = (definition: Tree): Finding[] => {
  const states = new Map(statesOf(definition));
  const validated = aslValidator(definition);
  const found = validated.isValid ? [] : [finding('AslInvalid', 'definition', validated.errorsText())];
  if (definition['TimeoutSeconds'] === undefined) found.push(finding('ExecutionWithoutTimeout', 'definition', 'give it TimeoutSeconds'));
  for (const [name, state] of states) {
    if (state['Type'] === 'Task') found.push(...timeoutFindings(name, state), ...retryFindings(name, state), ...catchFindings(name, state, states));
    if (state['Type'] === 'Fail') found.push(...failFindings(name, state));
    if (state['Type'] === 'Choice' && state['Default'] === undefined)
      found.push(finding('ChoiceWithoutDefault', name, 'give it Default: what matches nothing ends the execution without a named end'));
  }
  return [...found, ...expressionFindings(definition)];
};
