/** docs.slack.dev, "Formatting message text": what a reader sees of a text, as parts that hold no markup any more. */

export interface Span {
  readonly kind: 'text' | 'date' | 'link' | 'mention';
  readonly text: string;
  readonly styles: readonly Style[];
  /** Of a link: http or https, nothing else. */
  readonly url?: string;
  /** Of a date: seconds since 1970, and its format with tokens in braces. */
  readonly seconds?: number;
  readonly format?: string;
}
type Style = 'bold' | 'italic' | 'strike' | 'code' | 'block';

const letters: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
/** Text with its three entities decoded, each once. */
export const unescaped = (text: string): string => text.replaceAll(/&(?:amp|lt|gt);/g, (entity) => letters[entity] ?? entity);

const markup = new RegExp(
  [
    '```(?<block>[^`]+)```',
    '`(?<code>[^`\\n]+)`',
    '<(?<angle>[^<>\\n]+)>',
    '(?<![\\w*])\\*(?<bold>[^*\\n]+)\\*(?![\\w*])',
    '(?<![\\w_])_(?<italic>[^_\\n]+)_(?![\\w_])',
    '(?<![\\w~])~(?<strike>[^~\\n]+)~(?![\\w~])',
  ].join('|'),
  'gu',
);

const textSpan = (text: string, styles: readonly Style[]): Span => ({ kind: 'text', text: unescaped(text), styles });

/** What stands between < and >. */
const angleSpan = (inside: string, styles: readonly Style[]): Span => {
  const [head = '', ...rest] = inside.split('|');
  const label = rest.join('|');
  const date = /^!date\^(\d{1,12})\^([^^]+)/.exec(head);
  if (date) return { kind: 'date', text: unescaped(label), seconds: Number(date[1]), format: unescaped(date[2] ?? ''), styles };
  if (/^https?:\/\//.test(head)) return { kind: 'link', text: unescaped(label || head), url: unescaped(head), styles };
  if (/^[@#!]/.test(head)) return { kind: 'mention', text: unescaped(label || head.replace(/^!/, '@')), styles };
  return textSpan(`<${inside}>`, styles);
};

/** The parts of a text of kind mrkdwn. */
export const spansOf = (text: string, styles: readonly Style[] = []): Span[] => {
  const spans: Span[] = [];
  let from = 0;
  for (const found of text.matchAll(markup)) {
    if (found.index > from) spans.push(textSpan(text.slice(from, found.index), styles));
    from = found.index + found[0].length;
    const { block, code, angle, bold, italic, strike } = found.groups ?? {};
    if (block !== undefined) spans.push(textSpan(block, [...styles, 'block']));
    else if (code !== undefined) spans.push(textSpan(code, [...styles, 'code']));
    else if (angle !== undefined) spans.push(angleSpan(angle, styles));
    else if (bold !== undefined) spans.push(...spansOf(bold, [...styles, 'bold']));
    else if (italic !== undefined) spans.push(...spansOf(italic, [...styles, 'italic']));
    else if (strike !== undefined) spans.push(...spansOf(strike, [...styles, 'strike']));
  }
  if (from < text.length) spans.push(textSpan(text.slice(from), styles));
  return spans;
};
