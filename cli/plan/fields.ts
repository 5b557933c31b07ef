import { policy, type ValidatorConfig } from '../../core/config.ts';
import { canonicalJson } from '../../core/plan.ts';
import { timing } from '../../core/timing.ts';

/** How one configuration of a validator differs from another, field by field. */

export interface FieldChange {
  /** `+` added, `~` another value, `-` removed. */
  readonly op: '+' | '~' | '-';
  /** Where it stands; nodes and vantages by name, not by place. */
  readonly path: string;
  /** As JSON; null when it was not there, or is not any more. Of a new validator the default. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Lists whose order means nothing: their entries come and go. */
const sets = ['policy.approvers', 'policy.evidence'];

const named = (item: unknown): string | undefined => {
  const name = (item as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : undefined;
};

type Leaves = Map<string, string>;

/** Leaf values by path. An entry of a set is its own path, with the value beside it. */
const leavesOf = (value: unknown, path = ''): Leaves => {
  const under = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (value === null || typeof value !== 'object') return new Map([[path, canonicalJson(value)]]);
  if (sets.includes(path)) return new Map((value as unknown[]).map((item) => [under(`[${canonicalJson(item)}]`), canonicalJson(item)]));
  const entries = Array.isArray(value) ? value.map((item, index): [string, unknown] => [named(item) ?? String(index), item]) : Object.entries(value);
  return new Map(entries.filter(([, item]) => item !== undefined).flatMap(([key, item]) => [...leavesOf(item, under(key))]));
};

const withoutEntry = (path: string): string => path.replace(/\.\[.*\]$/s, '');

const order = (a: FieldChange, b: FieldChange): number => (a.path === b.path ? (a.op < b.op ? 1 : -1) : a.path < b.path ? -1 : 1);

const compare = (old: Leaves, next: Leaves): FieldChange[] =>
  [...new Set([...old.keys(), ...next.keys()])]
    .flatMap((key): FieldChange[] => {
      const [before, after] = [old.get(key) ?? null, next.get(key) ?? null];
      if (before === after) return [];
      return [{ op: before === null ? '+' : after === null ? '-' : '~', path: withoutEntry(key), before, after }];
    })
    .sort(order);

/** Every field that differs, in the order of their paths. */
export const fieldChanges = (before: ValidatorConfig, after: ValidatorConfig): FieldChange[] => compare(leavesOf(before), leavesOf(after));

/** What the configuration of a new validator says beyond the defaults; `before` is the default. */
export const newFields = (config: ValidatorConfig): FieldChange[] => {
  const plain = leavesOf({ policy: policy.parse({}), timing: timing.parse({}) });
  return compare(plain, leavesOf(config))
    .filter(({ op }) => op !== '-')
    .map((change) => ({ ...change, op: '+' }));
};

const shown = (value: string | null): string => value ?? '(none)';

/** One line for people, without indentation. */
export const fieldLine = ({ op, path, before, after }: FieldChange): string =>
  op === '~' ? `~ ${path}: ${shown(before)} → ${shown(after)}` : `${op} ${path}: ${shown(op === '+' ? after : before)}`;
