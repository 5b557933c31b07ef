import * as z from 'zod';
import type { Alert } from './alert.ts';
import type { Answer, Hosts, Kind, Request } from './destination.ts';
import { opsgenie, opsgenieSettings } from './opsgenie.ts';
import { pagerduty, pagerdutySettings } from './pagerduty.ts';
import { telegram, telegramSettings } from './telegram.ts';
import { loopbackWebhookSettings, webhook, webhookSettings } from './webhook.ts';

/** Every kind of destination, and the settings that name them. */

export type { Alert } from './alert.ts';
export { alertOf } from './alert.ts';
export type { Hosts, Request } from './destination.ts';

const mostDestinations = 10;

const schemaWith = (webhooks: typeof webhookSettings) =>
  z.strictObject({
    destinations: z
      .array(z.discriminatedUnion('kind', [pagerdutySettings, opsgenieSettings, telegramSettings, webhooks]))
      .min(1)
      .max(mostDestinations)
      // What each has taken is remembered by its name.
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name once'),
  });

/** What the parameter holds. @param reach `loopback` for the local cloud, whose webhooks go to this machine alone. */
export const relaySettings = (reach: Reach) => schemaWith(reach === 'public' ? webhookSettings : loopbackWebhookSettings);
export type RelaySettings = z.output<ReturnType<typeof relaySettings>>;
export type Destination = RelaySettings['destinations'][number];

/** Which addresses may be called: the public internet, or this machine alone. */
export type Reach = 'public' | 'loopback';

export const publicHosts: Hosts = {
  pagerduty: { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' },
  opsgenie: { us: 'https://api.opsgenie.com', eu: 'https://api.eu.opsgenie.com', jsm: 'https://api.atlassian.com/jsm/ops/integration' },
  telegram: 'https://api.telegram.org',
};

/** One destination with the kind that it is of. */
export interface Bound {
  readonly requestOf: (alert: Alert, of: { readonly hosts: Hosts; readonly nowSeconds: number }) => Request;
  readonly took: (answer: Answer) => boolean;
  readonly waitSeconds: (answer: Answer) => number | undefined;
}

const boundTo = <S>({ requestOf, took, waitSeconds }: Kind<S>, settings: S): Bound => ({
  requestOf: (alert, of) => requestOf(alert, settings, of),
  took,
  waitSeconds: waitSeconds ?? (() => undefined),
});

export const boundOf = (destination: Destination): Bound => {
  switch (destination.kind) {
    case 'pagerduty':
      return boundTo(pagerduty, destination);
    case 'opsgenie':
      return boundTo(opsgenie, destination);
    case 'telegram':
      return boundTo(telegram, destination);
    case 'webhook':
      return boundTo(webhook, destination);
  }
};
