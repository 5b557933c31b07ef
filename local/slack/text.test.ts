import { describe, expect, test } from 'vitest';
import { signatureOf } from './signature.ts';
import { spansOf, type Span } from './text.ts';

const plain = (text: string, ...styles: Span['styles']): Span => ({ kind: 'text', text, styles });

describe('what a reader sees of', () => {
  test.each<[string, Span[]]>([
    ['plain words', [plain('plain words')]],
    ['*bold* and `code`', [plain('bold', 'bold'), plain(' and '), plain('code', 'code')]],
    ['_it_ ~no~', [plain('it', 'italic'), plain(' '), plain('no', 'strike')]],
    ['*bold `code`*', [plain('bold ', 'bold'), plain('code', 'bold', 'code')]],
    ['```a\n*b*```', [plain('a\n*b*', 'block')]],
    ['2*3*4 snake_case_name', [plain('2*3*4 snake_case_name')]],
    ['*not\nover lines*', [plain('*not\nover lines*')]],
    ['&lt;b&gt; &amp;amp; &quot;', [plain('<b> &amp; &quot;')]],
    ['`&lt;script&gt;`', [plain('<script>', 'code')]],
    [
      'at <!date^1392734382^{date} at {time}|2014-02-18 6:39:42 AM PST>',
      [plain('at '), { kind: 'date', text: '2014-02-18 6:39:42 AM PST', seconds: 1_392_734_382, format: '{date} at {time}', styles: [] }],
    ],
    ['<https://example.com/a?b=1&amp;c=2|this *link*>', [{ kind: 'link', text: 'this *link*', url: 'https://example.com/a?b=1&c=2', styles: [] }]],
    ['<http://example.com>', [{ kind: 'link', text: 'http://example.com', url: 'http://example.com', styles: [] }]],
    ['<@U0ALEX> <!channel>', [{ kind: 'mention', text: '@U0ALEX', styles: [] }, plain(' '), { kind: 'mention', text: '@channel', styles: [] }]],
    ['<javascript:alert(1)|click>', [plain('<javascript:alert(1)|click>')]],
    ['<data:text/html,x|click>', [plain('<data:text/html,x|click>')]],
    ['<img src=x onerror=alert(1)>', [plain('<img src=x onerror=alert(1)>')]],
    ['', []],
  ])('%j', (text, spans) => {
    expect(spansOf(text)).toEqual(spans);
  });
});

test('a signature is the one of the example in "Verifying requests from Slack"', () => {
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA' +
    '&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554' +
    '%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  expect(signatureOf('8f742231b10e8888abcd99yyyzzz85a5', '1531420618', body)).toBe(
    'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  );
});
