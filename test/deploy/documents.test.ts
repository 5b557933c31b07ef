import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentIn, readDocument, scriptOf, type SsmDocument } from '../../local/aws/ssm.ts';
import { countExamples, documentFindings, headFindings } from './documents.ts';
import { codesOf } from './finding.ts';

const folder = join(import.meta.dirname, '..', '..', 'documents');
const names = readdirSync(folder).map((file) => basename(file, '.yaml'));
const textOf = (name: string): string => readFileSync(join(folder, `${name}.yaml`), 'utf8');
const fence = readDocument(join(folder, 'fence.yaml'));

const withScript = (change: (script: string) => string): SsmDocument => {
  const [step] = fence.mainSteps;
  return { ...fence, mainSteps: [{ ...step, inputs: { ...step.inputs, runCommand: [change(scriptOf(fence))] } }] };
};
const withPattern = (parameter: 'Validator' | 'Term', allowedPattern: string): SsmDocument => {
  const declared = fence.parameters[parameter];
  if (!declared) throw new Error(`fence has no ${parameter}`);
  return { ...fence, parameters: { ...fence.parameters, [parameter]: { ...declared, allowedPattern } } };
};

test('the documents are these', () => {
  expect(names).toEqual(['fence', 'inspect', 'rejoin']);
});

test.each(names)('nothing is wrong with %s', (name) => {
  expect(documentFindings(name, readDocument(join(folder, `${name}.yaml`)))).toEqual([]);
  expect(headFindings(name, textOf(name))).toEqual([]);
});

test('every example of a document is counted', () => {
  expect(countExamples(fence)).toBe(53);
});

describe('what is wrong is found', () => {
  test.each<[string, SsmDocument, string[]]>([
    [
      'a pattern without an end',
      withPattern('Validator', '^[a-z0-9][a-z0-9-]{0,39}'),
      ['PatternNotAnchored fence.Validator', 'ExampleTaken fence.Validator'],
    ],
    ['a pattern of two', withPattern('Term', '^[1-9][0-9]{0,15}$|^x$'), ['PatternNotAnchored fence.Term']],
    [
      'a pattern that takes a semicolon',
      withPattern('Validator', '^[a-z0-9][a-z0-9;-]{0,39}$'),
      ['PatternAllowsMetacharacter fence.Validator', 'ExampleTaken fence.Validator'],
    ],
    [
      'a pattern that takes the newline',
      withPattern('Term', '^[1-9][^;]{0,15}$'),
      ['PatternAllowsMetacharacter fence.Term', 'ExampleTaken fence.Term'],
    ],
    ['a pattern that is too narrow', withPattern('Term', '^[1-9]$'), ['ExampleRefused fence.Term']],
    ['a parameter in braces', withScript((text) => text.replace('set -eu', 'set -eu\necho {{ Validator }}')), ['ParameterSpliced fence']],
    ['a parameter nobody declared', withScript((text) => text.replace('set -eu', 'set -eu\necho "$SSM_Other"')), ['ParameterUndefined fence.Other']],
    [
      'a parameter nobody reads',
      withScript((text) => text.replaceAll('SSM_Nonce', 'X')),
      ['ParameterUnused fence.Nonce', 'ParameterNotRequired fence.Nonce'],
    ],
    ['a parameter that may be unset', withScript((text) => text.replace('"${SSM_Term:?}" ', '')), ['ParameterNotRequired fence.Term']],
    ['a script that goes on after an error', withScript((text) => text.replace('set -eu', 'set -u')), ['ScriptNotStrict fence']],
    ['an end without proof', withScript((text) => text.replace('"ok":true', '"ok":false')), ['ProofNotLast fence', 'ProofUnverified fence']],
    [
      'a proof that is printed twice',
      withScript((text) => text.replace('set -eu', 'set -eu\nprintf \'{"baton":"fence","ok":true}\\n\'')),
      ['ProofNotLast fence', 'ProofUnverified fence'],
    ],
    ['something printed after the proof', withScript((text) => `${text}\nprintf 'done'`), ['ProofNotLast fence']],
    [
      'a proof of another document',
      withScript((text) => text.replace('{"baton":"fence","validator"', '{"baton":"rejoin","validator"')),
      ['ProofNotLast fence'],
    ],
    ['a proof of nothing', withScript((text) => text.replaceAll('|| refuse ', '|| true ')), ['ProofUnverified fence']],
  ])('%s', (_, document, codes) => {
    expect([...new Set(codesOf(documentFindings('fence', document)))]).toEqual(codes);
  });
  test('a parameter without examples', () => {
    const declared = fence.parameters['Term'];
    const parameters = { ...fence.parameters, ...(declared ? { Height: declared } : {}) };
    expect(codesOf(documentFindings('fence', { ...fence, parameters }))).toEqual([
      'ExampleMissing fence.Height',
      'ParameterUnused fence.Height',
      'ParameterNotRequired fence.Height',
    ]);
  });
  test('an example that is judged wrongly', () => {
    expect(() => countExamples(withPattern('Term', '^[0-9]{1,16}$'))).toThrow('Term takes "0"');
    expect(() => countExamples(withPattern('Term', '^[1-9]$'))).toThrow('parameter Term does not match');
  });
});

describe('the reader refuses', () => {
  test.each<[string, string, string]>([
    ['another schema version', "schemaVersion: '2.2'", "schemaVersion: '0.3'"],
    ['a time limit that the agent would turn into an hour', 'timeoutSeconds: 60', 'timeoutSeconds: 4'],
    ['no time limit', '      timeoutSeconds: 60\n', ''],
    ['a parameter that is put into the shell', '    interpolationType: ENV_VAR\n', ''],
    ['a parameter without a pattern', "    allowedPattern: '^[1-9][0-9]{0,15}$'\n", ''],
    ['allowed values, which the agent does not look at', "    allowedPattern: '^[1-9][0-9]{0,15}$'\n", "    allowedValues: ['1']\n"],
    ['another platform', 'StringEquals: [platformType, Linux]', 'StringEquals: [platformType, Windows]'],
    ['no precondition', '    precondition:\n      StringEquals: [platformType, Linux]\n', ''],
    ['another action', 'aws:runShellScript', 'aws:runPowerShellScript'],
    ['a key that is not known', 'mainSteps:', 'maxErrors: 1\nmainSteps:'],
  ])('%s', (_, from, to) => {
    const text = textOf('fence');
    expect(text).toContain(from);
    expect(() => documentIn(text.replace(from, to))).toThrow('"code"');
  });
});

test('a head that does not name the agent is found', () => {
  expect(codesOf(headFindings('fence', textOf('fence').replace('Least agent version', 'Agent')))).toEqual(['HeadIncomplete fence']);
  expect(codesOf(headFindings('rejoin', textOf('fence')))).toEqual(['HeadIncomplete rejoin']);
});
