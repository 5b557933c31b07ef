import type { z } from 'zod';
import { BatonError } from '../core/errors.ts';
import type { FenceTestRecord } from '../core/fence-test.ts';
import { fenceTest as contract } from './contract.ts';
import { abreast } from './shared/abreast.ts';
import { tryFences, type TrialNeeds } from './shared/fence-trial.ts';
import { handlerOf, needConfig, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

const idBytes = 8;
const mostAbreast = 10;
const mostNamed = 5;

const sentenceOf = (records: readonly FenceTestRecord[], untested: readonly string[]): string => {
  const all = records.flatMap(({ validator, results }) => results.map((one) => ({ validator, ...one })));
  const failed = all.filter(({ code }) => code !== 'works').map(({ validator, node, kind, code }) => `${validator} ${node} ${kind} (${code})`);
  const named = (what: string, names: readonly string[]): string =>
    names.length === 0
      ? ''
      : ` ${what}: ${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''}.`;
  const worked = `${all.length - failed.length} of ${all.length} work`;
  return `Tried the fences of ${records.length} validators: ${worked}.${named('Failed', failed)}${named('Not tried', untested)}`;
};

/**
 * Tries every fence that acts on a machine, as far as it goes without stopping anything, and notes what it found. A validator whose turn does not come
 * is not noted as tested: Survey sees how old its last success is.
 */
export const fenceTest: Act<z.output<typeof contract.input>, z.input<typeof contract.output>, TrialNeeds> = async (input, deps, signal) => {
  const fleet = input.validator === undefined ? await deps.records.readFleet(signal) : [input.validator];
  const [id, by] = [deps.randomHex(idBytes), input.by ?? 'the schedule'];
  const untested: string[] = [];
  const records: FenceTestRecord[] = [];
  await abreast(fleet, mostAbreast, async (validator) => {
    try {
      const { config } = await needConfig(deps, validator, signal);
      records.push(await tryFences(deps, { validator, config, only: input.node, id, by }, signal));
    } catch (error) {
      untested.push(`${validator} (${error instanceof BatonError ? `${error.code}: ${error.message}` : 'unknown'})`);
    }
  });
  if (records.length === 0 && untested.length > 0)
    throw new BatonError('CommandFailed', `no fence could be tried: ${untested.slice(0, mostNamed).join(', ')}`, { fix: 'baton doctor' });
  const failed = records.flatMap(({ results }) => results.filter(({ code }) => code !== 'works')).length;
  return { validators: records.length, failed, sentence: sentenceOf(records, untested) };
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
