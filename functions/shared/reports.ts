import type { NodeId, ValidatorId } from '../../core/ids.ts';
import type { NodeReport } from '../../core/report.ts';
import { durationMs, elapsedMs } from '../../core/time.ts';
import type { Deps } from './deps.ts';

/** The nodes' reports, and which of them stand still. A guard writes its own each two seconds; one that does not is not there to take over. */

export type Reports = Readonly<Record<string, NodeReport | undefined>>;

const silentAfterMs = durationMs(4_000);
const pollMs = durationMs(250);
const maxLooks = 20;

export const readReports = async (
  deps: Pick<Deps, 'records'>,
  validator: ValidatorId,
  nodes: readonly NodeId[],
  signal: AbortSignal,
): Promise<Reports> =>
  Object.fromEntries(await Promise.all(nodes.map(async (node) => [node, await deps.records.readReport(validator, node, signal)] as const)));

/**
 * Looks until the report of each of these nodes has risen above the one before, for at most some seconds.
 * @returns the newest reports, and the nodes whose report did not rise.
 */
export const untilRisen = async (
  deps: Pick<Deps, 'records' | 'clock'>,
  of: { validator: ValidatorId; nodes: readonly NodeId[]; watched: readonly NodeId[]; before: Reports },
  signal: AbortSignal,
): Promise<{ reports: Reports; silent: readonly NodeId[] }> => {
  const startedMs = deps.clock.steadyMs();
  for (let look = 1; ; look += 1) {
    const reports = await readReports(deps, of.validator, of.nodes, signal);
    const silent = of.watched.filter((node) => (reports[node]?.sequence ?? 0) <= (of.before[node]?.sequence ?? 0));
    if (silent.length === 0 || look >= maxLooks || elapsedMs(startedMs, deps.clock.steadyMs()) >= silentAfterMs) return { reports, silent };
    await deps.clock.sleep(pollMs, signal);
  }
};
