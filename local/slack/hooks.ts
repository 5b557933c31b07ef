import { z } from 'zod';
import { jsonIn } from '../../runtime/reply.ts';
import { blocks, complaintsOf } from './blocks.ts';
import type { Answer } from './methods.ts';
import type { Workspace } from './workspace.ts';

/** hooks.slack.com/actions: where an app answers to a press, by the response_url that came with it. */

const said = z.strictObject({
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
  thread_ts: z.string().optional(),
  text: z.string().min(1).max(3_000).optional(),
  blocks: blocks.optional(),
});

const plain = (status: number, body: string): Answer => ({ status, headers: { 'content-type': 'text/html' }, body });

/** @param authorization a token has no business here: it opens more than this answer. */
export const answerHook = (
  workspace: Workspace,
  call: { readonly path: string; readonly contentType: string; readonly authorization: string | undefined; readonly body: string },
): Answer => {
  if (!call.contentType.startsWith('application/json') || call.authorization !== undefined) return plain(400, 'invalid_payload');
  const found = said.safeParse(jsonIn(call.body), { reportInput: true });
  if (!found.success) return plain(400, complaintsOf(found.error, '').some((one) => one.includes('/blocks')) ? 'invalid_blocks' : 'invalid_payload');
  const { text, blocks: shown, thread_ts: threadTs, replace_original: replace, delete_original: remove, response_type: type } = found.data;
  if (text === undefined && shown === undefined && remove !== true) return plain(500, 'no_text');
  const hook = workspace.useHook(call.path);
  if (!hook) return plain(404, 'expired_url');
  const original = hook.ts === undefined ? undefined : workspace.messages.get(hook.ts);
  if (remove === true && original) workspace.remove(original);
  else if (replace === true && original) workspace.edit(original, { ...(text === undefined ? {} : { text }), ...(shown ? { blocks: shown } : {}) });
  else if (type === 'in_channel') workspace.post({ text: text ?? '', blocks: shown, threadTs, broadcast: false });
  else workspace.whisper({ user: hook.user, threadTs: threadTs ?? original?.threadTs, text: text ?? '' });
  return plain(200, 'ok');
};
