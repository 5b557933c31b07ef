import { utcOf } from '../core/time.ts';
import { failoverBody } from './failover.ts';
import { everything, fleetBody, worstOf } from './fleet.ts';
import { html, textOf, type Html } from './html.ts';
import { link, type Mode } from './links.ts';
import { command, levelSigns } from './parts.ts';
import { style } from './style.ts';
import { validatorBody } from './validator.ts';
import type { Asked, FailoverView, FleetView, Level, ValidatorView } from './view.ts';

/** Whole pages: as a document of a browser, and as what a custom widget of CloudWatch shows. */

/** Why there is no page, with what to type next. */
export interface TroubleView {
  readonly atMs: number;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export type PageView =
  | { readonly page: 'fleet'; readonly view: FleetView; readonly asked?: Asked }
  | { readonly page: 'validator'; readonly view: ValidatorView }
  | { readonly page: 'failover'; readonly view: FailoverView }
  | { readonly page: 'trouble'; readonly view: TroubleView };

interface Parts {
  readonly title: string;
  readonly headline: string;
  readonly level: Level;
  readonly trail: Html | null;
  readonly body: Html;
}

const levelOfEnd = (status: string): Level => (status === 'SUCCEEDED' ? 'calm' : status === 'RUNNING' || status === 'UNKNOWN' ? 'look' : 'act');

const couldWords = { yes: 'could fail over now', no: 'could not fail over now', unknown: 'could perhaps fail over: not known' } as const;

const validatorHeadline = ({ row }: ValidatorView): string => {
  const who = row.holder === null ? `${row.signs.slice(0, 1).toUpperCase()}${row.signs.slice(1)}` : `${row.holder} ${row.signs}`;
  return `${row.validator} is ${row.health}. ${who}. It ${couldWords[row.couldMove.answer]}.${row.waits === null ? '' : ' It waits for you.'}`;
};

const partsOf = (mode: Mode, of: PageView): Parts => {
  switch (of.page) {
    case 'fleet': {
      const { view } = of;
      return { title: 'Fleet', headline: view.headline, level: worstOf(view.rows), trail: null, body: fleetBody(mode, view, of.asked ?? everything) };
    }
    case 'validator': {
      const { validator, level } = of.view.row;
      return {
        title: validator,
        headline: validatorHeadline(of.view),
        level,
        trail: html`<span aria-current="page">${validator}</span>`,
        body: validatorBody(mode, of.view),
      };
    }
    case 'failover': {
      const { execution, headline, status, validator } = of.view;
      const above = validator !== null && html`${link(mode, { page: 'validator', validator }, validator)} <span aria-hidden="true">›</span> `;
      return {
        title: execution,
        headline,
        level: levelOfEnd(status),
        trail: html`${above}<span aria-current="page">${execution}</span>`,
        body: failoverBody(mode, of.view),
      };
    }
    case 'trouble': {
      const { code, message, next } = of.view;
      return {
        title: code,
        headline: `${code}: this page could not be made.`,
        level: 'act',
        trail: null,
        body: html`<p class="end">${message}</p>
          <p>Next:</p>
          <p>${command(next)}</p>`,
      };
    }
  }
};

const inside = (mode: Mode, of: PageView): { readonly title: string; readonly content: Html } => {
  const { title, headline, level, trail, body } = partsOf(mode, of);
  const [sign, tone] = levelSigns[level];
  const home = trail === null ? html`<b>Baton</b>` : link(mode, { page: 'fleet' }, 'Fleet');
  const crumbs = html`<nav aria-label="Where you are">${home}${trail && html` <span aria-hidden="true">›</span> ${trail}`}</nav>`;
  const content = html`<header>
      ${crumbs}
      <p class="at">as of <time datetime="${new Date(of.view.atMs).toISOString()}">${utcOf(of.view.atMs)}</time></p>
    </header>
    <main id="bt-main" tabindex="-1">
      <h1 class="${tone}"><i aria-hidden="true">${sign}</i><span id="bt-headline">${headline}</span></h1>
      ${body}
    </main>`;
  return { title, content };
};

/** The part of a page that changes while somebody looks at it. */
export const pageInside = (of: PageView): string => textOf(inside({ kind: 'page' }, of).content);

/**
 * A document that takes its style and its script from `/console.css` and `/console.js`, and works without the script.
 * @param live the address from which news come, or null.
 */
export const pageDocument = (of: PageView, live: string | null): string => {
  const { title, content } = inside({ kind: 'page' }, of);
  return textOf(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} · Baton</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href="/console.css" />
          <script src="/console.js" defer></script>
        </head>
        <body>
          <a class="skip" href="#bt-main">To the page</a>
          <div class="bt" id="bt" ${live !== null && html` data-live="${live}"`}>${content}</div>
          <p class="sr" id="bt-news" role="status"></p>
        </body>
      </html>`,
  );
};

/** The style sheet of both. */
export const styleSheet = (): string => textOf(style);

/** What a custom widget shows: no script, nothing from elsewhere. Every call of it goes back to `mode.endpoint`. */
export const widget = (of: PageView, mode: Extract<Mode, { kind: 'widget' }>): string =>
  textOf(
    html`<div class="cwdb-no-default-styles"></div>
      <style>
        ${style}
      </style>
      <div class="bt" lang="en" data-theme="${mode.theme}">${inside(mode, of).content}</div>`,
  );
