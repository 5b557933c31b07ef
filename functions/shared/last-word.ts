import { BatonError } from '../../core/errors.ts';
import type { Lease } from '../../core/lease.ts';
import type { NodeReport } from '../../core/report.ts';
import type { NodeHeights } from '../../core/watermark.ts';
import type { Deps } from './deps.ts';

/** Why there is no floor, for people. */
export const noFloor = (head: number | null, { heights, maxLag }: NodeHeights): string => {
  const unknown = 'the last duty of the fenced node is not known, and';
  if (head === null) return `${unknown} too few vantages show the head of the chain`;
  return `${unknown} the vantages show head ${head} while a node has reported ${Math.max(...heights.map((height) => height ?? 0))}, more than ${maxLag} ahead`;
};

/** The fenced node's report. None is no obstacle, for it may never have had a guard; one that cannot be read now may say more than the vantages. */
export const lastWordOf = async (
  { records }: Pick<Deps, 'records'>,
  { validator, holder }: Lease,
  signal: AbortSignal,
): Promise<NodeReport | undefined> => {
  try {
    return await records.readReport(validator, holder, signal);
  } catch (error) {
    // Whatever it wrote, it can never be read.
    if (error instanceof BatonError && error.code === 'LeaseInvalid') return undefined;
    throw error;
  }
};
