import type { ApprovalRecord } from '../../../core/approval.ts';
import type { Evidence, EvidenceKind } from '../../../core/evidence.ts';
import { nonceOf, proofOfAttestation, proofOfLapse, proofOfPowerOff, proofOfRelinquish, proofOfStop, type Proof } from '../../../core/proofs.ts';
import { alex, recordOf } from '../../support/core.ts';
import type { Kind, Step } from '../explorer.ts';
import { replaced } from '../intern.ts';
import { cannotSign, crashed } from './guard.ts';
import { idOf, indexOf, nodeNames, timing, type Command, type Execution, type Node, type Scope, type World } from './world.ts';

/** What becomes of the fence: commands, power, people; and what of it an execution may take as proof. */

const outputOf = ({ lease }: Command): unknown => ({
  baton: 'fence',
  validator: lease.validator,
  term: lease.term,
  nonce: nonceOf(lease),
  unit: 'u.service',
  unitActive: 'inactive',
  unitMasked: true,
  guardActive: 'inactive',
  tasks: 0,
  keyFiles: 0,
  watermark: null,
  ok: true,
});

const recordFor = (world: World, execution: Execution, term: Execution['attested'][number]): ApprovalRecord =>
  recordOf({
    purpose: 'attestation',
    state: 'approved',
    term,
    node: world.lease.holder,
    execution: execution.claim,
    decisions: [{ by: alex, answer: 'approve', statement: 'I pulled the plug.', atMs: 0 }],
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
      const by = { instance: idOf(index), nonce: nonceOf(command.lease), commandId: 'c', atMs: 0 };
      if (said) take('stopped', () => proofOfStop(lease, { ...by, output: outputOf(command) }));
    }
  }
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
