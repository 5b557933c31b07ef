import { BatonError } from '../../core/errors.ts';
import { isQuarantined } from '../../core/quarantine.ts';
import { configOf, parseValidator, parseWords, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

/** A person says that a fenced node is well again. It becomes a candidate; what masks it on the machine is not touched. */
export const readmit = async (context: Context, name: string, nodeName: string, options: { readonly reason: string }): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  const node = config.nodes.find((one) => one.name === nodeName || one.id === nodeName);
  if (!node) throw new BatonError('HolderUnknown', `${nodeName} is not a node of ${config.id}`, { field: 'NODE', fix: `baton status ${config.id}` });
  const reason = parseWords(options.reason, '--reason');
  const record = await context.records.readQuarantine(config.id, node.id);
  if (record === undefined || !isQuarantined(record))
    return { lines: [`${node.name} is not in quarantine.`], json: { validator: config.id, node: node.id, readmitted: false } };
  const by = await context.whoAmI();
  const ended = { by, reason, atMs: context.clock.epochMs() };
  if (!(await context.records.writeQuarantine(config.id, node.id, { ...record, ended })))
    throw new BatonError('StaleTerm', `${node.name} was fenced again in between`, { fix: `baton status ${config.id}` });
  return {
    lines: [`${node.name} may take over for ${config.id} again: ${reason}`, `  next: baton doctor ${config.id}`],
    json: { validator: config.id, node: node.id, readmitted: true },
  };
};
