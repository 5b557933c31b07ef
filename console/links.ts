import { html, type Html, type Value } from './html.ts';
import type { Asked } from './view.ts';

/** How one page leads to another: by addresses in a browser, by calls of the function in a widget of CloudWatch. */

export type Mode =
  | { readonly kind: 'page' }
  /** @property endpoint ARN of the function that is called. */
  | { readonly kind: 'widget'; readonly endpoint: string; readonly theme: 'light' | 'dark' };

export type Target =
  | ({ readonly page: 'fleet' } & Partial<Asked>)
  | { readonly page: 'validator'; readonly validator: string }
  | { readonly page: 'failover'; readonly execution: string };

const addressOf = (to: Target): string => {
  if (to.page === 'validator') return `/validator/${encodeURIComponent(to.validator)}`;
  if (to.page === 'failover') return `/failover/${encodeURIComponent(to.execution)}`;
  const { page: _page, ...asked } = to;
  const query = new URLSearchParams(Object.entries(asked)).toString();
  return query === '' ? '/' : `/?${query}`;
};

/** In a widget the element before `cwdb-action` becomes what is chosen; it has no address, for an address would leave the dashboard. */
export const link = (mode: Mode, to: Target, label: Value, of: { readonly current?: boolean } = {}): Html => {
  const current = of.current === true && html` aria-current="true"`;
  if (mode.kind === 'page') return html`<a href="${addressOf(to)}" ${current}>${label}</a>`;
  const call = html`<cwdb-action action="call" endpoint="${mode.endpoint}">${JSON.stringify(to)}</cwdb-action>`;
  return html`<a class="go" role="button" tabindex="0" ${current}>${label}</a>${call}`;
};
