import type { NodeConfig, ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { ExecutionName, ValidatorId } from '../../core/ids.ts';
import type { Prospect } from '../../core/outlook.ts';
import { handOf, mayStart, nextStep, sayApproval, sayFloor, type NextStep } from '../../core/recover.ts';
import { durationMs } from '../../core/time.ts';
import type { Watermark } from '../../core/watermark.ts';
import { nodeLabel, parseValidator, parseWords, type Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';
import { look, needLease, type Looked } from '../recover/look.ts';
import { place, type PlaceOptions } from '../recover/place.ts';
import { endedAs, failover, follow } from './failover.ts';

/** Cold recovery onto a fresh machine, as far as these hands may go. Typed again, it goes on from where things stand. */

export interface RecoverOptions extends PlaceOptions {
  readonly reason: string;
  /** Until the new machine is ready, for ten minutes, and then to the end of the failover. */
  readonly wait: boolean;
}

const lookEveryMs = durationMs(6_000);
/** Each look takes about four seconds by itself. */
const maxLooks = 60;

interface Told {
  readonly at: 'add' | 'apply' | 'start' | 'running' | 'ended' | 'done';
  readonly wrote?: boolean;
  readonly applied?: boolean;
  readonly evidence?: readonly Prospect[];
  readonly floor?: Watermark | null;
  readonly execution?: ExecutionName;
  readonly status?: string;
  readonly error?: string | null;
  readonly cause?: string | null;
  readonly next?: string | null;
}

const jsonOf = (validator: ValidatorId, to: string, told: Told): Answer['json'] => ({
  validator,
  to,
  wrote: false,
  applied: false,
  evidence: null,
  floor: null,
  execution: null,
  status: null,
  error: null,
  cause: null,
  next: null,
  ...told,
});

const lineOf = ({ kind, outlook, sentence }: Prospect): string => `  ${kind.padEnd(13)} ${outlook.padEnd(9)} ${sentence}`;

/** What is known now, in plain sentences. */
const tell = (context: Context, { config, caller }: { config: ValidatorConfig; caller: string }, { seen, floor, from }: Looked): void => {
  const { to, lease, prospects, notReady } = seen;
  const label = nodeLabel(config, to.id);
  const approval = sayApproval(config, caller);
  for (const line of [
    `${label} is ${notReady === null ? 'ready to take over' : `not ready: ${notReady}`}.`,
    `What could prove that ${nodeLabel(config, lease.holder)} cannot sign, as ${seen.validator}'s policy accepts it:`,
    ...prospects.map(lineOf),
    sayFloor(floor, { to: to.name, from }),
    ...(approval === null ? [] : [approval]),
  ])
    context.output.progress(line);
};

/** Looks until there is something to do, or the time is over. */
const untilClear = async (
  context: Context,
  config: ValidatorConfig,
  of: { node: NodeConfig; caller: string; wait: boolean },
): Promise<{ looked: Looked; next: Exclude<NextStep, { step: 'wait' }> }> => {
  for (let count = 1; ; count += 1) {
    const looked = await look(context, config.id, { to: of.node, caller: of.caller });
    const next = nextStep(looked.seen);
    if (count === 1) tell(context, { config, caller: of.caller }, looked);
    if (next.step !== 'wait') return { looked, next };
    if (!of.wait || count >= maxLooks) {
      throw new BatonError('CandidateNotReady', `${nodeLabel(config, of.node.id)} is not ready: ${next.why}; nothing was started`, {
        fix: `${of.wait ? 'Mend that' : 'Mend that, or type it again with --wait,'} and look: baton doctor ${config.id}`,
      });
    }
    context.output.progress(`Waiting until ${of.node.name} is ready: ${next.why}.`);
    await context.clock.sleep(lookEveryMs);
  }
};

const again = (validator: ValidatorId, to: string): string => `baton recover ${validator} --to ${to} --reason "…" --wait`;

const handOver = (validator: ValidatorId, to: string, told: Told & { readonly next: string }, lines: readonly string[]): Answer => ({
  lines: [...lines, `  next: ${told.next}`],
  json: jsonOf(validator, to, told),
  exitCode: exitCodes.handedOver,
});

/** Starts the failover, or follows the one that runs. */
const move = async (context: Context, of: { config: ValidatorConfig; node: NodeConfig; options: RecoverOptions }, known: Told): Promise<Answer> => {
  const { config, node, options } = of;
  if (known.execution === undefined) {
    const { lines, json, exitCode } = await failover(context, config.id, {
      kind: 'failover',
      to: node.id,
      reason: options.reason,
      wait: options.wait,
    });
    const { execution, status, ...ends } = json as unknown as Required<Pick<Told, 'execution' | 'status'>> & Pick<Told, 'error' | 'cause'>;
    const at = options.wait ? 'ended' : 'running';
    return {
      lines,
      json: jsonOf(config.id, node.name, { ...known, at, execution, status, ...ends }),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  }
  const { execution } = known;
  if (!options.wait)
    return {
      lines: [`${execution} runs already; nothing else was started.`, `  next: baton explain ${execution}`],
      json: jsonOf(config.id, node.name, { ...known, at: 'running', status: 'RUNNING' }),
    };
  context.output.progress(`${execution} runs already.`);
  const { lines, json, exitCode } = endedAs(config.id, execution, await follow(context, execution));
  return { lines, json: jsonOf(config.id, node.name, { ...known, at: 'ended', ...json }), ...(exitCode === undefined ? {} : { exitCode }) };
};

/**
 * Goes on with the recovery of a validator whose machine is lost: the new machine's entry, its readiness, what could be proven, and the failover.
 * @throws BatonError LeaseMissing, InputInvalid, PlanChanged, CandidateNotReady, EvidenceImpossible, RecoverRefused or Paused; nothing is started then.
 */
export const recover = async (context: Context, name: string, options: RecoverOptions): Promise<Answer> => {
  const validator = parseValidator(name);
  parseWords(options.reason, '--reason');
  const caller = await context.whoAmI();
  const hand = handOf(caller, context.look.stack);
  await needLease(context, validator);
  const placed = await place(context, validator, options, hand);
  if (placed.place === 'nowhere') {
    const lines = ['Nothing was written. Add --yes to write without a question.'];
    return { lines, json: jsonOf(validator, options.to, { at: 'add' }), exitCode: exitCodes.refused };
  }
  if (placed.place === 'file') {
    const { plan, wrote } = placed;
    const next = `baton apply ${options.file} --plan ${plan}   (a custodian types this, with this very file)`;
    return handOver(validator, options.to, { at: 'apply', wrote, next }, [
      `${options.to} stands in ${options.file}; only a custodian may apply it. Then type this again.`,
    ]);
  }
  const { config, node, wrote, applied } = placed;
  context.output.progress(`${nodeLabel(config, node.id)} ${applied ? 'is a node of' : 'is a node already of'} ${validator}.`);
  if (!mayStart(hand)) {
    const next = `${again(validator, node.name)}   (a requester types this)`;
    return handOver(validator, node.name, { at: 'start', wrote, applied, next }, [
      `${node.name} is configured. The role ${hand} starts no failover: a requester goes on.`,
    ]);
  }
  const { looked, next } = await untilClear(context, config, { node, caller, wait: options.wait });
  const known = { wrote, applied, evidence: looked.seen.prospects, floor: looked.floor };
  if (next.step === 'refuse') throw new BatonError(next.code, next.sentence, { fix: next.fix });
  if (next.step === 'done')
    return { lines: [next.sentence, `  next: baton status ${validator}`], json: jsonOf(validator, node.name, { at: 'done', ...known }) };
  const execution = next.step === 'follow' ? { execution: next.execution } : {};
  return move(context, { config, node, options }, { at: 'running', ...known, ...execution });
};
