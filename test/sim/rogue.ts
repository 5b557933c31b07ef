import { LeaseStore } from '../../aws/lease.ts';
import { Records } from '../../aws/records.ts';
import { takeTerm } from '../../core/lease.ts';
import { attemptId, executionName } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import { clientsFor } from './clients.ts';
import { tableName } from './guard-run.ts';
import type { Machine } from './machine.ts';
import type { Caller } from './wire.ts';
import { validator } from './enrolment.ts';
import type { World } from './world.ts';

/**
 * A program on a host that lies. With the node's own identity it writes what would be proof if the active had written it: into its own item,
 * which it may, and into the active's item and the lease, which IAM refuses. A host that becomes the holder stops, unless it is told to go on.
 */
export const startRogue = (world: World, machine: Machine, alsoAsHolder: boolean): void => {
  const proc = machine.program('rogue');
  const caller: Caller = { proc, actor: `rogue ${machine.name}`, arn: machine.options.node.principal, timeoutMs: 1_000, line: () => machine.line };
  const table = { client: clientsFor(world.wire, world.services, caller).dynamo, table: tableName };
  const [leases, records] = [new LeaseStore(table), new Records(table)];
  const lie = async (): Promise<void> => {
    const lease = await leases.read(validator);
    if (!lease || (lease.holder === machine.options.node.id && !alsoAsHolder)) return;
    const own = await records.readReport(validator, machine.options.node.id);
    if (!own) return;
    const watermark = { kind: 'consensus', height: 1, round: 0, step: 1 } as const;
    const forged = {
      ...own,
      // A number that the guard has not sent would displace it: that of its own last report is covered by its next.
      sequence: alsoAsHolder ? own.sequence : own.sequence + 50,
      armed: true,
      armedTerm: lease.releasedTerm,
      leaseMs: 1,
      relinquished: { term: lease.term, watermark },
    };
    await records.writeReport(forged).catch(() => undefined);
    if (lease.holder !== machine.options.node.id) await records.writeReport({ ...forged, node: lease.holder, sequence: 1e6 }).catch(() => undefined);
    const [claim, attempt] = [executionName.parse('rogue'), attemptId.parse(`rogue/${lease.version}`)];
    await leases.write(takeTerm(lease, { claim, candidate: machine.options.node.id, attempt }));
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      await proc.clock.sleep(durationMs(900));
      await lie().catch(() => undefined);
      if (world.healing) return;
    }
  };
  void loop();
};
