/** Elements from parts. A text becomes a text node and nothing else. */

export const el = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'onclick') made.addEventListener('click', value);
    else made.setAttribute(key, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const dayMs = 86_400_000;
const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const near = (date) => {
  const days = Math.round((dayOf(date) - dayOf(new Date())) / dayMs);
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
};
const inWords = (options) => (date) => date.toLocaleDateString('en-US', options);
const short = inWords({ month: 'short', day: 'numeric', year: 'numeric' });
const long = inWords({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' });
const usual = inWords({ month: 'long', day: 'numeric', year: 'numeric' });
const tokens = {
  date_num: (date) => [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-'),
  date: usual,
  date_short: short,
  date_long: long,
  date_pretty: (date) => near(date) ?? usual(date),
  date_short_pretty: (date) => near(date) ?? short(date),
  date_long_pretty: (date) => near(date) ?? long(date),
  time: (date) => date.toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' }),
  time_secs: (date) => date.toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit', second: '2-digit' }),
};

/** As the reader's own clock shows it; the text beside it where its format is unknown. */
const momentOf = ({ seconds, format, text }) => {
  const date = new Date(seconds * 1_000);
  let known = !Number.isNaN(date.getTime());
  const shown = format.replaceAll(/\{([^{}]*)\}/g, (_, token) => {
    if (known && Object.hasOwn(tokens, token)) return tokens[token](date);
    known = false;
    return '';
  });
  return known ? el('time', { datetime: date.toISOString(), title: text }, shown) : text;
};

const styled = { bold: 'strong', italic: 'em', strike: 's', code: 'code', block: 'pre' };

const spanOf = (span) => {
  let made = span.text;
  if (span.kind === 'date') made = momentOf(span);
  if (span.kind === 'mention') made = el('span', { class: 'mention' }, span.text);
  if (span.kind === 'link' && /^https?:\/\//.test(span.url))
    made = el('a', { href: span.url, target: '_blank', rel: 'noreferrer noopener' }, span.text);
  for (const style of span.styles.toReversed()) if (Object.hasOwn(styled, style)) made = el(styled[style], {}, made);
  return made;
};

/** @param press called with the block and the button. */
const buttonsOf = (block, press) =>
  block.elements.map((button) => {
    if (button.url && /^https?:\/\//.test(button.url))
      return el('a', { class: `button ${button.style ?? ''}`, href: button.url, target: '_blank', rel: 'noreferrer noopener' }, button.text);
    return el(
      'button',
      {
        type: 'button',
        class: button.style,
        'data-action': button.action,
        'aria-label': button.label,
        onclick: ({ currentTarget }) => press(block, button, currentTarget),
      },
      button.text,
    );
  });

const inputOf = (block, { values, errors }) => {
  const [id, error] = [`in-${block.id}`, errors[block.id]];
  const described = [block.hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(' ');
  const field = el(block.multiline ? 'textarea' : 'input', {
    id,
    'data-block': block.id,
    maxlength: block.longest,
    placeholder: block.placeholder,
    autofocus: block.focus,
    required: !block.optional,
    'aria-invalid': error ? 'true' : undefined,
    'aria-describedby': described || undefined,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  field.value = values[block.id] ?? block.value ?? '';
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, block.label, block.optional ? ' (optional)' : null),
    field,
    block.hint ? el('p', { class: 'hint', id: `${id}-hint` }, block.hint) : null,
    error ? el('p', { class: 'error', id: `${id}-error`, role: 'alert' }, error) : null,
  );
};

const makers = {
  header: (block, { level }) => el(`h${level}`, {}, block.text),
  divider: () => el('hr'),
  section: (block, { press }) => {
    const fields = (block.fields ?? []).map((field) => el('p', {}, ...field.map(spanOf)));
    const [text, beside] = [el('p', {}, ...block.spans.map(spanOf)), buttonsOf(block, press)];
    return el('div', { class: 'section' }, text, ...fields, ...beside);
  },
  context: (block) => el('p', { class: 'context' }, ...block.parts.flatMap((part) => part.map(spanOf))),
  actions: (block, { press }) => el('p', { class: 'buttons', role: 'group', 'aria-label': 'Actions' }, ...buttonsOf(block, press)),
  input: (block, of) => inputOf(block, of),
};

/** @param of.level of headings. @param of.values and of.errors by block. */
export const blocksOf = (blocks, of) =>
  blocks.filter(({ type }) => Object.hasOwn(makers, type)).map((block) => makers[block.type](block, { values: {}, errors: {}, ...of }));
