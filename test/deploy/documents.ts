import { checkParameters, scriptOf, type SsmDocument } from '../../local/aws/ssm.ts';
import { documentExamples } from './document-examples.ts';
import { finding, type Finding } from './finding.ts';

/** SSM documents, beyond their schema (local/aws/ssm.ts): the agent runs as root what it is given, and tells nobody what it made of it. */

/** Whatever a shell, a path, JSON or the agent itself could read as more than text. */
const metacharacters = [...' \t\n\r;&|<>$`"\'\\()*?[]{}!#~%^=,:@/+'];

const takes = (pattern: string, value: string): boolean => new RegExp(pattern).test(value);

const patternFindings = (at: string, name: string, pattern: string): Finding[] => {
  if (!/^\^.*\$$/.test(pattern) || /(^|[^\\])\|/.test(pattern))
    return [finding('PatternNotAnchored', at, `${pattern} must be ^…$, without alternatives`)];
  const values = documentExamples[name]?.valid ?? [];
  const spliced = (value: string, one: string): string[] => [one + value, value + one, value.slice(0, 1) + one + value.slice(1)];
  // In place of a character too: where the length is exact, one more would be refused for that alone.
  const swapped = (value: string, one: string): string[] => [...value].map((_, index) => value.slice(0, index) + one + value.slice(index + 1));
  const through = metacharacters.filter((one) =>
    values.some((value) => [...spliced(value, one), ...swapped(value.slice(0, 40), one)].some((made) => takes(pattern, made))),
  );
  return through.length === 0 ? [] : [finding('PatternAllowsMetacharacter', at, `${pattern} lets through ${JSON.stringify(through.join(''))}`)];
};

const exampleFindings = (at: string, name: string, pattern: string): Finding[] => {
  const examples = documentExamples[name];
  if (!examples || examples.valid.length < 3 || examples.invalid.length < 5)
    return [finding('ExampleMissing', at, 'give it 3 valid and 5 invalid values in test/deploy/document-examples.ts')];
  return [
    ...examples.valid.filter((value) => !takes(pattern, value)).map((value) => finding('ExampleRefused', at, `${JSON.stringify(value)} is valid`)),
    ...examples.invalid.filter((value) => takes(pattern, value)).map((value) => finding('ExampleTaken', at, `${JSON.stringify(value)} is not valid`)),
  ];
};

/** The script without comments, empty lines, and the shebang. */
const commandsOf = (script: string): string[] =>
  script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const scriptFindings = (name: string, document: SsmDocument): Finding[] => {
  const script = scriptOf(document);
  const parameters = Object.keys(document.parameters);
  const commands = commandsOf(script);
  const read = new Set([...script.matchAll(/\$\{?SSM_(\w+)/g)].map(([, one]) => one ?? ''));
  const required = commands.find((line) => line.startsWith(': "${SSM_')) ?? '';
  const found: Finding[] = [];
  if (/\{\{/.test(JSON.stringify(document)))
    found.push(finding('ParameterSpliced', name, 'read it from the environment: {{ x }} is put into the shell as it is'));
  for (const one of read)
    if (!parameters.includes(one)) found.push(finding('ParameterUndefined', `${name}.${one}`, 'the document does not declare it'));
  for (const one of parameters) {
    if (!read.has(one)) found.push(finding('ParameterUnused', `${name}.${one}`, 'the script does not read it'));
    if (!required.includes(`"\${SSM_${one}:?}"`))
      found.push(finding('ParameterNotRequired', `${name}.${one}`, 'an agent without ENV_VAR leaves it unset: refuse that first'));
  }
  if (!/^set -eu/.test(commands[0] ?? '')) found.push(finding('ScriptNotStrict', name, 'begin with set -eu'));
  return [...found, ...proofFindings(name, commands)];
};

/** The one line that says yes is the last one, and comes only after what it says was looked at. */
const proofFindings = (name: string, commands: readonly string[]): Finding[] => {
  const yes = commands.flatMap((line, index) => (line.includes('"ok":true') ? [index] : []));
  const [only = -1] = yes;
  const start = `printf '{"baton":"${name}"`;
  // The arguments of the last printf may stand on a line of their own.
  const last = commands.findLastIndex((line) => line.startsWith('printf '));
  const found: Finding[] = [];
  if (yes.length !== 1 || only !== last || !(commands[only] ?? '').startsWith(start) || !(commands[only] ?? '').includes('"ok":true}\\n'))
    found.push(finding('ProofNotLast', name, `end with one line: ${start} … "ok":true}`));
  if (!commands.slice(0, Math.max(only, 0)).some((line) => line.includes('|| refuse ')))
    found.push(finding('ProofUnverified', name, 'verify before it says yes'));
  return found;
};

/** The head of a document's file tells the operator what will be run, and the least agent that reads ENV_VAR. */
export const headFindings = (name: string, text: string): Finding[] => {
  const head = /^(#[^\n]*\n)+/.exec(text)?.[0] ?? '';
  return [`# Baton · ${name}\n`, 'Runs as root on: Linux', 'Least agent version: 3.3.2746.0']
    .filter((words) => !head.includes(words))
    .map((words) => finding('HeadIncomplete', name, `its first comment says: ${words.trim()}`));
};

/** All that is wrong with one document. */
export const documentFindings = (name: string, document: SsmDocument): Finding[] => [
  ...Object.entries(document.parameters).flatMap(([parameter, { allowedPattern }]) => {
    const at = `${name}.${parameter}`;
    return [...patternFindings(at, parameter, allowedPattern), ...exampleFindings(at, parameter, allowedPattern)];
  }),
  ...scriptFindings(name, document),
];

/** Judges every example as SendCommand would, and counts them. @throws ServiceError or CheckFailed when one is judged wrongly. */
export const countExamples = (document: SsmDocument): number =>
  Object.keys(document.parameters).reduce((count, name) => {
    const { valid = [], invalid = [] } = documentExamples[name] ?? {};
    const given = Object.fromEntries(Object.keys(document.parameters).map((one) => [one, [documentExamples[one]?.valid[0] ?? '']]));
    for (const value of valid) checkParameters(document, { ...given, [name]: [value] });
    for (const value of invalid) {
      let taken = true;
      try {
        checkParameters(document, { ...given, [name]: [value] });
      } catch {
        taken = false;
      }
      if (taken) throw new Error(`${name} takes ${JSON.stringify(value)}`);
    }
    return count + valid.length + invalid.length;
  }, 0);
