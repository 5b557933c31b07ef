import { failedOf, sayFences, wantedFences, type FenceResult } from '../../core/fence-test.ts';
import { utcOf } from '../../core/time.ts';
import { BatonError } from '../../core/errors.ts';
import type { ValidatorId } from '../../core/ids.ts';
import { configOf, nodeLabel, parseValidator, type Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';

export interface FenceTestOptions {
  /** A node's name or id. */
  readonly node?: string;
}

interface Told {
  readonly ok: boolean;
  readonly lines: string[];
  readonly json: { readonly validator: ValidatorId; readonly ok: boolean; readonly sentence: string; readonly results: readonly FenceResult[] };
}

const tell = async (context: Context, validator: ValidatorId): Promise<Told> => {
  const [{ config }, record] = await Promise.all([configOf(context, validator), context.fenceTests.read(validator)]);
  const { ok, sentence } = sayFences({ config, record }, context.clock.epochMs());
  const results = record?.results ?? [];
  const lines = results.map(({ node, kind, code, how, atMs }) => {
    const mark = code === 'works' ? 'works' : `FAILED ${code}`;
    return `  ${nodeLabel(config, node)} ${kind}: ${mark} at ${utcOf(atMs)}. ${how}`;
  });
  const failed = failedOf(wantedFences(config), record).length > 0;
  return { ok: ok && !failed, lines: [`${validator}: ${sentence}`, ...lines], json: { validator, ok, sentence, results } };
};

/** Has the stack test its fences now, without stopping anything, and tells what it found. */
export const fenceTest = async (context: Context, name: string | undefined, { node }: FenceTestOptions): Promise<Answer> => {
  const only = name === undefined ? undefined : parseValidator(name);
  if (node !== undefined && only === undefined)
    throw new BatonError('InputInvalid', '--node needs the validator too', { field: '--node', fix: 'baton fence-test VALIDATOR --node NODE' });
  if (only !== undefined) {
    const { config } = await configOf(context, only);
    if (node !== undefined && !config.nodes.some((one) => one.name === node || one.id === node))
      throw new BatonError('InputInvalid', `${only} has no node ${node}`, { field: '--node', fix: `baton status ${only}` });
  }
  context.output.progress('Testing. A machine that does not answer takes more than a minute.');
  await context.fenceTester.run({
    by: await context.whoAmI(),
    ...(only === undefined ? {} : { validator: only }),
    ...(node === undefined ? {} : { node }),
  });
  const fleet = only === undefined ? await context.records.readFleet() : [only];
  const told: Told[] = [];
  for (const validator of fleet) told.push(await tell(context, validator));
  const ok = told.every((one) => one.ok);
  const next = '  next: see docs/runbooks/FenceTestFailed.md';
  return {
    lines: told.length === 0 ? ['No validator is enrolled.'] : [...told.flatMap(({ lines }) => lines), ...(ok ? [] : [next])],
    json: { ok, validators: told.map(({ json }) => json) },
    ...(ok ? {} : { exitCode: exitCodes.notFit }),
  };
};
