import { finding, treeAt, walk, type Finding, type Tree } from './finding.ts';

/** Schedule expressions: sam and cfn-lint take any text, and the deployment then fails half-way. */

const months = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const days = 'SUN MON TUE WED THU FRI SAT'.split(' ');

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
  /** Forms of this field alone. */
  readonly also?: RegExp;
}

const fields: readonly Field[] = [
  { name: 'minutes', from: 0, to: 59 },
  { name: 'hours', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31, also: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', from: 1, to: 12, names: months },
  { name: 'day of week', from: 1, to: 7, names: days, also: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/ },
  { name: 'year', from: 1970, to: 2199 },
];

const numberOf = (text: string, field: Field): number | undefined => {
  const named = field.names?.indexOf(text) ?? -1;
  const value = named >= 0 ? named + field.from : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.from && value <= field.to ? value : undefined;
};

const isPart = (part: string, field: Field): boolean => {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  if (range === '*') return true;
  const [from = '', to, ...rest] = range.split('-');
  const [low, high] = [numberOf(from, field), to === undefined ? field.to : numberOf(to, field)];
  return rest.length === 0 && low !== undefined && high !== undefined && low <= high;
};

const cronProblem = (text: string): string | null => {
  const given = text.trim().split(/\s+/);
  if (given.length !== fields.length) return `cron has ${fields.length} fields: minutes hours day-of-month month day-of-week year`;
  for (const [index, field] of fields.entries()) {
    const value = given[index] ?? '';
    const special = field.also?.test(value) ?? false;
    if (!special && !value.split(',').every((part) => isPart(part, field))) return `${value} is no ${field.name}`;
  }
  return (given[2] === '?') === (given[4] === '?') ? 'exactly one of day-of-month and day-of-week must be ?' : null;
};

const rateProblem = (text: string): string | null => {
  const [, value = '', unit = ''] = /^([1-9]\d{0,8}) (minutes?|hours?|days?)$/.exec(text) ?? [];
  if (value === '') return 'rate is a positive number and minutes, hours or days';
  return (value === '1') === unit.endsWith('s') ? '1 takes the singular, every other number the plural' : null;
};

const atProblem = (text: string): string | null => {
  const at = new Date(`${text}Z`);
  const good = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
  return good ? null : 'at is yyyy-mm-ddThh:mm:ss';
};

/** What is wrong with an expression, or null. */
export const scheduleProblem = (expression: string, once: boolean): string | null => {
  const [, kind = '', text = ''] = /^(rate|cron|at)\(([^()]*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return rateProblem(text);
  if (kind === 'cron') return cronProblem(text);
  if (kind === 'at' && once) return atProblem(text);
  return once ? 'expected rate(…), cron(…) or at(…)' : 'expected rate(…) or cron(…)';
};

/** Of a parameter every value that may be chosen, but for the word by which there is no schedule. */
const choicesOf = (template: Tree, value: unknown): readonly unknown[] => {
  const name = treeAt(value)['Ref'];
  const allowed = typeof name === 'string' ? treeAt(template, 'Parameters', name)['AllowedValues'] : undefined;
  return Array.isArray(allowed) && allowed.length > 0 ? (allowed as unknown[]).filter((one) => one !== 'never') : [value];
};

/** Each schedule of a template: of the Scheduler, of EventBridge rules and of SAM's function events. */
export const scheduleFindings = (template: Tree): Finding[] => {
  const found: Finding[] = [];
  walk(treeAt(template, 'Resources'), (value, path) => {
    const key = path.at(-1);
    const isSchedule = key === 'ScheduleExpression' || (key === 'Schedule' && path.includes('Events'));
    if (!isSchedule) return;
    const at = path.filter((step) => step !== 'Properties').join('.');
    const type = treeAt(template, 'Resources', path[0] ?? '')['Type'];
    for (const one of choicesOf(template, value)) {
      const problem = typeof one === 'string' ? scheduleProblem(one, type !== 'AWS::Events::Rule') : 'write it out, so that it can be checked';
      if (problem !== null) found.push(finding('ScheduleInvalid', at, `${String(one)}: ${problem}`));
    }
  });
  return found;
};
