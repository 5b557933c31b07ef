import * as z from 'zod';
import { cut } from './alert.ts';
import { destinationName, json, type Kind } from './destination.ts';

/** A bot of Telegram, sendMessage. The token is part of the URL; Telegram takes the same message twice as two messages. */

export const telegramSettings = z.strictObject({
  name: destinationName,
  kind: z.literal('telegram'),
  token: z.string().regex(/^\d{6,20}:[A-Za-z0-9_-]{30,100}$/),
  /** A chat's number, or a public channel's @name. */
  chat: z.string().regex(/^(?:-?\d{1,20}|@[A-Za-z]\w{4,31})$/),
});

/** Of 4096 letters after the markup is taken out: links and subject have room beside it. */
const longestText = 3_000;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const quoted = (text: string): string => escaped(text).replaceAll('"', '&quot;');

const refusal = z.looseObject({ parameters: z.looseObject({ retry_after: z.number().int().min(0) }) });
const replied = z.looseObject({ ok: z.literal(true) });
const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
};

export const telegram: Kind<z.output<typeof telegramSettings>> = {
  requestOf: (alert, { token, chat }, { hosts }) => {
    const links = alert.links.map(({ href, text }) => `<a href="${quoted(href)}">${escaped(text)}</a>`);
    const text = [`<b>${escaped(alert.subject)}</b>`, escaped(cut(alert.text, longestText)), ...links].join('\n\n');
    const quiet = alert.over || alert.severity === 'info';
    return {
      url: `${hosts.telegram}/bot${token}/sendMessage`,
      ...json({ chat_id: chat, text, parse_mode: 'HTML', link_preview_options: { is_disabled: true }, disable_notification: quiet }),
    };
  },
  took: ({ status, body }) => status === 200 && replied.safeParse(parsed(body)).success,
  waitSeconds: ({ body }) => refusal.safeParse(parsed(body)).data?.parameters.retry_after,
};
