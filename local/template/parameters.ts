import { onlyKeys, TemplateError, textOf, treeOf, type Tree } from './read.ts';

/** Parameters of a template: given values, defaults, and every constraint that is written. */

export type ParameterValue = string | readonly string[];

const known = [
  'Type',
  'Default',
  'Description',
  'AllowedValues',
  'AllowedPattern',
  'ConstraintDescription',
  'MinLength',
  'MaxLength',
  'MinValue',
  'MaxValue',
  'NoEcho',
];
const types = ['String', 'Number', 'CommaDelimitedList'];

const limitOf = (at: string, declared: Tree, key: string): number | undefined => {
  const value = declared[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw new TemplateError(`${at}.${key}`, 'expected a number');
  return value;
};

const check = (at: string, declared: Tree, value: string): void => {
  const fail = (reason: string): never => {
    throw new TemplateError(at, `${JSON.stringify(value)} ${reason}`);
  };
  const { AllowedValues: allowed, AllowedPattern: pattern } = declared;
  if (Array.isArray(allowed) && !allowed.map(String).includes(value)) fail(`is not one of ${allowed.map(String).join(', ')}`);
  if (typeof pattern === 'string' && !new RegExp(`^(?:${pattern})$`).test(value)) fail(`does not match ${pattern}`);
  if (value.length < (limitOf(at, declared, 'MinLength') ?? 0)) fail('is too short');
  if (value.length > (limitOf(at, declared, 'MaxLength') ?? Infinity)) fail('is too long');
  if (declared['Type'] !== 'Number') return;
  if (value.trim() === '' || !Number.isFinite(Number(value))) fail('is not a number');
  if (Number(value) < (limitOf(at, declared, 'MinValue') ?? -Infinity)) fail('is too small');
  if (Number(value) > (limitOf(at, declared, 'MaxValue') ?? Infinity)) fail('is too large');
};

const parameterOf = (name: string, declared: Tree, given: string | undefined): ParameterValue => {
  const at = `Parameters.${name}`;
  onlyKeys(at, declared, known);
  const type = textOf(`${at}.Type`, declared['Type']);
  if (!types.includes(type)) throw new TemplateError(at, `unknown type ${type}`);
  const fallback = declared['Default'];
  if (given === undefined && fallback === undefined) throw new TemplateError(at, 'has no value and no default');
  const value = given ?? String(fallback);
  const parts = type === 'CommaDelimitedList' ? value.split(',').map((part) => part.trim()) : null;
  for (const part of parts ?? [value]) check(at, declared, part);
  // As Ref gives it: a number becomes a text.
  return parts ?? value;
};

export const parametersOf = (declared: Tree, given: Readonly<Record<string, string>>): Record<string, ParameterValue> => {
  const unknown = Object.keys(given).find((name) => !(name in declared));
  if (unknown !== undefined) throw new TemplateError('Parameters', `there is no parameter ${unknown}`);
  return Object.fromEntries(Object.entries(declared).map(([name, one]) => [name, parameterOf(name, treeOf(`Parameters.${name}`, one), given[name])]));
};
