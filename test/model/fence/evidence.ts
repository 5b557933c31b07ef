import type { ApprovalRecord, Decision } from '../../../core/approval.ts';
import type { Evidence, EvidenceKind } from '../../../core/evidence.ts';
import type { NodeId, Term } from '../../../core/ids.ts';
import type { Lease } from '../../../core/lease.ts';
import { nonceOf, proofOfAttestation, proofOfLapse, proofOfPowerOff, proofOfRelinquish, proofOfStop, type Proof } from '../../../core/proofs.ts';
import type { NodeReport } from '../../../core/report.ts';
import { alex, fenceOutputOf, recordOf, reportOf, robin, run } from '../../support/core.ts';
import type { Kind, Step } from '../explorer.ts';
import { once, replaced } from '../intern.ts';
import { cannotSign, crashed } from './guard.ts';
import { idOf, indexOf, lapsedMs, nodeNames, timing, type Execution, type Node, type Scope, type World } from './world.ts';

/** What becomes of the fence: commands, power, people; and what of it an execution may take as proof. */

const outputOf = (lease: Lease): Record<string, unknown> => fenceOutputOf({ validator: lease.validator, term: lease.term, nonce: nonceOf(lease) });

const stated = (by: string): Decision => ({ by, answer: 'approve', statement: 'I pulled the plug.', atMs: 0 });

const recordFor = (world: World, execution: Execution, term: Execution['attested'][number]): ApprovalRecord =>
  recordOf({
    purpose: 'attestation',
    state: 'approved',
    term,
    node: world.lease.holder,
    execution: execution.claim,
    decisions: [stated(alex)],
  });

const unverified = [{ unitActive: 'active' }, { unitMasked: false }, { guardActive: 'active' }, { tasks: 1 }, { keyFiles: 1 }, { ok: false }];

/**
 * What core takes of all that is no proof, though somebody says it: a standby that lies about itself, a command that ran elsewhere or did not
 * verify, a machine that is only on its way down, people who may not attest. It is on offer in every state, so one that is taken is found.
 */
const hearsayOf = once((lease: Lease): Evidence[] => {
  const others = [0, 1, 2].map(idOf).filter((id) => id !== lease.holder);
  const report = (of: Partial<NodeReport>): NodeReport => reportOf({ leaseMs: timing.leaseMs, armedTerm: lease.releasedTerm, ...of });
  const stop = (instance: NodeId, nonce: string, output: unknown): Proof =>
    proofOfStop(lease, { instance, nonce, commandId: 'c', output, report: undefined, atMs: 0 });
  const attest = (of: Partial<ApprovalRecord>): Proof =>
    proofOfAttestation(
      lease,
      recordOf({
        purpose: 'attestation',
        state: 'approved',
        term: lease.term,
        node: lease.holder,
        execution: lease.claim,
        decisions: [stated(alex)],
        ...of,
      }),
      { atMs: 0 },
    );
  const nonce = nonceOf(lease);
  const earlier = { ...lease, term: (lease.term - 1) as Term };
  const offered: Proof[] = [
    ...others.flatMap((node) => [
      proofOfRelinquish(lease, report({ node, relinquished: { term: lease.term, watermark: null } }), { atMs: 0 }),
      proofOfLapse(lease, report({ node }), { waitedMs: lapsedMs, timing, atMs: 0 }),
      proofOfPowerOff(lease, { node, state: 'stopped', atMs: 0 }),
      stop(node, nonce, outputOf(lease)),
      attest({ node }),
    ]),
    proofOfLapse(lease, report({ node: lease.holder, armed: false }), { waitedMs: lapsedMs, timing, atMs: 0 }),
    proofOfLapse(lease, report({ node: lease.holder, armedTerm: (lease.releasedTerm - 1) as Term }), { waitedMs: lapsedMs, timing, atMs: 0 }),
    ...['pending', 'running', 'stopping', 'shutting-down', 'unknown'].map((state) => proofOfPowerOff(lease, { node: lease.holder, state, atMs: 0 })),
    ...unverified.map((of) => stop(lease.holder, nonce, { ...outputOf(lease), ...of })),
    ...[undefined, null, {}, 'TimedOut'].map((output) => stop(lease.holder, nonce, output)),
    stop(lease.holder, nonceOf(earlier), outputOf(earlier)),
    attest({ decisions: [stated(robin)] }),
    attest({ decisions: [stated(robin.replace('requester', 'approver'))] }),
    attest({ decisions: [{ by: alex, answer: 'approve', atMs: 0 }] }),
    attest({ decisions: [{ ...stated(alex), answer: 'deny' }], state: 'denied' }),
    attest({ state: 'pending' }),
    attest({ purpose: 'approval' }),
    attest({ quorum: 2 }),
    attest({ quorum: 2, decisions: [stated(alex), stated(alex.replace('approver', 'admin'))] }),
    attest({ term: earlier.term, execution: run('earlier') }),
    attest({ execution: run('another') }),
  ];
  return offered.flatMap((proof) => (proof.outcome === 'proof' ? [proof.evidence] : []));
});

/**
 * Every proof that core takes now. All reports, all command results and all power states are offered, also those of other nodes, terms and
 * executions: it is core that has to refuse them.
 */
export const proofsOf = (world: World, execution: Execution, scope: Scope): Evidence[] => {
  const { lease } = world;
  const found: Evidence[] = [];
  const take = (kind: EvidenceKind, proof: () => Proof): void => {
    if (!scope.accepts.includes(kind) || found.some((one) => one.kind === kind)) return;
    const outcome = proof();
    if (outcome.outcome === 'proof') found.push(outcome.evidence);
  };
  for (const [index, node] of world.nodes.entries()) {
    take('relinquished', () => proofOfRelinquish(lease, node.report, { atMs: 0 }));
    take('lapsed', () => proofOfLapse(lease, node.report, { waitedMs: execution.waitedMs, timing, atMs: 0 }));
    const off = !node.on || (scope.broken.includes('powered-off') && node.switchedOff);
    take('powered-off', () => proofOfPowerOff(lease, { node: idOf(index), state: off ? 'stopped' : 'running', atMs: 0 }));
    for (const command of node.commands) {
      const said = command.ran || scope.broken.includes('stopped');
      const by = { instance: idOf(index), nonce: nonceOf(command.lease), commandId: 'c', report: node.report, atMs: 0 };
      if (said) take('stopped', () => proofOfStop(lease, { ...by, output: outputOf(command.lease) }));
    }
  }
  found.push(...hearsayOf(lease).filter(({ kind }) => scope.accepts.includes(kind)));
  for (const term of execution.attested) take('attested', () => proofOfAttestation(lease, recordFor(world, execution, term), { atMs: 0 }));
  return found;
};

const asks = (world: World, execution: Execution): boolean =>
  execution.at === 'Fence' && world.lease.term === execution.term && world.lease.claim === execution.claim && world.lease.phase === 'FENCING';

const sent = (node: Node, world: World): boolean =>
  node.commands.some(({ lease }) => lease.term === world.lease.term && lease.claim === world.lease.claim);

/** What executions set off outside the table. */
const askSteps = (world: World, scope: Scope, steps: Step<World>[]): void => {
  for (const [slot, execution] of world.executions.entries()) {
    if (!asks(world, execution)) continue;
    const index = indexOf(world.lease.holder);
    const node = world.nodes[index];
    if (!node) continue;
    const name = nodeNames[index] ?? '';
    const withNode = (after: Node): World => ({ ...world, nodes: replaced(world.nodes, index, after) });
    if (scope.accepts.includes('stopped') && !sent(node, world)) {
      // Of older commands one is kept: its result, and its late arrival, must not count.
      const commands = [...node.commands.slice(-1), { lease: world.lease, ran: false }];
      steps.push({ say: () => `Execution ${execution.claim} sends the fence command to ${name}.`, to: withNode({ ...node, commands }) });
    }
    if (scope.accepts.includes('powered-off') && !node.switchedOff)
      steps.push({
        say: () => `Execution ${execution.claim} tells EC2 to power ${name} off.`,
        to: withNode({ ...node, switchedOff: true }),
        kind: 'trouble',
      });
    const { term } = execution;
    const truthful = cannotSign(node) || scope.broken.includes('attested');
    if (scope.accepts.includes('attested') && truthful && term !== null && !execution.attested.includes(term)) {
      const executions = replaced(world.executions, slot, { ...execution, attested: [...execution.attested, term] });
      steps.push({ say: () => `A person attests in term ${term} that ${name} cannot sign.`, to: { ...world, executions } });
    }
  }
};

/** What happens to machines. */
const machineSteps = (world: World, steps: Step<World>[]): void => {
  for (const [index, node] of world.nodes.entries()) {
    const name = nodeNames[index] ?? '';
    const add = (say: string, after: Node, kind: Kind = 'itself'): void => {
      steps.push({ say: () => say, to: { ...world, nodes: replaced(world.nodes, index, after) }, kind });
    };
    const off: Node = { ...crashed(node), on: false, frozen: false, switchedOff: false };
    if (node.on && node.switchedOff) add(`EC2 powers ${name} off.`, off, 'trouble');
    if (!node.on) add(`${name} is powered on; its guard has not started.`, { ...node, on: true });
    if (!node.on || node.frozen) continue;
    for (const [at, command] of node.commands.entries()) {
      if (command.ran) continue;
      const commands = replaced(node.commands, at, { ...command, ran: true });
      add(`The fence command of term ${command.lease.term} runs on ${name}: unit stopped, guard stopped, key wiped.`, {
        ...crashed(node),
        commands,
      });
    }
  }
};

export const evidenceSteps = (world: World, scope: Scope): Step<World>[] => {
  const steps: Step<World>[] = [];
  askSteps(world, scope, steps);
  machineSteps(world, steps);
  return steps;
};
