import { html, type Html } from './html.ts';
import { link, type Mode } from './links.ts';
import { columns, command, couldTag, facts, healthTag, levelTag, tag, when } from './parts.ts';
import type { NodeView, Row, Supposed, ValidatorView } from './view.ts';

/** The page of one validator. */

const guardTones: Readonly<Record<NodeView['guard'], readonly [sign: string, tone: string]>> = {
  alive: ['✓', 'good'],
  silent: ['✕', 'bad'],
  'never reported': ['✕', 'bad'],
  unknown: ['?', 'dim'],
};

const gateTones: Readonly<Record<NodeView['gate'], readonly [sign: string, tone: string]>> = {
  open: ['●', 'good'],
  closed: ['○', 'dim'],
  unknown: ['?', 'dim'],
};

const known = (value: string | number | null, unit = ''): string => (value === null ? 'not known' : `${value}${unit}`);

const readyTag = ({ notReady }: NodeView): Html =>
  notReady === null ? tag('✓', 'good', 'could sign') : html`${tag('✕', 'bad', 'not ready')} <span class="dim">${notReady}</span>`;

const nodeLine = (node: NodeView): Html =>
  html`<tr role="row">
    <th role="rowheader" scope="row">
      ${node.name}${node.holder && html` <span class="t wait"><i aria-hidden="true">◆</i>active</span>`}<small>${node.id}</small>
    </th>
    <td role="cell"><span class="k">Guard </span>${tag(...guardTones[node.guard], node.guard)}</td>
    <td role="cell"><span class="k">Gate </span>${tag(...gateTones[node.gate], node.gate)}</td>
    <td role="cell"><span class="k">Armed </span>${node.armedTerm === null ? 'no' : `term ${node.armedTerm}`}</td>
    <td role="cell"><span class="k">Synced </span>${node.synced === null ? 'not known' : node.synced ? 'yes' : 'no'}</td>
    <td role="cell" class="num"><span class="k">Height </span>${known(node.height)}</td>
    <td role="cell" class="num"><span class="k">Lag </span>${known(node.lag)}</td>
    <td role="cell"><span class="k">Version </span>${known(node.build)}</td>
    <td role="cell" class="wide">${node.distress !== null && html`<b class="bad-ink">asks for help: ${node.distress}</b> `}${readyTag(node)}</td>
  </tr> `;

const nodeTable = (nodes: readonly NodeView[]): Html | null =>
  nodes.length === 0
    ? null
    : html`<section aria-labelledby="bt-nodes">
        <h2 id="bt-nodes">Nodes</h2>
        <table class="nodes" role="table">
          <caption>
            What each guard says of its node
          </caption>
          <thead role="rowgroup">
            <tr role="row">
              ${columns('Node', 'Guard', 'Gate', 'Armed', 'Synced', 'Height', 'Lag', 'Version', 'Ready')}
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${nodes.map(nodeLine)}
          </tbody>
        </table>
      </section>`;

const answerLine = ({ when: name, code, sentence, next }: Supposed): Html =>
  html`<tr>
    <th scope="row">If ${name}</th>
    <td>${code === null ? tag('✓', 'good', 'goes on') : tag('✕', 'bad', code)} ${sentence}${next !== null && html`<br />${command(next)}`}</td>
  </tr>`;

const answers = (supposed: readonly Supposed[]): Html =>
  supposed.length === 0
    ? html`<p class="dim">? Not everything could be read: nobody can say what a failover would meet.</p>`
    : html`<table class="facts">
        <caption>
          What a failover would be answered, if the chain is as the watch last saw it
        </caption>
        <tbody>
          ${supposed.map(answerLine)}
        </tbody>
      </table>`;

const remarks = ({ remarks: all }: Row): Html | null =>
  all.length === 0
    ? null
    : html`<ul class="cards">
        ${all.map(
          ({ level, text, command: line }) =>
            html`<li class="card ${level === 'act' ? 'bad' : level === 'look' ? 'warn' : 'dim'}">
              <p>${levelTag(level)} ${text}</p>
              ${line !== null && html`<p>${command(line)}</p>`}
            </li>`,
        )}
      </ul>`;

const summary = (mode: Mode, row: Row): Html =>
  html`<dl class="sum">
    <div>
      <dt>Who signs</dt>
      <dd><b>${row.holder ?? row.signs}</b>${row.holder !== null && html` <span class="dim">${row.signs}</span>`}</dd>
    </div>
    <div>
      <dt>Health</dt>
      <dd>${healthTag(row.health)} <span class="dim">${row.healthWhy}</span></dd>
    </div>
    <div>
      <dt>Could fail over now</dt>
      <dd>${couldTag(row.couldMove)} <span class="dim">${row.couldMove.reason}</span></dd>
    </div>
    <div>
      <dt>Term</dt>
      <dd>
        <b>${known(row.term)}</b>
        <span class="dim">${row.phase ?? ''}</span
        >${row.moving !== null && html` ${link(mode, { page: 'failover', execution: row.moving }, 'the failover')}`}
      </dd>
    </div>
  </dl>`;

/** The inside of `main`. */
export const validatorBody = (mode: Mode, view: ValidatorView): Html =>
  html`${view.dryRun && html`<p class="banner"><b>‖ Dry run.</b> Baton tells what it would do and moves nothing.</p>`} ${summary(mode, view.row)}
    ${remarks(view.row)} ${nodeTable(view.nodes)}
    <div class="cols">
      <section aria-labelledby="bt-gates">
        <h2 id="bt-gates">If a failover is asked for</h2>
        ${answers(view.supposed)}
      </section>
      <section aria-labelledby="bt-cmd">
        <h2 id="bt-cmd">What to type</h2>
        <table class="facts">
          <caption>
            Commands for this validator
          </caption>
          <tbody>
            ${view.commands.map(
              ({ what, command: line }) =>
                html`<tr>
                  <th scope="row">${what}</th>
                  <td>${command(line)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </section>
      <section aria-labelledby="bt-lease">
        <h2 id="bt-lease">Lease</h2>
        ${facts('What the lease says', view.lease) ?? html`<p class="dim">There is no lease: nobody may sign.</p>`}
        ${facts('The pause that holds', view.pause)} ${facts('The proof that this term rests on', view.evidence)}
      </section>
      <section aria-labelledby="bt-policy">
        <h2 id="bt-policy">Policy</h2>
        ${facts('What the policy says', view.policy) ?? html`<p class="dim">There is no configuration.</p>`}
      </section>
      <section aria-labelledby="bt-moves">
        <h2 id="bt-moves">Failovers</h2>
        ${
          view.moves.length === 0
            ? html`<p class="dim">It has never been moved.</p>`
            : html`<table class="facts">
                <caption>
                  When the right to sign was moved, newest first
                </caption>
                <tbody>
                  ${view.moves.map(
                    ({ execution, atMs }) =>
                      html`<tr>
                        <th scope="row">${when(atMs, view.atMs)}</th>
                        <td>${link(mode, { page: 'failover', execution }, execution)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`
        }
      </section>
    </div>`;
