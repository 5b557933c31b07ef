import type { Block, Button, TextObject } from './blocks.ts';
import { spansOf, unescaped, type Span } from './text.ts';
import { app, type Message, type View, type Workspace } from './workspace.ts';

/** What one person sees now, as parts without markup: the page makes elements of them, and never reads a text as HTML. */

const spans = ({ type, text }: TextObject): readonly Span[] =>
  type === 'mrkdwn' ? spansOf(text) : [{ kind: 'text', text: unescaped(text), styles: [] }];
const words = (of: { readonly text: string } | undefined): string | undefined => (of === undefined ? undefined : unescaped(of.text));

const buttonOf = ({ action_id: action, text, style, confirm, url, accessibility_label: label }: Button) => ({
  action,
  text: words(text),
  style,
  url,
  label,
  confirm: confirm && {
    title: words(confirm.title),
    text: words(confirm.text),
    yes: words(confirm.confirm),
    no: words(confirm.deny),
    style: confirm.style ?? 'primary',
  },
});

const blockOf = (block: Block): Record<string, unknown> => {
  const { type, block_id: id } = block;
  switch (block.type) {
    case 'header':
      return { type, id, text: words(block.text) };
    case 'divider':
      return { type, id };
    case 'section':
      return {
        type,
        id,
        spans: block.text ? spans(block.text) : [],
        fields: (block.fields ?? []).map(spans),
        elements: block.accessory ? [buttonOf(block.accessory)] : [],
      };
    case 'context':
      return { type, id, parts: block.elements.map(spans) };
    case 'actions':
      return { type, id, elements: block.elements.map(buttonOf) };
    case 'input': {
      const { initial_value: value, multiline, max_length: longest, placeholder, focus_on_load: focus } = block.element;
      return {
        type,
        id,
        label: words(block.label),
        hint: words(block.hint),
        optional: block.optional === true,
        value,
        multiline: multiline === true,
        longest,
        placeholder: words(placeholder),
        focus: focus === true,
      };
    }
  }
};

const messageOf = (one: Message): Record<string, unknown> => ({
  ts: one.ts,
  from: app.name,
  edited: one.edited,
  threadTs: one.threadTs,
  broadcast: one.broadcast,
  // A reader that shows blocks shows no text beside them.
  blocks: one.blocks ? one.blocks.map(blockOf) : [{ type: 'section', spans: spansOf(one.text), fields: [], elements: [] }],
});

const viewOf = ({ id, hash, sent, blocks }: View): Record<string, unknown> => ({
  id,
  hash,
  title: words(sent.title),
  submit: sent.submit_disabled === true ? undefined : words(sent.submit),
  close: words(sent.close) ?? 'Cancel',
  blocks: blocks.map(blockOf),
});

/** @param user whoever looks. */
export const drawn = (workspace: Workspace, user: string): Record<string, unknown> => {
  const { channelName, people } = workspace.options;
  const shown = workspace.viewOf(user);
  return {
    channel: channelName,
    people: people.map(({ id, name, about }) => ({ id, name, about })),
    messages: [...workspace.messages.values()].map(messageOf),
    whispers: workspace.whispers
      .filter((one) => one.user === user)
      .map(({ ts, threadTs, text }) => ({
        ts,
        threadTs,
        from: app.name,
        blocks: [{ type: 'section', spans: spansOf(text), fields: [], elements: [] }],
      })),
    view: shown ? viewOf(shown) : null,
  };
};
