import type { State } from './metric-state.ts';
import { UnknownToEvaluator } from './statistics.ts';

/** The AlarmRule of a composite alarm. */

export type Rule =
  | { readonly kind: 'is'; readonly state: State; readonly alarm: string }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly rule: Rule }
  | { readonly kind: 'and' | 'or'; readonly rules: readonly Rule[] };

const maxElements = 500;
const maxChildren = 100;
const statesNamed = ['ALARM', 'OK', 'INSUFFICIENT_DATA'];
const tokenPattern = /\s*(?:("[^"]*")|([A-Za-z0-9_:.\-/]+)|([()]))/y;

const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (tokenPattern.lastIndex < trimmed.length) {
    const match = tokenPattern.exec(trimmed);
    if (!match) throw new UnknownToEvaluator(`rule ${text}`);
    tokens.push(match[0].trim());
  }
  return tokens;
};

class Reader {
  at = 0;
  readonly tokens: readonly string[];
  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  is(word: string): boolean {
    return this.tokens[this.at]?.toUpperCase() === word;
  }

  take(word?: string): string {
    const token = this.tokens[this.at];
    if (token === undefined || (word !== undefined && token !== word)) throw new UnknownToEvaluator(`rule: ${word ?? 'more'} expected`);
    this.at += 1;
    return token;
  }

  joined(word: 'OR' | 'AND'): Rule {
    const next = (): Rule => (word === 'OR' ? this.joined('AND') : this.single());
    const rules = [next()];
    while (this.is(word)) {
      this.take();
      rules.push(next());
    }
    return rules.length === 1 ? (rules[0] as Rule) : { kind: word === 'OR' ? 'or' : 'and', rules };
  }

  single(): Rule {
    if (this.is('NOT')) {
      this.take();
      return { kind: 'not', rule: this.single() };
    }
    const token = this.take();
    if (token === '(') {
      const rule = this.joined('OR');
      this.take(')');
      return rule;
    }
    if (['TRUE', 'FALSE'].includes(token.toUpperCase())) return { kind: 'constant', value: token.toUpperCase() === 'TRUE' };
    if (!statesNamed.includes(token)) throw new UnknownToEvaluator(`rule: ${token}`);
    this.take('(');
    const alarm = this.take().replace(/^"(.*)"$/, '$1');
    this.take(')');
    return { kind: 'is', state: token as State, alarm };
  }
}

/** Names or ARNs of the alarms that a rule looks at. */
export const childrenOf = (rule: Rule): string[] => {
  if (rule.kind === 'is') return [rule.alarm];
  if (rule.kind === 'not') return childrenOf(rule.rule);
  return rule.kind === 'constant' ? [] : rule.rules.flatMap(childrenOf);
};

/** @throws UnknownToEvaluator when it is no rule, or larger than CloudWatch allows. */
export const parseRule = (text: string): Rule => {
  const tokens = tokensOf(text);
  const reader = new Reader(tokens);
  const rule = reader.joined('OR');
  if (reader.at < tokens.length) throw new UnknownToEvaluator(`rule: ${tokens[reader.at]} after its end`);
  const elements = tokens.filter((token) => token === '(' || ['TRUE', 'FALSE'].includes(token.toUpperCase())).length;
  if (elements > maxElements || new Set(childrenOf(rule)).size > maxChildren) throw new UnknownToEvaluator('a rule of this size');
  return rule;
};

/** Whether the rule holds. `stateOf` throws for an alarm that does not exist. */
export const holds = (rule: Rule, stateOf: (alarm: string) => State): boolean => {
  if (rule.kind === 'is') return stateOf(rule.alarm) === rule.state;
  if (rule.kind === 'constant') return rule.value;
  if (rule.kind === 'not') return !holds(rule.rule, stateOf);
  return rule.kind === 'and' ? rule.rules.every((one) => holds(one, stateOf)) : rule.rules.some((one) => holds(one, stateOf));
};
