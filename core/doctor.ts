import type { ChainTable } from './chain-rules.ts';
import { notReady } from './assess-gates.ts';
import type { NodeConfig, ValidatorConfig } from './config.ts';
import { tellApprovers, tellConfig, tellPrincipals, tellTiming, tellVantages } from './doctor-config.ts';
import { failedOf, sayFences, wantedFences, type FenceTestRecord } from './fence-test.ts';
import { fail, not, ok, seenAs, unseenAs, valueOf, type Finding, type Seen, type Told } from './finding.ts';
import type { NodeId, ValidatorId } from './ids.ts';
import type { Lease } from './lease.ts';
import { daysSince, silentIn, type Look } from './survey.ts';
import type { EpochMs } from './time.ts';

/** Whether a failover could go well now. Pure: `baton doctor` reads, this judges. */

/** What is not of one validator. */
export interface StackSeen {
  readonly table: { readonly state: 'safe' | 'unsafe' | 'unknown'; readonly sentence: string };
  /** What freezes the fleet, or null. */
  readonly frozen: Seen<{ readonly sentence: string } | null>;
  /** The caller's ARN. */
  readonly caller: Seen<string>;
  readonly fleet: Seen<readonly ValidatorId[]>;
  /** When the last alert test was acknowledged; null for never. */
  readonly acknowledgedMs: Seen<number | null>;
}

/** One validator as it was read. */
export interface ValidatorSeen {
  readonly validator: ValidatorId;
  readonly caller: Seen<string>;
  readonly config: Seen<ValidatorConfig | undefined>;
  readonly lease: Seen<Lease | undefined>;
  readonly claimRunning: Seen<boolean>;
  /** The pause that holds now. */
  readonly pause: Seen<{ readonly by: string; readonly reason: string } | undefined>;
  readonly history: Seen<readonly { readonly atMs: number }[]>;
  /** What the last test of its fences found. */
  readonly fenceTest: Seen<FenceTestRecord | undefined>;
  /** Whether a sealed key lies in the vault; null when it was not asked for. */
  readonly vault: Seen<boolean> | null;
  /** Nodes that were fenced and not brought back. */
  readonly quarantined: Seen<readonly NodeId[]>;
  /** The reports of its nodes, read twice, some seconds apart. */
  readonly looks: Seen<{ readonly before: Look; readonly after: Look }>;
}

/** Days until practice is called overdue: what the stack's alarms begin with. */
export const overdueDays = { drill: 90, alertTest: 30 } as const;

const tableStates = { safe: 'ok', unsafe: 'fail', unknown: 'unknown' } as const;

/** @returns the findings that are of the whole stack. */
export const judgeStack = (seen: StackSeen, nowMs: EpochMs): Finding[] => {
  const { table, fleet } = seen;
  const safe = table.state === 'safe';
  const tableNext = 'Use a table of one Region or a strongly consistent one, and a role that may call dynamodb:DescribeTable on it.';
  const told: [string, Told][] = [
    ['table', { state: tableStates[table.state], sentence: table.sentence, next: safe ? null : tableNext }],
    ['caller', seenAs(seen.caller, 'Log in (for example: aws sso login) and run it again.', (arn) => ok(`You are ${arn}.`))],
    [
      'fleet',
      seenAs(fleet, 'baton status', ({ length }) =>
        length === 0 ? fail('No validator is configured.', 'baton apply validators.yaml') : ok(`Validators configured: ${length}.`),
      ),
    ],
    [
      'breaker',
      seenAs(seen.frozen, 'baton breaker', (frozen) => (frozen === null ? ok('The breaker is closed.') : fail(frozen.sentence, 'baton breaker'))),
    ],
    [
      'alert-test',
      seenAs(seen.acknowledgedMs, 'baton alert-test', (atMs) => {
        if (atMs === null) return not('warn', 'Nobody has ever acknowledged an alert test.', 'baton alert-test');
        const days = daysSince(atMs, nowMs);
        const sentence = `Alerts reached somebody ${days} days ago.`;
        return days >= overdueDays.alertTest ? not('warn', sentence, 'baton alert-test') : ok(sentence);
      }),
    ],
  ];
  return told.map(([check, one]) => ({ check, validator: null, node: null, ...one }));
};

const tellLease = ({ validator, lease, claimRunning }: ValidatorSeen, { nodes, custody }: ValidatorConfig): Told =>
  seenAs(lease, `baton status ${validator}`, (found) => {
    if (custody === 'gate') return ok('Custody gate: every member signs, and the arbiter decides each signature.');
    if (!found) return fail('Not enrolled: nobody may sign.', 'baton apply validators.yaml');
    const holder = nodes.find(({ id }) => id === found.holder);
    if (!holder)
      return fail(
        `The recorded active ${found.holder} is not among the nodes.`,
        'Put it back into validators.yaml, then: baton apply validators.yaml',
      );
    if (found.phase === 'HELD') return ok(`${holder.name} may sign in term ${found.term}.`);
    const where = `Term ${found.term} is ${found.phase}`;
    return seenAs(claimRunning, `baton explain ${found.claim}`, (running) =>
      running
        ? not('warn', `${where}; ${found.claim} drives it.`, `baton explain ${found.claim}`)
        : fail(`${where} and ${found.claim} has ended: nothing goes on by itself.`, `baton failover ${validator}`),
    );
  });

const tellDrill = ({ validator, history }: ValidatorSeen, { nodes, custody }: ValidatorConfig, nowMs: EpochMs): Told => {
  if (custody === 'gate') return ok('Custody gate: there is nothing to move.');
  const next = `baton switchover ${validator} --reason drill`;
  if (nodes.length < 2)
    return not('warn', 'It has one node only: there is nowhere to move to.', 'Add a node to validators.yaml, then: baton apply validators.yaml');
  return seenAs(history, next, (failovers) => {
    if (failovers.length === 0) return not('warn', 'It has never been moved.', next);
    const days = daysSince(Math.max(...failovers.map(({ atMs }) => atMs)), nowMs);
    return days >= overdueDays.drill ? not('warn', `It was moved ${days} days ago.`, next) : ok(`It was moved ${days} days ago.`);
  });
};

const tellFences = ({ validator, fenceTest }: ValidatorSeen, config: ValidatorConfig, nowMs: EpochMs): Told => {
  if (config.custody === 'gate') return ok('Custody gate: nobody is fenced; closing the arbiter ends all signing.');
  const next = `baton fence-test ${validator}`;
  return seenAs(fenceTest, next, (record) => {
    const { ok: well, sentence } = sayFences({ config, record }, nowMs);
    return well ? ok(sentence) : not(failedOf(wantedFences(config), record).length > 0 ? 'fail' : 'warn', sentence, next);
  });
};

const tellKey = ({ validator, vault }: ValidatorSeen, { kmsKey }: ValidatorConfig): Told => {
  if (kmsKey !== undefined) {
    if (vault !== null && valueOf(vault) === true)
      return not(
        'warn',
        'The key lies in KMS, and a sealed one lies in the vault: of what it is a copy, only you know.',
        `baton gate show ${validator}`,
      );
    return ok('The key lies in KMS: none is sealed.');
  }
  const next = `baton doctor ${validator} --vault   (as custodian)`;
  if (vault === null) return not('unchecked', 'Not checked: only a custodian may see whether the key is sealed.', next);
  return seenAs(vault, next, (sealed) =>
    sealed ? ok('The key is sealed.') : fail('No key is sealed: none can be released.', `baton seal ${validator} --key-file FILE`),
  );
};

const restart = (validator: ValidatorId): string => `On that machine: sudo systemctl restart baton-guard@${validator}.service`;

type Named = [check: string, node: string | null, told: Told];

/** The reports that rose while they were watched: what others say is old, and counts for nothing. */
type Fresh = Look;

const tellArmed = (config: ValidatorConfig, lease: Lease, fresh: Fresh): Told => {
  const report = fresh[lease.holder];
  if (config.policy.onControlPlaneLoss === 'hold') return ok('By policy it signs on when it cannot read the lease.');
  if (lease.phase !== 'HELD') return not('unknown', `Nobody holds term ${lease.term} yet.`, `baton status ${config.id}`);
  if (!report) return not('unknown', 'Nobody knows: its guard is silent.', restart(config.id));
  return report.armed && report.armedTerm === lease.releasedTerm
    ? ok(`It stops by itself ${report.leaseMs} ms after it last read the lease${report.asks ? ', unless every other guard promises' : ''}.`)
    : fail(`Its guard is not armed for term ${lease.releasedTerm}: it gives no proof by lapse.`, restart(config.id));
};

const tellBuilds = (config: ValidatorConfig, fresh: Fresh): Told => {
  const builds = [...new Set(config.nodes.flatMap(({ id }) => fresh[id]?.build ?? []))];
  if (builds.length === 0) return not('unknown', 'No guard tells its build.', `baton status ${config.id}`);
  return builds.length === 1
    ? ok(`Every guard is build ${builds.join()}.`)
    : fail(`Guards are of builds ${builds.join(', ')}.`, 'Install one build on every node.');
};

const tellNode = (
  config: ValidatorConfig,
  { id, name }: NodeConfig,
  of: { fresh: Fresh; known: boolean; head: number; quarantined: Seen<readonly NodeId[]> },
): Named[] => {
  const next = restart(config.id);
  const report = of.fresh[id];
  if (!report) {
    const why = of.known ? 'Its guard is silent: its report does not rise.' : 'Its guard has never reported.';
    return [
      ['guard', name, fail(why, next)],
      ['ready', name, not('unknown', 'Nobody knows: there is no fresh report.', next)],
    ];
  }
  const status = `baton status ${config.id}`;
  const ready = seenAs(of.quarantined, status, (held): Told => {
    if (held.includes(id)) return fail('Not ready: it was fenced, and nobody has brought it back.', `baton readmit ${config.id} ${name}`);
    const why = notReady({ config, node: id, report, head: of.head, build: undefined });
    return why === null ? ok(`Synced, at height ${String(report.height)}.`) : fail(`Not ready: ${why}.`, status);
  });
  return [
    ['guard', name, ok('Its guard is alive.')],
    ['ready', name, ready],
  ];
};

const tellGuards = (
  config: ValidatorConfig,
  { lease, quarantined }: { lease: Lease | undefined; quarantined: Seen<readonly NodeId[]> },
  { before, after }: { before: Look; after: Look },
): Named[] => {
  const ids = config.nodes.map(({ id }) => id);
  const silent = silentIn(ids, [before, after]);
  const fresh: Fresh = Object.fromEntries(ids.filter((id) => !silent.includes(id)).map((id) => [id, after[id]]));
  const head = Math.max(...ids.map((id) => fresh[id]?.height ?? 0));
  const holders = config.nodes.filter(({ id }) => id === lease?.holder);
  return [
    ...config.nodes.flatMap((node) => tellNode(config, node, { fresh, known: after[node.id] !== undefined, head, quarantined })),
    ...holders.map(({ name }): Named => ['armed', name, tellArmed(config, lease as Lease, fresh)]),
    ['builds', null, tellBuilds(config, fresh)],
  ];
};

const tellPause = ({ validator, pause }: ValidatorSeen): Told =>
  seenAs(pause, `baton status ${validator}`, (found) =>
    found ? not('warn', `Paused by ${found.by}: ${found.reason}. No failover starts.`, `baton resume ${validator}`) : ok('Not paused.'),
  );

interface Judged {
  readonly nowMs: EpochMs;
  readonly chains: ChainTable;
}

const ofOne = (seen: ValidatorSeen, config: ValidatorConfig, { nowMs, chains }: Judged): Named[] => {
  const { looks } = seen;
  return [
    ['configuration', null, tellConfig(config, chains)],
    ['lease', null, tellLease(seen, config)],
    ['pause', null, tellPause(seen)],
    ['principals', null, tellPrincipals(config)],
    ['vantages', null, tellVantages(config)],
    ['approvers', null, tellApprovers(config, seen.caller)],
    ['timing', null, tellTiming(config)],
    ['key', null, tellKey(seen, config)],
    ['drill', null, tellDrill(seen, config, nowMs)],
    ['fences', null, tellFences(seen, config, nowMs)],
    ...('value' in looks
      ? tellGuards(config, { lease: valueOf(seen.lease), quarantined: seen.quarantined }, looks.value)
      : [['guards', null, unseenAs(looks, `baton status ${config.id}`)] as Named]),
  ];
};

/** @returns the findings of one validator. Without its configuration nothing else can be told. */
export const judgeValidator = (seen: ValidatorSeen, by: Judged): Finding[] => {
  const { validator } = seen;
  const config = valueOf(seen.config);
  const missing = (): Told => fail('It is not configured.', 'baton apply validators.yaml');
  const told = config ? ofOne(seen, config, by) : [['configuration', null, seenAs(seen.config, `baton status ${validator}`, missing)] as const];
  return told.map(([check, node, one]) => ({ check, validator, node, ...one }));
};
