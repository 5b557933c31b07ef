import { answerTo, isPromised, testimonyOf, whyNotUnanimous, type Answer, type Asked } from '../../../core/ask.ts';
import { maySign, newHold, onDeadline, onPromises, onRead, onRelinquished } from '../../../core/hold.ts';
import { applyWrite, recordProof, reinstate, release, takeTerm, type Lease, type LeaseWrite } from '../../../core/lease.ts';
import { proofOfLapse, proofOfRelinquish } from '../../../core/proofs.ts';
import type { NodeReport } from '../../../core/report.ts';
import { attempt, v } from '../../support/core.ts';
import type { Step } from '../explorer.ts';
import { idOf, indexOf, nameOf, nodeNames } from '../fence/world.ts';
import { replaced } from '../intern.ts';
import { claim, nonce, now, peersOf, startedMs, timesOf, type AskScope, type AskWorld, type Node } from './world.ts';

const leaseStep = (world: AskWorld, write: LeaseWrite): AskWorld | null => {
  const outcome = applyWrite(world.lease, write);
  return outcome.outcome === 'done' && !outcome.earlier ? { ...world, lease: { ...outcome.lease, version: 0, attempt: attempt('x') } } : null;
};

/** What `lapsed` is told of the candidate; in the simple form of the rule, nothing that it could be refused by. */
const wordOf = (world: AskWorld, scope: AskScope): NodeReport | undefined => {
  const report = world.nodes[indexOf(world.lease.candidate)]?.report;
  return report && scope.broken === 'testimony' ? { ...report, floor: world.lease.term, promised: false } : report;
};

const holderWord = (world: AskWorld, scope: AskScope): NodeReport | undefined => {
  const report = world.nodes[indexOf(world.lease.holder)]?.report;
  // A holder that declares nodes which it does not ask.
  return report?.asks && (scope.broken === 'not-asked' || scope.broken === 'testimony')
    ? { ...report, asks: world.nodes.map((_, at) => idOf(at)).filter((id) => id !== world.lease.holder) }
    : report;
};

export const leaseSteps = (world: AskWorld, scope: AskScope): Step<AskWorld>[] => {
  const { lease } = world;
  const steps: Step<AskWorld>[] = [];
  const add = (say: string, to: AskWorld | null): void => {
    if (to) steps.push({ say: () => say, to });
  };
  const driven = { validator: v, term: lease.term, claim };
  if (lease.term < scope.terms)
    for (const [index, name] of nodeNames.slice(0, scope.nodes).entries()) {
      if (idOf(index) === lease.holder) continue;
      const taken = leaseStep(world, takeTerm(lease, { claim, candidate: idOf(index), attempt: attempt('TakeTerm') }));
      add(`Term ${lease.term + 1} is taken, for ${name}.`, taken && { ...taken, proof: null, waitedMs: 0, haste: 1 });
    }
  if (lease.phase !== 'FENCING') return steps;
  const held = holderWord(world, scope);
  for (const proof of [
    proofOfRelinquish(lease, held, { atMs: 0 }),
    proofOfLapse(lease, held, { waitedMs: world.waitedMs, timing: timesOf(scope), atMs: 0, candidate: wordOf(world, scope) }),
  ]) {
    if (world.proof !== null || proof.outcome === 'none') continue;
    add(`The failover finds it proven: ${proof.evidence.kind}.`, { ...world, proof: proof.evidence });
  }
  if (world.proof) {
    const fenced = leaseStep(world, recordProof(driven, { evidence: world.proof, attempt: attempt('RecordProof') }));
    const released = fenced && leaseStep(fenced, release(driven, { candidate: lease.candidate, attempt: attempt('Release') }));
    add(`${nameOf(lease.candidate)} is released in term ${lease.term}.`, released && { ...released, proof: null });
  }
  if (lease.term < scope.terms)
    add(
      `${nameOf(lease.holder)} is reinstated.`,
      leaseStep({ ...world, proof: null }, reinstate(driven, { holder: lease.holder, attempt: attempt('Reinstate') })),
    );
  return steps;
};

type Add = (say: string, node: Partial<Node>, others?: readonly Node[]) => void;

const arrived = (node: Node, lease: Lease, scope: AskScope): Partial<Node> => {
  const step = onRead(node.hold, { sentMs: now, lease }, timesOf(scope));
  // In the simple form of the rule, a guard that promised holds back.
  if (step.action === 'open' && scope.broken === 'testimony' && isPromised(node.promises, now)) return {};
  const { state } = step;
  const slack = state.deadlineMs === node.hold.deadlineMs ? node.slack : 1;
  const closed = state.term === null ? { gate: null, slack: 0, asking: null } : { slack };
  return { hold: state, owed: step.relinquish ?? node.owed, ...closed };
};

const spoken = (node: Node, index: number, scope: AskScope): NodeReport => {
  const { term } = node.hold;
  // What is taken over, a floor above its own among it, is what it has seen when it writes; if another lands first, this one is refused.
  const before = node.wrote ? 0 : node.report.floor;
  const said = testimonyOf({ floor: Math.max(node.hold.floor, before) }, node.promises, now);
  const armed = term === null ? {} : { armedTerm: term, asks: peersOf(index, scope).map(idOf) };
  const owed = node.owed !== null && node.gate === null ? { relinquished: { term: node.owed, watermark: null } } : {};
  return { ...node.report, ...armed, ...owed, ...said, promised: node.glimpse ?? said.promised ?? true };
};

/** The report stands in the table, and the guard knows. What is declared for a term is on record before its gate opens. */
const landed = (node: Node): Partial<Node> => {
  const { posted, hold, owed } = node;
  if (!posted) return {};
  const given = owed !== null && posted.relinquished?.term === owed;
  const gate = hold.term !== null && posted.armedTerm === hold.term ? hold.term : node.gate;
  const floored = { ...hold, floor: Math.max(hold.floor, posted.floor) };
  const gone = given ? { hold: onRelinquished(floored, owed), owed: null } : { hold: floored };
  return { report: posted, posted: null, late: null, wrote: true, gate, ...gone };
};

const answered = (world: AskWorld, scope: AskScope, asker: number, to: number): { given: Answer; peer: Node } | null => {
  const [asking, peer] = [world.nodes[asker]?.asking, world.nodes[to]];
  const put = asking?.round.questions.find(({ asked }) => asked === idOf(to));
  if (!peer?.up || !put) return null;
  const heard = scope.broken === 'late-word' || peer.wrote;
  const of: Asked = {
    validator: v,
    hold: peer.hold,
    promises: peer.promises,
    writer: { mode: heard ? 'writer' : 'new', ackedMs: now },
    idle: peer.gate === null,
    peers: nodeNames.map((_, at) => idOf(at)),
  };
  const { answer, promises } = answerTo(of, put, now);
  return answer.outcome === 'promised' ? { given: answer, peer: { ...peer, promises, haste: 1 } } : null;
};

const askSteps = (world: AskWorld, scope: AskScope, index: number, add: Add): void => {
  const node = world.nodes[index];
  const name = nodeNames[index] ?? '';
  if (!node || node.gate === null) return;
  const { asking, hold } = node;
  const { term } = hold;
  const { promiseMs } = timesOf(scope);
  if (asking === null && term !== null && maySign(hold, now)) {
    const peers = peersOf(index, scope).map(idOf);
    const questions = peers.map((asked) => ({ validator: v, asker: idOf(index), asked, term, promiseMs, nonce }));
    add(`${name} asks ${peers.map(nameOf).join(' and ')}.`, {
      asking: { round: { term, sentMs: now, promiseMs, questions }, slack: 1, given: peers.map(() => null) },
    });
  }
  if (asking === null) return;
  for (const [at, peer] of peersOf(index, scope).entries()) {
    const said = asking.given[at] === null ? answered(world, scope, index, peer) : null;
    if (said)
      add(
        `${nodeNames[peer] ?? ''} promises ${name}.`,
        { asking: { ...asking, given: replaced(asking.given, at, said.given) } },
        replaced(world.nodes, peer, said.peer),
      );
  }
  const asks = node.report.asks ?? [];
  if (whyNotUnanimous(asking.round, asks, asking.given) !== null) return;
  const state = onPromises(hold, asking.round, timesOf(scope), now);
  const renewed = state.deadlineMs !== hold.deadlineMs;
  add(`All have promised: ${name} goes on.`, { hold: state, slack: renewed ? asking.slack : node.slack, asking: null });
};

const died = (node: Node): Partial<Node> => ({
  up: false,
  hold: newHold(node.hold.node, { relinquished: 0, floor: 0 }),
  slack: 0,
  gate: null,
  owed: null,
  asking: null,
  promises: null,
  wrote: false,
  posted: null,
  late: node.posted ?? node.late,
  glimpse: null,
});

export const reportText = ({ armedTerm, asks, relinquished, floor, promised }: NodeReport): string =>
  [armedTerm, asks?.map(nameOf).join('/') ?? '', relinquished?.term ?? 0, floor, promised].join(',');

export const nodeSteps = (world: AskWorld, scope: AskScope, index: number): Step<AskWorld>[] => {
  const node = world.nodes[index];
  const name = nodeNames[index] ?? '';
  const steps: Step<AskWorld>[] = [];
  if (!node) return steps;
  const add: Add = (say, after, others = world.nodes) => {
    steps.push({ say: () => say, to: { ...world, nodes: replaced(others, index, { ...(others[index] ?? node), ...after }) } });
  };
  if (node.late) add(`A report of an earlier life of ${name} is written.`, { report: node.late, late: null, posted: null });
  if (!node.up) {
    const known = { relinquished: node.report.relinquished?.term ?? 0, floor: node.report.floor };
    add(`The guard of ${name} starts.`, { up: true, hold: newHold(node.hold.node, known), promises: { untilMs: startedMs(scope) }, haste: 1 });
    return steps;
  }
  add(`${name} reads term ${world.lease.term}, ${world.lease.phase}.`, arrived(node, world.lease, scope));
  if (node.hold.term !== null && !maySign(node.hold, now))
    add(`The deadline of ${name} has passed.`, { hold: onDeadline(node.hold, now).state, slack: 0, gate: null, asking: null });
  const report = spoken(node, index, scope);
  const torn = scope.broken === 'instants';
  const opens = !node.wrote || (node.hold.term !== null && node.gate === null);
  if (torn && node.glimpse === null) add(`${name} looks at its promises.`, { glimpse: isPromised(node.promises, now) });
  if (node.posted === null && (!torn || node.glimpse !== null) && (opens || reportText(report) !== reportText(node.report)))
    add(`${name} sends its report: floor ${report.floor}, ${report.promised === true ? 'promised' : 'nothing promised'}.`, {
      posted: report,
      glimpse: null,
    });
  if (node.posted) add(`The report of ${name} is written, and it knows.`, landed(node));
  askSteps(world, scope, index, add);
  if (world.deaths < scope.deaths) {
    add(`The guard of ${name} dies.`, died(node));
    const last = steps.pop();
    if (last) steps.push({ ...last, to: { ...last.to, deaths: world.deaths + 1 } });
  }
  return steps;
};
