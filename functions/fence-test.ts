import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import { failedIn, type FenceTestRecord } from '../core/fence-test.ts';
import { fenceTest as contract } from './contract.ts';
import { abreast } from './shared/abreast.ts';
import { tryFences, type TrialNeeds } from './shared/fence-trial.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

const idBytes = 8;
const mostAbreast = 5;
const mostNamed = 5;

const sentenceOf = (records: readonly FenceTestRecord[], untested: readonly string[]): string => {
  const count = records.reduce((sum, { results }) => sum + results.length, 0);
  const failed = records.flatMap((record) => failedIn(record).map(({ node, kind, code }) => `${record.validator} ${node} ${kind} (${code})`));
  const named = (what: string, all: readonly string[]): string =>
    all.length === 0 ? '' : ` ${what}: ${all.slice(0, mostNamed).join(', ')}${all.length > mostNamed ? ` and ${all.length - mostNamed} more` : ''}.`;
  const worked = `${count - failed.length} of ${count} work`;
  return `Tried the fences of ${records.length} validators: ${worked}.${named('Failed', failed)}${named('Not tried', untested)}`;
};

/** Tries every fence that the policies would use, as far as it goes without stopping anything, and notes what it found. */
export const fenceTest: Act<z.output<typeof contract.input>, z.input<typeof contract.output>, TrialNeeds> = async (input, deps, signal) => {
  const fleet = input.validator === undefined ? await deps.records.readFleet(signal) : [input.validator];
  const [id, by] = [input.id ?? deps.randomHex(idBytes), input.by ?? 'the schedule'];
  const untested: string[] = [];
  const records: FenceTestRecord[] = [];
  await abreast(fleet, mostAbreast, async (validator) => {
    try {
      const { config } = await needConfig(deps, validator, signal);
      records.push(await tryFences(deps, { validator, config, only: input.node, id, by }, signal));
    } catch (error) {
      untested.push(`${validator} (${error instanceof BatonError ? error.code : 'unknown'})`);
    }
  });
  if (records.length === 0 && untested.length > 0)
    throw new BatonError('CommandFailed', `no fence could be tried: ${untested.slice(0, mostNamed).join(', ')}`, { fix: 'baton doctor' });
  return { validators: records.length, failed: records.flatMap(failedIn).length, sentence: sentenceOf(records, untested) };
};

export const handler = handlerOf({ name: 'FenceTest', ...contract }, fenceTest, {
  clock: make.clock,
  randomHex: make.randomHex,
  records: make.records,
  lease: make.lease,
  inspectCommand: make.inspectCommand,
  power: make.power,
  remotePower: make.remotePower,
  fenceTests: make.fenceTests,
  measure: make.measure,
});
