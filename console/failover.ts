import { utcOf } from '../core/time.ts';
import { html, type Html } from './html.ts';
import { link, type Mode } from './links.ts';
import { columns, command, seconds, tag } from './parts.ts';
import { choices, lanesOf, timeline } from './timeline.ts';
import type { FailoverView, Step } from './view.ts';

/** The page of one failover. */

const tones: Readonly<Record<string, readonly [sign: string, tone: string]>> = {
  RUNNING: ['▶', 'wait'],
  SUCCEEDED: ['✓', 'good'],
  UNKNOWN: ['?', 'dim'],
};

/** Sentences that are shown; the page stays readable however often a state was passed. */
const mostSentences = 400;

const saidOnce = ({ state, startedMs, sentence }: Step): Html =>
  html`<li><span class="num">+${seconds(startedMs)}</span> <b>${state}</b> ${sentence}</li>`;

const sentences = (steps: readonly Step[]): Html => {
  const said = steps.filter(({ state, sentence }) => sentence !== '' && !choices.includes(state));
  return html`<details>
    <summary>All that was said, pass by pass (${said.length})</summary>
    ${said.length > mostSentences && html`<p class="dim">The last ${mostSentences}.</p>`}
    <ol class="log">
      ${said.slice(-mostSentences).map(saidOnce)}
    </ol>
  </details>`;
};

const steps = (view: FailoverView): Html =>
  html`<table class="steps" role="table">
    <caption>
      Each state of the workflow in order, with the last that it said
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns('State', 'Began', 'Took', 'Passes', 'It said')}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${lanesOf(view.steps, view.lengthMs).map(
        (lane) =>
          html`<tr role="row">
            <th role="rowheader" scope="row">${lane.state}</th>
            <td role="cell" class="num">+${seconds(lane.bars[0]?.fromMs ?? 0)}</td>
            <td role="cell" class="num">${seconds(lane.tookMs)}</td>
            <td role="cell" class="num">${lane.passes}<span class="k"> ${lane.passes === 1 ? 'pass' : 'passes'}</span></td>
            <td role="cell" class="wide">${lane.sentence}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;

const moments = (view: FailoverView): Html | null =>
  view.marks.length === 0
    ? null
    : html`<dl class="sum">
        ${view.marks.map(
          ({ name, atMs, text }) =>
            html`<div>
              <dt>${name}</dt>
              <dd><b class="num">+${seconds(atMs)}</b> <span class="dim">${text}</span></dd>
            </div>`,
        )}
      </dl>`;

/** The inside of `main`. */
export const failoverBody = (mode: Mode, view: FailoverView): Html =>
  html`<p class="meta">
      ${tag(...(tones[view.status] ?? (['✕', 'bad'] as const)), view.status)}
      ${view.validator !== null && html` of ${link(mode, { page: 'validator', validator: view.validator }, view.validator)}`}
      ${view.startedMs !== null && html` <span class="dim">began ${utcOf(view.startedMs)}</span>`}
    </p>
    ${view.end !== null && html`<p class="end">${view.end}</p>`} ${moments(view)}
    ${
      view.steps.length > 0 &&
      html`<section aria-labelledby="bt-time">
          <h2 id="bt-time">Timeline</h2>
          ${timeline(view)}
          <p class="legend dim"><span class="sw s"></span>works <span class="sw w"></span>waits for people</p>
        </section>
        <section aria-labelledby="bt-steps">
          <h2 id="bt-steps">Step by step</h2>
          ${steps(view)}${sentences(view.steps)}
        </section>`
    }
    <p>${command(`baton explain ${view.execution}`)}</p>`;
