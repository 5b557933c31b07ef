import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { bundleOf, longestBundle, mostRecords } from '../../core/bundle.ts';
import { BatonError } from '../../core/errors.ts';
import { executionName, validatorId, type ExecutionName, type ValidatorId } from '../../core/ids.ts';
import { parseWith } from '../../core/parse.ts';
import { abreast } from '../../functions/shared/abreast.ts';
import { randomHex } from '../../runtime/clock.ts';
import { approvalIdsIn, bundleRecords, inputIn } from '../bundle-records.ts';
import type { Context } from '../context.ts';
import type { Answer } from '../output.ts';

export interface BundleOptions {
  readonly out?: string;
  readonly force: boolean;
}

/** Items read at a time. */
const most = 4;
/** An execution asks people twice at most; more ids than this are not its own. */
const mostAsked = 10;

const manifest = z.looseObject({ version: z.string() });
const versionHere = (): string => manifest.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version;

const validatorOf = (execution: ExecutionName, input: Record<string, unknown> | undefined): ValidatorId => {
  const found = validatorId.safeParse(input?.['validator']);
  if (found.success) return found.data;
  throw new BatonError('WorkflowFailed', `the history of ${execution} does not say of which validator it is`, { fix: `baton explain ${execution}` });
};

/** For its owner alone: it names people and machines. @throws BatonError InputInvalid when the file is there already, or cannot be written. */
const write = (file: string, text: string, force: boolean): void => {
  const refused = (cause: unknown): BatonError => {
    const there = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    return new BatonError('InputInvalid', there ? `${file} is there already` : `${file} cannot be written: ${(cause as Error).message}`, {
      cause,
      field: '--out',
      fix: there ? 'Give another file with --out, or write over it with --force.' : 'Give a file that can be written with --out.',
    });
  };
  const first = force ? `${file}.${randomHex(4)}.part` : file;
  try {
    writeFileSync(first, text, { flag: 'wx', mode: 0o600 });
    if (force) renameSync(first, file);
  } catch (cause) {
    if (force) rmSync(first, { force: true });
    throw refused(cause);
  }
};

const collect = async (context: Context, execution: ExecutionName) => {
  const end = await context.workflow.describe(execution);
  const events = await context.workflow.fullHistory(execution);
  const validator = validatorOf(execution, inputIn(events));
  const [told, lease, stored, newest] = await Promise.all([
    context.workflow.history(execution),
    context.lease.read(validator),
    context.records.readConfig(validator),
    context.approvals.waiting(validator),
  ]);
  const asked = await abreast(approvalIdsIn(events).slice(0, mostAsked), most, (id) => context.approvals.forPeople(id));
  const all = [...asked.filter((one) => one !== undefined), ...(newest ? [newest] : [])];
  const people = [...new Map(all.filter((one) => one.execution === execution).map((one) => [one.id, one])).values()];
  const reports = await abreast(stored?.config.nodes ?? [], most, ({ id }) => context.records.readReport(validator, id));
  return { validator, execution, end, events, told, lease, stored, people, reports: reports.filter((one) => one !== undefined) };
};

/** Writes everything that is known of one execution into one file. Reads only. */
export const bundle = async (context: Context, name: string, options: BundleOptions): Promise<Answer> => {
  const execution = parseWith(executionName, name, { what: 'EXECUTION', code: 'InputInvalid' });
  const found = await collect(context, execution);
  const records = bundleRecords({ ...found, madeBy: await context.whoAmI(), madeAtMs: context.clock.epochMs(), version: versionHere() });
  const { text, last } = bundleOf(records);
  if (text.length > longestBundle || records.length > mostRecords)
    throw new BatonError('WorkflowFailed', `the bundle of ${execution} is too large: ${records.length} records`, {
      fix: `baton explain ${execution}`,
    });
  const file = options.out ?? `${execution}.bundle.jsonl`;
  write(file, text, options.force);
  return {
    lines: [
      `Wrote ${records.length} records of ${execution} to ${file}.`,
      ...(found.end.status === 'RUNNING' ? ['It is still running: make another one when it has ended.'] : []),
      `Last hash: ${last}`,
      'Keep this hash apart from the file: whoever has both knows that no record was changed.',
      `  next: baton verify-bundle ${file} --expect ${last}`,
    ],
    json: { validator: found.validator, execution, file, records: records.length, last },
  };
};
