import { elapsedMs, type Clock, type SteadyMs } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { Block, ViewSent } from './blocks.ts';

/** What a workspace holds: people, one channel, its messages and threads, what one person alone was told, and open modals. */

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  /** What the page says of them. */
  readonly about: string;
}

export interface Message {
  readonly ts: string;
  /** The message that it answers, where it stands in a thread. */
  readonly threadTs: string | undefined;
  readonly broadcast: boolean;
  readonly text: string;
  readonly blocks: readonly Block[] | undefined;
  /** The same, as the app sent them. */
  readonly sent: readonly Block[] | undefined;
  readonly edited: boolean;
}

/** Told to one person alone; gone when the page is loaded anew in Slack, kept here. */
export interface Whisper {
  readonly user: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
  readonly text: string;
}

export interface View {
  readonly id: string;
  readonly rootId: string;
  readonly previousId: string | null;
  readonly user: string;
  readonly hash: string;
  readonly sent: ViewSent;
  readonly blocks: readonly Block[];
}

export interface WorkspaceOptions {
  readonly clock: Clock;
  readonly team: string;
  readonly channel: string;
  readonly channelName: string;
  readonly people: readonly Person[];
}

interface Trigger {
  readonly user: string;
  readonly atMs: SteadyMs;
  used: boolean;
}
/** Where an app may answer to a press, a few times, for half an hour. */
export interface Hook {
  readonly user: string;
  readonly ts: string | undefined;
  readonly atMs: SteadyMs;
  left: number;
}

export const app = { id: 'A0BATON', bot: 'B0BATON', botUser: 'U0BOT', name: 'Baton' } as const;
const triggerMs = 3_000;
const hookMs = 1_800_000;
const hookUses = 5;
const most = 2_000;
const deepest = 3;

/** The oldest go when there are too many. */
const keepFew = (kept: Map<string, unknown>): void => {
  for (const key of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(key);
  }
};

export class Workspace {
  readonly options: WorkspaceOptions;
  readonly messages = new Map<string, Message>();
  readonly whispers: Whisper[] = [];
  readonly #views = new Map<string, View[]>();
  readonly #triggers = new Map<string, Trigger>();
  readonly #hooks = new Map<string, Hook>();
  readonly #listeners = new Set<() => void>();
  #count = 0;

  constructor(options: WorkspaceOptions) {
    this.options = options;
  }

  person(id: string): Person | undefined {
    return this.options.people.find((one) => one.id === id);
  }

  /** @returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #stamp(): string {
    this.#count += 1;
    return `${Math.floor(this.options.clock.epochMs() / 1_000)}.${String(this.#count).padStart(6, '0')}`;
  }

  /** Slack names blocks that have no name. */
  static #withIds(blocks: readonly Block[]): Block[] {
    return blocks.map((block) => (block.block_id === undefined ? { ...block, block_id: randomHex(3) } : block));
  }

  post(of: Pick<Message, 'text' | 'blocks' | 'threadTs' | 'broadcast'>): Message {
    const message = { ...of, ts: this.#stamp(), edited: false, sent: of.blocks, blocks: of.blocks && Workspace.#withIds(of.blocks) };
    this.messages.set(message.ts, message);
    keepFew(this.messages);
    this.changed();
    return message;
  }

  edit(message: Message, of: Partial<Pick<Message, 'text' | 'blocks'>>): Message {
    const next = { ...message, ...of, ...(of.blocks ? { blocks: Workspace.#withIds(of.blocks), sent: of.blocks } : {}), edited: true };
    this.messages.set(message.ts, next);
    this.changed();
    return next;
  }

  remove(message: Message): void {
    this.messages.delete(message.ts);
    this.changed();
  }

  whisper(of: Omit<Whisper, 'ts'>): void {
    this.whispers.push({ ...of, ts: this.#stamp() });
    this.whispers.splice(0, this.whispers.length - most);
    this.changed();
  }

  /** A name that opens one modal for this person, within three seconds. */
  trigger(user: string, id = `${Math.floor(this.options.clock.epochMs())}.${this.#triggers.size + 1}.${randomHex(16)}`): string {
    this.#triggers.set(id, { user, atMs: this.options.clock.steadyMs(), used: false });
    keepFew(this.#triggers);
    return id;
  }

  /** @returns whose it is, or why it opens nothing. */
  exchange(trigger: string): { readonly user: string } | { readonly error: 'invalid' | 'exchanged_trigger_id' | 'expired_trigger_id' } {
    const found = this.#triggers.get(trigger);
    if (!found) return { error: 'invalid' };
    if (found.used) return { error: 'exchanged_trigger_id' };
    if (elapsedMs(found.atMs, this.options.clock.steadyMs()) > triggerMs) return { error: 'expired_trigger_id' };
    found.used = true;
    return { user: found.user };
  }

  /** A path at hooks.slack.com. */
  hook(user: string, ts: string | undefined, path = `/actions/${this.options.team}/${this.#hooks.size + 1}/${randomHex(12)}`): string {
    this.#hooks.set(path, { user, ts, atMs: this.options.clock.steadyMs(), left: hookUses });
    keepFew(this.#hooks);
    return path;
  }

  /** @returns undefined when it is unknown, too old, or was used five times. */
  useHook(path: string): Hook | undefined {
    const found = this.#hooks.get(path);
    if (!found || found.left === 0 || elapsedMs(found.atMs, this.options.clock.steadyMs()) > hookMs) return undefined;
    found.left -= 1;
    return found;
  }

  /** The modal that this person sees. */
  viewOf(user: string): View | undefined {
    return this.#views.get(user)?.at(-1);
  }

  view(id: string): View | undefined {
    return [...this.#views.values()].flat().find((one) => one.id === id);
  }

  /** The open modal that the app has named so. */
  named(externalId: string): View | undefined {
    return externalId === '' ? undefined : [...this.#views.values()].flat().find((one) => one.sent.external_id === externalId);
  }

  /** @returns undefined when three lie over each other already. */
  open(user: string, sent: ViewSent): View | undefined {
    const stack = this.#views.get(user) ?? [];
    if (stack.length >= deepest) return undefined;
    const id = `V0${randomHex(5).toUpperCase()}`;
    const made = { id, rootId: stack[0]?.id ?? id, previousId: stack.at(-1)?.id ?? null, user, ...this.#drawn(sent) };
    this.#views.set(user, [...stack, made]);
    this.changed();
    return made;
  }

  replace(old: View, sent: ViewSent): View {
    const made = { ...old, ...this.#drawn(sent) };
    this.#views.set(
      old.user,
      (this.#views.get(old.user) ?? []).map((one) => (one.id === old.id ? made : one)),
    );
    this.changed();
    return made;
  }

  #drawn(sent: ViewSent): Pick<View, 'hash' | 'sent' | 'blocks'> {
    return { hash: `${Math.floor(this.options.clock.epochMs() / 1_000)}.${randomHex(4)}`, sent, blocks: Workspace.#withIds(sent.blocks) };
  }

  /** @param all whether those below it go too. */
  close(old: View, all: boolean): void {
    this.#views.set(old.user, all ? [] : (this.#views.get(old.user) ?? []).filter(({ id }) => id !== old.id));
    this.changed();
  }
}
