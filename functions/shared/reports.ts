import type { ValidatorConfig } from '../../core/config.ts';
import type { NodeId, ValidatorId } from '../../core/ids.ts';
import type { NodeReport } from '../../core/report.ts';
import { longestReportMs } from '../../core/pace.ts';
import { silentIn } from '../../core/survey.ts';
import { durationMs, elapsedMs, type DurationMs } from '../../core/time.ts';
import type { Timing } from '../../core/timing.ts';
import type { Deps } from './deps.ts';

/** The nodes' reports, and which of them stand still. A guard that does not write its own is not there to take over. */

export type Reports = Readonly<Record<string, NodeReport | undefined>>;

const seldomMs = durationMs(250);

/** How long guards that nobody has called are waited for. */
export const uncalledMs = durationMs(longestReportMs + 2_000);

/** How long a guard is waited for that was called: it sees the call at its next read, and its report takes its way. */
export const calledMs = (timing: Pick<Timing, 'pollMs'>): DurationMs => durationMs(timing.pollMs + 3_000);

export const readReports = async (
  deps: Pick<Deps, 'records'>,
  validator: ValidatorId,
  nodes: readonly NodeId[],
  signal: AbortSignal,
): Promise<Reports> =>
  Object.fromEntries(await Promise.all(nodes.map(async (node) => [node, await deps.records.readReport(validator, node, signal)] as const)));

/**
 * Looks until the report of each of these nodes has risen above the one before, for at most `withinMs`.
 * @returns the newest reports, and the nodes whose report did not rise.
 */
export const untilRisen = async (
  deps: Pick<Deps, 'records' | 'clock'>,
  of: {
    validator: ValidatorId;
    nodes: readonly NodeId[];
    watched: readonly NodeId[];
    before: Reports;
    withinMs: DurationMs;
    /** Time between two looks. */
    pollMs?: DurationMs;
  },
  signal: AbortSignal,
): Promise<{ reports: Reports; silent: readonly NodeId[] }> => {
  const { pollMs = seldomMs } = of;
  const startedMs = deps.clock.steadyMs();
  for (let look = 1; ; look += 1) {
    const reports = await readReports(deps, of.validator, of.nodes, signal);
    const silent = silentIn(of.watched, [of.before, reports]);
    if (silent.length === 0 || look * pollMs > of.withinMs || elapsedMs(startedMs, deps.clock.steadyMs()) >= of.withinMs) return { reports, silent };
    await deps.clock.sleep(pollMs, signal);
  }
};

/** Calls the guards, and waits for the reports of those that could take over. */
export const callAndWait = async (
  deps: Pick<Deps, 'clock' | 'randomHex' | 'records' | 'lease'>,
  of: { readonly config: ValidatorConfig; readonly nodes: readonly NodeId[]; readonly watched: readonly NodeId[] },
  signal: AbortSignal,
): Promise<{ reports: Reports; silent: readonly NodeId[] }> => {
  const { id: validator, timing } = of.config;
  const { nodes, watched } = of;
  const before = await readReports(deps, validator, nodes, signal);
  // After that: what rises above it answers the call. One that is lost costs time, and says of no guard that it lives.
  await deps.lease.call(validator, deps.randomHex(8), signal);
  return untilRisen(deps, { validator, nodes, watched, before, withinMs: calledMs(timing), pollMs: timing.fencePollMs }, signal);
};
