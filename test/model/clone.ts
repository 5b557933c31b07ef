import type { NodeReport } from '../../core/report.ts';
import { durationMs, steadyMs, type SteadyMs } from '../../core/time.ts';
import {
  hasEnded,
  isProven,
  lostTermOf,
  newWriter,
  nextSequence,
  onAcknowledged,
  onRefused,
  onSeen,
  onSent,
  overOf,
  standsOn,
  whyNotWrite,
  type Held,
  type Over,
  type Remembered,
  type WriterState,
} from '../../core/writer.ts';
import { reportOf } from '../support/core.ts';
import type { Model, Step } from './explorer.ts';
import { lapsedMs, timing } from './fence/world.ts';
import { replaced } from './intern.ts';

/**
 * One node identity on two machines, in one term that it holds. The second machine is a copy of the first: of its disk, or of its memory as
 * it runs. Guards die, are started, machines boot anew; reports come late, replies are lost, and a slow clock meets a fast one.
 */

export interface CloneScope {
  readonly copy: 'disk' | 'memory';
  /** Whether the guards stop by themselves when the table does not answer. */
  readonly armed: boolean;
  /** Highest number of a report, and guards that are started. */
  readonly reports: number;
  readonly starts: number;
  /** Ticks after which a machine that was resumed twice must be one again. */
  readonly meetMs: number;
  readonly broken: 'clock' | null;
}

interface Sent {
  readonly report: NodeReport;
  readonly over: Over;
}

interface Guard {
  readonly state: WriterState;
  /** Ticks that its clock may still lose since the last acknowledged report was sent, and count twice while it waits. */
  readonly slack: number;
  readonly haste: number;
  /** The write whose reply it waits for. */
  readonly waits: (Sent & { readonly sentMs: SteadyMs; readonly slack: number }) | null;
}

interface Machine {
  /** Its boot; null before the copy is made. */
  readonly place: number | null;
  readonly guard: Guard | null;
  readonly memory: Remembered | null;
  /** The other machine has signed on since their disks were one, and has reported so. */
  readonly behind: boolean;
}

interface CloneWorld {
  readonly item: NodeReport;
  readonly machines: readonly [Machine, Machine];
  /** Writes that nobody waits for any more, and that may still come. */
  readonly late: readonly Sent[];
  /** The last number that had left when the copy was made. */
  readonly common: number;
  readonly starts: number;
  readonly boots: number;
  /** Ticks since the copy of a memory was set going, up to `meetMs`. */
  readonly apartMs: number | null;
}

const now = steadyMs(0);
/** Older than this makes no difference. */
const oldestMs = lapsedMs + 1;
const names = ['the machine', 'its copy'] as const;
const mostLate = 1;

const idOf = (index: number): string => String(index).repeat(32);

const heldOf = (scope: CloneScope): Held => ({ leaseMs: timing.leaseMs, stopMs: timing.stopMs, timed: scope.armed });

const proven = (guard: Guard | null, scope: CloneScope): boolean => guard !== null && isProven(guard.state, now, heldOf(scope));

/** The term that was given up is never opened again. */
const canSign = (guard: Guard | null, scope: CloneScope): boolean => proven(guard, scope) && guard?.state.seen?.report?.relinquished === undefined;

const older = (at: SteadyMs, ticks: number): SteadyMs => steadyMs(Math.max(-oldestMs, at - ticks));

const aged = (guard: Guard, ticks: { ack: number; seen: number }): Guard => {
  const { seen, ackedMs, mode } = guard.state;
  const state: WriterState = {
    ...guard.state,
    ackedMs: ackedMs === null ? null : older(ackedMs, ticks.ack),
    // Of a writer it makes no difference since when.
    seen: seen && { ...seen, sinceMs: mode === 'new' ? older(seen.sinceMs, ticks.seen) : now },
  };
  return { ...guard, state, waits: guard.waits && { ...guard.waits, sentMs: older(guard.waits.sentMs, ticks.ack) } };
};

const place = (machine: Machine): string => String(machine.place);
const withMachine = (world: CloneWorld, index: number, of: Partial<Machine>): CloneWorld => {
  const machine = { ...(world.machines[index] as Machine), ...of };
  return { ...world, machines: replaced(world.machines, index, machine) as unknown as CloneWorld['machines'] };
};

const withLate = (world: CloneWorld, sent: Sent | null): CloneWorld =>
  sent === null ? world : { ...world, late: [...world.late, sent].slice(-mostLate) };

const told = ({ report }: Sent): string => `report ${report.sequence} of guard ${report.writer?.slice(0, 1) ?? '-'}`;

const copySteps = (world: CloneWorld, scope: CloneScope): Step<CloneWorld>[] => {
  const [first, second] = world.machines;
  if (second.place !== null) return [];
  const of: Machine = { ...first, behind: false };
  const common = first.memory?.sent ?? 0;
  if (scope.copy === 'memory')
    return [
      {
        say: () => 'The machine is set going a second time, from its memory as it is now.',
        to: { ...withMachine(world, 1, of), apartMs: 0, common },
      },
    ];
  const boots = world.boots + 1;
  return [
    {
      say: () => 'A copy of its disk boots as another machine.',
      to: { ...withMachine(world, 1, { ...of, place: boots, guard: null }), boots, common },
    },
  ];
};

const lifeSteps = (world: CloneWorld, scope: CloneScope, index: number): Step<CloneWorld>[] => {
  const machine = world.machines[index];
  const name = names[index] ?? '';
  if (!machine || machine.place === null) return [];
  const { guard } = machine;
  if (guard) {
    const dead = withLate(withMachine(world, index, { guard: null }), guard.waits);
    const boots = world.boots + 1;
    return [
      { say: () => `The guard of ${name} dies.`, to: dead },
      ...(boots > scope.starts
        ? []
        : [{ say: () => `Of ${name}, the power is lost and comes back.`, to: { ...withMachine(dead, index, { place: boots }), boots } }]),
    ];
  }
  if (world.starts >= scope.starts) return [];
  const starts = world.starts + 1;
  const state = onSeen(newWriter(idOf(starts)), world.item, now);
  const fresh: Guard = { state, slack: 0, haste: 1, waits: null };
  return [{ say: () => `The guard of ${name} starts, and reads its item.`, to: { ...withMachine(world, index, { guard: fresh }), starts } }];
};

const sendSteps = (world: CloneWorld, scope: CloneScope, index: number): Step<CloneWorld>[] => {
  const machine = world.machines[index];
  const guard = machine?.guard;
  if (!guard || guard.waits) return [];
  const { state } = guard;
  const seen = state.seen?.report;
  const ended = seen !== undefined && hasEnded(seen, machine.memory, place(machine));
  const sequence = nextSequence(state);
  if (sequence > scope.reports || whyNotWrite(state, { nowMs: now, timing, seldomMs: durationMs(0), lease: undefined, ended }) !== null) return [];
  const { relinquished } = { ...seen, ...(state.mode === 'new' ? lostTermOf(seen, machine.memory) : {}) };
  const lost = relinquished ? { relinquished } : {};
  const report = reportOf({ writer: state.me, sequence, after: seen?.sequence ?? 0, armed: scope.armed, leaseMs: timing.leaseMs, ...lost });
  const waits = { report, over: overOf(state), sentMs: now, slack: 1 };
  const memory = state.mode === 'new' ? machine.memory : { writer: state.me, acked: report.after ?? 0, sent: sequence, place: place(machine) };
  const to = withMachine(world, index, { guard: { ...guard, state: onSent(state, sequence), waits }, memory });
  return [{ say: () => `The guard of ${names[index] ?? ''} sends ${told(waits)}.`, to }];
};

const acknowledged = (world: CloneWorld, scope: CloneScope, index: number, guard: Guard, sent: NonNullable<Guard['waits']>): CloneWorld => {
  const machine = world.machines[index] as Machine;
  const { report, sentMs, slack } = sent;
  const state = onAcknowledged(guard.state, report, { ...heldOf(scope), sentMs });
  const memory = { writer: state.me, acked: report.sequence, sent: report.sequence, place: place(machine) };
  const next = withMachine(world, index, { guard: { ...guard, state, slack, waits: null }, memory });
  return report.relinquished === undefined && report.sequence > world.common ? withMachine(next, 1 - index, { behind: true }) : next;
};

const tableSteps = (world: CloneWorld, scope: CloneScope, index: number): Step<CloneWorld>[] => {
  const machine = world.machines[index];
  const guard = machine?.guard;
  const sent = guard?.waits;
  if (!machine || !guard || !sent) return [];
  const name = names[index] ?? '';
  const idle = { ...guard, waits: null };
  const taken = standsOn(world.item, sent.over, sent.report.sequence);
  const steps: Step<CloneWorld>[] = [
    { say: () => `The guard of ${name} waits no longer.`, to: withLate(withMachine(world, index, { guard: idle }), sent) },
  ];
  if (taken) {
    const item = sent.report;
    const blind = machine.behind && item.relinquished === undefined && guard.state.mode === 'new';
    const wrong = blind ? `${name} goes on in the term from a disk that is behind.` : null;
    steps.push(
      { say: () => `The table takes ${told(sent)}, and ${name} knows.`, to: acknowledged({ ...world, item }, scope, index, guard, sent), wrong },
      { say: () => `The table takes ${told(sent)}; its reply is lost.`, to: { ...withMachine(world, index, { guard: idle }), item } },
    );
    return steps;
  }
  // Exactly this one stands there already: not known by whom.
  const same = JSON.stringify(world.item) === JSON.stringify(sent.report);
  const state = same ? guard.state : onRefused(guard.state, world.item, now);
  const refused = { ...idle, state, haste: state.seen === guard.state.seen ? guard.haste : 1 };
  steps.push({ say: () => `The table refuses ${told(sent)} of ${name}.`, to: withMachine(world, index, { guard: refused }) });
  return steps;
};

const lateSteps = (world: CloneWorld): Step<CloneWorld>[] =>
  world.late.flatMap((sent, at) => {
    const late = world.late.filter((_, other) => other !== at);
    const lost = { say: () => `Nothing comes of ${told(sent)}.`, to: { ...world, late } };
    if (!standsOn(world.item, sent.over, sent.report.sequence)) return [lost];
    return [lost, { say: () => `The table takes ${told(sent)}, late.`, to: { ...world, late, item: sent.report } }];
  });

const tickSteps = (world: CloneWorld, scope: CloneScope): Step<CloneWorld>[] => {
  const apartMs = world.apartMs === null ? null : Math.min(scope.meetMs, world.apartMs + 1);
  const all = { ...world, apartMs, machines: world.machines.map((one) => ({ ...one, guard: one.guard && aged(one.guard, { ack: 1, seen: 1 }) })) };
  const plain = all as unknown as CloneWorld;
  const steps: Step<CloneWorld>[] = [{ say: () => 'A tick passes.', to: plain }];
  for (const [index, { guard }] of world.machines.entries()) {
    if (!guard) continue;
    const name = names[index] ?? '';
    const holds = guard.state.ackedMs !== null && guard.state.ackedMs + timing.leaseMs > now;
    const free = scope.broken === 'clock';
    if ((holds || guard.waits) && (free || ((!holds || guard.slack > 0) && (!guard.waits || guard.waits.slack > 0)))) {
      const less = free ? 0 : 1;
      const slow = { ...guard, slack: Math.max(0, guard.slack - less), waits: guard.waits && { ...guard.waits, slack: guard.waits.slack - less } };
      steps.push({ say: () => `A tick passes, which the slow clock of ${name} does not count.`, to: withMachine(plain, index, { guard: slow }) });
    }
    if (guard.state.mode !== 'new' || guard.haste === 0) continue;
    const fast = aged({ ...guard, haste: guard.haste - 1 }, { ack: 1, seen: 2 });
    steps.push({ say: () => `A tick passes, which the fast clock of ${name} counts twice.`, to: withMachine(plain, index, { guard: fast }) });
  }
  return steps;
};

const reportText = ({ writer, sequence, after, relinquished }: NodeReport): string =>
  [writer?.slice(0, 1), sequence, after, relinquished?.term].join('.');
const sentText = ({ report, over }: Sent): string => `${reportText(report)}<${over.base?.writer?.slice(0, 1) ?? '-'}.${over.base?.sequence ?? '-'}`;

const guardText = ({ state, slack, haste, waits }: Guard): string =>
  [
    state.me.slice(0, 1),
    state.mode,
    state.seen?.report ? reportText(state.seen.report) : '',
    state.mode === 'new' ? (state.seen?.sinceMs ?? '') : '',
    state.ackedMs ?? '',
    state.firm,
    state.sent,
    slack,
    state.mode === 'new' ? haste : '',
    waits ? `${sentText(waits)}@${waits.sentMs}/${waits.slack}` : '',
  ].join(',');

const machineText = ({ place: at, guard, memory, behind }: Machine): string =>
  [at, guard ? guardText(guard) : '', memory ? `${memory.writer.slice(0, 1)}.${memory.acked}.${memory.sent}.${memory.place}` : '', behind].join(';');

const began = (scope: CloneScope): CloneWorld => {
  const item = reportOf({ writer: idOf(1), sequence: 1, after: 0, armed: scope.armed, leaseMs: timing.leaseMs });
  const state = onAcknowledged(onSent(onSeen(newWriter(idOf(1)), undefined, now), 1), item, { ...heldOf(scope), sentMs: now });
  const memory = { writer: idOf(1), acked: 1, sent: 1, place: '1' };
  const first: Machine = { place: 1, guard: { state, slack: 1, haste: 0, waits: null }, memory, behind: false };
  return {
    item,
    machines: [first, { place: null, guard: null, memory: null, behind: false }],
    late: [],
    common: 0,
    starts: 1,
    boots: 1,
    apartMs: null,
  };
};

export const cloneModel = (name: string, scope: CloneScope): Model<CloneWorld> => ({
  name,
  initial: began(scope),
  steps: (world) => [
    ...[0, 1].flatMap((index) => [...sendSteps(world, scope, index), ...tableSteps(world, scope, index), ...lifeSteps(world, scope, index)]),
    ...lateSteps(world),
    ...copySteps(world, scope),
    ...tickSteps(world, scope),
  ],
  wrong: ({ machines, apartMs }) => {
    if (apartMs !== null && apartMs < scope.meetMs) return null;
    return machines.every(({ guard }) => canSign(guard, scope)) ? 'The machine and its copy can both sign.' : null;
  },
  encode: ({ item, machines, late, common, starts, boots, apartMs }) =>
    [reportText(item), machines.map(machineText).join('|'), late.map(sentText).join('+'), common, starts, boots, apartMs].join('#'),
});
