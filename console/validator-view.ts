import type { ValidatorConfig } from '../core/config.ts';
import { utcOf } from '../core/time.ts';
import { heightOf } from '../core/watermark.ts';
import { byPerson, rowOf, supposeOf } from './fleet-view.ts';
import { headOf, nameOf, silentOf, whyNotReady, withNames, type Seen } from './seen.ts';
import type { Fact, NodeView, Row, Supposed, ValidatorView } from './view.ts';

/** Everything that the page of one validator says. */

const nodeView = (seen: Seen, config: ValidatorConfig, { id, name }: ValidatorConfig['nodes'][number]): NodeView => {
  const report = seen.looks[1][id];
  const silent = silentOf(seen).includes(id);
  const head = headOf(seen);
  const guard = !report ? 'never reported' : !silent ? 'alive' : seen.watched ? 'silent' : 'unknown';
  const height = report?.height ?? null;
  return {
    name,
    id,
    holder: id === seen.lease?.holder,
    guard,
    gate: guard !== 'alive' || !report ? 'unknown' : report.signing ? 'open' : 'closed',
    armedTerm: report?.armed === true ? (report.armedTerm ?? null) : null,
    synced: report?.synced ?? null,
    height,
    lag: head === null || height === null ? null : Math.max(0, head - height),
    build: report?.build ?? null,
    distress: report?.distress ?? null,
    notReady: whyNotReady(seen, config, id),
  };
};

const fact = (name: string, value: string | number | null | undefined): Fact[] =>
  value === null || value === undefined ? [] : [{ name, value: String(value) }];

const leaseFacts = (seen: Seen): Fact[] => {
  const { lease } = seen;
  if (!lease) return [];
  return [
    ...fact('term', lease.term),
    ...fact('phase', lease.phase),
    ...fact('recorded active', `${nameOf(seen, lease.holder)} (${lease.holder})`),
    ...(lease.candidate === lease.holder ? [] : fact('candidate', `${nameOf(seen, lease.candidate)} (${lease.candidate})`)),
    ...fact('claim', lease.claim),
    ...fact('claim runs', lease.phase === 'HELD' ? null : seen.claimRunning ? 'yes' : 'no: it has ended'),
    ...fact('released in term', lease.releasedTerm),
    ...fact('watermark', lease.watermark && `${lease.watermark.kind === 'consensus' ? 'height' : 'slot'} ${heightOf(lease.watermark)}`),
    ...fact('version', lease.version),
  ];
};

const evidenceFacts = (seen: Seen): Fact[] => {
  const found = seen.lease?.evidence;
  if (!found) return [];
  return [
    ...fact('kind', found.kind),
    ...fact('node', nameOf(seen, found.node)),
    ...fact('term', found.term),
    ...fact('by', found.by),
    ...fact('at', utcOf(found.atMs)),
    ...fact('how', found.how),
  ];
};

const policyFacts = ({ custody, kmsKey, policy, timing }: ValidatorConfig): Fact[] => [
  ...fact(
    'custody',
    custody === 'gate' ? `gate: several nodes sign, with the key ${kmsKey === undefined ? 'in each guard' : `in KMS (${kmsKey})`}` : null,
  ),
  ...fact('mode', policy.mode),
  ...fact('approvers', policy.approvers.join(', ') || 'nobody'),
  ...fact('quorum', `${policy.quorum}, within ${policy.approvalMs / 1_000} s`),
  ...fact('evidence accepted', policy.evidence.join(', ')),
  ...fact('lapsed rests on', policy.assumptions.lapsed),
  ...fact('attested rests on', policy.assumptions.attested),
  ...fact('when AWS cannot be reached', policy.onControlPlaneLoss),
  ...fact('by itself', `at most ${policy.maxPerDay} a day, ${timing.coolDownMs / 1_000} s apart`),
  ...fact('lag allowed', policy.maxLag),
];

const pauseFacts = ({ pause }: Seen): Fact[] =>
  pause
    ? [
        ...fact('by', pause.by),
        ...fact('since', utcOf(pause.atMs)),
        ...fact('until', pause.untilMs === undefined ? 'resume' : utcOf(pause.untilMs)),
        ...fact('reason', pause.reason),
      ]
    : [];

const supposedOf = (seen: Seen, config: ValidatorConfig, row: Row, atMs: number): Supposed[] => {
  const byWatch = { kind: 'verdict' as const, by: 'watch', reason: 'supposed' };
  const now = row.health === 'unknown' ? 'unobservable' : row.health;
  const cases = [
    { when: 'the watch finds it failing', kind: 'failover', verdict: 'failing', cause: byWatch },
    { when: 'a person asks for a failover now', kind: 'failover', verdict: now, cause: byPerson },
    { when: 'a person asks for a switchover now', kind: 'switchover', verdict: now, cause: byPerson },
  ] as const;
  return cases.map(({ when, ...of }) => {
    const found = supposeOf(seen, config, { ...of, atMs });
    if (found.decision === 'refused') return { when, code: found.code, sentence: withNames(seen, found.sentence), next: found.next };
    const asked = found.approvalRequired ? 'People are asked. ' : 'It goes on by itself. ';
    return { when, code: null, sentence: asked + withNames(seen, found.sentence.replace(/ Reason: supposed$/, '')), next: null };
  });
};

const commandsOf = (seen: Seen, row: Row): ValidatorView['commands'] => {
  const { validator } = seen;
  return [
    ...(row.waits
      ? [
          { what: row.waits.purpose === 'approval' ? 'approve' : 'attest', command: row.waits.command },
          { what: 'deny', command: `baton deny ${validator}` },
        ]
      : []),
    ...(row.moving === null ? [] : [{ what: 'follow the failover', command: `baton explain ${row.moving}` }]),
    { what: 'look', command: `baton doctor ${validator}` },
    { what: 'fail over', command: `baton failover ${validator} --reason "why"` },
    { what: 'planned move', command: `baton switchover ${validator} --reason "why"` },
    row.paused
      ? { what: 'resume', command: `baton resume ${validator}` }
      : { what: 'pause', command: `baton pause ${validator} --for 2h --reason "why"` },
  ];
};

export const validatorView = (
  seen: Seen,
  of: { readonly watchAlive: boolean | null; readonly atMs: number; readonly dryRun: boolean },
): ValidatorView => {
  const { config } = seen;
  const row = rowOf(seen, of);
  return {
    atMs: of.atMs,
    dryRun: of.dryRun,
    row,
    nodes: config ? config.nodes.map((node) => nodeView(seen, config, node)) : [],
    lease: leaseFacts(seen),
    evidence: evidenceFacts(seen),
    policy: config ? policyFacts(config) : [],
    pause: pauseFacts(seen),
    // Without all of it nobody can say what Assess would answer.
    supposed: config && !seen.trouble.unseen && seen.trouble.broken === null && seen.watched ? supposedOf(seen, config, row, of.atMs) : [],
    moves: seen.history.toSorted((a, b) => b.atMs - a.atMs),
    commands: commandsOf(seen, row),
  };
};
