import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { ExecutionName, NodeId, ValidatorId } from '../../core/ids.ts';
import type { Lease } from '../../core/lease.ts';
import { drillName } from '../../core/names.ts';
import { holding } from '../../core/pause.ts';
import { parseWith } from '../../core/parse.ts';
import { durationMs, elapsedMs } from '../../core/time.ts';
import { dayWindow, openedAt } from '../../core/window.ts';
import { notReady } from '../../core/assess-gates.ts';
import { silentIn } from '../../core/survey.ts';
import { readReports } from '../../functions/shared/reports.ts';
import { randomHex } from '../../runtime/clock.ts';
import { configOf, nodeLabel, parseValidator, type Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';
import { timingsOf, type Timings } from '../timings.ts';
import { findingsOf } from './doctor.ts';
import { follow, nodeNamed } from './failover.ts';

/** A planned switchover of a real validator, there and back. Each way is an ordinary execution: nothing is released that no gate lets through. */

export interface RealDrillOptions {
  readonly to?: string;
  readonly window?: string;
  readonly yes: boolean;
}

const lookMs = durationMs(2_000);
/** How long the node that was fenced may take to become a ready standby again. */
const readyMs = durationMs(900_000);
const maxLooks = 450;
/** Blocks or slots of which the signature may be missing on each way, when the node that hands over answers. */
const missedEachWay = 1;

interface Leg {
  readonly way: 'there' | 'back';
  readonly execution: ExecutionName;
  readonly status: string;
  readonly error: string | null;
  readonly cause: string | null;
  readonly timings: Timings;
}

const refused = (message: string, fix: string): BatonError => new BatonError('DrillRefused', message, { fix });

const checkWindow = (context: Context, text: string | undefined): void => {
  if (text === undefined) return;
  const [from, to, ...more] = text.split('-');
  const fix = 'Give two times in UTC to --window, for example 03:00-05:00.';
  const window = parseWith(dayWindow, more.length === 0 ? { from, to } : {}, { what: '--window', code: 'InputInvalid', fix });
  if (openedAt(window, context.clock.epochMs()) === null)
    throw refused(`it is not between ${window.from} and ${window.to} UTC`, 'Run it again in the window, or without --window.');
};

/** @returns the lease, when nothing speaks against a move. @throws BatonError DrillRefused with what does. */
const checkQuiet = async (context: Context, { id: validator }: ValidatorConfig): Promise<Lease> => {
  const lease = await context.lease.read(validator);
  if (!lease) throw new BatonError('LeaseMissing', `${validator} is not enrolled`, { fix: 'baton apply validators.yaml' });
  const status = `baton status ${validator}`;
  if (lease.phase !== 'HELD')
    throw refused(`term ${lease.term} of ${validator} is ${lease.phase}, driven by ${lease.claim}`, `baton explain ${lease.claim}`);
  const pause = holding(await context.records.readPause(validator), context.clock.epochMs());
  if (pause) throw refused(`${validator} is paused by ${pause.by}: ${pause.reason}`, `baton resume ${validator}`);
  const open = await context.approvals.waiting(validator);
  if (open?.state === 'pending' && context.clock.epochMs() < open.expiresAtMs)
    throw refused(`${validator} waits for a person: ${open.sentence}`, status);
  const [running] = await context.workflow.list({ running: true });
  if (running) throw refused(`${running.name} runs; a drill waits until nothing does`, `baton explain ${running.name}`);
  return lease;
};

/** What AWS tells about what lies around a failover. Wrong, it speaks against a drill; not told, it does not: the gates of each way look for themselves. */
const around: readonly string[] = ['documents', 'custody-key', 'alarms', 'subscriptions', 'schedules', 'clock', 'agent', 'machine'];

/** @throws BatonError DrillRefused when a failover could not go well now, or nobody can tell. */
const checkFit = async (context: Context, validator: ValidatorId): Promise<void> => {
  const findings = await findingsOf(context, validator, { vault: false });
  const bad = findings.find(({ state }) => state === 'fail') ?? findings.find(({ state, check }) => state === 'unknown' && !around.includes(check));
  if (!bad) return;
  const { check, node, sentence } = bad;
  throw refused(`a failover could not go well now: ${check}${node === null ? '' : ` of ${node}`}: ${sentence}`, `baton doctor ${validator}`);
};

const seconds = (ms: number | null): string => (ms === null ? 'not reached' : `${(ms / 1_000).toFixed(1)} s`);

const legLine = ({ way, execution, timings, status, error }: Leg): string => {
  if (status !== 'SUCCEEDED') return `${way}: ${execution} ended ${status}${error === null ? '' : ` (${error})`}.`;
  const times = `fenced ${seconds(timings.fencedMs)}, released ${seconds(timings.releasedMs)}, signing ${seconds(timings.signedMs)} after its start`;
  return `${way}: ${execution}: ${times} (${seconds(timings.askedMs)} of it waiting for people).`;
};

class RealDrill {
  readonly #context: Context;
  readonly #config: ValidatorConfig;
  readonly #signal: AbortSignal;
  readonly legs: Leg[] = [];
  /** The execution that was started last: when the command is interrupted it goes on. */
  #open: ExecutionName | null = null;

  constructor(context: Context, config: ValidatorConfig, signal: AbortSignal) {
    this.#context = context;
    this.#config = config;
    this.#signal = signal;
  }

  async move(way: Leg['way'], lease: Lease, to: NodeId | undefined): Promise<Leg> {
    const { workflow, output, whoAmI } = this.#context;
    const { id: validator } = this.#config;
    const execution = drillName({ validator, term: lease.term, way: 'real', mark: randomHex(4) });
    const by = await whoAmI();
    this.#open = execution;
    await workflow.start({
      name: execution,
      input: { validator, kind: 'switchover', ...(to === undefined ? {} : { to }), cause: { kind: 'operator', by, reason: 'drill' } },
    });
    output.progress(`Started ${execution}, the way ${way}. It waits for people where the policy asks for it: baton approve ${validator}`);
    const { status, error = null, cause = null } = await follow(this.#context, execution, this.#signal);
    const leg = { way, execution, status, error, cause, timings: timingsOf(await workflow.history(execution)) };
    this.#open = null;
    this.legs.push(leg);
    return leg;
  }

  /** Waits until this node could take over: its report rises and nothing speaks against it. @returns why it cannot, or null. */
  async untilReady(node: NodeId, holder: NodeId): Promise<string | null> {
    const { clock, chains } = this.#context;
    const [config, nodes] = [this.#config, [node, holder]];
    const startedMs = clock.steadyMs();
    const head = (): Promise<number | null> => chains.headOf(config, this.#signal);
    // What rises later must have been where the chain was then: reports are some seconds old.
    let [headBefore, before] = [await head(), await readReports(this.#context, config.id, nodes, this.#signal)];
    for (let look = 1; ; look += 1) {
      await clock.sleep(lookMs, this.#signal);
      const after = await readReports(this.#context, config.id, nodes, this.#signal);
      const silent = silentIn([node], [before, after]).length > 0;
      const why = notReady({ config, node, report: after[node], head: headBefore, build: after[holder]?.build, silent });
      if (why === null || look >= maxLooks || elapsedMs(startedMs, clock.steadyMs()) >= readyMs) return why;
      if (!silent) [headBefore, before] = [await head(), after];
    }
  }

  /** Where things stand, and what to type next. */
  async ended(why: string | null, next: string | null): Promise<Answer> {
    const { id: validator } = this.#config;
    const lease = await this.#context.lease.read(validator);
    const holder = lease ? nodeLabel(this.#config, lease.holder) : 'nobody';
    const open = this.#open;
    return {
      lines: [
        ...this.legs.map(legLine),
        ...(why === null ? [] : [why]),
        ...(open === null ? [] : [`${open} goes on by itself.`]),
        lease?.phase === 'HELD'
          ? `${holder} may sign (term ${lease.term}).`
          : `Term ${String(lease?.term)} is ${String(lease?.phase)}; the recorded active is ${holder}.`,
        ...(next === null ? [] : [`  next: ${next}`]),
      ],
      json: {
        validator,
        ok: why === null,
        legs: this.legs.map(({ timings, ...leg }) => ({ ...leg, ...timings })),
        open,
        holder: lease?.holder ?? null,
        why,
        next,
      },
      exitCode: why === null ? exitCodes.done : exitCodes.notReached,
    };
  }

  /** Interrupted: nothing is undone and nothing more is started. */
  interrupted(from: NodeId): Promise<Answer> {
    const { id } = this.#config;
    const back = `baton switchover ${id} --to ${from} --reason drill`;
    const open = this.#open;
    return this.ended(
      'Interrupted: this command starts nothing more.',
      open === null ? `baton status ${id}` : `baton explain ${open}   (to go back when it has ended: ${back})`,
    );
  }
}

const drillBoth = async (
  drill: RealDrill,
  config: ValidatorConfig,
  lease: Lease,
  of: { context: Context; to: NodeId | undefined },
): Promise<Answer> => {
  const { context, to } = of;
  const { id: validator } = config;
  const from = lease.holder;
  const there = await drill.move('there', lease, to);
  const after = await context.lease.read(validator);
  const moved = after?.phase === 'HELD' && after.holder !== from;
  const nameOf = (id: NodeId): string => config.nodes.find((node) => node.id === id)?.name ?? id;
  const back = `baton switchover ${validator} --to ${nameOf(from)} --reason drill`;
  if (!moved)
    return drill.ended(`The way there was not gone: ${there.error ?? there.status}. ${there.cause ?? ''}`.trim(), `baton explain ${there.execution}`);
  if (there.status !== 'SUCCEEDED')
    return drill.ended(`There it went, but it ended ${there.error ?? there.status}; it stays there.`, `baton explain ${there.execution}`);
  context.output.progress(`${nodeLabel(config, after.holder)} signs. Waiting until ${nameOf(from)} is a ready standby again.`);
  const why = await drill.untilReady(from, after.holder);
  if (why !== null) return drill.ended(`${nameOf(from)} has not become a ready standby: ${why}. It stays where it is.`, `when it is ready: ${back}`);
  const now = await checkQuiet(context, config).catch((error: unknown) => {
    if (error instanceof BatonError) return error;
    throw error;
  });
  if (now instanceof BatonError)
    return drill.ended(`The way back was not begun: ${now.message.replace(/\.?$/, '.')}`, `${now.fix}   (then: ${back})`);
  if (now.term !== after.term) return drill.ended('Somebody else has moved it meanwhile: there is no way back.', `baton history ${validator}`);
  const home = await drill.move('back', now, from);
  return home.status === 'SUCCEEDED'
    ? drill.ended(null, null)
    : drill.ended(`The way back ended ${home.error ?? home.status}. ${home.cause ?? ''}`.trim(), `baton explain ${home.execution}   (then: ${back})`);
};

/**
 * There, and back when the other node is a ready standby again. Stops where a gate says no, and says where things stand.
 * @throws BatonError DrillRefused before anything is started.
 */
export const drillReal = async (context: Context, name: string, options: RealDrillOptions): Promise<Answer> => {
  const { config } = await configOf(context, parseValidator(name));
  checkWindow(context, options.window);
  const to = options.to === undefined ? undefined : nodeNamed(config.nodes, options.to);
  const lease = await checkQuiet(context, config);
  if (to === lease.holder) throw refused(`${String(options.to)} is the recorded active already`, `baton status ${config.id}`);
  await checkFit(context, config.id);
  const target = to === undefined ? 'the standby that Assess chooses' : nodeLabel(config, to);
  for (const line of [
    `This moves the right to sign of ${config.id}, which is real, from ${nodeLabel(config, lease.holder)} to ${target},`,
    'and back as soon as the first one is a ready standby again.',
    'Each way is an execution like every other: assessed, approved where the policy asks for it, fenced before anything is released.',
    `Expected: up to ${missedEachWay} missed duty each way while the active answers. If it does not, nobody signs until a fence is proven.`,
  ])
    context.output.progress(line);
  if (!options.yes && !(await context.confirm(`Type ${config.id} to begin:`, config.id)))
    throw refused('it was not confirmed', `Type ${config.id} when asked, or give --yes.`);
  const signal = context.interrupted();
  const drill = new RealDrill(context, config, signal);
  try {
    return await drillBoth(drill, config, lease, { context, to });
  } catch (error) {
    if (signal.aborted) return drill.interrupted(lease.holder);
    throw error;
  }
};
