import { personOf } from '../core/approval.ts';
import { assessRequest, type Assessment } from '../core/assess.ts';
import { chainLabel, type ValidatorConfig } from '../core/config.ts';
import { failoverName } from '../core/names.ts';
import { hashOf, type Cause } from '../core/plan.ts';
import type { Lease } from '../core/lease.ts';
import { judge } from '../core/survey.ts';
import { epochMs } from '../core/time.ts';
import type { VerdictState } from '../core/verdict.ts';
import { headOf, nameOf, silentOf, withNames, type Seen } from './seen.ts';
import { levels, type CouldMove, type FleetView, type Health, type Level, type Remark, type Row } from './view.ts';

/** From what was read to what a page says. Pure; what is not known is called unknown, never well. */

const healthOf = ({ verdict, trouble }: Seen, watchAlive: boolean | null): { health: Health; why: string } => {
  const unknown = (why: string) => ({ health: 'unknown' as const, why });
  if (trouble.unseen) return unknown('The table or the workflow service gave no answer.');
  if (watchAlive === null) return unknown('The watch was not looked at long enough.');
  if (!watchAlive) return unknown('The watch takes no round: what it last said is old.');
  if (verdict === null) return unknown('What the watch last said cannot be read.');
  const told: Readonly<Record<VerdictState, string>> = {
    healthy: 'Its signatures land on the chain.',
    suspect: 'Some of the last probes saw no signature.',
    failing: 'Its signatures do not land on the chain.',
    halted: 'The whole chain stands still.',
    unobservable: 'Too few vantages can tell.',
  };
  return { health: verdict, why: told[verdict] };
};

/** What Assess would answer to this request, if the chain is as the watch last saw it. Nothing of a plan is kept. */
export const supposeOf = (
  seen: Seen,
  config: ValidatorConfig,
  of: { readonly kind: 'failover' | 'switchover'; readonly verdict: VerdictState; readonly cause: Cause; readonly atMs: number },
): Assessment => {
  const { lease, pause } = seen;
  return assessRequest({
    config,
    configHash: hashOf(config),
    lease,
    reports: seen.looks[1],
    silent: silentOf(seen),
    quarantined: seen.quarantined,
    verdict: of.verdict,
    head: headOf(seen),
    paused: pause ?? null,
    frozen: seen.frozen,
    history: seen.history,
    nowMs: epochMs(of.atMs),
    request: {
      execution: failoverName({ validator: config.id, term: lease?.term ?? (1 as Lease['term']), episode: 'supposed' }),
      kind: of.kind,
      cause: of.cause,
    },
    claimRunning: seen.claimRunning,
    dryRun: false,
    approvalAlways: false,
    window: null,
  });
};

export const byPerson: Cause = { kind: 'operator', by: 'you', reason: 'supposed' };

/** A failover that a person asks for, at this moment. */
const couldMove = (seen: Seen, health: Health, atMs: number): CouldMove & { readonly next: string | null } => {
  const { config, pause, trouble, watched } = seen;
  if (trouble.broken !== null) return { answer: 'no', reason: `It cannot be read: ${trouble.broken}.`, next: `baton status ${seen.validator}` };
  if (trouble.unseen || !config) return { answer: 'unknown', reason: 'Not everything could be read.', next: null };
  if (!watched) return { answer: 'unknown', reason: 'The guards were not looked at long enough.', next: null };
  if (pause) return { answer: 'no', reason: `It is paused by ${personOf(pause.by)}.`, next: null };
  const verdict = health === 'unknown' ? 'unobservable' : health;
  const found = supposeOf(seen, config, { kind: 'failover', verdict, cause: byPerson, atMs });
  if (found.decision === 'refused') return { answer: 'no', reason: withNames(seen, found.sentence), next: found.next };
  return { answer: 'yes', reason: `to ${nameOf(seen, found.plan.candidate)}`, next: null };
};

/** Custody gate: which members their guards say sign. */
const membersOf = (seen: Seen, { nodes }: ValidatorConfig): string => {
  const silent = silentOf(seen);
  const signing = nodes.filter(({ id }) => seen.looks[1][id]?.signing === true && !silent.includes(id)).map(({ name }) => name);
  return signing.length === 0 ? 'no member, as far as is known' : `${signing.join(', ')}: each signature by the arbiter`;
};

const signsOf = (seen: Seen, health: Health): { holder: string | null; signs: string } => {
  const { lease, looks, trouble, config } = seen;
  if (config?.custody === 'gate') return { holder: null, signs: membersOf(seen, config) };
  if (!lease) return { holder: null, signs: trouble.unseen ? 'not read' : trouble.broken === null ? 'nobody: not enrolled' : 'cannot be read' };
  const holder = nameOf(seen, lease.holder);
  if (lease.phase === 'FENCED') return { holder: null, signs: `nobody: ${holder} is fenced` };
  if (lease.phase === 'FENCING') return { holder: null, signs: `nobody new: ${holder} is being fenced` };
  if (silentOf(seen).includes(lease.holder)) return { holder, signs: seen.watched ? 'may sign; guard silent' : 'may sign' };
  if (looks[1][lease.holder]?.signing !== true) return { holder, signs: 'may sign, gate closed' };
  // An open gate is the guard's word; that it signs is the chain's.
  return { holder, signs: health === 'healthy' ? 'signs, gate open' : 'may sign, gate open' };
};

const waitsOf = (seen: Seen, atMs: number): Row['waits'] => {
  const { validator, open } = seen;
  if (open?.state !== 'pending' || atMs >= open.expiresAtMs) return null;
  const command =
    open.purpose === 'approval'
      ? `baton approve ${validator} --plan ${open.planHash.slice(0, 12)}`
      : `baton attest ${validator} --statement "what you did"`;
  return { purpose: open.purpose, sentence: withNames(seen, open.sentence), command };
};

const remarksOfGuards = (seen: Seen, atMs: number): Remark[] => {
  const { validator, config, lease, looks, watched } = seen;
  if (!config || !lease || !watched) return [];
  const judged = judge({ ...seen, config, lease }, { paused: false, nowMs: epochMs(atMs) });
  const open = config.nodes.filter(({ id }) => looks[1][id]?.signing === true && !judged.guardsSilent.includes(id)).map(({ name }) => name);
  const restart = `sudo systemctl restart baton-guard@${validator}.service`;
  const ended = lease.phase !== 'HELD' && !seen.claimRunning;
  return [
    ...(judged.needsPerson === null
      ? []
      : [
          {
            level: 'act' as const,
            text: withNames(seen, `Needs a person: ${judged.needsPerson.replace(/\.$/, '')}.`),
            command: `baton ${ended ? 'failover' : 'status'} ${validator}`,
          },
        ]),
    ...(open.length > 1
      ? [
          {
            level: 'look' as const,
            text: `${open.join(' and ')} report an open gate: so it looks for a moment in a hand-over.`,
            command: `baton status ${validator}`,
          },
        ]
      : []),
    ...(judged.guardsSilent.length > 0
      ? [{ level: 'look' as const, text: `Guard silent on ${judged.guardsSilent.map((id) => nameOf(seen, id)).join(', ')}.`, command: restart }]
      : []),
    ...(judged.guardUnarmed
      ? [{ level: 'look' as const, text: `The guard of ${nameOf(seen, lease.holder)} is not armed for its term.`, command: restart }]
      : []),
  ];
};

const healthRemarks = ({ validator }: Seen, health: Health, why: string): Remark[] => {
  if (health === 'healthy') return [];
  return [
    {
      level: health === 'failing' ? 'act' : 'look',
      text: `${health}: ${why}`,
      command: health === 'failing' ? `baton explain policy ${validator}` : null,
    },
  ];
};

const untilOf = (untilMs: number | undefined, atMs: number): string =>
  untilMs === undefined ? 'until resume' : `for ${Math.max(1, Math.round((untilMs - atMs) / 60_000))} min more`;

const remarksOf = (
  seen: Seen,
  of: { health: Health; why: string; waits: Row['waits']; could: ReturnType<typeof couldMove>; atMs: number },
): Remark[] => {
  const { validator, lease, pause, trouble } = seen;
  const { waits, could } = of;
  const moving = lease && lease.phase !== 'HELD' && seen.claimRunning;
  return [
    ...(waits
      ? [
          {
            level: 'act' as const,
            text: `${waits.purpose === 'approval' ? 'Approval' : 'Attestation'} waits: ${waits.sentence}`,
            command: waits.command,
          },
        ]
      : []),
    ...(trouble.broken === null ? [] : [{ level: 'act' as const, text: `Cannot be read: ${trouble.broken}.`, command: `baton status ${validator}` }]),
    ...remarksOfGuards(seen, of.atMs),
    ...healthRemarks(seen, of.health, of.why),
    ...(moving
      ? [{ level: 'look' as const, text: `A failover runs: term ${lease.term} is ${lease.phase}.`, command: `baton explain ${lease.claim}` }]
      : []),
    // A pause and a running failover are told as what they are.
    ...(could.answer === 'no' && trouble.broken === null && !pause && !moving && seen.config?.custody !== 'gate'
      ? [{ level: 'look' as const, text: `Could not fail over: ${could.reason}`, command: could.next }]
      : []),
    ...(pause
      ? [
          {
            level: 'note' as const,
            text: `Paused by ${personOf(pause.by)} ${untilOf(pause.untilMs, of.atMs)}: ${pause.reason}`,
            command: `baton resume ${validator}`,
          },
        ]
      : []),
  ].sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
};

export const rowOf = (seen: Seen, of: { readonly watchAlive: boolean | null; readonly atMs: number }): Row => {
  const { validator, config, lease, history } = seen;
  const { atMs } = of;
  const { health, why } = healthOf(seen, of.watchAlive);
  const waits = waitsOf(seen, atMs);
  const could = couldMove(seen, health, atMs);
  const remarks = remarksOf(seen, { health, why, waits, could, atMs });
  const [last = null] = history.toSorted((a, b) => b.atMs - a.atMs);
  const level: Level = remarks[0]?.level ?? 'calm';
  return {
    validator,
    chain: config ? chainLabel(config.chain) : 'not known',
    ...signsOf(seen, health),
    term: lease?.term ?? null,
    phase: lease?.phase ?? null,
    moving: lease && lease.phase !== 'HELD' ? lease.claim : waits && seen.open ? seen.open.execution : null,
    health,
    healthWhy: why,
    paused: seen.pause !== undefined,
    couldMove: { answer: could.answer, reason: could.reason },
    waits,
    last: last && { execution: last.execution, atMs: last.atMs },
    remarks,
    level,
  };
};

/** Its signatures land, and somebody may make them. */
export const isSigning = ({ health, phase }: Row): boolean => health === 'healthy' && (phase === 'HELD' || phase === 'RELEASED');

const counted = (rows: readonly Row[], words: readonly (readonly [word: string, is: (row: Row) => boolean])[]): string[] =>
  words.flatMap(([word, is]) => {
    const count = rows.filter(is).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });

const headlineOf = (rows: readonly Row[]): string => {
  if (rows.length === 0) return 'No validator is configured.';
  const signing = rows.filter(isSigning).length;
  const all = rows.length === 1 ? `${rows[0]?.validator} signs.` : `All ${rows.length} sign.`;
  const others = counted(
    rows.filter((row) => !isSigning(row)),
    [
      ['failing', ({ health }) => health === 'failing'],
      ['suspect', ({ health }) => health === 'suspect'],
      ['on a chain that stands still', ({ health }) => health === 'halted'],
      ['unobservable', ({ health }) => health === 'unobservable'],
      ['unknown', ({ health }) => health === 'unknown'],
      ['changing hands', ({ health }) => health === 'healthy'],
    ],
  );
  const some =
    rows.length === 1
      ? `${rows[0]?.validator} is ${rows[0]?.health === 'healthy' ? 'changing hands' : rows[0]?.health}.`
      : `${signing} of ${rows.length} sign; ${others.join(', ')}.`;
  const stuck = counted(rows, [
    ['could not fail over now', ({ couldMove: { answer } }) => answer === 'no'],
    ['could perhaps: not known', ({ couldMove: { answer } }) => answer === 'unknown'],
  ]);
  const moves =
    rows.length > 1
      ? [stuck.join(', ')]
      : rows.flatMap(({ couldMove: { answer } }) =>
          answer === 'yes' ? [] : [answer === 'no' ? 'It could not fail over now' : 'Nobody knows whether it could fail over'],
        );
  const waiting = rows.filter(({ waits }) => waits !== null).length;
  const ready = stuck.length === 0 ? [rows.length === 1 ? 'It could fail over now.' : 'Each could fail over now.'] : moves.map((one) => `${one}.`);
  const waits =
    waiting === 0 ? 'Nothing waits for you.' : rows.length === 1 ? 'It waits for you.' : `${waiting} ${waiting === 1 ? 'waits' : 'wait'} for you.`;
  return [signing === rows.length ? all : some, ...ready, waits].join(' ');
};

/** @param of.atMs when it was read, by the clock of the reader. */
export const fleetView = (
  seen: readonly Seen[],
  of: { readonly watchAlive: boolean | null; readonly silentWatchers?: readonly string[]; readonly atMs: number; readonly dryRun: boolean },
): FleetView => {
  const rows = seen.map((one) => rowOf(one, of));
  return { atMs: of.atMs, watchAlive: of.watchAlive, silentWatchers: of.silentWatchers ?? [], dryRun: of.dryRun, rows, headline: headlineOf(rows) };
};
