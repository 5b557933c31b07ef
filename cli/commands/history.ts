import { z } from 'zod';
import { evidenceOf } from '../../core/history.ts';
import type { EvidenceKind } from '../../core/evidence.ts';
import { executionName } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';
import { utcOf } from '../../core/time.ts';
import { abreast } from '../../functions/shared/abreast.ts';
import { configOf, parseValidator, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

export interface HistoryOptions {
  /** How many, as it was typed. */
  readonly last: string;
}

/** One time that the right to sign was moved. Null is what Step Functions does not tell, or no longer: it forgets after 90 days. */
interface Moved {
  readonly execution: string;
  /** When it was settled, by the clock of the function that noted it. */
  readonly settledMs: number;
  readonly status: string | null;
  /** The named end, where it ended otherwise than well. */
  readonly end: string | null;
  readonly sentence: string | null;
  readonly tookMs: number | null;
  readonly evidence: EvidenceKind | null;
}

/** Executions asked about at a time. */
const most = 4;
const last = z.coerce.number().int().min(1).max(20);
const lookUp = async (context: Context, of: { execution: string; atMs: number }): Promise<Moved> => {
  const nothing = { execution: of.execution, settledMs: of.atMs, status: null, end: null, sentence: null, tookMs: null, evidence: null };
  const name = executionName.safeParse(of.execution);
  const found = name.success ? await context.workflow.find(name.data) : undefined;
  if (!name.success || !found) return nothing;
  const { startedMs, stoppedMs } = found;
  return {
    ...nothing,
    status: found.status,
    end: found.error ?? null,
    sentence: found.sentence ?? found.cause ?? null,
    tookMs: startedMs === undefined || stoppedMs === undefined ? null : stoppedMs - startedMs,
    evidence: evidenceOf(await context.workflow.history(name.data)),
  };
};

const linesOf = (one: Moved): string[] => {
  const at = utcOf(one.settledMs);
  if (one.status === null) return [`${at}  ${one.execution}: Step Functions has forgotten it`];
  const parts = [
    one.end === null ? one.status : `${one.status} (${one.end})`,
    ...(one.tookMs === null ? [] : [`${(one.tookMs / 1_000).toFixed(1)} s`]),
    one.evidence === null ? 'no fence in it' : `fenced by ${one.evidence}`,
  ];
  return [`${at}  ${one.execution}: ${parts.join(', ')}`, ...(one.sentence === null ? [] : [`    ${one.sentence}`])];
};

/** The last times that the right to sign was moved, newest first. */
export const history = async (context: Context, name: string, options: HistoryOptions): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  const wanted = parseWith(last, options.last, { what: '--last', code: 'InputInvalid', fix: 'Give a whole number from 1 to 20.' });
  const noted = (await context.records.readHistory(config.id)).toSorted((a, b) => b.atMs - a.atMs).slice(0, wanted);
  const moves = await abreast(noted, most, (one) => lookUp(context, one));
  return {
    lines: moves.length === 0 ? [`${config.id} has never been moved.`] : moves.flatMap(linesOf),
    json: { validator: config.id, moves },
  };
};
