import { blocksOf, el } from './draw.js';

/** The channel as one person sees it, and what that person does in it. */

const byId = (id) => document.getElementById(id);
const [who, list, news, dialog, confirmation] = ['who', 'messages', 'news', 'view', 'confirm'].map(byId);
let state = null;
/** Warnings beside a message, as Slack shows a press that nobody answered. */
const warnings = new Map();
let shownView = null;

const me = () => who.value;

const post = async (path, body) => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: me(), ...body }),
  });
  return response.ok ? response.json() : { warning: 'This is there no more.' };
};

/** @returns whether the person goes on. */
const confirmed = (of) =>
  new Promise((resolve) => {
    byId('confirm-title').textContent = of.title;
    byId('confirm-text').textContent = of.text;
    byId('confirm-yes').textContent = of.yes;
    byId('confirm-yes').className = of.style;
    byId('confirm-no').textContent = of.no;
    const finish = (yes) => () => {
      confirmation.returnValue = yes ? 'yes' : 'no';
      confirmation.close();
    };
    byId('confirm-yes').onclick = finish(true);
    byId('confirm-no').onclick = finish(false);
    confirmation.returnValue = 'no';
    confirmation.onclose = () => resolve(confirmation.returnValue === 'yes');
    confirmation.showModal();
    byId('confirm-no').focus();
  });

const pressIn = (place, key) => async (block, button, element) => {
  if (button.confirm && !(await confirmed(button.confirm))) return;
  element.setAttribute('aria-busy', 'true');
  element.disabled = true;
  const outcome = await post('/page/press', { ...place, block: block.id, action: button.action });
  if (outcome.warning) warnings.set(key, outcome.warning);
  else warnings.delete(key);
  element.removeAttribute('aria-busy');
  element.disabled = false;
  draw();
};

const timeOf = (ts) => new Date(Number(ts.split('.')[0]) * 1_000).toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' });

const messageOf = (one, { inThread, replies }) => {
  const warning = warnings.get(one.ts);
  const level = inThread ? 3 : 2;
  return el(
    'li',
    { class: one.whisper ? 'message whisper' : 'message', 'data-ts': one.ts, tabindex: '-1' },
    el(
      'p',
      { class: 'from' },
      el('strong', {}, one.from),
      ' ',
      el('span', { class: 'dim' }, `app, ${timeOf(one.ts)}`),
      one.edited ? el('span', { class: 'dim' }, ' (edited)') : null,
    ),
    one.whisper ? el('p', { class: 'dim' }, 'Only visible to you') : null,
    !inThread && one.threadTs !== undefined ? el('p', { class: 'dim' }, 'also sent from a thread') : null,
    ...blocksOf(one.blocks, { level, press: pressIn({ ts: one.ts }, one.ts) }),
    warning ? el('p', { class: 'error', role: 'alert' }, `⚠ ${warning}`) : null,
    replies.length > 0
      ? el(
          'details',
          { open: true },
          el('summary', {}, replies.length === 1 ? '1 reply' : `${replies.length} replies`),
          el('ol', { class: 'thread', 'aria-label': 'Thread' }, ...replies.map((reply) => messageOf(reply, { inThread: true, replies: [] }))),
        )
      : null,
  );
};

/** One message is drawn anew only when it has changed: what has the focus keeps it. */
const drawn = new Map();
const drawMessages = () => {
  const all = [...state.messages, ...state.whispers.map((one) => ({ ...one, whisper: true }))];
  const top = all.filter((one) => one.threadTs === undefined || one.broadcast).sort((a, b) => (a.ts < b.ts ? -1 : 1));
  const keys = new Set();
  const items = top.map((one) => {
    const replies = one.threadTs === undefined ? all.filter(({ threadTs }) => threadTs === one.ts).sort((a, b) => (a.ts < b.ts ? -1 : 1)) : [];
    const now = JSON.stringify([one, replies, [one, ...replies].map(({ ts }) => warnings.get(ts))]);
    keys.add(one.ts);
    const before = drawn.get(one.ts);
    if (before?.now === now) return before.item;
    const item = messageOf(one, { inThread: false, replies });
    const hadFocus = before?.item.contains(document.activeElement);
    drawn.set(one.ts, { now, item });
    before?.item.replaceWith(item);
    if (hadFocus) item.focus();
    return item;
  });
  for (const key of drawn.keys()) if (!keys.has(key)) drawn.delete(key);
  for (const item of [...list.children]) if (!items.includes(item)) item.remove();
  for (const [at, item] of items.entries()) if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  byId('empty').hidden = items.length > 0;
};

const valuesIn = () => Object.fromEntries([...dialog.querySelectorAll('[data-block]')].map((field) => [field.dataset.block, field.value]));

const submit = async (view) => {
  const values = valuesIn();
  for (const button of dialog.querySelectorAll('button')) button.disabled = true;
  const outcome = await post('/page/submit', { view: view.id, values });
  if (outcome.errors || outcome.warning) drawView(view, { values, errors: outcome.errors ?? {}, warning: outcome.warning });
  await load();
};

const closeView = async (view) => {
  await post('/page/close', { view: view.id });
  await load();
};

const drawView = (view, of = { values: {}, errors: {} }) => {
  shownView = `${view.id} ${view.hash}`;
  const form = el(
    'form',
    { method: 'dialog', novalidate: true },
    el('h2', { id: 'view-title' }, view.title),
    ...blocksOf(view.blocks, { level: 3, ...of, press: pressIn({ view: view.id }, view.id) }),
    of.warning ? el('p', { class: 'error', role: 'alert' }, of.warning) : null,
    el(
      'p',
      { class: 'buttons' },
      el('button', { type: 'button', onclick: () => closeView(view) }, view.close),
      view.submit ? el('button', { type: 'submit', class: 'primary' }, view.submit) : null,
    ),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(view);
  });
  dialog.replaceChildren(form);
  dialog.oncancel = (event) => {
    event.preventDefault();
    void closeView(view);
  };
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector('[aria-invalid]') ?? dialog.querySelector('[data-block]') ?? dialog.querySelector('button')).focus();
};

const draw = () => {
  byId('channel').textContent = state.channel;
  document.title = `#${state.channel}`;
  drawMessages();
  if (state.view && shownView !== `${state.view.id} ${state.view.hash}`) drawView(state.view);
  if (!state.view && dialog.open) {
    shownView = null;
    dialog.close();
    dialog.replaceChildren();
  }
  if (!state.view) shownView = null;
};

const drawPeople = () => {
  if (who.options.length > 0) return;
  who.append(...state.people.map(({ id, name, about }) => el('option', { value: id }, `${name} (${about})`)));
  const before = globalThis.sessionStorage.getItem('who');
  if (before !== null && state.people.some(({ id }) => id === before)) who.value = before;
};

let loads = 0;
const load = async () => {
  loads += 1;
  const mine = loads;
  const response = await fetch(me() ? `/page/state?as=${encodeURIComponent(me())}` : '/page/state');
  const next = await response.json();
  // An answer that was overtaken by a later one tells what was.
  if (mine !== loads || !response.ok) return;
  const first = state === null;
  const [before, count] = [state?.messages.length ?? 0, next.messages.length];
  state = next;
  drawPeople();
  if (first && me() !== state.people[0].id) return load();
  draw();
  if (!first && count > before) news.textContent = 'New message';
};

who.addEventListener('change', () => {
  globalThis.sessionStorage.setItem('who', me());
  warnings.clear();
  if (dialog.open) dialog.close();
  shownView = null;
  void load();
});

const events = new EventSource('/page/events');
events.onmessage = () => {
  byId('gone').hidden = true;
  void load();
};
events.onerror = () => {
  byId('gone').hidden = false;
};
