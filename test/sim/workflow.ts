import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDefinition } from '../../local/asl/definition.ts';
import { functionNames, topic } from './lambda.ts';

/** The real state machine, and what its ends promise. */

const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
export const definition = loadDefinition(readFileSync(join(import.meta.dirname, '..', '..', 'statemachines', 'failover.asl.json'), 'utf8'), {
  TopicArn: topic,
  ...Object.fromEntries(functionNames.map((name) => [`${name}FunctionArn`, functionArn(name)])),
});
export const endStates: ReadonlySet<string> = new Set(
  Object.entries(definition.States).flatMap(([name, { Type }]) => (Type === 'Fail' ? [name] : [])),
);

const mayBeSilent: readonly string[] = ['StaleTerm', 'PlanChanged', 'ApprovalInvalid', 'Denied', 'Refused'];
/** Ends after the term was taken, or that a person must look at. */
export const callsPerson: ReadonlySet<string> = new Set([...endStates].filter((name) => !mayBeSilent.includes(name)));
