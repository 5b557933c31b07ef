import { chainOf } from '../../chains/registry.ts';
import { stateWriterOf } from '../../chains/states.ts';
import { BatonError } from '../../core/errors.ts';
import { floorNow } from '../../core/recover.ts';
import { durationMs } from '../../core/time.ts';
import { nodeLabel, type Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { readState } from './explain-policy.ts';

const headMs = durationMs(10_000);

/**
 * What may have been signed, as the state file of another signer: for leaving Baton, or for a signer beside it. Rounded up: the head and a margin, and
 * never below the lease's floor. Refused while the holder's guard says that it signs: what it signs afterwards would not be in the file.
 */
export const exportStateOf = async (context: Context, name: string, options: { readonly format: string }): Promise<Answer> => {
  const { state } = await readState(context, name);
  const { config, lease, reports, silent } = state;
  const write = stateWriterOf(config, options.format);
  if (!lease) throw new BatonError('LeaseMissing', `${config.id} is not enrolled`, { fix: `baton status ${config.id}` });
  const report = reports[lease.holder];
  if (report?.signing === true && !silent.includes(lease.holder)) {
    throw new BatonError('HolderSigns', `${nodeLabel(config, lease.holder)} signs: what it signs from now on would not be in the file`, {
      fix: 'Stop it first: as root on that node, systemctl stop of its guard, which stops the validator; then run this again.',
    });
  }
  const head = await context.chains.headOf(config, context.clock.timeout(headMs));
  const nodes = { heights: config.nodes.map(({ id }) => reports[id]?.height), maxLag: config.policy.maxLag };
  const mark = floorNow({ lease, duty: chainOf(config).duty(config.chain), head, margin: config.policy.watermarkMargin, nodes });
  if (!mark) {
    throw new BatonError('WatermarkUnknown', `${config.id}: too few vantages show the head of the chain`, {
      field: 'vantages',
      fix: 'Check the urls of the vantages, then run it again.',
    });
  }
  const text = write(mark);
  return { lines: text.split('\n'), json: { validator: config.id, format: options.format, watermark: mark, state: JSON.parse(text) as unknown } };
};
