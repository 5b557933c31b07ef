import { rangeOf, type Range } from '../figures.ts';
import { plotOf } from '../plot.ts';
import type { Outcome } from './result.ts';
import type { Tool } from './tool.ts';

/** What all runs have shown: tables, the closing line, the plot. Pure. */

export interface Cell {
  readonly tool: Tool;
  readonly scenario: string;
  readonly outcomes: readonly Outcome[];
  /** Why runs gave nothing. */
  readonly failed: readonly string[];
}

export interface Made {
  readonly machine: string;
  readonly date: string;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: readonly string[];
  /** Tools that were left out, with why. */
  readonly skipped: Readonly<Record<string, string>>;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(ms < 10_000 ? 2 : 1);
const rangeText = (range: Range | null, unit: (value: number) => string): string =>
  range === null ? '—' : `${unit(range.min)} / **${unit(range.median)}** / ${unit(range.max)}`;
const plain = (value: number): string => String(value);

/** How often nobody signed again, and of the others how long nobody did. */
export const downtimeOf = ({ outcomes }: Cell): { range: Range | null; never: number } => {
  const known = outcomes.flatMap(({ downtimeMs }) => (downtimeMs === null ? [] : [downtimeMs]));
  return { range: rangeOf(known), never: outcomes.length - known.length };
};

const head = ['tool', 'scenario', 'runs', 'downtime, s', 'both sign, s', 'late lines', 'signs at the end'];
const rowOf = (cell: Cell): string[] => {
  const { tool, scenario, outcomes, failed } = cell;
  const { range, never } = downtimeOf(cell);
  const last = [...new Set(outcomes.map((one) => one.last ?? 'nobody'))].join(', ');
  return [
    tool.label,
    scenario,
    `${outcomes.length}${failed.length > 0 ? ` (${failed.length} failed)` : ''}`,
    `${rangeText(range, seconds)}${never > 0 ? ` (${never} never)` : ''}`,
    rangeText(rangeOf(outcomes.map(({ overlapMs }) => overlapMs)), seconds),
    rangeText(rangeOf(outcomes.map(({ lateLines }) => lateLines)), plain),
    last,
  ];
};

/** In Markdown: min / **median** / max. */
export const tableOf = (cells: readonly Cell[]): string =>
  [head, head.map(() => '---'), ...cells.map(rowOf)].map((line) => `| ${line.join(' | ')} |`).join('\n');

export const lineOf = (cell: Cell, outcome: Outcome): string => {
  const { downtimeMs, overlapMs, lateLines } = outcome;
  const down = downtimeMs === null ? 'nobody signs again' : `down ${seconds(downtimeMs)} s`;
  return `${cell.tool.name.padEnd(18)} ${cell.scenario.padEnd(9)} ${down}, both ${seconds(overlapMs)} s, late lines ${lateLines}`;
};

const phases = [
  ['verdict', null, 'Assess'],
  ['Assess', 'Assess', 'TakeTerm'],
  ['TakeTerm', 'TakeTerm', 'Fence'],
  ['Fence', 'Fence', 'ReleaseKey'],
  ['release to first line', 'ReleaseKey', null],
] as const;

/** Where Baton's time goes, in milliseconds; medians over the runs that had all of it. */
export const breakdownOf = ({ outcomes }: Cell): Readonly<Record<string, number>> => {
  const found = phases.map(([name, from, to]) => {
    const lengths = outcomes.flatMap(({ steps, tookOverMs, faultMs }) => {
      const entered = (state: string): number | undefined => steps.find((one) => one.name === state)?.atMs;
      const [begun, ended] = [
        from === null ? 0 : entered(from),
        to === null ? (tookOverMs === null ? undefined : tookOverMs - faultMs) : entered(to),
      ];
      return begun === undefined || ended === undefined ? [] : [ended - begun];
    });
    return [name, Math.round(rangeOf(lengths)?.median ?? 0)] as const;
  });
  return Object.fromEntries(found);
};

const isBaton = ({ tool }: Cell): boolean => tool.name.startsWith('baton') && tool.control === undefined;

export interface Summary {
  readonly crashRatioToPacemaker: number | null;
  /** Of Baton in all scenarios together. */
  readonly lateLines: number;
  readonly overlapMs: number;
  readonly controlFired: boolean | null;
  readonly medians: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly failed: readonly string[];
}

export const summaryOf = (cells: readonly Cell[]): Summary => {
  const crash = (name: string): number | null => {
    const cell = cells.find(({ tool, scenario }) => tool.name === name && scenario === 'crash');
    return cell ? (downtimeOf(cell).range?.median ?? null) : null;
  };
  const [ours, theirs] = [crash('baton'), crash('pacemaker')];
  const batons = cells.filter(isBaton).flatMap(({ outcomes }) => outcomes);
  const controls = cells.filter(({ tool }) => tool.control === true);
  const medians: Record<string, Record<string, number | null>> = {};
  for (const cell of cells) (medians[cell.tool.name] ??= {})[cell.scenario] = downtimeOf(cell).range?.median ?? null;
  return {
    crashRatioToPacemaker: ours === null || theirs === null ? null : Math.round((ours / theirs) * 1_000) / 1_000,
    lateLines: batons.reduce((sum, { lateLines }) => sum + lateLines, 0),
    overlapMs: batons.reduce((sum, { overlapMs }) => sum + overlapMs, 0),
    controlFired: controls.length === 0 ? null : controls.every(({ outcomes }) => outcomes.some(({ lateLines }) => lateLines > 0)),
    medians,
    failed: cells.filter(({ failed }) => failed.length > 0).map(({ tool, scenario }) => `${tool.name} ${scenario}`),
  };
};

const captionOf = ({ machine, date }: Made): string => `${machine}; ${date}. Lines: least to most.`;

export const svgOf = (cells: readonly Cell[], made: Made): string =>
  plotOf({
    title: 'A whole machine is lost: how long nobody signs',
    unit: 's',
    caption: captionOf(made),
    bars: cells
      .filter(({ scenario, tool }) => scenario === 'crash' && tool.control === undefined)
      .map((cell) => {
        const { range } = downtimeOf(cell);
        const late = cells.filter(({ tool }) => tool.name === cell.tool.name).some(({ outcomes }) => outcomes.some(({ lateLines }) => lateLines > 0));
        const inSeconds = range === null ? null : { min: range.min / 1_000, median: range.median / 1_000, max: range.max / 1_000 };
        return { label: cell.tool.label, ours: isBaton(cell), range: inSeconds, note: late ? 'signs twice' : '' };
      }),
  });

const madeText = (made: Made): string => {
  const points = [...made.settings, ...Object.entries(made.skipped).map(([name, why]) => `${name} was left out: ${why}`)];
  const versions = Object.entries(made.versions).map(([name, version]) => `${name} ${version}`);
  return `${points.map((line) => `* ${line}`).join('\n')}

*${made.date}, ${made.command}, ${made.machine}; ${versions.join(', ')}*`;
};

const sumText = (cells: readonly Cell[]): string => {
  const { lateLines, overlapMs } = summaryOf(cells);
  const runs = cells.filter(isBaton).reduce((sum, { outcomes }) => sum + outcomes.length, 0);
  return `Of Baton in its ${runs} runs of these together: ${lateLines} late lines, ${seconds(overlapMs)} s in which both signed.`;
};

const crashText = (cells: readonly Cell[]): string => {
  const crash = cells.find(({ tool, scenario }) => tool.name === 'baton' && scenario === 'crash');
  const { crashRatioToPacemaker: ratio } = summaryOf(cells);
  if (!crash || ratio === null) return '';
  const parts = Object.entries(breakdownOf(crash)).map(([name, ms]) => `${name} ${seconds(ms)} s`);
  return ` Its crash takes ${ratio} times as long as Pacemaker's; where the time goes (medians): ${parts.join(', ')}.`;
};

/** A machine, or the signer, is gone, or is to move. */
const fastPage = (cells: readonly Cell[], made: Made): string => `## Beside other tools

![Downtime when a whole machine is lost](img/failover.svg)

Two machines, one dummy signer that writes a line each 100 ms, one record, one power switch for all tools that can use one. A *late line* was written by a
node after another had taken over and before that one was done: on a chain, each is a double signature. Figures are least / **median** / most.

${tableOf(cells)}

${sumText(cells)}${crashText(cells)}

${madeText(made)}
`;

/** A machine stands still or hears nobody, and comes back. */
const slowPage = (cells: readonly Cell[], made: Made): string => `## Beside other tools: a machine that comes back

The same machines and the same signer, which goes on when its machine does: here a tool that only waits signs twice. Several runs stand side by side, so the
downtimes are rough; what counts is the column of late lines. Who is cut off signs on until it is fenced or, under Baton, until its lease is
over. *Control*: Baton with the gate taken out of its guard, whose late lines must be seen.

${tableOf(cells)}

${sumText(cells)}

${madeText(made)}
`;

/** The parts of docs/performance.md that are this bench's, of what has run. */
export const partsOf = (cells: readonly Cell[], made: Made, isSlow: (scenario: string) => boolean): Readonly<Record<string, string>> => {
  const [slow, fast] = [cells.filter(({ scenario }) => isSlow(scenario)), cells.filter(({ scenario }) => !isSlow(scenario))];
  return {
    ...(fast.length === 0 ? {} : { failover: fastPage(fast, made) }),
    ...(slow.length === 0 ? {} : { 'failover-back': slowPage(slow, made) }),
  };
};
