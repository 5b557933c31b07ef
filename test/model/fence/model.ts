import type { NodeReport } from '../../../core/report.ts';
import type { Lease, LeaseWrite } from '../../../core/lease.ts';
import type { Model, Step } from '../explorer.ts';
import { Codes } from '../intern.ts';
import { evidenceSteps } from './evidence.ts';
import { executionSteps } from './execution.ts';
import { faultSteps } from './faults.ts';
import { canSign, guardSteps } from './guard.ts';
import { newWorld, nodeNames, type Execution, type Node, type Scope, type World } from './world.ts';

/** Fence and release: at most one node may sign, whatever stalls, is lost, comes late or twice. */

// What never changes, or is told by something else that is written, is left out: it cannot make two states differ.
const leaseText = (lease: Lease): string =>
  [
    lease.term,
    lease.holder,
    lease.phase,
    lease.claim,
    lease.candidate,
    lease.releasedTerm,
    lease.evidence ? `${lease.evidence.kind}/${lease.evidence.node}/${lease.evidence.term}` : '',
    lease.sealed ? `${lease.sealed.node}/${lease.sealed.term}` : '',
    lease.attempt,
  ].join(',');

const writeText = (write: LeaseWrite): string =>
  [
    write.attempt,
    write.expect.absent ? '' : write.expect.phases.join('/'),
    write.set.evidence?.kind ?? '',
    write.set.candidate ?? '',
    write.set.holder ?? '',
  ].join(',');

const reportText = (report: NodeReport): string =>
  [report.armedTerm ?? 0, report.armed, report.leaseMs, report.relinquished?.term ?? 0, report.floor].join(',');

const nodeText = (node: Node): string =>
  [
    node.hold.node,
    node.on,
    node.frozen,
    node.up,
    node.hold.floor,
    node.hold.relinquished,
    node.hold.term,
    node.hold.deadlineMs,
    node.slack,
    node.gate,
    node.stopping,
    node.opening ? `${node.opening.term}/${node.opening.declared}` : '',
    node.owed,
    node.reads.map((read) => `${read.ageMs}/${read.slack}/${leaseText(read.lease)}`).join('+'),
    reportText(node.report),
    node.posted ? reportText(node.posted) : '',
    node.commands.map(({ lease, ran }) => `${lease.term}/${lease.claim}/${ran}`).join('+'),
    node.switchedOff,
    node.loose,
  ].join(';');

const executionText = (execution: Execution): string =>
  [
    execution.claim,
    execution.at,
    execution.from,
    execution.term,
    execution.holder,
    execution.waitedMs,
    execution.haste,
    execution.plan ? writeText(execution.plan) : '',
    execution.sent.map(writeText).sort().join('+'),
    execution.attested.join('+'),
  ].join(';');

export const fenceModel = (name: string, scope: Scope): Model<World> => {
  const leases = new Codes<Lease>(leaseText);
  const nodes = new Codes<Node>(nodeText);
  const executions = new Codes<Execution>(executionText);
  return {
    name,
    initial: newWorld(scope),
    steps: (world): Step<World>[] => {
      leases.base([world.lease]);
      nodes.base(world.nodes);
      executions.base(world.executions);
      return [...executionSteps(world, scope), ...guardSteps(world, scope), ...evidenceSteps(world, scope), ...faultSteps(world, scope)];
    },
    wrong: (world) => {
      const signers = world.nodes.flatMap((node, index) => (canSign(scope, node) ? [nodeNames[index] ?? ''] : []));
      return signers.length > 1 ? `${signers.join(' and ')} can both sign.` : null;
    },
    encode: (world) => leases.of([world.lease]) + nodes.of(world.nodes) + executions.of(world.executions),
  };
};
