import { isDeepStrictEqual } from 'node:util';
import { isTree, listOf, onlyKeys, TemplateError, textOf, treeOf, type Tree } from './read.ts';
import { evaluate, exactly, type Environment } from './values.ts';

/** Conditions, and the assertions of Rules. */

const operands = (at: string, argument: unknown): readonly unknown[] => {
  const list = listOf(at, argument);
  if (list.length < 2 || list.length > 10) throw new TemplateError(at, 'takes 2 to 10 conditions');
  return list;
};

const compared = (env: Environment, at: string, argument: unknown): readonly unknown[] =>
  exactly(at, argument, 2).map((one) => {
    const value = evaluate(env, at, one);
    return Array.isArray(value) ? value.map(String) : isTree(value) ? value : String(value);
  });

const members = (at: string, value: unknown): readonly unknown[] => listOf(at, value);

type Tests = Readonly<Record<string, Test>>;
/** @param more what may stand inside, beside conditions. */
type Test = (env: Environment, at: string, argument: unknown, more: Tests) => boolean;

const tests: Tests = {
  'Fn::Equals': (env, at, argument) => {
    const [left, right] = compared(env, at, argument);
    return isDeepStrictEqual(left, right);
  },
  'Fn::Not': (env, at, argument, more) => !judge(env, at, exactly(at, argument, 1)[0], more),
  'Fn::And': (env, at, argument, more) => operands(at, argument).every((one) => judge(env, at, one, more)),
  'Fn::Or': (env, at, argument, more) => operands(at, argument).some((one) => judge(env, at, one, more)),
  Condition: (env, at, argument) => env.holds(at, textOf(at, argument)),
};

/** Only for Rules. */
const assertions: Tests = {
  'Fn::Contains': (env, at, argument) => {
    const [list, value] = compared(env, at, argument);
    return members(at, list).includes(value);
  },
  'Fn::EachMemberEquals': (env, at, argument) => {
    const [list, value] = compared(env, at, argument);
    return members(at, list).every((one) => one === value);
  },
  'Fn::EachMemberIn': (env, at, argument) => {
    const [list, allowed] = compared(env, at, argument);
    return members(at, list).every((one) => members(at, allowed).includes(one));
  },
};

/** @throws TemplateError when it is no condition. */
export const judge = (env: Environment, at: string, raw: unknown, more: Tests = {}): boolean => {
  const keys = Object.keys(treeOf(at, raw));
  const [only = ''] = keys;
  const found = keys.length === 1 ? (tests[only] ?? more[only]) : undefined;
  if (!found) throw new TemplateError(at, `${keys.join(', ')} is no condition`);
  return found(env, at, (raw as Tree)[only], more);
};

/** @throws TemplateError with the description of the first assertion that does not hold. */
export const assertRules = (env: Environment, rules: Tree): void => {
  for (const [name, raw] of Object.entries(rules)) {
    const at = `Rules.${name}`;
    const rule = treeOf(at, raw);
    onlyKeys(at, rule, ['RuleCondition', 'Assertions']);
    const applies = rule['RuleCondition'] === undefined || judge(env, at, rule['RuleCondition'], assertions);
    for (const one of listOf(`${at}.Assertions`, rule['Assertions'])) {
      const assertion = treeOf(at, one);
      onlyKeys(at, assertion, ['Assert', 'AssertDescription']);
      const holds = judge(env, at, assertion['Assert'], assertions);
      if (applies && !holds) throw new TemplateError(at, textOf(at, assertion['AssertDescription']));
    }
  }
};
