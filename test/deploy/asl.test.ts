import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aslFindings, substitutionFindings } from './asl.ts';
import { CheckFailed, codesOf, requireNone, type Tree } from './finding.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'statemachines', 'failover.asl.json'), 'utf8');

/** Only as deep as the tests change it. */
interface Open {
  TimeoutSeconds?: number;
  States: Record<string, Record<string, unknown> & { Retry: Record<string, unknown>[]; Catch: Record<string, unknown>[] }>;
}
const changed = (change: (definition: Open) => void): Tree => {
  const definition = JSON.parse(text) as Open;
  change(definition);
  return definition as unknown as Tree;
};
const state = (definition: Open, name: string): Open['States'][string] => {
  const found = definition.States[name];
  if (!found) throw new Error(`there is no state ${name}`);
  return found;
};
const retry = (definition: Open): Record<string, unknown> => state(definition, 'Fence').Retry[0] ?? {};
const lastCatch = (definition: Open, name: string): Record<string, unknown> => state(definition, name).Catch.at(-1) ?? {};

test('nothing is wrong with the definition', () => {
  expect(aslFindings(JSON.parse(text) as Tree)).toEqual([]);
});

describe('what is wrong is found', () => {
  test.each<[string, (definition: Open) => void, string[]]>([
    ['a task that waits for ever', (d) => delete state(d, 'Fence')['TimeoutSeconds'], ['TaskWithoutTimeout Fence']],
    ['a heartbeat above the timeout', (d) => (state(d, 'Fence')['HeartbeatSeconds'] = 31), ['HeartbeatTooLong Fence']],
    ['a heartbeat as long as the timeout', (d) => (state(d, 'Fence')['HeartbeatSeconds'] = 30), ['HeartbeatTooLong Fence']],
    ['a heartbeat below the timeout', (d) => (state(d, 'Fence')['HeartbeatSeconds'] = 29), []],
    ['a heartbeat beside an expression', (d) => (state(d, 'RequestApproval')['HeartbeatSeconds'] = 60), ['HeartbeatUnknown RequestApproval']],
    ['an execution without an end', (d) => delete d.TimeoutSeconds, ['ExecutionWithoutTimeout definition']],
    ['a retry of all', (d) => (retry(d)['ErrorEquals'] = ['States.ALL']), ['RetryOfAll Fence.Retry[0]']],
    ['a retry of every failed task', (d) => (retry(d)['ErrorEquals'] = ['States.TaskFailed']), ['RetryOfAll Fence.Retry[0]']],
    ['a retry of nothing that exists', (d) => (retry(d)['ErrorEquals'] = ['LeaseGone']), ['RetryUnknownError Fence.Retry[0]']],
    ['a retry without a number', (d) => delete retry(d)['MaxAttempts'], ['RetryUnbounded Fence.Retry[0]']],
    ['too many attempts', (d) => (retry(d)['MaxAttempts'] = 11), ['RetryUnbounded Fence.Retry[0]']],
    ['a retry whose wait grows', (d) => delete retry(d)['MaxDelaySeconds'], ['RetryDelayUnbounded Fence.Retry[0]']],
    ['a task whose errors nobody catches', (d) => (state(d, 'Fence').Catch = []), ['TaskWithoutCatch Fence']],
    ['a catch that ends well', (d) => (lastCatch(d, 'Rejoin')['Next'] = 'Done'), ['CatchWithoutEnd Rejoin.Catch[0]']],
    [
      'a catch whose failure has no end of its name',
      (d) => (((lastCatch(d, 'Rejoin')['Assign'] as Tree)['failure'] as Record<string, unknown>)['error'] = 'RejoinLost'),
      ['CatchWithoutEnd Rejoin.Catch[0]'],
    ],
    ['a failure without a code', (d) => delete state(d, 'Denied')['Error'], ['FailWithoutError Denied']],
    ['a failure without words', (d) => (state(d, 'Denied')['Cause'] = ''), ['AslInvalid definition', 'FailWithoutCause Denied']],
    ['a choice that may match nothing', (d) => delete state(d, 'Approved')['Default'], ['AslInvalid definition', 'ChoiceWithoutDefault Approved']],
    [
      'an expression that does not parse',
      (d) => (state(d, 'Quarantine')['Seconds'] = '{% $assessment. %}'),
      ['AslInvalid definition', 'JsonataInvalid Quarantine.Seconds'],
    ],
    ['an expression with words around it', (d) => (state(d, 'Denied')['Cause'] = 'No: {% $validator %}'), ['JsonataNotWhole Denied.Cause']],
    ['a variable nobody assigns', (d) => (state(d, 'Denied')['Cause'] = '{% $reason %}'), ['JsonataUnknownVariable Denied.Cause']],
    ['a function that is not there', (d) => (state(d, 'Denied')['Cause'] = "{% $eval('1') %}"), ['JsonataUnknownFunction Denied.Cause']],
    ['a function of its own, which is there', (d) => (state(d, 'Denied')['Cause'] = '{% ($f := function($x) { $x & $validator }; $f(1)) %}'), []],
    ['a next that is not there', (d) => (state(d, 'Quarantine')['Next'] = 'Nowhere'), ['AslInvalid definition']],
  ])('%s', (_, change, codes) => {
    expect(codesOf(aslFindings(changed(change)))).toEqual(codes);
  });
  test('all findings are thrown at once', () => {
    const both = changed((d) => {
      delete state(d, 'Fence')['TimeoutSeconds'];
      retry(d)['MaxAttempts'] = 99;
    });
    expect(() => {
      requireNone(aslFindings(both));
    }).toThrow(CheckFailed);
    expect(() => {
      requireNone(aslFindings(both));
    }).toThrow(/TaskWithoutTimeout Fence: .*\nRetryUnbounded Fence\.Retry\[0\]: /);
  });
});

test('holes in the text and values of the template are held against each other', () => {
  const given = ['AssessFunctionArn', 'TopicArn'];
  expect(substitutionFindings('"${AssessFunctionArn}" "${TopicArn}" "${TopicArn}"', given)).toEqual([]);
  expect(codesOf(substitutionFindings('"${AssessFunctionArn}" "${FenceFunctionArn}"', given))).toEqual([
    'SubstitutionMissing FenceFunctionArn',
    'SubstitutionUnused TopicArn',
  ]);
});
