import { parseLength, type Pause } from '../../core/pause.ts';
import { utcOf } from '../../core/time.ts';
import { configOf, parseValidator, parseWords, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

export interface PauseOptions {
  readonly reason: string;
  /** How long, as it was typed; until `resume` when absent. */
  readonly for?: string;
}

/** For people: when a pause ends by itself. */
export const endOf = ({ untilMs }: Pick<Pause, 'untilMs'>): string => (untilMs === undefined ? 'until resume' : `until ${utcOf(untilMs)}`);

/** Baton goes on watching and does nothing by itself until `resume`, or the end that was given. Guards are not touched. */
export const pause = async (context: Context, name: string, options: PauseOptions): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  const reason = parseWords(options.reason, '--reason');
  const lengthMs = options.for === undefined ? undefined : parseLength(options.for, '--for');
  const by = await context.whoAmI();
  const atMs = context.clock.epochMs();
  const record: Pause = { by, reason, atMs, ...(lengthMs === undefined ? {} : { untilMs: atMs + lengthMs }) };
  await context.records.pause(config.id, record);
  return {
    lines: [`${config.id} is paused ${endOf(record)}: no failover will start. Its guards go on as before.`, `  next: baton resume ${config.id}`],
    json: { validator: config.id, paused: true, by, reason, untilMs: record.untilMs ?? null },
  };
};

export const resume = async (context: Context, name: string): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  await context.records.resume(config.id);
  return { lines: [`${config.id} is watched and may be failed over again.`], json: { validator: config.id, paused: false } };
};
