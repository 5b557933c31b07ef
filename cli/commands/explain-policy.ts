import { chainOf } from '../../chains/registry.ts';
import { assessRequest, type AssessInput, type Assessment } from '../../core/assess.ts';
import { notReady, withinADay } from '../../core/assess-gates.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import { failoverName } from '../../core/names.ts';
import { holding } from '../../core/pause.ts';
import type { Term } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import type { VerdictState } from '../../core/verdict.ts';
import { frozenNow } from '../../functions/shared/breaker.ts';
import { quarantinedOf } from '../../functions/shared/quarantine.ts';
import { readReports, uncalledMs, untilRisen } from '../../functions/shared/reports.ts';
import { isDriven } from '../../functions/shared/survey-read.ts';
import { configOf, nodeLabel, parseValidator, type Context } from '../context.ts';
import type { Answer } from '../output.ts';
import { explain } from './explain.ts';
import { gateLine, marks } from './gates.ts';

const readMs = durationMs(uncalledMs + 10_000);

export type State = Omit<AssessInput, 'request' | 'verdict'>;

/** What Assess would read, but for the chain: vantages are often to be seen from the functions alone. */
export const readState = async (context: Context, name: string): Promise<{ state: State; verdict: VerdictState }> => {
  const { records, clock } = context;
  const { config, hash } = await configOf(context, parseValidator(name));
  const signal = clock.timeout(readMs);
  const nodes = config.nodes.map(({ id }) => id);
  const before = await readReports(context, config.id, nodes, signal);
  const [frozen, lease, pause, history, watched, risen] = await Promise.all([
    frozenNow(context, signal),
    context.lease.read(config.id, signal),
    records.readPause(config.id, signal),
    records.readHistory(config.id, signal),
    records.readWatch(config.id, 'home', signal),
    untilRisen(context, { validator: config.id, nodes, watched: nodes, before, withinMs: uncalledMs }, signal),
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
      quarantined: await quarantinedOf(context, config.id, nodes, signal),
      head: heights.length === 0 ? null : Math.max(...heights),
      window: null,
      paused: holding(pause, clock.epochMs()) ?? null,
      frozen,
      history,
      nowMs: clock.epochMs(),
      claimRunning: lease !== undefined && lease.phase !== 'HELD' && (await isDriven(context, lease, signal)),
      dryRun: false,
      approvalAlways: false,
    },
  };
};

export const suppositions = [
  { when: 'the watch finds it failing', kind: 'failover', cause: { kind: 'verdict', by: 'watch', reason: 'supposed' } },
  { when: 'a person asks for a failover', kind: 'failover', cause: { kind: 'operator', by: 'you', reason: 'supposed' } },
  { when: 'a person asks for a switchover', kind: 'switchover', cause: { kind: 'operator', by: 'you', reason: 'supposed' } },
] as const;

/** What Assess would answer, by the very function that it answers with. */
export const supposed = (state: State, { kind, cause }: (typeof suppositions)[number]): Assessment => {
  const term = state.lease?.term ?? (1 as Term);
  const execution = failoverName({ validator: state.config.id, term, episode: 'supposed' });
  // A planned move is not asked for because something fails.
  const verdict: VerdictState = kind === 'switchover' ? 'healthy' : 'failing';
  return assessRequest({ ...state, verdict, request: { execution, kind, cause } });
};

const outcomeOf = (state: State, supposition: (typeof suppositions)[number]) => {
  const { when } = supposition;
  const found = supposed(state, supposition);
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
  const { lapsed, attested, slack } = policy.assumptions;
  return [
    `  mode ${policy.mode}; ${policy.quorum} of ${policy.approvers.join(', ') || 'nobody'} must approve within ${policy.approvalMs / 1_000} s`,
    `  evidence that is accepted: ${policy.evidence.join(', ')}`,
    ...(lapsed === undefined ? [] : [`    lapsed rests on: ${lapsed}`]),
    ...(attested === undefined ? [] : [`    attested rests on: ${attested}`]),
    ...(slack === undefined ? [] : [`    attested in Slack rests on: ${slack}`]),
    `  at most ${policy.maxPerDay} failovers a day by itself, ${timing.coolDownMs / 1_000} s apart`,
  ];
};

const riskOf = (config: ValidatorConfig) => {
  const { kind, risk, gated } = chainOf(config);
  const { downtime, equivocation, sources } = risk;
  return { chain: kind, downtime, equivocation, sources, guardSigns: gated(config.chain) };
};

const riskLines = ({ chain, downtime, equivocation, sources, guardSigns }: ReturnType<typeof riskOf>): string[] => [
  `  at stake on ${chain}, when it does not sign: ${downtime}`,
  `    when it signs twice: ${equivocation}`,
  ...(sources.length === 0 ? [] : [`    written in ${sources.join(' and ')}`]),
  guardSigns ? '  the guard is the signer: lapsed could be a proof' : '  it signs by itself, and the guard stops it: lapsed is never a proof',
];

const nodesOf = ({ config, lease, reports, silent, quarantined, head }: State) => {
  const build = lease && reports[lease.holder]?.build;
  return config.nodes.map(({ id, name }) => ({
    name,
    id,
    holder: id === lease?.holder,
    notReady: notReady({ config, node: id, report: reports[id], head, build, silent: silent.includes(id), quarantined: quarantined.includes(id) }),
  }));
};

/** What the policy of a validator says, what it is judged by, and what Assess would answer now. Changes and starts nothing. */
export const explainPolicy = async (context: Context, name: string): Promise<Answer> => {
  const { state, verdict } = await readState(context, name);
  const { config, lease, paused, history, nowMs } = state;
  const risk = riskOf(config);
  const nodes = nodesOf(state);
  const outcomes = suppositions.map((one) => outcomeOf(state, one));
  const recent = withinADay(history, nowMs).length;
  return {
    lines: [
      `${config.id}`,
      ...riskLines(risk),
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
      risk,
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

/** Every gate of Assess as it stands now, for each of those who might ask. Changes and starts nothing. */
const explainGates = async (context: Context, name: string): Promise<Answer> => {
  const { state, verdict } = await readState(context, name);
  const found = suppositions.map((one) => supposed(state, one));
  // One request is held to the same gates as another, in the same order; `required` says why one was waived.
  const gates = (found[0]?.gates ?? []).map((gate, index) => ({
    gate: gate.gate,
    node: gate.node,
    seen: gate.seen,
    required: gate.required,
    verdicts: found.map(({ gates: all }) => all[index]?.verdict ?? gate.verdict),
  }));
  const names = (node: string | null): string => (node === null ? '' : (state.config.nodes.find(({ id }) => id === node)?.name ?? node));
  return {
    lines: [
      `${state.config.id}: what Assess would see now, and what each request is held to`,
      `  ${'watch'.padEnd(8)}${'failover'.padEnd(10)}${'switchover'.padEnd(12)}gate`,
      ...gates.map(({ verdicts, node, ...one }) => {
        const [watch = 'open', failover = 'open', switchover = 'open'] = verdicts.map((each) => marks[each]);
        return `  ${watch.padEnd(8)}${failover.padEnd(10)}${switchover.padEnd(12)}${gateLine(one, names(node))}`;
      }),
      `The verdict is supposed; the watch says ${verdict}. DryRun and ApprovalRequired of the stack are not seen from here, nor is the chain.`,
    ],
    json: {
      validator: state.config.id,
      verdict,
      requests: suppositions.map(({ when, kind }, index) => {
        const one = found[index];
        return { when, kind, decision: one?.decision ?? 'refused', code: one?.decision === 'refused' ? one.code : null };
      }),
      gates,
    },
  };
};

const live: Readonly<Record<string, typeof explainPolicy | undefined>> = { policy: explainPolicy, gates: explainGates };

/** `explain EXECUTION`, `explain policy VALIDATOR` or `explain gates VALIDATOR`: no execution is called so. */
export const explainAny = (context: Context, name: string, validator: string | undefined): Promise<Answer> => {
  const about = live[name];
  if (!about && validator === undefined) return explain(context, name);
  if (about && validator !== undefined) return about(context, validator);
  throw new BatonError(
    'InputInvalid',
    about ? `explain ${name} needs a validator` : `explain takes one execution, not ${validator?.slice(0, 80)} too`,
    {
      field: 'VALIDATOR',
      fix: 'Type `baton explain EXECUTION`, `baton explain policy VALIDATOR` or `baton explain gates VALIDATOR`.',
    },
  );
};
