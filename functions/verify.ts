import type { z } from 'zod';
import { durationMs, elapsedMs } from '../core/time.ts';
import { heightOf } from '../core/watermark.ts';
import { verify as contract } from './contract.ts';
import { handlerOf, needConfig, needDriven, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

const passMs = durationMs(3_000);
const pollMs = durationMs(200);
const maxLooks = 60;

/**
 * Looks for the holder's signatures above the baseline, from as many vantages as a verdict needs. What lies at or below the floor of its
 * term may be a signature of the holder before, which landed late: it is nobody's proof of life.
 */
export const verify: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'measure' | 'records' | 'lease' | 'chains'
> = async (input, deps, signal) => {
  const { clock } = deps;
  const startedMs = clock.steadyMs();
  const { config } = await needConfig(deps, input.validator, signal);
  const { watermark } = await needDriven(deps, input, signal);
  const floor = watermark === undefined ? 0 : heightOf(watermark);
  const aboveOf = (seen: number | null): number | null => (seen === null ? null : Math.max(seen, floor));
  const sum = (): number => input.waitedMs + elapsedMs(startedMs, clock.steadyMs());
  let { baseline } = input;
  for (let look = 0; look < maxLooks; look += 1) {
    baseline ??= await deps.chains.headOf(config, signal);
    const above = aboveOf(baseline);
    const seen = above === null ? [] : await Promise.all(config.vantages.map(({ name }) => deps.chains.landed(config, name, above, signal)));
    const agree = seen.filter(({ signed }) => signed).length;
    if (agree >= config.policy.verdict.vantages) {
      deps.measure.add('ReleaseToSignatureMs', sum());
      return {
        state: 'signing',
        pass: input.pass + 1,
        waitedMs: sum(),
        baseline,
        sentence: `${input.holder} signs: ${agree} vantages see its signatures above ${above}.`,
      };
    }
    if (elapsedMs(startedMs, clock.steadyMs()) >= passMs) break;
    await clock.sleep(pollMs, signal);
  }
  const late = sum() >= config.timing.verifyDeadlineMs;
  const above = aboveOf(baseline);
  const sentence = above === null ? 'Too few vantages show the chain.' : `No signature above ${above} yet, after ${Math.round(sum() / 1_000)} s.`;
  return { state: late ? 'exhausted' : 'pending', pass: input.pass + 1, waitedMs: sum(), baseline, sentence };
};

export const handler = handlerOf({ name: 'Verify', ...contract, warm: 'config' }, verify, {
  clock: make.clock,
  measure: make.measure,
  records: make.records,
  lease: make.lease,
  chains: make.chains,
});
