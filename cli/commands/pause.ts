import { configOf, parseValidator, parseWords, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

/** Baton goes on watching and does nothing by itself until `resume`. Guards are not touched. */
export const pause = async (context: Context, name: string, reason: string): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  const why = parseWords(reason, '--reason');
  const by = await context.whoAmI();
  await context.records.pause(config.id, { by, reason: why, atMs: context.clock.epochMs() });
  return {
    lines: [`${config.id} is paused: no failover will start. Its guards go on as before.`, `  next: baton resume ${config.id}`],
    json: { validator: config.id, paused: true, by, reason },
  };
};

export const resume = async (context: Context, name: string): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  await context.records.resume(config.id);
  return { lines: [`${config.id} is watched and may be failed over again.`], json: { validator: config.id, paused: false } };
};
