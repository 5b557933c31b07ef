import { changeLines, changesOf, keptLines, shortId, type Change, type Kind } from '../plan/changes.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';

export interface PlanOptions {
  /** A code of its own when something would change. */
  readonly detailedExitcode: boolean;
}

const toJson = ({ config, kind, fields, timing }: Change) => ({
  validator: config.id,
  kind,
  timing,
  fields: fields.map(({ op, path, before, after, consequence }) => ({
    op,
    path,
    before,
    after,
    consequence: consequence?.sentence ?? null,
    risky: consequence?.risky ?? false,
  })),
});

/** What `apply` would write, and what it means. Reads only. */
export const plan = async (context: Context, file: string, options: PlanOptions): Promise<Answer> => {
  const { changes, kept, id } = await changesOf(context, file);
  const count = (kind: Kind): number => changes.filter((one) => one.kind === kind).length;
  const counts = { enrol: count('enrol'), change: count('change'), unchanged: count('unchanged'), kept: kept.length };
  const risky = changes.flatMap(({ fields }) => fields).filter(({ consequence }) => consequence?.risky).length;
  const pending = counts.enrol + counts.change > 0;
  const attest = counts.enrol > 0 ? ' --attest "…"' : '';
  return {
    lines: [
      ...changes.flatMap(changeLines),
      ...keptLines(kept),
      `${counts.enrol} to enrol, ${counts.change} to change, ${counts.unchanged} unchanged, ${counts.kept} not in the file.`,
      ...(risky === 0 ? [] : [`Read twice: ${risky} lines with an exclamation mark.`]),
      ...(counts.change > 0 ? ['A failover that waits for approval ends with PlanChanged when the configuration of its validator changes.'] : []),
      ...(pending ? [`Plan ${shortId(id)}. Nothing was written.`, `  next: baton apply ${file} --plan ${shortId(id)}${attest}`] : ['Nothing to do.']),
    ],
    json: { plan: id, counts, risky, changes: changes.map(toJson), kept },
    exitCode: pending && options.detailedExitcode ? exitCodes.wouldChange : exitCodes.done,
  };
};
