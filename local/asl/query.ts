import jsonata from 'jsonata';
import { StateError } from './state-error.ts';

/** JSONata as Step Functions runs it: `{% … %}` strings are expressions, everything else is itself. */

export interface Scope {
  readonly states: Record<string, unknown>;
  readonly variables: Readonly<Record<string, unknown>>;
}

const expression = /^\{%([\s\S]*)%\}$/;

// JSONata marks its sequences with extra properties; a round trip through JSON leaves the plain value.
const plain = (value: unknown): unknown => (value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown));

const compiled = new Map<string, jsonata.Expression>();

const compile = (text: string): jsonata.Expression => {
  const known = compiled.get(text);
  if (known) return known;
  const made = jsonata(text);
  made.registerFunction('parse', (json: string) => JSON.parse(json) as unknown, '<s:x>');
  compiled.set(text, made);
  return made;
};

const evaluateText = async (text: string, scope: Scope, field: string): Promise<unknown> => {
  let result: unknown;
  try {
    result = await compile(text).evaluate(null, { ...scope.variables, states: scope.states, eval: undefined });
  } catch (cause) {
    throw new StateError('States.QueryEvaluationError', `${field}: ${(cause as Error).message}`);
  }
  if (result === undefined) throw new StateError('States.QueryEvaluationError', `${field}: the expression gives nothing: ${text.trim()}`);
  return plain(result);
};

/** The value with every expression in it evaluated. @throws StateError States.QueryEvaluationError. */
export const evaluate = async (value: unknown, scope: Scope, field: string): Promise<unknown> => {
  if (typeof value === 'string') {
    const text = expression.exec(value)?.[1];
    return text === undefined ? value : evaluateText(text, scope, field);
  }
  if (Array.isArray(value)) return Promise.all(value.map((one, index) => evaluate(one, scope, `${field}[${index}]`)));
  if (value !== null && typeof value === 'object') {
    const entries = await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await evaluate(one, scope, `${field}.${key}`)] as const));
    return Object.fromEntries(entries);
  }
  return value;
};
