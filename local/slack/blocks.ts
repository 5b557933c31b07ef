import { z } from 'zod';

/**
 * Block Kit by docs.slack.dev/reference/block-kit: the blocks, elements and objects that are drawn here, with their limits. In two points it
 * is harder than Slack: a text must be escaped, and it may not call everybody in the channel.
 */

const escapedText = /^(?:[^&<>]|&(?:amp|lt|gt);|<!date\^\d+\^[^|<>]+\|[^<>]+>|<https?:\/\/[^<>\s|]+(?:\|[^<>]+)?>|<[@#][A-Z0-9]+(?:\|[^<>]*)?>)*$/u;

const bareText = /^(?:[^&<>]|&(?:amp|lt|gt);)*$/u;

const text = (longest: number, form: RegExp) => z.string().min(1).max(longest).regex(form);
const plain = (longest: number) => z.strictObject({ type: z.literal('plain_text'), text: text(longest, bareText), emoji: z.boolean().optional() });
const marked = (longest: number) => z.strictObject({ type: z.literal('mrkdwn'), text: text(longest, escapedText), verbatim: z.boolean().optional() });
const either = (longest: number) => z.discriminatedUnion('type', [plain(longest), marked(longest)]);
const actionId = z.string().min(1).max(255);
const blockId = z.string().min(1).max(255).optional();

const button = z.strictObject({
  type: z.literal('button'),
  action_id: actionId,
  text: plain(75),
  value: z.string().max(2_000).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(3_000)
    .optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: z
    .strictObject({ title: plain(100), text: plain(300), confirm: plain(30), deny: plain(30), style: z.enum(['primary', 'danger']).optional() })
    .optional(),
  accessibility_label: z.string().min(1).max(75).optional(),
});
const textInput = z
  .strictObject({
    type: z.literal('plain_text_input'),
    action_id: actionId,
    initial_value: z.string().max(3_000).optional(),
    multiline: z.boolean().optional(),
    min_length: z.number().int().min(0).max(3_000).optional(),
    max_length: z.number().int().min(1).max(3_000).optional(),
    focus_on_load: z.boolean().optional(),
    placeholder: plain(150).optional(),
  })
  .refine(({ min_length: least = 0, max_length: most = 3_000 }) => least <= most, { error: '`min_length` must be less than `max_length`' });

const differ = (ids: readonly (string | undefined)[]): boolean => {
  const given = ids.filter((id) => id !== undefined);
  return new Set(given).size === given.length;
};

const section = z
  .strictObject({
    type: z.literal('section'),
    block_id: blockId,
    text: either(3_000).optional(),
    fields: z.array(either(2_000)).min(1).max(10).optional(),
    accessory: button.optional(),
    expand: z.boolean().optional(),
  })
  .refine((one) => one.text !== undefined || one.fields !== undefined, { error: 'must define either `text` or `fields`' });
const header = z.strictObject({ type: z.literal('header'), block_id: blockId, text: plain(150) });
const divider = z.strictObject({ type: z.literal('divider'), block_id: blockId });
const context = z.strictObject({ type: z.literal('context'), block_id: blockId, elements: z.array(either(3_000)).min(1).max(10) });
const actions = z.strictObject({
  type: z.literal('actions'),
  block_id: blockId,
  elements: z
    .array(button)
    .min(1)
    .max(25)
    .refine((list) => differ(list.map((one) => one.action_id)), { error: '`action_id` has already been used' }),
});
const input = z.strictObject({
  type: z.literal('input'),
  block_id: blockId,
  label: plain(2_000),
  element: textInput,
  hint: plain(2_000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.literal(false).optional(),
});

const blocksDiffer = [
  (list: readonly { block_id?: string | undefined }[]) => differ(list.map((one) => one.block_id)),
  { error: '`block_id` has already been used' },
] as const;

const inMessage = z.discriminatedUnion('type', [header, section, divider, context, actions]);
const inView = z.discriminatedUnion('type', [header, section, divider, context, actions, input]);
export type Button = z.infer<typeof button>;
export type Block = z.infer<typeof inView>;
export type TextObject = z.infer<ReturnType<typeof either>>;

/** Blocks of a message. */
export const blocks = z
  .array(inMessage)
  .min(1)
  .max(50)
  .refine(...blocksDiffer);

/** A modal. */
export const view = z
  .strictObject({
    type: z.literal('modal'),
    title: plain(24),
    blocks: z
      .array(inView)
      .min(1)
      .max(100)
      .refine(...blocksDiffer),
    close: plain(24).optional(),
    submit: plain(24).optional(),
    private_metadata: z.string().max(3_000).optional(),
    callback_id: z.string().max(255).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    external_id: z.string().max(255).optional(),
    submit_disabled: z.boolean().optional(),
  })
  .refine(({ blocks: list, submit }) => submit !== undefined || list.every(({ type }) => type !== 'input'), {
    error: '`submit` is required when an `input` block is within the `blocks` array',
    path: ['submit'],
  });
export type ViewSent = z.infer<typeof view>;

const wordsOf = (issue: z.core.$ZodIssue): string => {
  const counted = 'origin' in issue && issue.origin === 'array' ? 'items' : 'characters';
  if (issue.code === 'too_big') return `must be less than ${Number(issue.maximum) + 1} ${counted}`;
  if (issue.code === 'too_small') return `must be more than ${Number(issue.minimum) - 1} ${counted}`;
  if (issue.code === 'unrecognized_keys') return `no more than the known properties are allowed: ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_union') return 'unsupported type';
  if (issue.code === 'invalid_type' && issue.input === undefined) return `missing required field: ${String(issue.path.at(-1) ?? '')}`;
  if (issue.code === 'custom') return issue.message;
  return 'failed to match all allowed schemas';
};

/** As Slack tells what it refuses, each with a JSON pointer. @param at where the value stands, for example `/blocks`. */
export const complaintsOf = (error: z.ZodError, at: string): string[] =>
  error.issues.slice(0, 10).map((issue) => `${wordsOf(issue)} [json-pointer:${[at, ...issue.path.map(String)].join('/')}]`);
