import { personOf } from './approval.ts';
import type { NodeConfig, Policy, ValidatorConfig } from './config.ts';
import type { EvidenceKind } from './evidence.ts';
import type { NodeId } from './ids.ts';
import type { Seen } from './finding.ts';
import type { Lease } from './lease.ts';
import { powerOf } from './power.ts';
import { accepts } from './proofs.ts';
import type { NodeReport } from './report.ts';
import { durationMs } from './time.ts';
import { lapseMs } from './timing.ts';

/** What could prove, as things are known now, that the recorded active cannot sign. Pure, and proof of nothing: only Fence takes proofs. */

/**
 * `expected`: it is there, or comes by itself once the term is taken. `people`: a second person must state it. `unknown`: nobody could tell.
 * `returns`: only if the machine came back. `never`: not as the policy and the machine are.
 */
export const outlooks = ['expected', 'people', 'unknown', 'returns', 'never'] as const;
export type Outlook = (typeof outlooks)[number];

export interface Prospect {
  readonly kind: EvidenceKind;
  readonly outlook: Outlook;
  readonly sentence: string;
}

/** The recorded active as it is seen from outside. */
export interface Lost {
  readonly report: NodeReport | undefined;
  /** Its report stood still while it was watched, or there is none. */
  readonly silent: boolean;
  /** What SSM says of its agent; undefined when SSM does not know it. */
  readonly agent: Seen<string | undefined>;
  /** What EC2 says of it; undefined when EC2 does not know it. Null where it is no instance of EC2. */
  readonly machine: Seen<{ readonly state: string; readonly tag: string | null } | undefined> | null;
}

export interface OutlookInput {
  readonly config: ValidatorConfig;
  readonly lease: Lease;
  /** The recorded active's entry in the configuration. */
  readonly node: NodeConfig;
  readonly lost: Lost;
  /** The fresh machine. */
  readonly to: NodeId;
  /** ARN of who would ask for the failover: not to attest it. */
  readonly caller: string;
  /** Name of the stack: the value of the tag that lets it stop a machine. */
  readonly stack: string;
  /** The guard is the signer, so that a lapse could be a proof: see ChainRules. */
  readonly gated: boolean;
}

type Told = readonly [outlook: Outlook, sentence: string];

/** The word of EC2 for it; null when that is not known, or it is no instance of EC2. */
const stateOf = ({ machine }: Lost): string | null =>
  machine === null || !('value' in machine) ? null : machine.value === undefined ? 'none' : machine.value.state;

const goneStates: readonly (string | null)[] = ['none', 'shutting-down', 'terminated'];
const isGone = (lost: Lost): boolean => goneStates.includes(stateOf(lost));
const reasonOf = (seen: Seen<unknown>): string => ('unknown' in seen ? seen.unknown : (seen as { readonly broken: string }).broken);

const relinquished = ({ lease, lost }: OutlookInput): Told => {
  if (lease.phase === 'FENCING' && lost.report?.relinquished?.term === lease.term) return ['expected', `Its guard has given up term ${lease.term}.`];
  if (!lost.silent) return ['expected', 'Its guard is alive, and gives up the term when it reads that it was taken.'];
  if (isGone(lost)) return ['never', 'Its machine is gone, and its guard with it.'];
  return ['returns', 'Its guard is silent. That proves nothing: it would have to come back and say so.'];
};

const stopped = ({ lost }: OutlookInput): Told => {
  const { agent } = lost;
  if (isGone(lost)) return ['never', 'Its machine is gone: no command runs on it.'];
  if (!('value' in agent)) return ['unknown', reasonOf(agent)];
  if (agent.value === 'Online' && stateOf(lost) !== 'stopped')
    return ['expected', 'SSM calls its agent Online, which may be minutes old; a command that ran there would prove it.'];
  return ['returns', `SSM does not reach it (${agent.value ?? 'not known to SSM'}): no command runs there unless it comes back.`];
};

/** What EC2 could prove of it when it may switch it off. */
const byEc2 = ({ lost, stack, node }: OutlookInput): Told => {
  const state = stateOf(lost);
  const { machine } = lost;
  if (machine !== null && !('value' in machine)) return ['unknown', reasonOf(machine)];
  if (machine === null || !machine.value) return ['never', `EC2 does not know ${node.id}, or no more: it shows no state of it.`];
  if (state === 'stopped' || state === 'terminated') return ['expected', `EC2 shows it as ${state}: proof, once the term is taken.`];
  if (state === 'stopping' || state === 'shutting-down') return ['expected', `EC2 shows it as ${state}: proof when that has ended.`];
  if (machine.value.tag !== stack) return ['never', `EC2 shows it as ${state}, and without the tag baton=${stack} nothing may stop it.`];
  return ['expected', `EC2 shows it as ${state}, and is told to stop it once the term is taken.`];
};

const poweredOff = (of: OutlookInput): Told => {
  const power = powerOf(of.node);
  if (power === null) return ['never', 'Nobody can switch its power: power is false in nodes, so what EC2 shows does not count.'];
  if (power.kind === 'ec2') return byEc2(of);
  return ['unknown', `Its ${power.kind} is told to cut the power, and asked whether it is off, once the term is taken.`];
};

const lapsed = ({ lease, lost, config, to }: OutlookInput): Told => {
  const { report } = lost;
  if (!report?.armed || report.armedTerm !== lease.releasedTerm)
    return ['never', `Its guard did not declare itself armed for term ${lease.releasedTerm}.`];
  if (report.asks && !report.asks.includes(to))
    return ['never', `Its guard goes on while others promise, and ${to} is none whom it asked in term ${lease.releasedTerm}.`];
  const waitMs = lapseMs(durationMs(report.leaseMs), config.timing);
  return ['expected', `Its guard was armed for term ${lease.releasedTerm}: surely closed ${waitMs} ms after the term is taken.`];
};

/** Entries that stand for everybody who may take a role. */
export const isGroup = (approver: string): boolean => /(^|:)role\//.test(approver);

/** Whether enough people may answer beside the one who asks. */
export const enoughBeside = ({ approvers, quorum }: Pick<Policy, 'approvers' | 'quorum'>, caller: string): boolean => {
  const people = new Set(approvers.map(personOf));
  people.delete(personOf(caller));
  return approvers.some(isGroup) || people.size >= quorum;
};

const attested = ({ config: { id, policy }, caller }: OutlookInput): Told => {
  const who = policy.approvers.join(', ');
  if (!enoughBeside(policy, caller)) return ['never', `${policy.quorum} of ${who} must state it, and who asks may not: too few are left.`];
  return ['people', `${policy.quorum} of ${who}, not who asks, must state what they did to it: baton attest ${id} --statement "…".`];
};

const tellers: Readonly<Record<EvidenceKind, (of: OutlookInput) => Told>> = { relinquished, stopped, 'powered-off': poweredOff, lapsed, attested };

/** @returns each kind that the policy accepts, in its order. */
export const outlookOf = (of: OutlookInput): Prospect[] =>
  of.config.policy.evidence.map((kind) => {
    const [outlook, sentence] = tellers[kind](of);
    return { kind, outlook, sentence };
  });

/** False when nothing that is known now could lead to a proof: to begin would take the term, and end with nobody signing. */
export const canProve = (prospects: readonly Prospect[]): boolean =>
  prospects.some(({ outlook }) => outlook === 'expected' || outlook === 'people' || outlook === 'unknown');

/**
 * What the custodian could change in validators.yaml so that there could be a proof, strongest first. Each is a decision of people: it changes what
 * they are ready to believe, and not what is true.
 */
export const changesFor = (of: OutlookInput): string[] => {
  const { config, node } = of;
  const { policy } = config;
  const power = node.power === false || !accepts(policy, 'powered-off') ? byEc2(of) : null;
  const lapse = !accepts(policy, 'lapsed') && of.gated && policy.onControlPlaneLoss !== 'hold' ? lapsed(of) : null;
  const people = !accepts(policy, 'attested') || !enoughBeside(policy, of.caller);
  return [
    ...(power?.[0] === 'expected' ? [`power: true for ${node.name}, and powered-off in policy.evidence. ${power[1]}`] : []),
    ...(lapse?.[0] === 'expected'
      ? [`lapsed in policy.evidence, with policy.assumptions.lapsed: clocks within ${config.timing.drift * 100} %, no machine resumed. ${lapse[1]}`]
      : []),
    ...(people ? ['attested in policy.evidence, with policy.assumptions.attested and approvers beside who asks: a second person states it.'] : []),
  ];
};
