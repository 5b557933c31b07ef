import type { Context } from '../../cli/context.ts';
import type { ConsoleNeeds } from '../../functions/shared/console-read.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import type { Deployment } from '../deployment.ts';

/** What the console reads with, as a person who may read: the same adapters as the function's. */
export const consoleDeps = (context: Context, { functions }: Pick<Deployment, 'functions'>): Pick<Deps, ConsoleNeeds> => ({
  clock: context.clock,
  records: context.records,
  lease: context.lease,
  approvals: context.approvals,
  workflow: context.workflow,
  executions: context.workflow,
  settings: {
    dryRun: functions[0]?.variables['BATON_DRY_RUN'] === 'true',
    approvalRequired: functions[0]?.variables['BATON_APPROVAL_REQUIRED'] === 'true',
  },
  watchShards: Number(functions[0]?.variables['BATON_WATCH_SHARDS'] ?? 1),
});
