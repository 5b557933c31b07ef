import type { Lease } from '../../../core/lease.ts';
import { steadyMs } from '../../../core/time.ts';
import type { Model, Step } from '../explorer.ts';
import { nodeNames, timing } from '../fence/world.ts';
import { Codes, replaced } from '../intern.ts';
import { leaseSteps, nodeSteps, reportText } from './steps.ts';
import { canSign, newWorld, timesOf, type Asking, type AskScope, type AskWorld, type Node } from './world.ts';

/** Time, and how states are told apart. */

/** Of a round that can give nothing any more, nothing is kept. */
const agedAsking = (asking: Asking | null, ticks: number): Asking | null => {
  if (!asking) return null;
  const sentMs = steadyMs(asking.round.sentMs - ticks);
  return sentMs + timing.leaseMs <= 0 ? null : { ...asking, round: { ...asking.round, sentMs } };
};

const aged = (node: Node, ticks: { rule: number; promise: number }): Node => {
  const { deadlineMs } = node.hold;
  const left = deadlineMs === null ? null : steadyMs(Math.max(0, deadlineMs - ticks.rule));
  const untilMs = steadyMs(Math.max(0, (node.promises?.untilMs ?? 0) - ticks.promise));
  return {
    ...node,
    hold: deadlineMs === left ? node.hold : { ...node.hold, deadlineMs: left },
    slack: left === 0 ? 0 : node.slack,
    asking: agedAsking(node.asking, ticks.rule),
    promises: node.promises && { untilMs },
    haste: untilMs === 0 ? 0 : node.haste - (ticks.promise - 1),
  };
};

/** A tick that the holder's clock does not count: each window that is open must still have room for it. */
const slowed = (node: Node, scope: AskScope): Node | null => {
  const held = (node.hold.deadlineMs ?? 0) > 0;
  const free = scope.broken === 'clock';
  if (!held && !node.asking) return null;
  if (!free && ((held && node.slack === 0) || node.asking?.slack === 0)) return null;
  const less = free ? 0 : 1;
  const after = aged(node, { rule: 0, promise: 1 });
  return {
    ...after,
    slack: held ? node.slack - less : 0,
    asking: after.asking && { ...after.asking, slack: after.asking.slack - less },
  };
};

const waited = (world: AskWorld, scope: AskScope, ticks: number): Pick<AskWorld, 'waitedMs' | 'haste'> => {
  if (world.lease.phase !== 'FENCING') return { waitedMs: 0, haste: 0 };
  const { lapsedMs } = timesOf(scope);
  const waitedMs = Math.min(lapsedMs, world.waitedMs + ticks);
  return { waitedMs, haste: waitedMs === lapsedMs ? 0 : world.haste - (ticks - 1) };
};

const tickSteps = (world: AskWorld, scope: AskScope): Step<AskWorld>[] => {
  const nodes = world.nodes.map((node) => aged(node, { rule: 1, promise: 1 }));
  const plain: AskWorld = { ...world, nodes, ...waited(world, scope, 1) };
  const steps: Step<AskWorld>[] = [{ say: () => 'A tick passes.', to: plain }];
  if (world.odd >= scope.odd) return steps;
  const odd = world.odd + 1;
  for (const [index, node] of world.nodes.entries()) {
    const name = nodeNames[index] ?? '';
    const slow = slowed(node, scope);
    if (slow)
      steps.push({
        say: () => `A tick passes, which the slow clock of ${name} does not count.`,
        to: { ...plain, odd, nodes: replaced(nodes, index, slow) },
      });
    if (node.haste > 0 && (node.promises?.untilMs ?? 0) > 0)
      steps.push({
        say: () => `A tick passes, which the fast clock of ${name} counts twice.`,
        to: { ...plain, odd, nodes: replaced(nodes, index, aged(node, { rule: 1, promise: 2 })) },
      });
  }
  if (world.haste > 0 && world.lease.phase === 'FENCING')
    steps.push({ say: () => 'A tick passes, which the clock of the failover counts twice.', to: { ...plain, odd, ...waited(world, scope, 2) } });
  return steps;
};

const leaseText = ({ term, holder, phase, candidate, releasedTerm }: Lease): string => [term, holder, phase, candidate, releasedTerm].join(',');

const askingText = ({ round, slack, given }: Asking): string =>
  [round.term, round.sentMs, slack, given.map((answer) => (answer ? 1 : 0)).join('')].join('/');

const nodeText = (node: Node): string =>
  [
    node.hold.node,
    node.up,
    node.hold.floor,
    node.hold.relinquished,
    node.hold.term,
    node.hold.deadlineMs,
    node.slack,
    node.gate,
    node.owed,
    node.asking ? askingText(node.asking) : '',
    node.promises?.untilMs,
    node.haste,
    reportText(node.report),
    node.wrote,
    node.posted ? reportText(node.posted) : '',
    node.late ? reportText(node.late) : '',
    node.glimpse,
  ].join(';');

export const askModel = (name: string, scope: AskScope): Model<AskWorld> => {
  const nodes = new Codes<Node>(nodeText);
  const leases = new Codes<Lease>(leaseText);
  return {
    name,
    initial: newWorld(scope),
    steps: (world) => {
      nodes.base(world.nodes);
      leases.base([world.lease]);
      return [...world.nodes.flatMap((_, index) => nodeSteps(world, scope, index)), ...leaseSteps(world, scope), ...tickSteps(world, scope)];
    },
    wrong: (world) => {
      const signers = world.nodes.flatMap((node, index) => (canSign(node) ? [nodeNames[index] ?? ''] : []));
      return signers.length > 1 ? `${signers.join(' and ')} can both sign.` : null;
    },
    encode: (world) =>
      `${leases.of([world.lease])}${nodes.of(world.nodes)}${world.proof?.kind.charAt(0) ?? '-'}${world.waitedMs}${world.haste}${world.deaths}${world.odd}`,
  };
};
