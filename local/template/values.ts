import { isTree, listOf, TemplateError, textOf, treeOf, type Tree } from './read.ts';

/** Intrinsic functions in properties and outputs. */

/** What a place in the template can see. Each answers or throws: nothing is left unresolved. */
export interface Environment {
  readonly ref: (at: string, name: string) => unknown;
  readonly attribute: (at: string, resource: string, attribute: string) => string;
  readonly holds: (at: string, condition: string) => boolean;
  readonly mapping: (at: string, map: string, top: string, second: string) => unknown;
  readonly include: (at: string, location: string) => unknown;
  readonly imported: (at: string, name: string) => string;
}

/** What AWS::NoValue gives: the property or the item goes away. */
export const nothing = Symbol('AWS::NoValue');

type Intrinsic = (env: Environment, at: string, argument: unknown) => unknown;

/** @throws TemplateError when the list has another length. */
export const exactly = (at: string, argument: unknown, length: number): readonly unknown[] => {
  const list = listOf(at, argument);
  if (list.length !== length) throw new TemplateError(at, `expected ${length} arguments, found ${list.length}`);
  return list;
};

const resolvedText = (env: Environment, at: string, raw: unknown): string => textOf(at, evaluate(env, at, raw));

const sub: Intrinsic = (env, at, argument) => {
  const [text, rawOwn] = typeof argument === 'string' ? [argument, {}] : exactly(at, argument, 2);
  const own = treeOf(at, rawOwn);
  const used = new Set<string>();
  const made = textOf(at, text).replaceAll(/\$\{([^}]*)\}/g, (_all, inner: string) => {
    if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
    const name = inner.trim();
    used.add(name);
    if (name in own) return resolvedText(env, at, own[name]);
    const dot = name.indexOf('.');
    return dot < 0 ? textOf(at, env.ref(at, name)) : env.attribute(at, name.slice(0, dot), name.slice(dot + 1));
  });
  const idle = Object.keys(own).find((name) => !used.has(name));
  if (idle !== undefined) throw new TemplateError(at, `${idle} is given to Fn::Sub and not used`);
  return made;
};

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (env, at, argument) => env.ref(at, textOf(at, argument)),
  'Fn::GetAtt': (env, at, argument) => {
    const [resource, attribute] = exactly(at, argument, 2);
    return env.attribute(at, textOf(at, resource), textOf(at, attribute));
  },
  'Fn::Sub': sub,
  'Fn::If': (env, at, argument) => {
    const [condition, whenTrue, whenFalse] = exactly(at, argument, 3);
    return evaluate(env, at, env.holds(at, textOf(at, condition)) ? whenTrue : whenFalse);
  },
  'Fn::Join': (env, at, argument) => {
    const [delimiter, list] = exactly(at, argument, 2);
    const parts = listOf(at, evaluate(env, at, list));
    return parts.map((part) => textOf(at, part)).join(textOf(at, delimiter));
  },
  'Fn::Split': (env, at, argument) => {
    const [delimiter, text] = exactly(at, argument, 2);
    return resolvedText(env, at, text).split(textOf(at, delimiter));
  },
  'Fn::Select': (env, at, argument) => {
    const [rawIndex, list] = exactly(at, argument, 2);
    const found = listOf(at, evaluate(env, at, list))[Number(evaluate(env, at, rawIndex))];
    if (found === undefined) throw new TemplateError(at, 'Fn::Select finds nothing at this index');
    return found;
  },
  'Fn::FindInMap': (env, at, argument) => {
    const [map, top, second] = exactly(at, argument, 3).map((one) => resolvedText(env, at, one));
    return env.mapping(at, map as string, top as string, second as string);
  },
  'Fn::ImportValue': (env, at, argument) => env.imported(at, resolvedText(env, at, argument)),
  'Fn::Base64': (env, at, argument) => Buffer.from(resolvedText(env, at, argument)).toString('base64'),
};

const included = (env: Environment, at: string, transform: unknown): Tree => {
  const { Name: name, Parameters: parameters } = treeOf(at, transform);
  if (name !== 'AWS::Include') throw new TemplateError(at, `unknown transform ${String(name)}`);
  return treeOf(at, env.include(at, textOf(at, treeOf(at, parameters)['Location'])));
};

const isIntrinsic = (key: string): boolean => key === 'Ref' || key.startsWith('Fn::');

const evaluateTree = (env: Environment, at: string, raw: Tree): unknown => {
  const keys = Object.keys(raw);
  const [only] = keys;
  const intrinsic = keys.length === 1 && only !== undefined ? intrinsics[only] : undefined;
  if (intrinsic && only !== undefined) return intrinsic(env, at, raw[only]);
  const { 'Fn::Transform': transform, ...rest } = raw;
  const wrong = Object.keys(rest).find(isIntrinsic);
  if (wrong !== undefined) throw new TemplateError(at, keys.length === 1 ? `unknown function ${wrong}` : `${wrong} stands beside other keys`);
  const whole = transform === undefined ? rest : { ...included(env, at, transform), ...rest };
  const entries = Object.entries(whole).map(([key, value]) => [key, evaluate(env, `${at}.${key}`, value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== nothing));
};

export const evaluate = (env: Environment, at: string, raw: unknown): unknown => {
  if (Array.isArray(raw)) return raw.map((one, index) => evaluate(env, `${at}[${index}]`, one)).filter((one) => one !== nothing);
  if (isTree(raw)) return evaluateTree(env, at, raw);
  if (typeof raw === 'string' && raw.includes('${AWS::')) throw new TemplateError(at, `${raw.slice(0, 60)} needs Fn::Sub`);
  return raw;
};
