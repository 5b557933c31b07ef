import type { Evidence } from '../../../core/evidence.ts';
import { nextTerm, type Term } from '../../../core/ids.ts';
import {
  applyWrite,
  meets,
  recordProof,
  reinstate,
  release,
  settle,
  takeTerm,
  type Driven,
  type Lease,
  type LeaseWrite,
  type Phase,
  type WriteOutcome,
} from '../../../core/lease.ts';
import { attempt, run } from '../../support/core.ts';
import type { Kind, Step } from '../explorer.ts';
import { replaced } from '../intern.ts';
import { proofsOf } from './evidence.ts';
import { canSign } from './guard.ts';
import { wrongReply, wrongWrite } from './judge.ts';
import { ends, idOf, indexOf, nameOf, newExecution, sealedFor, timed, type Execution, type Scope, type World } from './world.ts';

/**
 * One execution of the workflow, in the order of statemachines/failover.asl.json. A write is sent once and may from then on take effect at
 * any time, any number of times; its reply may be lost. That an execution stalls for ever needs no step of its own: any step may be the last.
 */

const drivenBy = (execution: Execution, world: World, term: Term): Driven => ({ validator: world.lease.validator, term, claim: execution.claim });

const order: readonly Phase[] = ['FENCING', 'FENCED', 'RELEASED', 'HELD'];

/**
 * False once this write can never take effect again: within a term the phase only goes forward, and the term never falls.
 * It is core that is asked about each lease that may yet come, so that a condition which is too lax is not hidden by what is left out here.
 */
const alive = (write: LeaseWrite, lease: Lease, scope: Scope): boolean => {
  if (write.expect.absent) return false;
  const now = order.indexOf(lease.phase);
  const { claim = lease.claim } = write.expect;
  for (let term = lease.term; term <= scope.terms; term = nextTerm(term)) {
    for (const phase of term === lease.term ? order.slice(now) : order) {
      if (meets({ ...lease, term, phase }, write.expect) || meets({ ...lease, term, phase, claim }, write.expect)) return true;
    }
  }
  return false;
};

/** Without the writes that can do nothing any more and whose reply nobody waits for. */
const pruned = (execution: Execution, lease: Lease, scope: Scope): Execution => {
  const sent = execution.sent.filter(
    (write) => alive(write, lease, scope) || (isOwn(execution, write) && waitsFor[write.transition] === execution.at),
  );
  return sent.length === execution.sent.length ? execution : { ...execution, sent };
};

/** A slot outlives its executions: writes of earlier ones may still be on their way. */
const isOwn = (execution: Execution, write: LeaseWrite): boolean => write.attempt.startsWith(`${execution.claim}/`);

const sentWith = (execution: Execution, write: LeaseWrite): readonly LeaseWrite[] => [
  ...execution.sent.filter(({ attempt: known }) => known !== write.attempt),
  write,
];

const afterReply = (execution: Execution, write: LeaseWrite, outcome: WriteOutcome, scope: Scope): Execution => {
  if (outcome.outcome !== 'done') return { ...execution, at: 'StaleTerm' };
  const { lease } = outcome;
  switch (write.transition) {
    case 'TakeTerm':
      return {
        ...execution,
        at: 'Fence',
        from: 'Fence',
        plan: null,
        term: lease.term,
        holder: lease.holder,
        waitedMs: 0,
        haste: timed(scope) ? 1 : 0,
      };
    case 'RecordProof':
      return { ...execution, at: 'ReleaseKey', from: 'ReleaseKey' };
    case 'Release':
      return { ...execution, at: 'Verify', from: 'Verify', holder: lease.holder };
    case 'Reinstate':
      return { ...execution, at: 'Verify', from: 'Verify', term: lease.term, holder: lease.holder };
    case 'Settle':
      return { ...execution, at: 'Done' };
    case 'Enrol':
      return execution;
  }
};

/** Who waits for the reply to this write. */
const waitsFor: Readonly<Record<LeaseWrite['transition'], Execution['at'] | null>> = {
  Enrol: null,
  TakeTerm: 'TakeTerm',
  RecordProof: 'Fence',
  Release: 'ReleaseKey',
  Settle: 'Verify',
  Reinstate: 'Reinstate',
};

interface More {
  readonly lease?: Lease;
  readonly wrong?: string | null;
  readonly kind?: Kind;
}
type Add = (say: string, execution: Execution, more?: More) => void;

const writeSteps = (world: World, execution: Execution, scope: Scope, add: Add): void => {
  for (const write of execution.sent) {
    const outcome = applyWrite(world.lease, write);
    const after = outcome.outcome === 'done' ? outcome.lease : world.lease;
    const changed = outcome.outcome === 'done' && !outcome.earlier;
    const wrong = changed ? wrongWrite(world.lease, after, write, scope) : wrongReply(world.lease, write, outcome);
    const told = `${write.transition} of execution ${execution.claim}`;
    if (isOwn(execution, write) && waitsFor[write.transition] === execution.at) {
      const what = changed ? 'is written' : outcome.outcome === 'done' ? 'was written before' : 'is refused';
      add(`${told} ${what}, and it knows: term ${after.term}, ${after.phase}.`, afterReply(execution, write, outcome, scope), {
        lease: after,
        wrong,
      });
    }
    if (changed && (scope.blind || !scope.calm))
      add(`${told} is written: term ${after.term}, ${after.phase}; its reply is lost.`, execution, { lease: after, wrong, kind: 'trouble' });
  }
};

const send = (execution: Execution, write: LeaseWrite, add: Add, more?: More): void => {
  add(`Execution ${execution.claim} sends ${write.transition}.`, { ...execution, sent: sentWith(execution, write) }, more);
};

const hasSent = (execution: Execution, transition: LeaseWrite['transition']): boolean =>
  execution.sent.some((write) => write.transition === transition && isOwn(execution, write));

const slots = ['one', 'two'] as const;

const assess = (world: World, execution: Execution, slot: number, scope: Scope, add: Add): void => {
  if (world.lease.term >= scope.terms) return;
  for (const index of world.nodes.keys()) {
    const { lease } = world;
    const candidate = idOf(index);
    if (candidate === lease.holder) continue;
    // A name is used once: within a slot no two executions can plan from the same term and phase.
    const claim = run(`${slots[slot] ?? ''}.t${lease.term}.${lease.phase}`);
    const plan = takeTerm(lease, { claim, candidate, attempt: attempt(`${claim}/TakeTerm/${lease.term}`) });
    add(
      `Execution ${claim} plans to move from ${nameOf(lease.holder)} to ${nameOf(candidate)}, and sends TakeTerm for term ${lease.term + 1}.`,
      {
        ...newExecution(),
        claim,
        plan,
        at: 'TakeTerm',
        sent: [...execution.sent, plan],
      },
      { kind: 'operator' },
    );
  }
};

const sendProof = (execution: Execution, driven: Driven, evidence: Evidence, add: Add): void => {
  const write = recordProof(driven, { evidence, attempt: attempt(`${execution.claim}/RecordProof/${driven.term}`) });
  add(`Execution ${execution.claim} takes as proof that ${nameOf(evidence.node)} is fenced: ${evidence.kind}; it sends RecordProof.`, {
    ...execution,
    sent: sentWith(execution, write),
  });
};

/** An execution that acts on what it knew long ago: nothing but the conditions of its writes holds it back. */
const blind = (world: World, execution: Execution, scope: Scope, add: Add): void => {
  if (!scope.blind || execution.term === null || execution.holder === null) return;
  const driven = drivenBy(execution, world, execution.term);
  const named = (what: string) => attempt(`${execution.claim}/${what}/${driven.term}`);
  const candidate = idOf(1 - indexOf(execution.holder));
  const [now, next] = [driven.term, nextTerm(driven.term)];
  const writes = [
    release(driven, { candidate, sealed: sealedFor(candidate, now), attempt: named('Release') }),
    settle(driven, { attempt: named('Settle') }),
    ...(now < scope.terms
      ? [reinstate(driven, { holder: execution.holder, sealed: sealedFor(execution.holder, next), attempt: named('Reinstate') })]
      : []),
  ];
  for (const write of writes) if (!hasSent(execution, write.transition)) send(execution, write, add, { kind: 'trouble' });
};

const fence = (world: World, execution: Execution, scope: Scope, add: Add): void => {
  const { lease } = world;
  if (execution.term === null || execution.holder === null) return;
  const driven = drivenBy(execution, world, execution.term);
  blind(world, execution, scope, add);
  if (lease.term !== driven.term || lease.claim !== driven.claim) {
    add(`Execution ${execution.claim} reads that term ${driven.term} is over.`, { ...execution, at: 'StaleTerm' });
    return;
  }
  if (lease.phase !== 'FENCING') {
    add(`Execution ${execution.claim} reads that the node is fenced already.`, { ...execution, at: 'ReleaseKey', from: 'ReleaseKey' });
    return;
  }
  for (const evidence of proofsOf(world, execution, scope)) sendProof(execution, driven, evidence, add);
  add(`Execution ${execution.claim} gives up fencing: no proof is to be had.`, { ...execution, at: 'Unfenceable' }, { kind: 'trouble' });
  if (lease.term < scope.terms) {
    const next = nextTerm(driven.term);
    const by = {
      holder: execution.holder,
      sealed: sealedFor(execution.holder, next),
      attempt: attempt(`${execution.claim}/Reinstate/${driven.term}`),
    };
    send({ ...execution, at: 'Reinstate' }, reinstate(driven, by), add, { kind: 'resort' });
  }
};

const releaseKey = (world: World, execution: Execution, add: Add): void => {
  const { lease } = world;
  if (execution.term === null) return;
  const driven = drivenBy(execution, world, execution.term);
  if (lease.term !== driven.term || lease.claim !== driven.claim) {
    add(`Execution ${execution.claim} reads that term ${driven.term} is over.`, { ...execution, at: 'StaleTerm' });
    return;
  }
  if (lease.phase === 'RELEASED') {
    add(`Execution ${execution.claim} reads that the key is released already.`, { ...execution, at: 'Verify', from: 'Verify', holder: lease.holder });
    return;
  }
  if (lease.phase !== 'FENCED') {
    add(`Execution ${execution.claim} finds no proof to release on.`, { ...execution, at: 'EvidenceRefused' });
    return;
  }
  if (hasSent(execution, 'Release')) return;
  const by = {
    candidate: lease.candidate,
    sealed: sealedFor(lease.candidate, driven.term),
    attempt: attempt(`${execution.claim}/Release/${driven.term}`),
  };
  send(execution, release(driven, by), add);
};

const verify = (world: World, execution: Execution, scope: Scope, add: Add): void => {
  const { lease } = world;
  if (execution.term === null || execution.holder === null) return;
  if (lease.term !== execution.term || lease.claim !== execution.claim) {
    add(`Execution ${execution.claim} reads that term ${execution.term} is over.`, { ...execution, at: 'StaleTerm' });
    return;
  }
  add(`Execution ${execution.claim} does not see ${nameOf(execution.holder)} sign in time.`, { ...execution, at: 'NotSigning' }, { kind: 'trouble' });
  const node = world.nodes[indexOf(execution.holder)];
  if (!node || !canSign(scope, node) || hasSent(execution, 'Settle')) return;
  send(execution, settle(drivenBy(execution, world, execution.term), { attempt: attempt(`${execution.claim}/Settle/${execution.term}`) }), add);
};

export const isEnd = (at: Execution['at']): boolean => (ends as readonly string[]).includes(at);

/** Step Functions goes on at the state that failed, with what it knew then. */
const redriven = (execution: Execution): Execution => ({
  ...execution,
  at: execution.from,
  sent: execution.from === 'TakeTerm' && execution.plan ? sentWith(execution, execution.plan) : execution.sent,
});

/** Everything the executions, and the network between them and the table, may do next. */
export const executionSteps = (world: World, scope: Scope): Step<World>[] => {
  const steps: Step<World>[] = [];
  for (const [index, execution] of world.executions.entries()) {
    const add: Add = (say, after, { lease = world.lease, wrong = null, kind = 'itself' } = {}) => {
      const executions = replaced(world.executions, index, after).map((one) => pruned(one, lease, scope));
      steps.push({ say: () => say, to: { ...world, lease, executions }, wrong, kind });
    };
    writeSteps(world, execution, scope, add);
    if (execution.at === 'Assess' || isEnd(execution.at)) assess(world, execution, index, scope, add);
    if (execution.at === 'Fence') fence(world, execution, scope, add);
    if (execution.at === 'ReleaseKey') releaseKey(world, execution, add);
    if (execution.at === 'Verify') verify(world, execution, scope, add);
    if (isEnd(execution.at) && execution.at !== 'Done')
      add(`Execution ${execution.claim} is redriven from ${execution.from}.`, redriven(execution), { kind: 'trouble' });
  }
  return steps;
};
