import type { SlackSettings } from '../../aws/slack-settings.ts';
import type { Thread } from '../../aws/slack-threads.ts';
import type { SlackMessage } from '../../core/slack-message.ts';
import type { SlackMessageAt } from '../../core/slack-names.ts';
import type { Deps } from '../../functions/shared/deps.ts';

const empty: Thread = { messages: [], said: [] };

/** What Slack was told, for handlers; while it is down it takes nothing. */
export class SlackWorld {
  up = false;
  settings: SlackSettings | null = null;
  posted: SlackMessage[] = [];
  /** Under which message each was posted. */
  under: (SlackMessageAt | undefined)[] = [];
  updated: { at: SlackMessageAt; message: SlackMessage }[] = [];
  opened: { trigger: string; view: Readonly<Record<string, unknown>> }[] = [];
  replies: { url: string; text: string }[] = [];
  /** What the table holds about it, by execution. */
  threads = new Map<string, Thread>();
  /** Called while an edit is on its way. */
  editing: (() => void) | undefined;

  #thread(execution: string): Thread {
    return this.threads.get(execution) ?? empty;
  }

  /** @param mustBeUp throws where the test lets a service give no answer. */
  parts(mustBeUp: (service: string) => void): Pick<Deps, 'slack' | 'slackSettings' | 'slackThreads'> {
    return {
      slack: {
        post: async (message, _, under) => {
          this.posted.push(message);
          this.under.push(under);
          return this.up ? { channel: 'C0BATON', ts: '1700000000.000100' } : null;
        },
        update: async (at, message) => {
          this.updated.push({ at, message });
          this.editing?.();
          return this.up;
        },
        open: async (trigger, view) => {
          this.opened.push({ trigger, view });
          return this.up;
        },
        reply: async (url, text) => {
          this.replies.push({ url, text });
          return this.up;
        },
      },
      slackSettings: {
        read: async () => {
          mustBeUp('slack');
          return this.settings;
        },
      },
      slackThreads: {
        read: async (execution) => {
          mustBeUp('threads');
          return this.#thread(execution);
        },
        add: async (execution, at) => {
          mustBeUp('threads');
          const { messages, said } = this.#thread(execution);
          this.threads.set(execution, { said, messages: [...messages, { ...at, closed: false }] });
        },
        close: async (execution, ts) => {
          const { messages, said } = this.#thread(execution);
          this.threads.set(execution, { said, messages: messages.map((one) => (one.ts === ts ? { ...one, closed: true } : one)) });
        },
        claim: async (execution, mark) => {
          mustBeUp('threads');
          const { messages, said } = this.#thread(execution);
          if (said.includes(mark)) return false;
          this.threads.set(execution, { messages, said: [...said, mark] });
          return true;
        },
        forget: async (execution, mark) => {
          const { messages, said } = this.#thread(execution);
          this.threads.set(execution, { messages, said: said.filter((one) => one !== mark) });
        },
      },
    };
  }
}
