import { utcOf } from '../core/time.ts';
import { html, type Html } from './html.ts';
import type { CouldMove, Fact, Health, Level } from './view.ts';

/** Small pieces that every page is made of. A colour never stands alone: there is a sign and a word with it. */

const healthSigns: Readonly<Record<Health, readonly [sign: string, tone: string]>> = {
  healthy: ['✓', 'good'],
  suspect: ['!', 'warn'],
  failing: ['✕', 'bad'],
  halted: ['■', 'warn'],
  unobservable: ['◌', 'warn'],
  unknown: ['?', 'dim'],
};
const couldSigns: Readonly<Record<CouldMove['answer'], readonly [sign: string, tone: string]>> = {
  yes: ['✓', 'good'],
  no: ['✕', 'bad'],
  unknown: ['?', 'dim'],
};
export const levelSigns: Readonly<Record<Level, readonly [sign: string, tone: string, word: string]>> = {
  act: ['▲', 'bad', 'act'],
  look: ['!', 'warn', 'look'],
  note: ['‖', 'dim', 'note'],
  calm: ['✓', 'good', 'calm'],
};

export const tag = (sign: string, tone: string, word: string): Html => html`<span class="t ${tone}"><i aria-hidden="true">${sign}</i>${word}</span>`;

export const healthTag = (health: Health): Html => tag(...healthSigns[health], health);
export const couldTag = ({ answer }: CouldMove): Html => tag(...couldSigns[answer], answer);
export const levelTag = (level: Level): Html => tag(...levelSigns[level]);

/** What comes next: a line to type, or words. The button that copies a line is made by the page's script. */
export const command = (line: string): Html =>
  /^(baton|sudo) /.test(line) ? html`<code class="cmd">${line}</code>` : html`<span class="dim">${line}</span>`;

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** How long ago, in the largest unit that it fills. */
export const ago = (thenMs: number, nowMs: number): string => {
  const ms = Math.max(0, nowMs - thenMs);
  const found = units.find(([unit]) => ms >= unit);
  return found ? `${Math.floor(ms / found[0])} ${found[1]} ago` : 'just now';
};

export const when = (thenMs: number, nowMs: number): Html =>
  html`<time datetime="${new Date(thenMs).toISOString()}" title="${utcOf(thenMs)}">${ago(thenMs, nowMs)}</time>`;

export const seconds = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;

/** A table of names and values, or nothing. */
export const facts = (caption: string, all: readonly Fact[]): Html | null =>
  all.length === 0
    ? null
    : html`<table class="facts">
        <caption>
          ${caption}
        </caption>
        <tbody>
          ${all.map(
            ({ name, value }) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${value}</td>
              </tr>`,
          )}
        </tbody>
      </table>`;

/** The heads of a table's columns. */
export const columns = (...names: readonly string[]): Html[] => names.map((name) => html`<th role="columnheader" scope="col">${name}</th>`);

const mostInARow = 200;

/** What would make a row of a thousand too long; the validator's own page has the whole. */
export const clipped = (text: string): string => (text.length > mostInARow ? `${text.slice(0, mostInARow)}…` : text);
