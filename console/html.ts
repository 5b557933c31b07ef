/** HTML in which every value is escaped: there is no other way to make it, so no name or reason of anybody becomes markup. */

class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A piece of finished HTML. Only `html` and `constant` make one. */
export type Html = Markup;
export type Value = Html | string | number | null | undefined | false | readonly Value[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it is shown: what would turn the reading direction or hide itself is made visible. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (found) => (found === '\n' || found === '\t' ? found : '\ufffd'))
    .replaceAll(/[&<>"']/g, (found) => entities[found] ?? '');

const shown = (value: Value): string => {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return value.map(shown).join('');
};

const known = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Without the indents of the source, which nobody sees and everybody would be sent. */
const squeezed = (template: TemplateStringsArray): readonly string[] => {
  const found = known.get(template) ?? template.map((part) => part.replaceAll(/\s*\n\s*/g, '\n'));
  known.set(template, found);
  return found;
};

/**
 * A template whose values are text, numbers, other HTML, lists of these, or nothing (null, undefined, false).
 * @throws Error when a value stands as an attribute without quotes.
 */
export const html = (template: TemplateStringsArray, ...values: readonly Value[]): Html => {
  const parts = squeezed(template);
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) {
    if (text.endsWith('=')) throw new Error('an attribute needs quotes around its value');
    text += shown(value) + (parts[index + 1] ?? '');
  }
  return new Markup(text);
};

/** Text of this code that is no HTML of its own, as a style sheet is. It takes no value. */
export const constant = (parts: TemplateStringsArray): Html => new Markup(parts.join(''));

/** @returns the characters that leave for a browser. */
export const textOf = (of: Html): string => of.text;
