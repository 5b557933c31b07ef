import { z } from 'zod';
import { elapsedMs, type SteadyMs } from '../../core/time.ts';
import { blocks, complaintsOf, view, type Block } from './blocks.ts';
import { app, type Message, type View, type Workspace } from './workspace.ts';

/** Slack's Web API by docs.slack.dev/reference/methods: the methods that an app like Baton calls, with what they refuse and how. */

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const jsonAnswer = (value: Readonly<Record<string, unknown>>): Answer => ({ status: 200, body: JSON.stringify(value) });
const refusal = (error: string, complaints: readonly string[] = []): Answer =>
  jsonAnswer({
    ok: false,
    error,
    ...(error === 'invalid_blocks' ? { errors: complaints } : {}),
    ...(complaints.length > 0 ? { response_metadata: { messages: complaints.map((one) => `[ERROR] ${one}`) } } : {}),
  });

const longestText = 40_000;
const longestEdit = 4_000;
const largestViewBytes = 250_000;

const posted = z.looseObject({
  channel: z.string(),
  text: z.string().optional(),
  blocks: z.unknown().optional(),
  thread_ts: z.string().optional(),
  reply_broadcast: z.boolean().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});
const edited = z.looseObject({
  channel: z.string(),
  ts: z.string(),
  text: z.string().optional(),
  blocks: z.unknown().optional(),
  reply_broadcast: z.boolean().optional(),
});
const opened = z.looseObject({ trigger_id: z.string(), view: z.unknown() });
const updated = z.looseObject({ view_id: z.string().optional(), external_id: z.string().optional(), hash: z.string().optional(), view: z.unknown() });
const nothing = z.looseObject({});

type Refused = { readonly refused: Answer };
const refused = (error: string, complaints?: readonly string[]): Refused => ({ refused: refusal(error, complaints) });

const messageOf = (message: Message): Record<string, unknown> => ({
  type: 'message',
  user: app.botUser,
  bot_id: app.bot,
  app_id: app.id,
  ts: message.ts,
  text: message.text,
  ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
  ...(message.blocks === undefined ? {} : { blocks: message.blocks }),
  ...(message.edited ? { edited: { user: app.botUser, ts: message.ts } } : {}),
});

/** A view as Slack tells it to the app. */
export const viewOf = (one: View, team: string, values: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id: one.id,
  team_id: team,
  type: 'modal',
  blocks: one.blocks,
  private_metadata: one.sent.private_metadata ?? '',
  callback_id: one.sent.callback_id ?? '',
  state: { values },
  hash: one.hash,
  title: one.sent.title,
  clear_on_close: one.sent.clear_on_close ?? false,
  notify_on_close: one.sent.notify_on_close ?? false,
  close: one.sent.close ?? null,
  submit: one.sent.submit ?? null,
  previous_view_id: one.previousId,
  root_view_id: one.rootId,
  app_id: app.id,
  external_id: one.sent.external_id ?? '',
  app_installed_team_id: team,
  bot_id: app.bot,
});

const blocksIn = (given: unknown): { readonly blocks: readonly Block[] | undefined } | Refused => {
  if (given === undefined) return { blocks: undefined };
  if (!Array.isArray(given)) return refused('invalid_blocks_format');
  const found = blocks.safeParse(given, { reportInput: true });
  return found.success ? { blocks: found.data } : refused('invalid_blocks', complaintsOf(found.error, '/blocks'));
};

const viewIn = (given: unknown): { readonly sent: z.infer<typeof view> } | Refused => {
  if (JSON.stringify(given ?? null).length > largestViewBytes) return refused('view_too_large');
  const found = view.safeParse(given, { reportInput: true });
  return found.success ? { sent: found.data } : refused('invalid_arguments', complaintsOf(found.error, '/view'));
};

type Method = (workspace: Workspace, given: Record<string, unknown>) => Answer;

/** Arguments held to their types; `act` judges the rest. */
const method =
  <S extends z.ZodType>(schema: S, act: (workspace: Workspace, given: z.output<S>) => Answer): Method =>
  (workspace, given) => {
    const found = schema.safeParse(given, { reportInput: true });
    return found.success ? act(workspace, found.data) : refusal('invalid_arguments', complaintsOf(found.error, ''));
  };

const post = method(posted, (workspace, given) => {
  if (given.channel !== workspace.options.channel) return refusal('channel_not_found');
  const read = blocksIn(given.blocks);
  if ('refused' in read) return read.refused;
  if ((given.text ?? '') === '' && read.blocks === undefined) return refusal('no_text');
  if ((given.text ?? '').length > longestText) return refusal('msg_too_long');
  const parent = given.thread_ts === undefined ? undefined : workspace.messages.get(given.thread_ts);
  // A reply to a reply is a reply to what that answers.
  if (given.thread_ts !== undefined && parent === undefined) return refusal('cannot_reply_to_message');
  const message = workspace.post({
    text: given.text ?? '',
    blocks: read.blocks,
    threadTs: parent && (parent.threadTs ?? parent.ts),
    broadcast: parent !== undefined && given.reply_broadcast === true,
  });
  return jsonAnswer({ ok: true, channel: given.channel, ts: message.ts, message: messageOf(message) });
});

const edit = method(edited, (workspace, given) => {
  if (given.channel !== workspace.options.channel) return refusal('channel_not_found');
  const message = workspace.messages.get(given.ts);
  // What a person alone was told is no message that can be edited.
  if (workspace.whispers.some(({ ts }) => ts === given.ts)) return refusal('cant_update_message');
  if (message === undefined) return refusal('message_not_found');
  const read = blocksIn(given.blocks);
  if ('refused' in read) return read.refused;
  if (given.text === undefined && read.blocks === undefined) return refusal('no_text');
  if ((given.text ?? '').length > longestEdit) return refusal('msg_too_long');
  const now = workspace.edit(message, {
    ...(given.text === undefined ? {} : { text: given.text }),
    ...(read.blocks === undefined ? {} : { blocks: read.blocks }),
  });
  return jsonAnswer({ ok: true, channel: given.channel, ts: now.ts, text: now.text, message: messageOf(now) });
});

const open = method(opened, (workspace, given) => {
  const read = viewIn(given.view);
  if ('refused' in read) return read.refused;
  const { external_id: external } = read.sent;
  if (external !== undefined && workspace.named(external)) return refusal('duplicate_external_id');
  const trigger = workspace.exchange(given.trigger_id);
  if ('error' in trigger) return trigger.error === 'invalid' ? refusal('invalid_arguments', ['invalid `trigger_id`']) : refusal(trigger.error);
  const made = workspace.open(trigger.user, read.sent);
  return made ? jsonAnswer({ ok: true, view: viewOf(made, workspace.options.team) }) : refusal('push_limit_reached');
});

const update = method(updated, (workspace, given) => {
  const read = viewIn(given.view);
  if ('refused' in read) return read.refused;
  const old = given.view_id === undefined ? workspace.named(given.external_id ?? '') : workspace.view(given.view_id);
  if (!old) return refusal('not_found');
  if (given.hash !== undefined && given.hash !== old.hash) return refusal('hash_conflict');
  return jsonAnswer({ ok: true, view: viewOf(workspace.replace(old, read.sent), workspace.options.team) });
});

const test = method(nothing, ({ options: { team } }) =>
  jsonAnswer({ ok: true, url: 'https://baton.slack.com/', team: 'Baton', user: 'baton', team_id: team, user_id: app.botUser, bot_id: app.bot }),
);

/** How many in a minute; messages to one channel about one a second. docs.slack.dev/apis/web-api/rate-limits. */
const known: Readonly<Record<string, { readonly run: Method; readonly perMinute: number; readonly burst: number }>> = {
  'chat.postMessage': { run: post, perMinute: 60, burst: 10 },
  'chat.update': { run: edit, perMinute: 50, burst: 50 },
  'views.open': { run: open, perMinute: 100, burst: 100 },
  'views.update': { run: update, perMinute: 100, burst: 100 },
  'auth.test': { run: test, perMinute: 300, burst: 300 },
};

export interface Call {
  readonly method: string;
  readonly httpMethod: string;
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

const objectIn = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

export class WebApi {
  readonly #workspace: Workspace;
  readonly #token: string;
  readonly #buckets = new Map<string, { tokens: number; atMs: SteadyMs }>();

  constructor(workspace: Workspace, botToken: string) {
    this.#workspace = workspace;
    this.#token = botToken;
  }

  /** Seconds to wait; zero when it may go on. */
  #wait(name: string, { perMinute, burst }: { readonly perMinute: number; readonly burst: number }): number {
    const nowMs = this.#workspace.options.clock.steadyMs();
    const before = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, before.tokens + (elapsedMs(before.atMs, nowMs) * perMinute) / 60_000);
    this.#buckets.set(name, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs });
    return tokens < 1 ? Math.ceil(((1 - tokens) * 60) / perMinute) : 0;
  }

  answer(call: Call): Answer {
    if (call.httpMethod !== 'POST') return { status: 405, body: '' };
    const found = known[call.method];
    if (!Object.hasOwn(known, call.method) || found === undefined) return refusal('unknown_method');
    const [type = '', charset] = call.contentType.split(/;\s*charset=/i);
    if (type !== 'application/json') return refusal('invalid_post_type');
    if (charset !== undefined && !/^"?utf-8"?$/i.test(charset)) return refusal('invalid_charset');
    if (call.authorization === undefined) return refusal('not_authed');
    if (call.authorization !== `Bearer ${this.#token}`) return refusal('invalid_auth');
    const seconds = this.#wait(call.method, found);
    if (seconds > 0) return { status: 429, headers: { 'retry-after': String(seconds) }, body: JSON.stringify({ ok: false, error: 'ratelimited' }) };
    const given = objectIn(call.body);
    return given === undefined ? refusal('invalid_json') : found.run(this.#workspace, given);
  }
}
