import { dutyKindOf } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { Lease } from '../../core/lease.ts';
import type { NodeReport } from '../../core/report.ts';
import { endOf, floorAfter, highest, soundMark, type NodeHeights, type Watermark } from '../../core/watermark.ts';
import type { Deps } from './deps.ts';

/** Why there is no floor, for people. */
const noFloor = (head: number | null, { heights, maxLag }: NodeHeights): string => {
  const unknown = 'the last duty of the fenced node is not known, and';
  if (head === null) return `${unknown} too few vantages show the head of the chain`;
  return `${unknown} the vantages show head ${head} while a node has reported ${Math.max(...heights.map((height) => height ?? 0))}, more than ${maxLag} ahead`;
};

/** The fenced node's report. None is no obstacle, for it may never have had a guard; one that cannot be read now may say more than the vantages. */
const lastWordOf = async ({ records }: Pick<Deps, 'records'>, { validator, holder }: Lease, signal: AbortSignal): Promise<NodeReport | undefined> => {
  try {
    return await records.readReport(validator, holder, signal);
  } catch (error) {
    // Whatever it wrote, it can never be read.
    if (error instanceof BatonError && error.code === 'LeaseInvalid') return undefined;
    throw error;
  }
};

/**
 * What the next holder may not sign at or below: all that the fenced node may have signed.
 * @param of.candidate its report, whose height counts beside the vantages', as the fenced node's does.
 * @throws BatonError WatermarkUnknown.
 */
export const needFloor = async (
  deps: Pick<Deps, 'records' | 'chains'>,
  of: { readonly config: ValidatorConfig; readonly lease: Lease; readonly head: number | null; readonly candidate: NodeReport | undefined },
  signal: AbortSignal,
): Promise<Watermark> => {
  const { config, lease, head } = of;
  const { policy } = config;
  const duty = dutyKindOf(config);
  const fenced = await lastWordOf(deps, lease, signal);
  const nodes = { heights: [of.candidate?.height, fenced?.height], maxLag: policy.maxLag };
  const told = lease.evidence?.watermark;
  const mark = told?.kind === duty.kind ? told : undefined;
  const before = lease.watermark ?? null;
  const signedAbove = mark === undefined ? null : await deps.chains.signedAbove(config, endOf(mark, duty), signal);
  const sound = soundMark({ mark, before, signedAbove });
  const evidence = sound === undefined ? {} : { watermark: sound };
  // What it tells may be too little, and is never too much.
  const least = highest(before, mark ?? null);
  const floor = floorAfter({ before: least, duty, evidence, head, margin: policy.watermarkMargin, nodes });
  if (floor !== null) return floor;
  throw new BatonError('WatermarkUnknown', noFloor(head, nodes), {
    field: 'vantages',
    fix: `See that the vantages show the newest height, then: baton failover ${config.id}`,
  });
};
