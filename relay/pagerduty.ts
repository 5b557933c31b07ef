import * as z from 'zod';
import { cut, type Alert } from './alert.ts';
import { destinationName, json, type Kind } from './destination.ts';

/** PagerDuty, Events API v2: one alert for each key, triggered and resolved. The routing key stands in the body. */

export const pagerdutySettings = z.strictObject({
  name: destinationName,
  kind: z.literal('pagerduty'),
  routingKey: z.string().regex(/^[A-Za-z0-9]{32}$/),
  region: z.enum(['us', 'eu']).default('us'),
});

const longestSummary = 1_024;

const detailsOf = ({ text, validator, execution, alarm }: Alert): Record<string, string> =>
  Object.fromEntries(Object.entries({ text, validator, execution, alarm }).filter((entry): entry is [string, string] => entry[1] !== undefined));

const trigger = (alert: Alert): Record<string, unknown> => ({
  payload: {
    summary: cut(alert.subject, longestSummary),
    source: alert.stack,
    severity: alert.severity,
    timestamp: alert.at,
    ...(alert.validator === undefined ? {} : { component: alert.validator }),
    group: alert.stack,
    class: alert.kind,
    custom_details: detailsOf(alert),
  },
  links: alert.links,
  client: 'Baton',
});

export const pagerduty: Kind<z.output<typeof pagerdutySettings>> = {
  requestOf: (alert, { routingKey, region }, { hosts }) => ({
    url: `${hosts.pagerduty[region]}/v2/enqueue`,
    ...json({
      routing_key: routingKey,
      event_action: alert.over ? 'resolve' : 'trigger',
      dedup_key: alert.key,
      ...(alert.over ? {} : trigger(alert)),
    }),
  }),
  took: ({ status }) => status === 202,
};
