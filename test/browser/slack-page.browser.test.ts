import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actions, Bench, modal, plain, section } from '../support/slack-workspace.ts';
import { barriersIn } from './axe.ts';
import { launch, shoot, troubleOf } from './chromium.ts';

/** The page of the local Slack as a browser shows it: hostile text, the keyboard, dialogs, threads, edits, both schemes, a phone. */

let browser: Browser;
let bench: Bench;
let page: Page;
let trouble: string[];
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  bench = new Bench();
  await bench.start();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  trouble = troubleOf(page);
  await page.goto(bench.slack.url);
  await page.getByText('Nothing was said here yet.').waitFor();
});
afterEach(async () => {
  expect(trouble).toEqual([]);
  await page.close();
  await bench.close();
});

const post = (of: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> =>
  bench.call('chat.postMessage', { channel: 'C0BATON', text: 'x', ...of });
const open = (view: unknown): Promise<Record<string, unknown>> =>
  bench.call('views.open', { trigger_id: bench.slack.workspace.trigger('U0ALEX'), view });
const messages = () => page.getByRole('list', { name: 'Messages' });
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

describe('hostile text', () => {
  const hostile = [
    '<script>globalThis.owned = true</script>',
    '<img src=x onerror="globalThis.owned = true">',
    '"><svg onload=globalThis.owned=true>',
    '</textarea></dialog><iframe srcdoc="<script>parent.owned=true</script>"></iframe>',
    '<a href="javascript:globalThis.owned=true">click</a>',
    '{{constructor.constructor("owned=true")()}}',
    '\u202egnp.exe',
    '<style>*{display:none}</style>',
  ];
  test.each(hostile)('%j is shown as it is, wherever it stands', async (text) => {
    const shown = escaped(text);
    await post({
      blocks: [
        { type: 'header', text: plain(shown) },
        section(`*${shown}* \`${shown}\` <https://example.com/?a=b|${shown}> <!date^1700000000^{${escaped('<b>')}}|${shown}>`),
        { type: 'context', elements: [{ type: 'mrkdwn', text: shown }] },
        actions({
          text: plain(shown.slice(0, 75).replace(/&[a-z]*$/, '')),
          confirm: { title: plain('t'), text: plain(shown), confirm: plain('y'), deny: plain('n') },
        }),
      ],
    });
    await post({ text: shown, thread_ts: '1700000000.000001' });
    bench.slack.workspace.whisper({ user: 'U0ALEX', threadTs: undefined, text: shown });
    await page.getByRole('heading', { name: text }).waitFor();
    await messages().getByRole('button').click();
    await page.getByRole('dialog').getByText(text).waitFor();
    await page.keyboard.press('Escape');
    await open(modal({ blocks: [section(shown), { ...modal().blocks[0], label: plain(shown), hint: plain(shown) }], private_metadata: text }));
    await page.getByRole('dialog', { name: 'Say it' }).waitFor();
    expect(await messages().textContent()).toContain(text);
    expect(await page.evaluate('typeof globalThis.owned')).toBe('undefined');
    expect(await page.evaluate('document.querySelectorAll("main script, dialog script, img, svg, iframe, style").length')).toBe(0);
    expect(await page.evaluate('[...document.querySelectorAll("a")].map((a) => a.href)')).toEqual(['https://example.com/?a=b']);
  });

  test('cannot become HTML even by a mistake of the page: the browser refuses', async () => {
    const told = await page.evaluate('try { document.body.innerHTML = "<b>x</b>"; "made" } catch (error) { error.name }');
    expect(told).toBe('TypeError');
    expect(trouble.splice(0).some((one) => one.includes("'TrustedHTML' assignment"))).toBe(true);
  });
});

test('what is written, answered and edited is there without a reload', async () => {
  await post({ blocks: [{ type: 'header', text: plain('First') }, section('one <https://example.com/a|link>')] });
  await page.getByRole('heading', { name: 'First' }).waitFor();
  await post({ text: 'below', thread_ts: '1700000000.000001' });
  await page.getByRole('list', { name: 'Thread' }).getByText('below').waitFor();
  await bench.call('chat.update', { channel: 'C0BATON', ts: '1700000000.000001', text: 'x', blocks: [{ type: 'header', text: plain('Second') }] });
  await page.getByRole('heading', { name: 'Second' }).waitFor();
  expect([await page.getByRole('heading', { name: 'First' }).count(), await messages().getByText('(edited)').count()]).toEqual([0, 1]);
});

test('a date is in the reader’s own time, and its text where its format is unknown', async () => {
  await post({ blocks: [section('<!date^1700000000^{date_num} {time_secs}|then> or <!date^1700000000^{era}|long ago>')] });
  await messages().getByText('long ago').waitFor();
  const local = await page.evaluate('new Date(1700000000000).toLocaleTimeString("en-US")');
  expect(await messages().getByRole('time').textContent()).toMatch(new RegExp(`^2023-11-1[345] ${String(local)}$`));
});

test('what one person is told nobody else sees', async () => {
  bench.slack.workspace.whisper({ user: 'U0ROBIN', threadTs: undefined, text: 'for robin' });
  expect(await page.getByText('for robin').count()).toBe(0);
  await page.getByLabel('You are').selectOption({ label: 'robin (approver, asks for failovers at the command line)' });
  await page.getByText('for robin').waitFor();
  expect(await page.getByText('Only visible to you').count()).toBe(1);
});

test('a button is pressed by the keyboard alone: Escape and Cancel press nothing, and the focus comes back', async () => {
  await post({ blocks: [actions({ confirm: { title: plain('Sure?'), text: plain('It goes.'), confirm: plain('Yes'), deny: plain('No') } })] });
  const button = messages().getByRole('button', { name: 'Go' });
  await button.focus();
  for (const leave of ['Escape', 'Enter']) {
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Sure?' }).waitFor();
    // The safe choice has the focus.
    await page.keyboard.press(leave);
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Go');
  }
  expect(bench.got).toEqual([]);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Sure?' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => bench.got.length).toBe(1);
});

test('a press that fails is a warning at the message', async () => {
  bench.says = { status: 500 };
  await post({ blocks: [actions()] });
  await messages().getByRole('button', { name: 'Go' }).click();
  await messages().getByRole('alert').getByText('Baton did not answer within three seconds').waitFor();
});

test('a dialog keeps what was typed, names what is wrong at its field, and keeps the focus inside', async () => {
  await post({ blocks: [actions()] });
  await open(modal());
  const dialog = page.getByRole('dialog', { name: 'Say it' });
  await dialog.waitFor();
  const [what, more] = [dialog.getByLabel('What'), dialog.getByLabel('More (optional)')];
  await more.fill('kept');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await dialog.getByText('Please complete this required field.').waitFor();
  expect(await what.getAttribute('aria-invalid')).toBe('true');
  expect(await dialog.locator(`#${(await what.getAttribute('aria-describedby')) ?? 'none'}`).textContent()).toBe(
    'Please complete this required field.',
  );
  expect([await more.inputValue(), bench.got]).toEqual(['kept', []]);
  bench.says = { status: 200, body: JSON.stringify({ response_action: 'errors', errors: { what: 'Not <b>so</b>.' } }) };
  await page.keyboard.type('words');
  await page.keyboard.press('Enter');
  await dialog.getByText('Not <b>so</b>.').waitFor();
  await shoot(page, 'slack-dialog-error');
  expect(await barriersIn(page)).toEqual([]);
  for (let count = 0; count < 10; count += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement === document.body || document.querySelector("#view").contains(document.activeElement)')).toBe(
      true,
    );
  }
  bench.says = { status: 200 };
  await dialog.getByRole('button', { name: 'Send' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(bench.got.map(({ payload }) => payload['type'])).toEqual(['view_submission', 'view_submission']);
  await open(modal());
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(bench.slack.workspace.viewOf('U0ALEX')).toBeUndefined();
});

test.each(['light', 'dark'] as const)('%s, narrow and wide: nobody is kept out, and nothing is wider than the page', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  const long = 'x'.repeat(200);
  await post({
    blocks: [
      { type: 'header', text: plain('Head') },
      section(`${long} \`${long}\` *b* <https://example.com|a link>`),
      { type: 'divider' },
      { type: 'context', elements: [{ type: 'mrkdwn', text: 'dim `code`' }] },
      { ...actions(), elements: [actions().elements[0], { type: 'button', action_id: 'no', style: 'danger', text: plain('No') }] },
    ],
  });
  await post({ text: 'below', thread_ts: '1700000000.000001' });
  bench.slack.workspace.whisper({ user: 'U0ALEX', threadTs: undefined, text: 'alone' });
  await page.getByText('alone').waitFor();
  for (const [name, width] of [
    ['narrow', 320],
    ['wide', 1_200],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(true);
    expect(await barriersIn(page)).toEqual([]);
    await shoot(page, `slack-${colorScheme}-${name}`);
  }
});
