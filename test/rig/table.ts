import type { Removal, RigScenario, Row } from './scenario.ts';

/** The table of a rig, and its closing line. */

export interface Result {
  readonly scenario: RigScenario;
  /** The row, or why there is none. */
  readonly row: Row | string;
  /** The same without its safety mechanism; null where it was not run. */
  readonly without: Row | string | null;
}

const words: Readonly<Record<Removal, string>> = {
  gate: 'a gate that closes',
  stop: 'a stop that is verified',
  power: 'a power state that is true',
  attestation: 'an attestation that is true',
  search: 'a search outside the unit',
  clock: 'a steady clock',
  proof: 'guard and proof',
};

const seconds = (ms: number | null): string => (ms === null ? '—' : (ms / 1_000).toFixed(1));
/** Whether a detector has found two signers. */
export const fired = (row: Pick<Row, 'doubleSigned' | 'lateSignatures'>): boolean => row.doubleSigned > 0 || row.lateSignatures > 0;

const outcome = (row: Row): string => {
  if (row.ended === 'moves') return row.evidence ?? '—';
  return row.ended === 'stays' ? 'amber signs on' : 'nobody signs, person called';
};

/** Whether the row is as it must be, its control included. */
export const passes = ({ scenario, row, without }: Result): boolean =>
  typeof row !== 'string' && row.ok && (without === null || (typeof without !== 'string' && (scenario.control.length === 0 || fired(without))));

const controlCell = ({ scenario, without }: Result): string => {
  if (scenario.control.length === 0) return `none: ${scenario.safeBecause ?? ''}`;
  if (without === null) return 'not run';
  const missing = scenario.control.map((one) => words[one]).join(' and ');
  if (typeof without === 'string') return `without ${missing}: FAILED`;
  return fired(without)
    ? `without ${missing}: found, ${without.doubleSigned} on the chain, ${without.lateSignatures} late`
    : `without ${missing}: NOT FOUND`;
};

const cells = (result: Result): string[] => {
  const { scenario, row } = result;
  if (typeof row === 'string') return [scenario.name, scenario.chain, `FAILED: ${row.split('\n')[0] ?? ''}`, '', '', '', '', '', controlCell(result)];
  return [
    scenario.name,
    scenario.chain,
    outcome(row),
    seconds(row.fenceMs),
    seconds(row.signatureMs),
    String(row.lateSignatures),
    String(row.doubleSigned),
    String(row.missed),
    controlCell(result),
  ];
};

export const lineOf = (result: Result): string => {
  const [name, ...rest] = cells(result);
  const why = typeof result.row === 'string' ? result.row : result.row.why;
  return `${passes(result) ? 'ok  ' : 'FAIL'} ${name ?? ''}: ${rest.join(', ')}${why === '' ? '' : `\n     ${why}`}`;
};

const head = [
  'scenario',
  'chain',
  'evidence',
  'to fence, s',
  'to first signature, s',
  'late signatures',
  'evidence of double signing',
  'missed',
  'control',
];

/** In Markdown. */
export const tableOf = (results: readonly Result[]): string =>
  [head, head.map(() => '---'), ...results.map(cells)].map((line) => `| ${line.join(' | ')} |`).join('\n');

export const summaryOf = (results: readonly Result[]): { ok: boolean; json: Record<string, unknown> } => {
  const rows = results.flatMap(({ row }) => (typeof row === 'string' ? [] : [row]));
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const failed = results.filter((result) => !passes(result)).map(({ scenario }) => scenario.name);
  const controls = results.filter(({ without }) => without !== null);
  return {
    ok: failed.length === 0,
    json: {
      scenarios: results.length,
      lateSignatures: sum(({ lateSignatures }) => lateSignatures),
      evidence: sum(({ doubleSigned }) => doubleSigned),
      controls: controls.length,
      controlsFired: controls.filter(({ without }) => without !== null && typeof without !== 'string' && fired(without)).length,
      failed,
    },
  };
};
