import type { Lease, Sealed } from '../../core/lease.ts';
import { handoverOf } from '../../core/report.ts';
import type { Deps } from './deps.ts';

/** The sealed key with what the fenced holder has handed over, where it has. Without it the next one only begins later. */
export const withHandover = async (deps: Pick<Deps, 'records'>, lease: Lease, sealed: Sealed, signal: AbortSignal): Promise<Sealed> => {
  const report = await deps.records.readReport(lease.validator, lease.holder, signal).catch(() => undefined);
  const handover = handoverOf(report, lease);
  return handover === undefined ? sealed : { ...sealed, handover };
};
