import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { judgeStop, recordOf, wantedFences, type FenceTestRecord, type Verdict, type WantedFence } from '../../core/fence-test.ts';
import type { NodeId, ValidatorId } from '../../core/ids.ts';
import type { Lease } from '../../core/lease.ts';
import { powerOf } from '../../core/power.ts';
import { durationMs, elapsedMs } from '../../core/time.ts';
import { abreast } from './abreast.ts';
import type { Deps } from './deps.ts';
import { switchOf } from './switch-of.ts';

/** One validator's fences, each tried as far as it goes without stopping anything. Trouble with one is that one's verdict. */

export type TrialNeeds = 'clock' | 'randomHex' | 'records' | 'lease' | 'inspectCommand' | 'power' | 'remotePower' | 'fenceTests';

interface Trial {
  readonly deps: Pick<Deps, TrialNeeds>;
  readonly config: ValidatorConfig;
  readonly lease: Lease;
  readonly node: NodeId;
  readonly signal: AbortSignal;
}

const nonceBytes = 16;
const mostAbreast = 10;
const pollMs = durationMs(1_000);
/** SSM tries to deliver for half a minute, and the document may take as long. */
const commandMs = durationMs(75_000);
const mostPolls = 75;

const stopped = async ({ deps, config, node, signal }: Trial): Promise<Verdict> => {
  const { clock, inspectCommand } = deps;
  const nonce = deps.randomHex(nonceBytes);
  const startedMs = clock.steadyMs();
  const commandId = await inspectCommand.sendOnce({ node, validator: config.id, nonce }, signal);
  for (let poll = 0; poll < mostPolls && elapsedMs(startedMs, clock.steadyMs()) < commandMs; poll += 1) {
    const result = await inspectCommand.result({ commandId, node }, signal);
    if (result.outcome === 'done') return judgeStop({ validator: config.id, nonce, output: result.output });
    // What failed on the machine has run there; what has no known end may never have.
    if (result.outcome === 'failed') return { code: 'CommandUnusable', how: `The document inspect failed there: ${result.reason}` };
    if (result.outcome === 'unknown') return { code: 'CommandNotRun', how: `The command has no known end: ${result.reason}` };
    await clock.sleep(pollMs, signal);
  }
  return { code: 'CommandNotRun', how: 'The agent did not run the command in time.' };
};

const poweredOff = async ({ deps, config, lease, node, signal }: Trial): Promise<Verdict> => {
  const found = config.nodes.find(({ id }) => id === node);
  const power = found && powerOf(found);
  if (!power) return { code: 'PowerUnusable', how: 'Its power cannot be switched.' };
  const { works, code, how } = await switchOf(deps, power).test({ validator: config.id, node, term: lease.term, power }, signal);
  return { code: works || code !== 'works' ? code : 'PowerUnusable', how };
};

const tryOne = async (trial: Trial, { kind }: WantedFence): Promise<Verdict> => {
  try {
    return await (kind === 'stopped' ? stopped(trial) : poweredOff(trial));
  } catch (error) {
    const how = error instanceof BatonError ? `${error.message}.` : 'It could not be tried to the end.';
    return { code: kind === 'stopped' ? 'CommandNotRun' : 'PowerUnreachable', how };
  }
};

/**
 * Tries the fences of one validator and notes what it found.
 * @throws BatonError when the validator is not known, or the table gives no answer.
 */
export const tryFences = async (
  deps: Pick<Deps, TrialNeeds>,
  of: {
    readonly validator: ValidatorId;
    readonly config: ValidatorConfig;
    readonly only?: string | undefined;
    readonly id: string;
    readonly by: string;
  },
  signal: AbortSignal,
): Promise<FenceTestRecord> => {
  const { validator, config, only, id, by } = of;
  const lease = await deps.lease.read(validator, signal);
  if (!lease) throw new BatonError('ValidatorUnknown', `${validator} is not enrolled`, { fix: 'baton apply validators.yaml' });
  const wanted = wantedFences(config);
  const chosen = wanted.filter(({ node }) => only === undefined || node === only || config.nodes.find(({ id: own }) => own === node)?.name === only);
  if (only !== undefined && !config.nodes.some(({ id, name }) => id === only || name === only))
    throw new BatonError('InputInvalid', `${validator} has no node ${only}`, { field: '--node', fix: `baton status ${validator}` });
  const tested = await abreast(chosen, mostAbreast, async (one) => ({
    ...one,
    ...(await tryOne({ deps, config, lease, node: one.node, signal }, one)),
  }));
  // What a hand has broken is no record of anything.
  const before = await deps.fenceTests.read(validator, signal).catch((error: unknown) => {
    if (error instanceof BatonError && error.code === 'LeaseInvalid') return undefined;
    throw error;
  });
  const record = recordOf({ validator, id, by, atMs: deps.clock.epochMs(), wanted, tested, before });
  await deps.fenceTests.write(record, signal);
  return record;
};
