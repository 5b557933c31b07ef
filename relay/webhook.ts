import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import * as z from 'zod';
import type { Alert } from './alert.ts';
import { destinationName, json, type Kind } from './destination.ts';
import { isPublic } from './public-address.ts';

/** Any receiver that speaks HTTPS, signed by the scheme of Standard Webhooks. */

const longestUrl = 1_000;
const [leastSecretBytes, mostSecretBytes] = [24, 64];
const prefix = 'whsec_';

const bytesOf = (secret: string): Buffer => Buffer.from(secret.slice(prefix.length), 'base64');

const dotted = /^(?:[a-z0-9_-]+\.)+[a-z0-9-]+$/;
/** Names that no public receiver has. What a name leads to is looked at when it is called. */
const insideName = /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa)$/;

const isOutside = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return isIP(host) === 0 ? dotted.test(host) && !insideName.test(host) : isPublic(host);
};

const isSecret = (text: string): boolean => {
  const bytes = bytesOf(text);
  return text === `${prefix}${bytes.toString('base64')}` && bytes.length >= leastSecretBytes && bytes.length <= mostSecretBytes;
};

/** One, or two while one replaces the other. */
export const webhookSecrets = z.array(z.string().startsWith(prefix).max(100).refine(isSecret)).min(1).max(2);

/** @param isUrl which addresses may be called at all. */
const settingsWith = (isUrl: (text: string) => boolean) =>
  z.strictObject({
    name: destinationName,
    kind: z.literal('webhook'),
    url: z.string().max(longestUrl).refine(isUrl),
    /** Two while one replaces the other: then there are two signatures. */
    secrets: webhookSecrets,
  });

export const webhookSettings = settingsWith(isOutside);
/** For the local cloud: this machine and nothing else. */
export const loopbackWebhookSettings = settingsWith((text) => /^http:\/\/127\.0\.0\.1:\d{1,5}\//.test(text));

/** HMAC-SHA256 over id, second and body, as `v1,` and base64. */
export const signatureOf = (secret: string, of: { readonly id: string; readonly seconds: number; readonly body: string }): string =>
  `v1,${createHmac('sha256', bytesOf(secret)).update(`${of.id}.${of.seconds}.${of.body}`).digest('base64')}`;

const dataOf = ({ subject, text, severity, over, key, stack, validator, execution, alarm, links }: Alert) => ({
  subject,
  text,
  severity,
  over,
  key,
  stack,
  validator,
  execution,
  alarm,
  links,
});

export const webhook: Kind<z.output<typeof webhookSettings>> = {
  requestOf: (alert, settings, { nowSeconds }) => {
    const { headers, body } = json({ type: `baton.${alert.kind}`, timestamp: alert.at, data: dataOf(alert) });
    // The id stays through every try, so that the receiver can tell a repetition.
    const id = `msg_${alert.id}`;
    const signatures = settings.secrets.map((secret) => signatureOf(secret, { id, seconds: nowSeconds, body }));
    return {
      url: settings.url,
      headers: {
        ...headers,
        'user-agent': 'Baton',
        'webhook-id': id,
        'webhook-timestamp': String(nowSeconds),
        'webhook-signature': signatures.join(' '),
      },
      body,
    };
  },
  took: ({ status }) => status >= 200 && status < 300,
};
