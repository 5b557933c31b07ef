import { z } from 'zod';
import { durationMs } from '../../core/time.ts';
import { jsonIn, textOf } from '../../runtime/reply.ts';
import { complaintsOf, view, type Block, type Button } from './blocks.ts';
import { viewOf } from './methods.ts';
import { signatureOf } from './signature.ts';
import { app, type Message, type Person, type View, type Workspace } from './workspace.ts';

/** What people do in the workspace, sent to the app as Slack sends it: signed, once, and given up after three seconds. */

export interface AppOptions {
  /** Where the app takes interactions; empty before it has told. */
  readonly requestUrl: () => string;
  readonly signingSecret: string;
}

/** What the person sees of it. */
export interface Outcome {
  readonly warning?: string;
  /** By the block that is wrong. */
  readonly errors?: Readonly<Record<string, string>>;
}

const answerMs = durationMs(3_000);
const maxReplyBytes = 262_144;
export const hooksOrigin = 'https://hooks.slack.com';

const trouble: Outcome = { warning: 'We had some trouble connecting. Try again?' };

const reaction = z.discriminatedUnion('response_action', [
  z.strictObject({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string().min(1)) }),
  z.strictObject({ response_action: z.literal('update'), view }),
  z.strictObject({ response_action: z.literal('push'), view }),
  z.strictObject({ response_action: z.literal('clear') }),
]);

const buttonsOf = (block: Block): readonly Button[] => {
  if (block.type === 'actions') return block.elements;
  return block.type === 'section' && block.accessory ? [block.accessory] : [];
};

export class Interactions {
  readonly #workspace: Workspace;
  readonly #app: AppOptions;
  /** What the app was told last, as it was sent. */
  readonly sent: { readonly body: string; readonly headers: Readonly<Record<string, string>> }[] = [];

  constructor(workspace: Workspace, options: AppOptions) {
    this.#workspace = workspace;
    this.#app = options;
  }

  #common(type: string, person: Person): Record<string, unknown> {
    const { team } = this.#workspace.options;
    return {
      type,
      team: { id: team, domain: 'baton' },
      user: { id: person.id, username: person.name, name: person.name, team_id: person.team },
      api_app_id: app.id,
      token: 'deprecated-verification-token',
      trigger_id: this.#workspace.trigger(person.id),
      enterprise: null,
      is_enterprise_install: false,
    };
  }

  /** @returns the text of an answer of status 200; undefined for everything else. */
  async #send(payload: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const { clock } = this.#workspace.options;
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const timestamp = String(Math.floor(clock.epochMs() / 1_000));
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      accept: 'application/json,*/*',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(this.#app.signingSecret, timestamp, body),
    };
    this.sent.push({ body, headers });
    this.sent.splice(0, this.sent.length - 100);
    try {
      const response = await fetch(this.#app.requestUrl(), { method: 'POST', headers, body, redirect: 'manual', signal: clock.timeout(answerMs) });
      if (response.status === 200) return await textOf(response, maxReplyBytes);
      await response.body?.cancel();
    } catch {
      // Whatever it was, the person sees one warning, and it is not sent again.
    }
    return undefined;
  }

  async #press(person: Person, button: Button, block: Block, of: Readonly<Record<string, unknown>>): Promise<Outcome> {
    const { type, action_id, text, value, style } = button;
    const action = {
      type,
      action_id,
      block_id: block.block_id,
      text: { emoji: true, ...text },
      ...(value === undefined ? {} : { value }),
      ...(style === undefined ? {} : { style }),
      action_ts: `${(this.#workspace.options.clock.epochMs() / 1_000).toFixed(6)}`,
    };
    const text200 = await this.#send({ ...this.#common('block_actions', person), ...of, actions: [action] });
    return text200 === undefined ? { warning: `${app.name} did not answer within three seconds, or said that it failed.` } : {};
  }

  /** @returns undefined when there is no such button. */
  async pressInMessage(person: Person, message: Message, of: { readonly block: string; readonly action: string }): Promise<Outcome | undefined> {
    const block = message.blocks?.find(({ block_id: id }) => id === of.block);
    const button = block && buttonsOf(block).find(({ action_id: id }) => id === of.action);
    if (!block || !button) return undefined;
    const { channel, channelName } = this.#workspace.options;
    const thread = message.threadTs === undefined ? {} : { thread_ts: message.threadTs };
    return this.#press(person, button, block, {
      container: { type: 'message', message_ts: message.ts, channel_id: channel, is_ephemeral: false, ...thread },
      channel: { id: channel, name: channelName },
      message: {
        type: 'message',
        user: app.botUser,
        bot_id: app.bot,
        app_id: app.id,
        ts: message.ts,
        ...thread,
        text: message.text,
        blocks: message.blocks,
      },
      state: { values: {} },
      response_url: `${hooksOrigin}${this.#workspace.hook(person.id, message.ts)}`,
    });
  }

  /** @returns undefined when there is no such button. */
  async pressInView(person: Person, shown: View, of: { readonly block: string; readonly action: string }): Promise<Outcome | undefined> {
    const block = shown.blocks.find(({ block_id: id }) => id === of.block);
    const button = block && buttonsOf(block).find(({ action_id: id }) => id === of.action);
    if (!block || !button) return undefined;
    return this.#press(person, button, block, {
      container: { type: 'view', view_id: shown.id },
      view: viewOf(shown, this.#workspace.options.team),
    });
  }

  /** What Slack itself asks of an input, before the app hears of it. */
  #missing(shown: View, values: Readonly<Record<string, string>>): Record<string, string> {
    const wrong: Record<string, string> = {};
    for (const block of shown.blocks) {
      if (block.type !== 'input' || block.block_id === undefined) continue;
      const value = values[block.block_id] ?? '';
      const { min_length: least = 0, max_length: longest = 3_000 } = block.element;
      if (value.trim() === '' && block.optional !== true) wrong[block.block_id] = 'Please complete this required field.';
      else if (value !== '' && value.length < least) wrong[block.block_id] = `Please enter at least ${least} characters.`;
      else if (value.length > longest) wrong[block.block_id] = `Please enter at most ${longest} characters.`;
    }
    return wrong;
  }

  /** @param values texts by the block they stand in. */
  async submit(person: Person, shown: View, values: Readonly<Record<string, string>>): Promise<Outcome> {
    const errors = this.#missing(shown, values);
    if (Object.keys(errors).length > 0) return { errors };
    const state = Object.fromEntries(
      shown.blocks.flatMap((block) =>
        block.type === 'input'
          ? [[block.block_id ?? '', { [block.element.action_id]: { type: 'plain_text_input', value: values[block.block_id ?? ''] || null } }]]
          : [],
      ),
    );
    const text = await this.#send({
      ...this.#common('view_submission', person),
      view: viewOf(shown, this.#workspace.options.team, state),
      response_urls: [],
    });
    return text === undefined ? trouble : this.#react(shown, text);
  }

  #react(shown: View, text: string): Outcome {
    if (text === '') {
      this.#workspace.close(shown, false);
      return {};
    }
    const found = reaction.safeParse(jsonIn(text), { reportInput: true });
    if (!found.success) return { warning: `${trouble.warning ?? ''} ${complaintsOf(found.error, '').join('; ')}` };
    const said = found.data;
    switch (said.response_action) {
      case 'errors': {
        const inputs = shown.blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : []));
        const named = Object.keys(said.errors);
        return named.length > 0 && named.every((id) => inputs.includes(id)) ? { errors: said.errors } : trouble;
      }
      case 'update':
        this.#workspace.replace(shown, said.view);
        return {};
      case 'push':
        return this.#workspace.open(shown.user, said.view) ? {} : trouble;
      case 'clear':
        this.#workspace.close(shown, true);
        return {};
    }
  }

  /** The person closes a modal: the app is told where the view asked for it. */
  async close(person: Person, shown: View): Promise<void> {
    this.#workspace.close(shown, shown.sent.clear_on_close === true);
    if (shown.sent.notify_on_close !== true) return;
    const { trigger_id: _trigger, ...common } = this.#common('view_closed', person);
    await this.#send({ ...common, view: viewOf(shown, this.#workspace.options.team), is_cleared: shown.sent.clear_on_close === true });
  }
}
