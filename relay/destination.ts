import * as z from 'zod';
import type { Alert } from './alert.ts';

/** The one small shape that every kind of destination has. */

/** One HTTP request, a POST. Its URL and headers may hold secrets: they are in no message and no log. */
export interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where the services are; the local cloud and tests have their own. Without a slash at the end. */
export interface Hosts {
  readonly pagerduty: Readonly<Record<'us' | 'eu', string>>;
  readonly opsgenie: Readonly<Record<'us' | 'eu' | 'jsm', string>>;
  readonly telegram: string;
}

export interface Answer {
  readonly status: number;
  /** As much of it as is read. */
  readonly body: string;
}

export interface Kind<S> {
  /** Pure: the same alert, settings and second give the same request. */
  readonly requestOf: (alert: Alert, settings: S, of: { readonly hosts: Hosts; readonly nowSeconds: number }) => Request;
  /** Whether the service says that it took it. */
  readonly took: (answer: Answer) => boolean;
  /** How long the service asks to wait, where it does not say so in the header `retry-after`; in seconds. */
  readonly waitSeconds?: (answer: Answer) => number | undefined;
}

/** Its name, in messages, logs and figures: it tells two destinations of one kind apart and is no secret. */
export const destinationName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);

export const json = (value: unknown): { readonly headers: { readonly 'content-type': string }; readonly body: string } => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
