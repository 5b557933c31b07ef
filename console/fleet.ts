import { html, type Html } from './html.ts';
import { link, type Mode } from './links.ts';
import { clipped, columns, command, couldTag, healthTag, levelTag, levelSigns, tag, when } from './parts.ts';
import { levels, type Asked, type FleetView, type Level, type Row } from './view.ts';

/** The page of the whole fleet: what needs somebody first, then all of it in one table. */

export const everything: Asked = { find: '', show: 'all', sort: 'attention' };
/** More stand in the table, first of all. */
const mostCards = 12;
const mostRemarks = 3;
/** From here on rows are drawn when they come into sight. */
const longFleet = 60;

const needsSomebody = ({ level }: Row): boolean => level === 'act' || level === 'look';

const shows: Readonly<Record<Asked['show'], readonly [words: string, is: (row: Row) => boolean]>> = {
  all: ['All', () => true],
  attention: ['Need somebody', needsSomebody],
  stuck: ['Could not fail over', ({ couldMove: { answer } }) => answer !== 'yes'],
  waiting: ['Wait for you', ({ waits }) => waits !== null],
};

/** What a row can be found by. */
const findable = (row: Row): string =>
  [row.validator, row.chain, row.holder ?? '', row.health, row.phase ?? '', row.paused ? 'paused' : '', row.waits ? 'waits' : '']
    .join(' ')
    .toLowerCase();

/** Who waits for a person comes before all others of its level. */
const need = ({ level, waits }: Row): number => 2 * levels.indexOf(level) + (waits ? 0 : 1);

const orders: Readonly<Record<Asked['sort'], (a: Row, b: Row) => number>> = {
  attention: (a, b) => need(a) - need(b) || a.validator.localeCompare(b.validator, 'en', { numeric: true }),
  name: (a, b) => a.validator.localeCompare(b.validator, 'en', { numeric: true }),
  last: (a, b) => (b.last?.atMs ?? 0) - (a.last?.atMs ?? 0) || a.validator.localeCompare(b.validator, 'en', { numeric: true }),
};

const isFound = (row: Row, { find, show }: Asked): boolean =>
  shows[show][1](row) &&
  find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => findable(row).includes(word));

const card = (mode: Mode, row: Row): Html =>
  html`<li class="card ${levelSigns[row.level][1]}">
    <h3>${link(mode, { page: 'validator', validator: row.validator }, row.validator)} ${levelTag(row.level)}</h3>
    ${row.remarks.slice(0, mostRemarks).map(
      (one) =>
        html`<p>${one.text}</p>
          ${one.command === null ? null : html`<p>${command(one.command)}</p>`}`,
    )}
    ${row.remarks.length > mostRemarks && html`<p class="dim">and ${row.remarks.length - mostRemarks} more on its page</p>`}
  </li>`;

const attention = (mode: Mode, rows: readonly Row[]): Html => {
  const needing = rows.filter(needsSomebody).toSorted(orders.attention);
  if (needing.length === 0)
    return html`<p class="rest">
      <span class="t good"><i aria-hidden="true">✓</i>Nothing needs anybody.</span>
    </p>`;
  const more = needing.length - mostCards;
  return html`<section aria-labelledby="bt-need">
    <h2 id="bt-need">Need somebody <b class="n">${needing.length}</b></h2>
    <ul class="cards">
      ${needing.slice(0, mostCards).map((row) => card(mode, row))}
    </ul>
    ${more > 0 && html`<p class="dim">${more} more stand first in the table.</p>`}
  </section>`;
};

const lineOf = (mode: Mode, row: Row, atMs: number, hidden: boolean): Html => {
  const { couldMove: could, waits, last } = row;
  const signs = row.holder === null ? html`<b>${row.signs}</b>` : html`<b>${row.holder}</b> <span class="dim">${row.signs}</span>`;
  const phase = row.term !== null && html`<small>term ${row.term} ${row.phase}</small>`;
  const kinds = (Object.keys(shows) as Asked['show'][]).filter((show) => shows[show][1](row)).join(' ');
  return html`<tr
    role="row"
    class="${row.level}"
    data-find="${findable(row)}"
    data-show="${kinds}"
    data-need="${need(row)}"
    data-last="${last?.atMs ?? 0}"
    ${hidden && html` hidden`}
  >
    <th role="rowheader" scope="row">${link(mode, { page: 'validator', validator: row.validator }, row.validator)}<small>${row.chain}</small></th>
    <td role="cell">${signs}${phase}</td>
    <td role="cell">${healthTag(row.health)}${row.paused && html` <span class="t dim"><i aria-hidden="true">‖</i>paused</span>`}</td>
    <td role="cell"><span class="k">Fail over </span>${couldTag(could)} <span class="dim">${clipped(could.reason)}</span></td>
    <td role="cell" ${waits === null && html` class="none"`}>
      ${waits ? html`${tag('▲', 'wait', waits.purpose)} ${command(waits.command)}` : html`<span class="dim">nothing</span>`}
    </td>
    <td role="cell">
      <span class="k">Moved </span
      >${last ? link(mode, { page: 'failover', execution: last.execution }, when(last.atMs, atMs)) : html`<span class="dim">never</span>`}
    </td>
  </tr> `;
};

const options = (chosen: string, all: readonly (readonly [value: string, words: string])[]): Html[] =>
  all.map(([value, words]) => html`<option value="${value}" ${value === chosen && html` selected`}>${words}</option>`);

const search = (mode: Mode, rows: readonly Row[], asked: Asked): Html => {
  const counts = (Object.keys(shows) as Asked['show'][]).map((show) => [show, `${shows[show][0]} (${rows.filter(shows[show][1]).length})`] as const);
  const fields = html`<label
      >Find <input type="search" name="find" value="${asked.find}" maxlength="80" autocomplete="off" spellcheck="false"
    /></label>
    <label
      >Show
      <select name="show">
        ${options(asked.show, counts)}
      </select></label
    >
    <label
      >Sort by
      <select name="sort">
        ${options(asked.sort, [
          ['attention', 'need'],
          ['name', 'name'],
          ['last', 'last failover'],
        ])}
      </select></label
    >`;
  if (mode.kind === 'widget') return html`<form class="find">${fields} <span class="btn">${link(mode, { page: 'fleet' }, 'Show')}</span></form>`;
  return html`<form class="find" role="search" method="get" action="/">${fields}<button type="submit">Show</button></form>`;
};

const table = (mode: Mode, view: FleetView, asked: Asked): Html => {
  const found = view.rows.filter((row) => isFound(row, asked)).toSorted(orders[asked.sort]);
  // A page filters what it has; a widget has no script, so it is given no more than was asked for.
  const rows = mode.kind === 'page' ? view.rows.toSorted(orders[asked.sort]) : found;
  const shown = new Set(found);
  return html`<section aria-labelledby="bt-all">
    <h2 id="bt-all">Validators <b class="n">${view.rows.length}</b></h2>
    ${search(mode, view.rows, asked)}
    <p id="bt-count" class="dim" role="status">Showing ${found.length} of ${view.rows.length}.</p>
    <table class="fleet${rows.length > longFleet && ' long'}" role="table">
      <caption>
        Who signs, is it healthy, could it fail over now, and what waits
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${columns('Validator', 'Who signs', 'Health', 'Could fail over now', 'Waits for you', 'Last failover')}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map((row) => lineOf(mode, row, view.atMs, !shown.has(row)))}
      </tbody>
    </table>
  </section>`;
};

/** The inside of `main`. */
export const fleetBody = (mode: Mode, view: FleetView, asked: Asked): Html => {
  if (view.rows.length === 0)
    return html`<p>Nothing is watched yet.</p>
      <p>${command('baton apply validators.yaml')}</p>`;
  const why = view.watchAlive === null ? 'The watch was not looked at long enough.' : 'The watch takes no round: runbook WatcherSilent.';
  return html`${view.watchAlive !== true && html`<p class="banner warn"><b>? Health is unknown.</b> ${why}</p>`}
  ${
    view.silentWatchers.length > 0 &&
    html`<p class="banner warn">
      <b>! Silent: ${view.silentWatchers.join(', ')}.</b> The other watchers look at its validators: runbook WatcherSilent.
    </p>`
  }
  ${view.dryRun && html`<p class="banner"><b>‖ Dry run.</b> Baton tells what it would do and moves nothing.</p>`} ${attention(mode, view.rows)}
  ${table(mode, view, asked)}`;
};

/** The worst that the fleet shows. */
export const worstOf = (rows: readonly Row[]): Level => levels.find((level) => rows.some((row) => row.level === level)) ?? 'calm';
