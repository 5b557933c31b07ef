import { UnknownToEvaluator } from './statistics.ts';

/** Metric math, as far as alarms of this project use it. Whatever else throws. */

/** One value per period of the evaluation range, the oldest first; null where there is none. */
export type TimeSeries = readonly (number | null)[];

export interface Requested {
  readonly id: string;
  readonly points: TimeSeries;
}

/** What FILL makes of a metric without a single data point in the range: AWS does not say. */
export type EmptyFill = 'fills' | 'stays';

type Value = number | TimeSeries | readonly TimeSeries[];

interface Scope {
  readonly metrics: readonly Requested[];
  readonly expressions: ReadonlyMap<string, string>;
  readonly emptyFill: EmptyFill;
}

const tokenPattern = /\s*(?:(\d+(?:\.\d+)?)|([A-Z][A-Z_0-9]*)|([a-z][A-Za-z0-9_]*)|"([^"]*)"|(==|!=|<=|>=|&&|\|\||[-+*/<>()[\],]))/y;

interface Token {
  readonly kind: 'number' | 'function' | 'id' | 'text' | 'sign';
  readonly text: string;
}

const kinds = ['number', 'function', 'id', 'text', 'sign'] as const;

const tokensOf = (expression: string): Token[] => {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  const text = expression.trimEnd();
  while (tokenPattern.lastIndex < text.length) {
    const from = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match) throw new UnknownToEvaluator(`expression ${expression} at ${from}`);
    const index = kinds.findIndex((_, at) => match[at + 1] !== undefined);
    tokens.push({ kind: kinds[index] as Token['kind'], text: match[index + 1] as string });
  }
  return tokens;
};

const isNumber = (value: Value): value is number => typeof value === 'number';
const isArray = (value: Value): value is readonly TimeSeries[] => typeof value !== 'number' && value.some((item) => Array.isArray(item));

const flag = (truth: boolean): number => (truth ? 1 : 0);
const operators: Record<string, (a: number, b: number) => number | null> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  // A division by zero drops the data point.
  '/': (a, b) => (b === 0 ? null : a / b),
  '==': (a, b) => flag(a === b),
  '!=': (a, b) => flag(a !== b),
  '<': (a, b) => flag(a < b),
  '<=': (a, b) => flag(a <= b),
  '>': (a, b) => flag(a > b),
  '>=': (a, b) => flag(a >= b),
  AND: (a, b) => flag(a !== 0 && b !== 0),
  OR: (a, b) => flag(a !== 0 || b !== 0),
};

/** Two series: a value that only one of them has meets 0. A series and a number: no value stays no value. */
const combine = (sign: string, left: Value, right: Value): Value => {
  const apply = operators[sign] as (a: number, b: number) => number | null;
  if (isArray(left) || isArray(right)) throw new UnknownToEvaluator(`${sign} on an array of series`);
  if (isNumber(left) && isNumber(right)) {
    const value = apply(left, right);
    if (value === null) throw new UnknownToEvaluator('a number divided by zero');
    return value;
  }
  if (isNumber(right)) return (left as TimeSeries).map((a) => (a === null ? null : apply(a, right)));
  if (isNumber(left)) return right.map((b) => (b === null ? null : apply(left, b)));
  return left.map((a, at) => {
    const b = right[at] ?? null;
    return a === null && b === null ? null : apply(a ?? 0, b ?? 0);
  });
};

const sum = (value: Value): TimeSeries => {
  if (!isArray(value)) throw new UnknownToEvaluator('SUM of a single series is a number that depends on the range');
  const [first] = value;
  return (first ?? []).map((_, at) => {
    const present = value.flatMap((series) => series[at] ?? []);
    return present.length === 0 ? null : present.reduce((total, one) => total + one, 0);
  });
};

const fillOne = (series: TimeSeries, filler: number, emptyFill: EmptyFill): TimeSeries =>
  emptyFill === 'stays' && series.every((point) => point === null) ? series : series.map((point) => point ?? filler);

const fill = (value: Value, filler: Value, emptyFill: EmptyFill): Value => {
  if (isNumber(value) || !isNumber(filler)) throw new UnknownToEvaluator('FILL with these arguments');
  return isArray(value) ? value.map((series) => fillOne(series, filler, emptyFill)) : fillOne(value, filler, emptyFill);
};

const levels = [['OR'], ['AND'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/']];
const spelled: Record<string, string> = { '||': 'OR', '&&': 'AND' };

class Reader {
  at = 0;
  readonly tokens: readonly Token[];
  readonly scope: Scope;
  constructor(tokens: readonly Token[], scope: Scope) {
    this.tokens = tokens;
    this.scope = scope;
  }

  peek(): string | undefined {
    const token = this.tokens[this.at];
    return token && (spelled[token.text] ?? token.text);
  }

  take(text?: string): Token {
    const token = this.tokens[this.at];
    if (!token || (text !== undefined && token.text !== text))
      throw new UnknownToEvaluator(`${text ?? 'a value'} expected, ${token?.text ?? 'the end'} found`);
    this.at += 1;
    return token;
  }

  level(depth = 0): Value {
    const signs = levels[depth];
    if (!signs) return this.single();
    let left = this.level(depth + 1);
    for (let sign = this.peek(); sign !== undefined && signs.includes(sign); sign = this.peek()) {
      this.take();
      left = combine(sign, left, this.level(depth + 1));
    }
    return left;
  }

  list(end: string): Value[] {
    const values: Value[] = [];
    while (this.peek() !== end) {
      if (values.length > 0) this.take(',');
      values.push(this.level());
    }
    this.take(end);
    return values;
  }

  single(): Value {
    const token = this.take();
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'id') return this.named(token.text);
    if (token.kind === 'function') return this.call(token.text);
    if (token.text === '(') {
      const value = this.level();
      this.take(')');
      return value;
    }
    if (token.text === '[') return this.list(']').flatMap((value) => (isArray(value) ? value : [value as TimeSeries]));
    throw new UnknownToEvaluator(`${token.text} in an expression`);
  }

  named(id: string): TimeSeries {
    const metric = this.scope.metrics.find((one) => one.id === id);
    if (metric) return metric.points;
    const expression = this.scope.expressions.get(id);
    if (expression === undefined) throw new UnknownToEvaluator(`id ${id}`);
    return seriesOf(expression, { ...this.scope, expressions: new Map([...this.scope.expressions].filter(([name]) => name !== id)) });
  }

  call(name: string): Value {
    this.take('(');
    if (name === 'METRICS') {
      const part = this.tokens[this.at]?.kind === 'text' ? this.take().text : '';
      this.take(')');
      return this.scope.metrics.filter(({ id }) => id.includes(part)).map(({ points }) => points);
    }
    const [first, second, ...more] = this.list(')');
    if (name === 'SUM' && first !== undefined && second === undefined) return sum(first);
    if (name === 'FILL' && first !== undefined && second !== undefined && more.length === 0) return fill(first, second, this.scope.emptyFill);
    throw new UnknownToEvaluator(`${name} with these arguments`);
  }
}

/** The one series that an expression gives. @throws UnknownToEvaluator when it gives anything else, or holds anything unknown. */
export const seriesOf = (expression: string, scope: Scope): TimeSeries => {
  const reader = new Reader(tokensOf(expression), scope);
  const value = reader.level();
  if (reader.at < reader.tokens.length) throw new UnknownToEvaluator(`${reader.peek()} after the end of ${expression}`);
  if (isNumber(value) || isArray(value)) throw new UnknownToEvaluator(`${expression} gives no single series`);
  return value;
};
