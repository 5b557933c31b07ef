import type { NodeReport } from '../../core/report.ts';
import type { Judgement, Look } from '../../core/survey.ts';
import { amber, birch, reportOf, v } from './core.ts';

/** What the survey sees and judges, where all is well but for what is said. */

/** A look in which amber signs and birch is ready; each node's sequence is that of the look, plus what is said. */
export const lookAt = (sequence: number, of: { amber?: Partial<NodeReport> | null; birch?: Partial<NodeReport> | null } = {}): Look => ({
  ...(of.amber === null ? {} : { [amber]: reportOf({ sequence, ...of.amber }) }),
  ...(of.birch === null ? {} : { [birch]: reportOf({ node: birch, sequence, signing: false, ...of.birch }) }),
});
export const both = (sequence: number, of: Parameters<typeof lookAt>[1] = {}): Look =>
  lookAt(sequence, { ...of, birch: { signing: true, ...of.birch } });

export const judgementOf = (of: Partial<Judgement> = {}): Judgement => ({
  validator: v,
  paused: false,
  guardsSilent: [],
  guardUnarmed: false,
  standbyNotReady: false,
  signers: [],
  needsPerson: null,
  approvalWaitingSeconds: 0,
  drillAgeDays: 0,
  ...of,
});
