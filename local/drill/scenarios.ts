/** What each scenario breaks, what the policy accepts, and how it must end. */

export const scenarioNames = [
  'crash',
  'freeze',
  'cutoff',
  'switchover',
  'alarm',
  'zombie',
  'denied',
  'expired',
  'unfenceable',
  'attested',
  'cold',
  'cold-unproven',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface Scenario {
  readonly name: ScenarioName;
  readonly about: string;
  readonly fault: 'crash' | 'freeze' | 'cut' | 'destroy' | 'none';
  readonly policy: Record<string, unknown>;
  readonly timing: Record<string, number>;
  /** EC2 may power the active off. */
  readonly power: boolean;
  /** An alarm of the operator starts the failover; the watch does not get that far. */
  readonly byAlarm: boolean;
  readonly answer: 'approve' | 'deny' | 'nothing';
  /** SUCCEEDED, or the name of the failure end. */
  readonly end: string;
  /** The node that must hold the lease at the end. */
  readonly holder: 'amber' | 'birch';
  /** Brings the old node back once the new holder signs, as a thawed machine or a healed network would. */
  readonly comesBack: boolean;
  /** Lapse is evidence only where the guard is the signer. */
  readonly needsGate: boolean;
  /** A person asks for the failover at the command line; the watch does not get that far. */
  readonly byPerson: boolean;
  /** A second person cuts the power of the active by hand, and says so. */
  readonly attests: boolean;
  /** The active is the only node; two people bring the fresh machine birch in by `baton recover`. */
  readonly cold: boolean;
}

const lapsed = 'The clocks of our nodes run within 5 %, and no machine is resumed from a snapshot.';
const usual = ['relinquished', 'stopped', 'powered-off'];
const short = { fenceDeadlineMs: 8_000 };
const byHand = { evidence: [...usual, 'attested'], assumptions: { attested: 'Whoever attests has cut the power and seen it dark.' } };

const one = (name: ScenarioName, about: string, rest: Partial<Scenario>): Scenario => ({
  name,
  about,
  fault: 'crash',
  policy: { evidence: usual },
  timing: {},
  power: true,
  byAlarm: false,
  answer: 'approve',
  end: 'SUCCEEDED',
  holder: 'birch',
  comesBack: false,
  needsGate: false,
  byPerson: false,
  attests: false,
  cold: false,
  ...rest,
});

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  crash: one('crash', 'the validator process of the active dies and cannot start again', { comesBack: true }),
  freeze: one('freeze', 'every process of the active is frozen; EC2 powers it off', { fault: 'freeze' }),
  cutoff: one('cutoff', 'the active loses its way to AWS but not to its chain; its guard stops by itself', {
    fault: 'cut',
    power: false,
    policy: { evidence: ['relinquished', 'stopped', 'lapsed'], assumptions: { lapsed } },
    comesBack: true,
    needsGate: true,
  }),
  switchover: one('switchover', 'a planned move from a healthy node to another', { fault: 'none' }),
  alarm: one('alarm', 'the active dies, and a CloudWatch alarm of the operator starts the failover', {
    byAlarm: true,
    timing: { probeMs: 5_000 },
    comesBack: true,
  }),
  zombie: one('zombie', 'the active is frozen, fenced by lapse, and wakes up after the new holder signs', {
    fault: 'freeze',
    power: false,
    policy: { evidence: ['relinquished', 'stopped', 'lapsed'], assumptions: { lapsed } },
    comesBack: true,
    needsGate: true,
  }),
  denied: one('denied', 'a person says no', { answer: 'deny', end: 'Denied', holder: 'amber' }),
  expired: one('expired', 'nobody answers', { answer: 'nothing', end: 'Expired', holder: 'amber', policy: { evidence: usual, approvalMs: 5_000 } }),
  unfenceable: one('unfenceable', 'the active is frozen, nothing can reach it, and nobody attests', {
    fault: 'freeze',
    power: false,
    end: 'AttestationExpired',
    holder: 'amber',
    timing: short,
    policy: { ...byHand, approvalMs: 6_000 },
  }),
  attested: one('attested', 'the active is frozen and nothing can reach it; a person cuts its power by hand and attests it', {
    fault: 'freeze',
    power: false,
    byPerson: true,
    attests: true,
    timing: { ...short, probeMs: 5_000 },
    policy: byHand,
  }),
  cold: one('cold', 'the only machine is lost; two people recover onto a fresh one, which EC2’s word about the lost one lets them', {
    fault: 'destroy',
    cold: true,
    policy: { evidence: usual, mode: 'watch' },
  }),
  'cold-unproven': one('cold-unproven', 'the only machine is lost, nothing may ask EC2 about it, and nobody attests', {
    fault: 'destroy',
    cold: true,
    power: false,
    end: 'AttestationExpired',
    holder: 'amber',
    timing: short,
    policy: { ...byHand, mode: 'watch', approvalMs: 6_000 },
  }),
};
