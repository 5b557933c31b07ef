import { maySign, onDeadline, onRead, onRelinquished, newHold } from '../../../core/hold.ts';
import type { NodeReport } from '../../../core/report.ts';
import { durationMs, steadyMs } from '../../../core/time.ts';
import type { Kind, Step } from '../explorer.ts';
import { replaced } from '../intern.ts';
import { blank, daemonStopMs, nodeNames, timed, timing, type Node, type Read, type Scope, type World } from './world.ts';

/** The guard as guard/guard.ts runs it, each of its steps by itself: between any two of them everything else may happen. */

const now = steadyMs(0);

const holdTiming = (scope: Scope) => ({ leaseMs: timing.leaseMs, stopMs: scope.driver === 'daemon' ? daemonStopMs : timing.stopMs });

const mayHold = (scope: Scope, node: Node): boolean => (scope.armed ? maySign(node.hold, now) : node.hold.term !== null);

/** True when a signature could leave this node at this instant. */
export const canSign = (scope: Scope, node: Node): boolean => {
  if (!node.on || node.frozen || node.gate === null) return false;
  return scope.driver === 'daemon' || node.loose || (node.up && mayHold(scope, node));
};

/** True when nothing of it could sign, whatever it does next without reading the lease anew: what a person who attests looks at. */
export const cannotSign = (node: Node): boolean => !node.on || (!node.up && node.gate === null && !node.loose);

/** The gate closes at once; a daemon is told to stop, which takes its time. */
const closed = (scope: Scope, node: Node): Node =>
  scope.driver === 'daemon' && node.gate !== null
    ? { ...node, stopping: true, opening: null }
    : { ...node, gate: null, stopping: false, opening: null, loose: false };

/** The process is gone, and what it knew. The daemon goes with its guard (BindsTo). */
export const crashed = (node: Node): Node => ({
  ...node,
  ...blank,
  up: false,
  hold: newHold(node.hold.node, { relinquished: 0, floor: 0 }),
});

export const started = (node: Node): Node => ({
  ...node,
  up: true,
  hold: newHold(node.hold.node, { relinquished: node.report.relinquished?.term ?? 0, floor: node.report.floor }),
});

const arrived = (scope: Scope, node: Node, read: Read): Node => {
  const { lease } = read;
  const step = onRead(node.hold, { sentMs: steadyMs(-read.ageMs), lease }, holdTiming(scope));
  const renewed = step.state.deadlineMs !== null && step.state.deadlineMs !== node.hold.deadlineMs;
  let next: Node = { ...node, hold: step.state, slack: step.state.deadlineMs === null ? 0 : renewed ? read.slack : node.slack };
  if (step.action === 'close') next = closed(scope, next);
  const { term } = step.state;
  const openable = lease.sealed?.node === node.hold.node && lease.sealed.term === lease.term;
  if (step.action === 'open' && term !== null) {
    // A key that is not there cannot be opened: nothing is held, the next read tries again.
    next = openable
      ? { ...next, opening: { term, declared: !timed(scope) } }
      : { ...next, hold: { ...next.hold, term: null, deadlineMs: null }, slack: 0 };
  }
  return step.relinquish === null ? next : { ...next, owed: step.relinquish };
};

const post = (node: Node, word: Partial<NodeReport>): Node => ({
  ...node,
  posted: { ...node.report, ...word, floor: node.hold.floor, sequence: 0 },
});

/** The write lands. Whatever else of this item was on its way has a sequence that is no longer the next one. */
const landed = (node: Node): Node => (node.posted ? { ...node, report: node.posted, posted: null } : node);

const acknowledged = (node: Node): Node => {
  const { posted } = node;
  if (!posted || !node.up) return landed(node);
  const next = landed(node);
  if (next.opening && posted.armedTerm === next.opening.term) return { ...next, opening: { ...next.opening, declared: true } };
  if (next.owed !== null && posted.relinquished?.term === next.owed) return { ...next, hold: onRelinquished(next.hold, next.owed), owed: null };
  return next;
};

const activated = (scope: Scope, node: Node): Node => {
  const { opening, hold } = node;
  if (!opening) return node;
  if (hold.term === opening.term && mayHold(scope, node)) return { ...node, gate: opening.term, opening: null, stopping: false };
  const held = hold.term === opening.term;
  return { ...node, opening: null, hold: held ? { ...hold, term: null, deadlineMs: null } : hold, slack: held ? 0 : node.slack };
};

/**
 * A read is sent and answered in one step: a longer way to the table only makes its deadline earlier. A lost read is one that never arrives;
 * the next one takes its place.
 */
type Add = (say: string, node: Node, kind?: Kind) => void;

const answered = (world: World, scope: Scope): Read => ({ ageMs: 0, slack: timed(scope) ? 1 : 0, lease: world.lease });

const readSteps = (world: World, index: number, scope: Scope, step: Add): void => {
  const node = world.nodes[index];
  if (!node?.on || !node.up || node.frozen) return;
  const name = nodeNames[index] ?? '';
  step(
    `${name} asks for the lease; the table answers: term ${world.lease.term}, ${world.lease.phase}.`,
    {
      ...node,
      reads: [...node.reads, answered(world, scope)].slice(-scope.reads),
    },
    'trouble',
  );
  for (const [at, read] of node.reads.entries()) {
    const without = { ...node, reads: node.reads.filter((_, other) => other !== at) };
    const age = timed(scope) ? `, ${read.ageMs} ticks old` : '';
    step(`${name} takes in what it read: term ${read.lease.term}, ${read.lease.phase}${age}.`, arrived(scope, without, read));
  }
};

const actSteps = (world: World, index: number, scope: Scope, step: Add): void => {
  const node = world.nodes[index];
  if (!node) return;
  const name = nodeNames[index] ?? '';
  const works = node.on && node.up && !node.frozen;
  if (node.posted && works) step(`The item of ${name} is written, and it knows.`, acknowledged(node));
  if (node.posted && !scope.calm) step(`The item of ${name} is written; it has not heard so.`, landed(node), 'trouble');
  if (!works) return;
  if (node.hold.term !== null && !mayHold(scope, node)) {
    step(`The deadline of ${name} has passed: it closes.`, closed(scope, { ...node, hold: onDeadline(node.hold, now).state, slack: 0 }));
  }
  if (node.stopping) step(`The daemon of ${name} has stopped.`, { ...node, gate: null, stopping: false });
  if (node.opening) {
    if (!node.opening.declared)
      step(
        `${name} declares term ${node.opening.term}.`,
        post(node, { armedTerm: node.opening.term, armed: scope.armed, leaseMs: durationMs(timing.leaseMs) }),
      );
    else if (!node.stopping) step(`${name} opens its gate in term ${node.opening.term}.`, activated(scope, node));
  }
  const lies = scope.broken.includes('relinquished') && node.owed !== null;
  if (node.owed !== null && ((node.gate === null && node.opening === null) || lies)) {
    step(
      `${name} writes that it relinquishes term ${node.owed}.`,
      post(lies ? { ...node, gate: node.owed, loose: true } : node, { relinquished: { term: node.owed, watermark: null } }),
    );
  }
  if (scope.broken.includes('lapsed-pause') && canSign(scope, node) && !node.loose)
    step(`${name} checks that it may sign, and pauses before the signature leaves.`, { ...node, loose: true }, 'trouble');
};

/** The node has read the lease anew and taken it in; whatever it read before is lost. */
export const polled = (world: World, index: number, scope: Scope): World => {
  const node = world.nodes[index];
  if (!node?.on || !node.up || node.frozen) return world;
  return { ...world, nodes: replaced(world.nodes, index, arrived(scope, { ...node, reads: [] }, answered(world, scope))) };
};

/** Everything the guard of one node, and the network between it and the table, may do next. */
export const guardSteps = (world: World, scope: Scope): Step<World>[] => {
  const steps: Step<World>[] = [];
  for (const index of world.nodes.keys()) {
    const add: Add = (say, node, kind = 'itself') => {
      steps.push({ say: () => say, to: { ...world, nodes: replaced(world.nodes, index, node) }, kind });
    };
    readSteps(world, index, scope, add);
    actSteps(world, index, scope, add);
  }
  return steps;
};
