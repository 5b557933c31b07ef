import { describe, expect, test } from 'vitest';
import { html, textOf } from './html.ts';

const shown = (value: string): string => textOf(html`<p title="${value}">${value}</p>`);

describe('a value', () => {
  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`" onload="x' y='`, '&quot; onload=&quot;x&#39; y=&#39;'],
    ['&lt;', '&amp;lt;'],
    ['</title></style>', '&lt;/title&gt;&lt;/style&gt;'],
  ])('%s never becomes markup', (value, escaped) => {
    expect(shown(value)).toBe(`<p title="${escaped}">${escaped}</p>`);
  });
  test.each(['\u202egnp.exe', '\u0000', '\u200b', '\u2066', '\u001b[31m'])('that hides itself or turns the line is made visible: %j', (value) => {
    expect(shown(value)).toContain('\ufffd');
    expect(shown(value)).not.toContain(value.slice(0, 1));
  });
  test('keeps the lines of what somebody wrote', () => {
    expect(textOf(html`<p>${'one\n  two'}</p>`)).toBe('<p>one\n  two</p>');
  });
  test('of nothing shows nothing; a zero is something', () => {
    expect(textOf(html`<p>${null}${undefined}${false}${0}</p>`)).toBe('<p>0</p>');
  });
  test('of other HTML, and lists of it, goes through as it is', () => {
    expect(
      textOf(
        html`<ul>
          ${['<a>', 'b'].map((one) => html`<li>${one}</li>`)}
        </ul>`,
      ),
    ).toBe('<ul>\n<li>&lt;a&gt;</li><li>b</li>\n</ul>');
  });
  test('as an attribute without quotes is refused', () => {
    expect(() => html`<p class=${'x'}></p>`).toThrow('an attribute needs quotes around its value');
  });
  test('that only looks like finished HTML is refused', () => {
    expect(() => html`<p>${{ text: '<b>' }}</p>`).toThrow(TypeError);
  });
});

test('the indents of the source are not sent', () => {
  expect(
    textOf(
      html`<ul>
        <li>one</li>
      </ul>`,
    ),
  ).toBe('<ul>\n<li>one</li>\n</ul>');
});
