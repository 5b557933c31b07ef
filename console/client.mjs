// Makes the page filter as one types, copy commands, and follow what happens. Without it the page works by its form and its links.
const root = document.getElementById('bt');
const news = document.getElementById('bt-news');
root.classList.add('js');

const wanted = () => {
  const form = root.querySelector('form.find');
  if (!form) return null;
  const { find, show, sort } = Object.fromEntries(new FormData(form));
  return { words: find.toLowerCase().split(/\s+/).filter(Boolean), find, show, sort };
};

let rows = [];
const readRows = () => {
  rows = [...root.querySelectorAll('table.fleet tbody tr')].map((element) => {
    const { find, show, need, last } = element.dataset;
    return { element, find, shows: show.split(' '), need: Number(need), last: Number(last), name: find.split(' ', 1)[0] };
  });
};

const byName = new Intl.Collator('en', { numeric: true });
const orders = {
  attention: (a, b) => a.need - b.need || byName.compare(a.name, b.name),
  name: (a, b) => byName.compare(a.name, b.name),
  last: (a, b) => b.last - a.last || byName.compare(a.name, b.name),
};
let sorted = '';

const filter = () => {
  const asked = wanted();
  if (!asked) return;
  let found = 0;
  for (const { element, find, shows } of rows) {
    const hidden = !shows.includes(asked.show) || !asked.words.every((word) => find.includes(word));
    if (!hidden) found += 1;
    if (element.hidden !== hidden) element.hidden = hidden;
  }
  if (asked.sort !== sorted) {
    sorted = asked.sort;
    rows.sort(orders[sorted]);
    root.querySelector('table.fleet tbody').append(...rows.map(({ element }) => element));
  }
  const count = document.getElementById('bt-count');
  const text = `Showing ${found} of ${rows.length}.`;
  if (count.textContent !== text) count.textContent = text;
  const query = new URLSearchParams();
  if (asked.find) query.set('find', asked.find);
  if (asked.show !== 'all') query.set('show', asked.show);
  if (asked.sort !== 'attention') query.set('sort', asked.sort);
  history.replaceState(null, '', query.size ? `?${query}` : location.pathname);
};

// What is typed is painted first; the rows follow in the next frame.
let asked = false;
const filterSoon = () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() =>
    setTimeout(() => {
      asked = false;
      filter();
    }),
  );
};

const copyButtons = (of) => {
  for (const line of root.querySelectorAll(of)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy ${line.textContent}`);
    line.after(button);
  }
};

const begin = () => {
  readRows();
  sorted = wanted()?.sort ?? '';
  // Hundreds of buttons would be in the way of whoever walks by keyboard.
  copyButtons(rows.length <= 50 ? 'code.cmd' : 'code.cmd:not(.fleet code)');
};

root.addEventListener('input', (event) => {
  if (event.target.closest('form.find')) filterSoon();
});
root.addEventListener('submit', (event) => {
  event.preventDefault();
  filter();
});
root.addEventListener('click', async (event) => {
  const button = event.target.closest('button.copy');
  if (!button) return;
  const line = button.previousElementSibling.textContent;
  const told = await navigator.clipboard.writeText(line).then(
    () => `Copied: ${line}`,
    () => 'It could not be copied: mark it and copy it by hand.',
  );
  news.textContent = told;
  button.textContent = told.startsWith('Copied') ? 'Copied' : 'Copy by hand';
});

// The same element as before, by what it is called: news do not move the keyboard.
const nameOf = (element) => element && root.contains(element) && (element.name || element.getAttribute('href') || element.getAttribute('aria-label'));
const focusAgain = (name, selection) => {
  if (!name) return;
  const found = [...root.querySelectorAll('a, button, input, select, summary')].find((one) => nameOf(one) === name);
  found?.focus({ preventScroll: true });
  if (selection && found?.setSelectionRange) found.setSelectionRange(...selection);
};

const show = (text) => {
  const before = document.getElementById('bt-headline').textContent;
  const focused = document.activeElement;
  const [name, selection] = [nameOf(focused), focused?.name === 'find' ? [focused.selectionStart, focused.selectionEnd] : null];
  const open = [...root.querySelectorAll('details')].map((one) => one.open);
  const kept = wanted();
  const page = new DOMParser().parseFromString(text, 'text/html');
  root.replaceChildren(...page.body.childNodes);
  begin();
  for (const [index, one] of [...root.querySelectorAll('details')].entries()) one.open = open[index] ?? false;
  if (kept) {
    for (const field of ['find', 'show', 'sort']) root.querySelector(`form.find [name=${field}]`).value = kept[field];
    filter();
  }
  focusAgain(name, selection);
  const after = document.getElementById('bt-headline').textContent;
  if (after !== before) news.textContent = after;
};

const stale = (text) => {
  const shown = root.querySelector('.stale');
  if ((shown?.textContent ?? '') === text) return;
  shown?.remove();
  if (text === '') return;
  const line = document.createElement('p');
  line.className = 'stale';
  line.textContent = text;
  root.querySelector('header').after(line);
  news.textContent = text;
};

begin();
if (root.dataset.live) {
  const source = new EventSource(root.dataset.live);
  source.addEventListener('page', (event) => {
    show(JSON.parse(event.data));
    stale('');
  });
  source.addEventListener('still', (event) => {
    root.querySelector('.at time').textContent = JSON.parse(event.data);
    stale('');
  });
  source.addEventListener('end', (event) => {
    source.close();
    stale(JSON.parse(event.data));
  });
  source.addEventListener('error', () => stale(`! No news: what you see is as of ${root.querySelector('time').textContent}.`));
}
