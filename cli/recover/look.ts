import { chainOf } from '../../chains/registry.ts';
import { z } from 'zod';
import { notReady } from '../../core/assess-gates.ts';
import type { NodeConfig, ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { executionName, nodeId, type ValidatorId } from '../../core/ids.ts';
import { jsonBy } from '../../core/json.ts';
import type { Lease } from '../../core/lease.ts';
import { changesFor, outlookOf } from '../../core/outlook.ts';
import { floorNow, type RecoverSeen } from '../../core/recover.ts';
import type { Watermark } from '../../core/watermark.ts';
import { readState } from '../commands/explain-policy.ts';
import type { Context } from '../context.ts';
import { readMachines } from '../doctor/read.ts';
import { valueOf } from '../../core/finding.ts';

/** What a recovery goes by, read once: what Assess reads, what AWS says of the lost machine, and what runs already. */

export interface Looked {
  readonly seen: RecoverSeen;
  readonly floor: Watermark | null;
  /** Name of the recorded active. */
  readonly from: string;
}

const asked = z.looseObject({ to: nodeId.optional(), notBefore: z.string().optional() });

/** @throws BatonError LeaseMissing. */
export const needLease = async (context: Context, validator: ValidatorId): Promise<Lease> => {
  const lease = await context.lease.read(validator);
  if (lease) return lease;
  throw new BatonError('LeaseMissing', `${validator} is not enrolled`, { fix: 'baton apply validators.yaml' });
};

/** What moves this validator now. A term that is HELD may have an execution too, which waits for approval; one that waits for its window does not count. */
const runningOf = async (context: Context, lease: Lease, claimRunning: boolean): Promise<RecoverSeen['running']> => {
  if (lease.phase !== 'HELD') return claimRunning ? { execution: lease.claim, to: lease.candidate } : null;
  const ofThisTerm = `${lease.validator}.t${lease.term}.`;
  for (const { name } of await context.workflow.list({ running: true })) {
    const execution = executionName.safeParse(name).data;
    if (execution === undefined || !name.startsWith(ofThisTerm)) continue;
    const [first] = await context.workflow.fullHistory(execution);
    const input = jsonBy(asked, String(first?.details['input']));
    if (input?.notBefore === undefined) return { execution, to: input?.to ?? null };
  }
  return null;
};

/** The recorded active's entry. The configuration always holds it: nothing is applied without it. @throws BatonError HolderUnknown. */
const holderOf = (config: ValidatorConfig, { holder }: Lease): NodeConfig => {
  const node = config.nodes.find(({ id }) => id === holder);
  if (node) return node;
  throw new BatonError('HolderUnknown', `the recorded active ${holder} is not among the nodes of ${config.id}`, {
    field: 'nodes',
    fix: 'Put it back into validators.yaml, then: baton apply validators.yaml',
  });
};

/** Watches the reports for some seconds, as Assess does: one look alone shows nothing. */
export const look = async (context: Context, validator: ValidatorId, of: { to: NodeConfig; caller: string }): Promise<Looked> => {
  const { to, caller } = of;
  const { state } = await readState(context, validator);
  const { config, reports, silent, quarantined, paused } = state;
  const lease = state.lease ?? (await needLease(context, validator));
  const node = holderOf(config, lease);
  const { agents, machines, head: chainHead } = await readMachines(context, config);
  const head = valueOf(chainHead) ?? null;
  const lost = {
    report: reports[node.id],
    silent: silent.includes(node.id),
    agent: 'value' in agents ? { value: agents.value[node.id] } : agents,
    machine: node.id.startsWith('i-') ? ('value' in machines ? { value: machines.value[node.id] } : machines) : null,
  };
  const chain = chainOf(config);
  const input = { config, lease, node, lost, to: to.id, caller, stack: context.look.stack, gated: chain.gated(config.chain) };
  const report = reports[to.id];
  const nodes = { heights: [report?.height, lost.report?.height], maxLag: config.policy.maxLag };
  const why = notReady({
    config,
    node: to.id,
    report,
    head: head ?? state.head,
    build: lost.report?.build,
    silent: silent.includes(to.id),
    quarantined: quarantined.includes(to.id),
  });
  return {
    from: node.name,
    floor: floorNow({ lease, duty: chain.duty(config.chain), head, margin: config.policy.watermarkMargin, nodes }),
    seen: {
      validator,
      to,
      lease,
      running: await runningOf(context, lease, state.claimRunning),
      paused,
      prospects: outlookOf(input),
      changes: changesFor(input),
      notReady: why,
    },
  };
};
