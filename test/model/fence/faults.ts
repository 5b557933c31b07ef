import { steadyMs } from '../../../core/time.ts';
import type { Kind, Step } from '../explorer.ts';
import { replaced } from '../intern.ts';
import { crashed, started } from './guard.ts';
import { lapsedMs, nodeNames, timed, timing, type Execution, type Node, type Read, type Scope, type World } from './world.ts';

/** Trouble that needs no cause, and time. That a machine is cut off is a read or a write that never arrives: it needs no step of its own. */

/** Older than this it gives no right to sign any more: how old it is makes no difference. */
const oldestMs = timing.leaseMs;

const agedRead = (read: Read): Read => (read.ageMs + 1 >= oldestMs ? { ...read, ageMs: oldestMs, slack: 0 } : { ...read, ageMs: read.ageMs + 1 });

const aged = (node: Node): Node => {
  const { deadlineMs } = node.hold;
  if (deadlineMs === null && node.reads.length === 0) return node;
  const left = deadlineMs === null ? null : steadyMs(Math.max(0, deadlineMs - 1));
  return { ...node, hold: { ...node.hold, deadlineMs: left }, slack: left === 0 ? 0 : node.slack, reads: node.reads.map(agedRead) };
};

/** A tick that this node's clock does not count: each window that is open must still have room for it. */
const slowed = (node: Node, scope: Scope): Node | null => {
  if (scope.broken.includes('lapsed-clock')) return node;
  const held = (node.hold.deadlineMs ?? 0) > 0;
  const young = node.reads.filter(({ ageMs }) => ageMs < oldestMs);
  if (!held && young.length === 0) return null;
  if ((held && node.slack === 0) || young.some(({ slack }) => slack === 0)) return null;
  return {
    ...node,
    slack: held ? node.slack - 1 : 0,
    reads: node.reads.map((read) => (read.ageMs < oldestMs ? { ...read, slack: read.slack - 1 } : read)),
  };
};

/** A guard that is awake stops its daemon in time: time does not pass it by. */
const mustStopFirst = (node: Node, scope: Scope): boolean =>
  scope.driver === 'daemon' &&
  scope.armed &&
  node.on &&
  node.up &&
  !node.frozen &&
  node.gate !== null &&
  (node.stopping || node.hold.deadlineMs === null || node.hold.deadlineMs <= 0);

const waits = (execution: Execution): Execution => (execution.at === 'Fence' && execution.waitedMs < lapsedMs ? counted(execution, 1) : execution);

// Once it has counted enough, what it might still count makes no difference.
const counted = (execution: Execution, ticks: number): Execution => {
  const waitedMs = Math.min(lapsedMs, execution.waitedMs + ticks);
  return { ...execution, waitedMs, haste: waitedMs === lapsedMs ? 0 : execution.haste - (ticks - 1) };
};

const tickSteps = (world: World, scope: Scope): Step<World>[] => {
  if (!timed(scope) || world.nodes.some((node) => mustStopFirst(node, scope))) return [];
  const executions = world.executions.map(waits);
  const all = world.nodes.map(aged);
  const steps: Step<World>[] = [{ say: () => 'A tick passes.', to: { ...world, nodes: all, executions }, kind: 'trouble' }];
  for (const [index, node] of world.nodes.entries()) {
    const slow = slowed(node, scope);
    if (slow)
      steps.push({
        say: () => `A tick passes, which the slow clock of ${nodeNames[index] ?? ''} does not count.`,
        to: { ...world, nodes: replaced(all, index, slow), executions },
        kind: 'trouble',
      });
  }
  for (const [slot, execution] of world.executions.entries()) {
    if (execution.at !== 'Fence' || execution.haste === 0) continue;
    steps.push({
      say: () => `A tick passes, which a fast clock counts twice for execution ${execution.claim}.`,
      to: { ...world, nodes: all, executions: replaced(executions, slot, counted(execution, 2)) },
      kind: 'trouble',
    });
  }
  return steps;
};

/** A tick that every clock counts. */
export const ticked = (world: World, scope: Scope): World => tickSteps(world, scope)[0]?.to ?? world;

export const faultSteps = (world: World, scope: Scope): Step<World>[] => {
  const steps = tickSteps(world, scope);
  for (const [index, node] of world.nodes.entries()) {
    const name = nodeNames[index] ?? '';
    const add = (say: string, after: Node, kind: Kind = 'itself'): void => {
      steps.push({ say: () => say, to: { ...world, nodes: replaced(world.nodes, index, after) }, kind });
    };
    if (!node.on) continue;
    // A frozen machine is one that takes no step. It differs from that only where a machine that is awake would have to act in time.
    const freezes = scope.driver === 'daemon' && timed(scope);
    if (node.frozen) add(`${name} thaws.`, { ...node, frozen: false });
    else if (freezes) add(`${name} freezes.`, { ...node, frozen: true }, 'trouble');
    if (node.up && !node.frozen && !scope.calm) add(`The guard of ${name} dies.`, crashed(node), 'trouble');
    if (!node.up && !node.frozen) add(`The guard of ${name} starts.`, started(node));
  }
  return steps;
};
