import type { Asked } from './record.ts';
import { manyOf, type Stack, type Statement } from './stack.ts';

/** Every single thing that a policy allows: an action of a statement, and each kind of item and each attribute that its conditions name. */

const keysOf = (condition: Statement['Condition'], key: string): readonly string[] =>
  Object.entries(condition ?? {}).flatMap(([operator, of]) => (operator === 'Null' ? [] : manyOf(of[key])));

const grain = (holder: string, statement: Statement, ...rest: readonly string[]): string => [holder, statement.Sid ?? '', ...rest].join(' ');

export const grainsOf = (stack: Stack): readonly string[] =>
  Object.values(stack.identity)
    .flat()
    .flatMap(({ holder, statements }) =>
      statements
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap((statement) =>
          manyOf(statement.Action).flatMap((action) => [
            grain(holder, statement, action),
            ...keysOf(statement.Condition, 'dynamodb:LeadingKeys').map((key) => grain(holder, statement, action, key)),
            ...keysOf(statement.Condition, 'dynamodb:Attributes').map((name) => grain(holder, statement, action, `.${name}`)),
          ]),
        ),
    )
    .filter((one, index, all) => all.indexOf(one) === index);

const matches = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern.replaceAll(/\$\{[^}]*\}|\*|[^*]/g, (part) => (part === '*' || part.startsWith('${') ? '.*' : part.replace(/\W/, '\\$&')))}$`,
  ).test(value);

/** What no recorded call needed. */
export const unusedOf = (stack: Stack, asked: readonly Asked[]): readonly string[] => {
  const used = asked.flatMap(({ by, question }) =>
    by.map((statement) => ({
      begin: `${statement} ${question.action}`,
      keys: manyOf(question.context?.['dynamodb:LeadingKeys']),
      attributes: manyOf(question.context?.['dynamodb:Attributes']),
    })),
  );
  return grainsOf(stack).filter((one) => {
    const [holder = '', sid = '', action = '', detail] = one.split(' ');
    return !used.some(({ begin, keys, attributes }) => {
      if (begin !== `${holder} ${sid} ${action}`) return false;
      if (detail === undefined) return true;
      return detail.startsWith('.') ? attributes.includes(detail.slice(1)) : keys.some((key) => matches(detail, key));
    });
  });
};
