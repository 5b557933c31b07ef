import { assessRequest, notReady, withinADay, type AssessInput, type Assessment } from '../../core/assess.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { failoverName } from '../../core/names.ts';
import { holding } from '../../core/pause.ts';
import type { Term } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import type { VerdictState } from '../../core/verdict.ts';
import { readReports, untilRisen } from '../../functions/shared/reports.ts';
import { isDriven } from '../../functions/shared/survey-read.ts';
import { configOf, nodeLabel, parseValidator, type Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { explain } from './explain.ts';

const readMs = durationMs(20_000);

type State = Omit<AssessInput, 'request' | 'verdict'>;

/** What Assess would read, but for the chain: vantages are often to be seen from the functions alone. */
const readState = async (context: Context, name: string): Promise<{ state: State; verdict: VerdictState }> => {
  const { records, clock } = context;
  const { config, hash } = await configOf(context, parseValidator(name));
  const signal = clock.timeout(readMs);
  const nodes = config.nodes.map(({ id }) => id);
  const before = await readReports(context, config.id, nodes, signal);
  const [lease, pause, history, watched, risen] = await Promise.all([
    context.lease.read(config.id, signal),
    records.readPause(config.id, signal),
    records.readHistory(config.id, signal),
    records.readWatch(config.id, 'home', signal),
    untilRisen(context, { validator: config.id, nodes, watched: nodes, before }, signal),
  ]);
  const heights = nodes.flatMap((id) => (risen.silent.includes(id) ? [] : (risen.reports[id]?.height ?? [])));
  return {
    // The watch stores none while a validator is healthy.
    verdict: watched?.state ?? 'healthy',
    state: {
      config,
      configHash: hash,
      lease,
      reports: risen.reports,
      silent: risen.silent,
      head: heights.length === 0 ? null : Math.max(...heights),
      paused: holding(pause, clock.epochMs()) ?? null,
      history,
      nowMs: clock.epochMs(),
      claimRunning: lease !== undefined && lease.phase !== 'HELD' && (await isDriven(context, lease, signal)),
      dryRun: false,
      approvalAlways: false,
    },
  };
};

const suppositions = [
  { when: 'the watch finds it failing', kind: 'failover', cause: { kind: 'verdict', by: 'watch', reason: 'supposed' } },
  { when: 'a person asks for a failover', kind: 'failover', cause: { kind: 'operator', by: 'you', reason: 'supposed' } },
  { when: 'a person asks for a switchover', kind: 'switchover', cause: { kind: 'operator', by: 'you', reason: 'supposed' } },
] as const;

const outcomeOf = (state: State, { when, kind, cause }: (typeof suppositions)[number]) => {
  const term = state.lease?.term ?? (1 as Term);
  const execution = failoverName({ validator: state.config.id, term, episode: 'supposed' });
  // A planned move is not asked for because something fails.
  const verdict: VerdictState = kind === 'switchover' ? 'healthy' : 'failing';
  const found: Assessment = assessRequest({ ...state, verdict, request: { execution, kind, cause } });
  return found.decision === 'proceed'
    ? {
        when,
        decision: found.decision,
        code: null,
        sentence: found.sentence.replace(/ Reason: supposed$/, ''),
        next: null,
        asksPeople: found.approvalRequired,
      }
    : { when, decision: found.decision, code: found.code, sentence: found.sentence, next: found.next, asksPeople: false };
};

const policyLines = ({ policy, timing }: ValidatorConfig): string[] => {
  const { lapsed, attested } = policy.assumptions;
  return [
    `  mode ${policy.mode}; ${policy.quorum} of ${policy.approvers.join(', ') || 'nobody'} must approve within ${policy.approvalMs / 1_000} s`,
    `  evidence that is accepted: ${policy.evidence.join(', ')}`,
    ...(lapsed === undefined ? [] : [`    lapsed rests on: ${lapsed}`]),
    ...(attested === undefined ? [] : [`    attested rests on: ${attested}`]),
    `  at most ${policy.maxPerDay} failovers a day by itself, ${timing.coolDownMs / 1_000} s apart`,
  ];
};

const nodesOf = ({ config, lease, reports, silent, head }: State) => {
  const build = lease && reports[lease.holder]?.build;
  return config.nodes.map(({ id, name }) => ({
    name,
    id,
    holder: id === lease?.holder,
    notReady: notReady({ config, node: id, report: reports[id], head, build }) ?? (silent.includes(id) ? 'its guard is silent' : null),
  }));
};

/** What the policy of a validator says, what it is judged by, and what Assess would answer now. Changes and starts nothing. */
export const explainPolicy = async (context: Context, name: string): Promise<Answer> => {
  const { state, verdict } = await readState(context, name);
  const { config, lease, paused, history, nowMs } = state;
  const nodes = nodesOf(state);
  const outcomes = suppositions.map((one) => outcomeOf(state, one));
  const recent = withinADay(history, nowMs).length;
  return {
    lines: [
      `${config.id}`,
      ...policyLines(config),
      `  lease: ${lease ? `term ${lease.term} is ${lease.phase}, ${nodeLabel(config, lease.holder)} is the recorded active` : 'none'}`,
      `  pause: ${paused ? `by ${paused.by}: ${paused.reason}` : 'none'}; verdict of the watch: ${verdict}; failovers within a day: ${recent}`,
      ...nodes.map(
        (node) => `  ${node.name}: ${node.notReady === null ? 'ready' : `not ready, ${node.notReady}`}${node.holder ? ' (the recorded active)' : ''}`,
      ),
      ...outcomes.flatMap(({ when, code, sentence, next, asksPeople }) => [
        `If ${when}: ${code === null ? (asksPeople ? 'people are asked. ' : 'it goes on by itself. ') : `${code}. `}${sentence}`,
        ...(next === null ? [] : [`  next: ${next}`]),
      ]),
      'DryRun and ApprovalRequired of the stack are not seen from here, nor is the chain.',
    ],
    json: {
      validator: config.id,
      policy: config.policy,
      lease: lease ? { term: lease.term, phase: lease.phase, holder: lease.holder, claim: lease.claim } : null,
      paused,
      verdict,
      failoversWithinADay: recent,
      nodes,
      outcomes,
    },
  };
};

/** `explain EXECUTION`, or `explain policy VALIDATOR`: no execution is called `policy`. */
export const explainAny = (context: Context, name: string, validator: string | undefined): Promise<Answer> => {
  if (name !== 'policy' && validator === undefined) return explain(context, name);
  if (name === 'policy' && validator !== undefined) return explainPolicy(context, validator);
  throw new BatonError(
    'InputInvalid',
    name === 'policy' ? 'explain policy needs a validator' : `explain takes one execution, not ${validator?.slice(0, 80)} too`,
    {
      field: 'VALIDATOR',
      fix: 'Type `baton explain EXECUTION`, or `baton explain policy VALIDATOR`.',
    },
  );
};
