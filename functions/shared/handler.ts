import { Logger } from '@aws-lambda-powertools/logger';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { ValidatorId } from '../../core/ids.ts';
import type { Driven, Lease } from '../../core/lease.ts';
import { parseWith } from '../../core/parse.ts';
import { durationMs, elapsedMs, type SteadyMs } from '../../core/time.ts';
import type { Deps, Makers } from './deps.ts';
import { warmed, type WarmRead } from './warm.ts';

/** The frame of every function: input and output held to contract.ts, a deadline for every call, one sentence in the log. */

/** Time kept free at the end of the invocation, to answer in. */
const reserveMs = 500;

/** What a verb does, with those parts of Deps that it names. */
export type Act<In, Out, Need extends keyof Deps = keyof Deps> = (
  input: In,
  deps: Pick<Deps, Need>,
  signal: AbortSignal,
  remainingMs: () => number,
) => Promise<Out>;

/** What the frame itself works with. */
export type Framed = 'clock' | 'measure';

export interface Verb<I extends z.ZodType, O extends z.ZodType> {
  readonly name: string;
  readonly input: I;
  readonly output: O;
  /** What a warm-up reads. */
  readonly warm?: WarmRead;
}

/** What runs in every minute: that it was done is told by figures of its own, and AWS counts how long it took. */
const unceasing = ['Watch', 'Survey'];

const logger = new Logger();

const sentenceOf = (value: unknown): string => (value !== null && typeof value === 'object' && 'sentence' in value ? String(value.sentence) : '');

export const logged = (name: string, { clock, measure }: Pick<Deps, Framed>) => {
  let startedMs: SteadyMs | undefined;
  const ended = (how: 'Done' | 'Failed'): void => {
    if (how === 'Done' && unceasing.includes(name)) return;
    measure.split(how, name, 1);
    if (startedMs !== undefined) measure.split('StepMs', name, elapsedMs(startedMs, clock.steadyMs()));
    measure.flush();
  };
  return {
    before: () => {
      startedMs = clock.steadyMs();
    },
    after: ({ response }: { response: unknown }) => {
      logger.info(sentenceOf(response), { function: name });
      ended('Done');
    },
    onError: ({ error }: { error: Error | null }) => {
      logger.error(error?.message ?? 'unknown', {
        function: name,
        code: error?.name ?? 'Unknown',
        fix: error instanceof BatonError ? error.fix : undefined,
      });
      ended('Failed');
    },
  };
};

/** The frame itself: what goes in and out is held to the contract, and every call has a deadline. */
export const frameOf =
  <I extends z.ZodType, O extends z.ZodType, Need extends keyof Deps>(
    verb: Verb<I, O>,
    act: Act<z.output<I>, z.input<O>, Need>,
    deps: () => Pick<Deps, Need | 'clock'>,
  ) =>
  async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<z.output<O>> => {
    const input = parseWith(verb.input, event, {
      what: `input of ${verb.name}`,
      code: 'InputInvalid',
      fix: 'Start the failover anew: baton failover VALIDATOR',
    });
    const remainingMs = (): number => Math.max(0, context.getRemainingTimeInMillis() - reserveMs);
    const made = deps();
    const result = await act(input, made, made.clock.timeout(durationMs(remainingMs())), remainingMs);
    return parseWith(verb.output, result, {
      what: `output of ${verb.name}`,
      code: 'InputInvalid',
      fix: 'This is a defect of Baton: report it with the execution name.',
    });
  };

/** What the frame works with, made at once, and what its verb needs, made at the first call. Both have the same clock and the same figures. */
export const partsOf = <Need extends keyof Deps>(
  makers: Makers<Need> & Makers<Framed>,
): { readonly framed: Pick<Deps, Framed>; readonly deps: () => Pick<Deps, Need | Framed> } => {
  const framed = { clock: makers.clock(), measure: makers.measure() };
  const all: Record<string, () => unknown> = { ...makers, clock: () => framed.clock, measure: () => framed.measure };
  let made: Pick<Deps, Need | Framed> | undefined;
  const deps = (): Pick<Deps, Need | Framed> =>
    (made ??= Object.fromEntries(Object.entries(all).map(([name, make]) => [name, make()])) as Pick<Deps, Need | Framed>);
  return { framed, deps };
};

/** A handler around one verb. */
export const handlerOf = <I extends z.ZodType, O extends z.ZodType, Need extends keyof Deps>(
  verb: Verb<I, O>,
  act: Act<z.output<I>, z.input<O>, Need>,
  makers: Makers<Need> & Makers<Framed>,
) => {
  const { framed, deps } = partsOf<Need>(makers);
  return middy<unknown, z.output<O>>(frameOf(verb, act, deps))
    .use(warmed(deps, verb.warm))
    .use(logged(verb.name, framed));
};

/** @throws BatonError ValidatorUnknown. */
export const needConfig = async (
  deps: Pick<Deps, 'records'>,
  validator: ValidatorId,
  signal: AbortSignal,
): Promise<{ config: ValidatorConfig; hash: string }> => {
  const found = await deps.records.readConfig(validator, signal);
  if (!found) throw new BatonError('ValidatorUnknown', `no validator ${validator} is configured`, { fix: 'baton apply validators.yaml' });
  return found;
};

/** The lease, if this execution drives its term. @throws BatonError StaleTerm or LeaseMissing. */
export const needDriven = async (deps: Pick<Deps, 'lease'>, driven: Driven, signal: AbortSignal): Promise<Lease> => {
  const lease = await deps.lease.read(driven.validator, signal);
  if (!lease) throw new BatonError('LeaseMissing', `${driven.validator} has no lease`, { fix: 'baton apply validators.yaml' });
  if (lease.term !== driven.term || lease.claim !== driven.claim) {
    throw new BatonError('StaleTerm', `term ${driven.term} of ${driven.claim} is over: term ${lease.term} is driven by ${lease.claim}`, {
      fix: `baton explain ${lease.claim}`,
    });
  }
  return lease;
};
