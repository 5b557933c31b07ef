import { Approvals } from '../../aws/approvals.ts';
import { keyOf, toItem } from '../../aws/items.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Records } from '../../aws/records.ts';
import { Workflow } from '../../aws/workflow.ts';
import { everything } from '../../console/fleet.ts';
import { Pulses, readPage, type Wanted } from '../../functions/shared/console-read.ts';
import { clientsFor, observed, type OnCall } from '../sim/clients.ts';
import { validator } from '../sim/enrolment.ts';
import { tableName } from '../sim/guard-run.ts';
import { stateMachine } from '../sim/lambda.ts';
import { scenarioNamed } from '../sim/scenarios.ts';
import { World } from '../sim/world.ts';
import { fencing, recordOf, run } from '../support/core.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { directWire, nobody, servicesOf } from './people.ts';

/** Each page of the console, against the simulated services, with something that waits and a term in motion. */

/** @throws Error unless each page was made. */
export const callsOfConsole = async (onCall: OnCall): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('switchover') });
  const put = (pk: string, value: Record<string, unknown>): void => {
    world.table.items.set(pk, toItem({ ...value, pk }));
  };
  const record = recordOf({ validator, expiresAtMs: 1e12 });
  put(keyOf.approval(record.id), record);
  put(keyOf.approvals(validator), { open: record.id });
  put(keyOf.lease(validator), fencing({ validator }));
  const caller = { ...nobody, actor: 'Console', arn: 'arn:aws:sts::123456789012:assumed-role/baton-Console/lambda' };
  const clients = clientsFor(directWire, observed(servicesOf(world), onCall), caller);
  const table = { client: clients.dynamo, table: tableName };
  const workflow = new Workflow({ client: clients.sfn, stateMachine });
  const clock = new VirtualClock();
  const deps = {
    clock,
    records: new Records(table),
    lease: new LeaseStore(table),
    approvals: new Approvals(table),
    workflow,
    executions: workflow,
    settings: { dryRun: false, approvalRequired: true },
    watchShards: 1,
  };
  const pages: readonly Wanted[] = [
    { page: 'fleet', asked: everything },
    { page: 'validator', validator },
    { page: 'failover', execution: run('hub-1.t1.by-hand-1') },
  ];
  for (const wanted of pages) {
    const { page } = await clock.run(readPage(deps, { wanted, pulses: new Pulses(), remainingMs: () => 20_000 }, new AbortController().signal));
    if (page !== wanted.page) throw new Error(`there is no page ${wanted.page}`);
  }
};
