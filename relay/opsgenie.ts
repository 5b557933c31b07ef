import * as z from 'zod';
import { cut, type Alert, type Severity } from './alert.ts';
import { destinationName, json, type Kind } from './destination.ts';

/** Opsgenie's Alert API, which Jira Service Management has too: one alert for each alias, created and closed. */

export const opsgenieSettings = z.strictObject({
  name: destinationName,
  kind: z.literal('opsgenie'),
  apiKey: z.string().regex(/^[A-Za-z0-9_-]{20,200}$/),
  /** `jsm` is Jira Service Management, into which Opsgenie moves. */
  region: z.enum(['us', 'eu', 'jsm']).default('us'),
});

const longest = { message: 130, description: 15_000, entity: 512, note: 1_000 } as const;
const priorities: Readonly<Record<Severity, string>> = { critical: 'P1', error: 'P2', warning: 'P3', info: 'P5' };
const source = 'Baton';

const created = (alert: Alert): Record<string, unknown> => ({
  message: cut(alert.subject, longest.message),
  alias: alert.key,
  description: cut([alert.text, ...alert.links.map(({ href, text }) => `${text}: ${href}`)].join('\n\n'), longest.description),
  tags: ['baton', alert.kind],
  details: Object.fromEntries(
    Object.entries({ stack: alert.stack, validator: alert.validator, execution: alert.execution, alarm: alert.alarm }).filter(
      ([, value]) => value !== undefined,
    ),
  ),
  entity: cut(alert.validator ?? alert.stack, longest.entity),
  source,
  priority: priorities[alert.severity],
});

export const opsgenie: Kind<z.output<typeof opsgenieSettings>> = {
  requestOf: (alert, { apiKey, region }, { hosts }) => {
    const alerts = `${hosts.opsgenie[region]}/v2/alerts`;
    const { headers, body } = json(alert.over ? { source, note: cut(alert.text, longest.note) } : created(alert));
    return {
      url: alert.over ? `${alerts}/${encodeURIComponent(alert.key)}/close?identifierType=alias` : alerts,
      headers: { ...headers, authorization: `GenieKey ${apiKey}` },
      body,
    };
  },
  took: ({ status }) => status === 202,
};
