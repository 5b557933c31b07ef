import type { NodeId, Term, ValidatorId } from './ids.ts';
import type { Lease } from './lease.ts';
import type { PowerConfig, RedfishPower } from './power.ts';
import { proofOfPowerOff, type Proof } from './proofs.ts';

/** What is said of a machine's power, and which of these words prove that it is off. */

/** What a switch is asked, and what its answer must therefore be about. */
export interface PowerAsk<P extends PowerConfig = PowerConfig> {
  readonly validator: ValidatorId;
  readonly node: NodeId;
  readonly term: Term;
  readonly power: P;
}

/** Whom an answer of a webhook is about. */
export interface PowerSubject {
  readonly validator: string;
  readonly node: string;
  readonly term: number;
  /** Made for one question and for no other. */
  readonly nonce: string;
}

/** What was said of a machine's power, with everything that binds it to this machine and this question. */
export type PowerSaid =
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'ec2'; readonly node: NodeId; readonly state: string }
  | { readonly kind: 'redfish'; readonly node: NodeId; readonly host: string; readonly system: string; readonly uuid: string; readonly state: string }
  | {
      readonly kind: 'webhook';
      readonly host: string;
      readonly asked: PowerSubject;
      /** As the signed answer says it. */
      readonly answered: PowerSubject & { readonly state: string };
    };

/** Whether a test showed that the power could be cut and its state be known. Nothing was cut. */
export interface PowerTest {
  readonly works: boolean;
  /** Stable; `works` when it does. */
  readonly code: PowerTestCode;
  /** One sentence; it holds no secret. */
  readonly how: string;
}

export const powerTestCodes = [
  'works',
  /** The service, the controller or the receiver gives no answer. */
  'PowerUnreachable',
  /** It refuses the caller: role, password or secret. */
  'PowerNotAllowed',
  /** It answers for another machine. */
  'PowerOtherMachine',
  /** It answers, but what it says cannot be used. */
  'PowerUnusable',
  /** The secret cannot be read. */
  'PowerSecretMissing',
] as const;
export type PowerTestCode = (typeof powerTestCodes)[number];

/** Only these words say that the power is off; every other one, known or not, does not. */
export const offStates = { redfish: 'Off', webhook: 'off' } as const;

const none = (reason: string): Proof => ({ outcome: 'none', reason });

const names = { ec2: 'EC2', redfish: 'Redfish', webhook: 'the webhook' } as const;

interface Shown {
  readonly node: string;
  readonly state: string;
  readonly by: string;
  readonly how: string;
}

/** What is shown of exactly the machine that was asked about, or why nothing is. */
const shownBy = (ask: PowerAsk, said: Exclude<PowerSaid, { kind: 'unknown' | 'ec2' }>): Shown | string => {
  if (said.kind === 'redfish') {
    const { uuid, system } = ask.power as RedfishPower;
    if (said.uuid !== uuid) return `the system behind ${said.host} has another UUID than ${uuid}`;
    if (said.system !== system) return `the answer is of system ${said.system}, not of ${system}`;
    return { ...said, by: `Redfish ${said.host}`, how: `Redfish shows system ${system} (UUID ${uuid}) as ${said.state}.` };
  }
  const { asked, answered, host } = said;
  if (answered.nonce !== asked.nonce) return 'the answer is to another question';
  if (answered.validator !== ask.validator || answered.term !== ask.term || answered.node !== ask.node)
    return 'the answer is of another validator, node or term';
  return {
    node: answered.node,
    state: answered.state,
    by: `webhook ${host}`,
    how: `The signed answer of ${host} says that the power is ${answered.state}.`,
  };
};

/**
 * Whoever can cut the power of the recorded active says that it is off, asked after the term was taken. A machine that was off once in this term has
 * lost its key, and whatever runs on it since has to read the lease first.
 * @param of.ordered whether an order of this term to cut the power was taken before the state was asked for: what a controller remembers of a time
 * before that is no proof.
 */
export const proofOfPower = (lease: Lease, of: { ask: PowerAsk; ordered: boolean; said: PowerSaid; atMs: number }): Proof => {
  const { ask, said } = of;
  if (lease.phase !== 'FENCING') return none(`the lease is ${lease.phase}, not FENCING`);
  if (ask.node !== lease.holder || ask.validator !== lease.validator || ask.term !== lease.term)
    return none(`${ask.node} was asked about, not the recorded active ${lease.holder} in this term`);
  if (!of.ordered) return none('no order of this term to cut its power was taken yet');
  if (said.kind === 'unknown') return none(said.reason);
  if (said.kind !== ask.power.kind) return none(`${names[said.kind]} answered, not ${names[ask.power.kind]}`);
  if (said.kind === 'ec2') return proofOfPowerOff(lease, { node: said.node, state: said.state, atMs: of.atMs });
  const shown = shownBy(ask, said);
  if (typeof shown === 'string') return none(shown);
  if (shown.node !== lease.holder) return none(`the state is of ${shown.node}, not of the recorded active ${lease.holder}`);
  if (shown.state !== offStates[said.kind]) return none(`${names[said.kind]} says ${shown.state}; only ${offStates[said.kind]} counts`);
  return {
    outcome: 'proof',
    evidence: { kind: 'powered-off', node: lease.holder, term: lease.term, by: shown.by, atMs: of.atMs, how: shown.how },
  };
};
