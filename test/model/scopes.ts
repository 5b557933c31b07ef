import type { Model } from './explorer.ts';
import { approvalModel, type ApprovalScope } from './approval.ts';
import { askModel } from './ask/model.ts';
import type { AskBreak, AskScope } from './ask/world.ts';
import { cloneModel, type CloneScope } from './clone.ts';
import { roundsToHeal } from './fence/heal.ts';
import { fenceModel } from './fence/model.ts';
import type { Assumption, Scope as FenceScope, World } from './fence/world.ts';
import { gateModel, type GateScope } from './gate.ts';
import { watermarkModel, type WatermarkScope } from './watermark.ts';

/** What is explored: the scopes of `npm run explore`, smaller ones for the quick tests, and the controls. */

export interface Scope {
  readonly name: string;
  /** What it is about, in a sentence. */
  readonly about: string;
  readonly model: () => Model<unknown>;
  /** Where it is cut off. */
  readonly most: number;
  /** Rounds until the world is well again from this state, or null. Only where time can heal. */
  readonly heal?: (state: unknown) => number | null;
}

/** A scope with one rule or assumption broken: a violation must be found. */
export interface Control {
  readonly name: string;
  readonly about: string;
  readonly model: () => Model<unknown>;
  readonly most: number;
}

const any = <S>(model: Model<S>): Model<unknown> => model;

const base: FenceScope = {
  nodes: 2,
  executions: 1,
  terms: 2,
  driver: 'signer',
  accepts: ['relinquished'],
  armed: true,
  reads: 1,
  calm: false,
  blind: false,
  broken: [],
};

/** Most rounds of reads by every guard until one node signs again, once there is no more trouble. */
export const healsWithin = 20;

const fence = (name: string, about: string, of: Partial<FenceScope>): Scope => {
  const scope = { ...base, ...of };
  const heal = (state: unknown): number | null => roundsToHeal(state as World, scope, healsWithin);
  return { name, about, model: () => any(fenceModel(name, scope)), heal, most: tooMany };
};

const tooMany = 20_000_000;

const baseWatermark: WatermarkScope = { nodes: 2, terms: 3, heights: 3, chain: 'cometbft', lag: 1, margin: 2, broken: null };
const baseApproval: ApprovalScope = { quorum: 2, wires: 2, broken: null };
const baseGate: GateScope = { signers: 2, heights: 3, contents: 2, wires: 3, closes: false, broken: null };

const watermark = (name: string, about: string, of: Partial<WatermarkScope>): Scope => ({
  name,
  about,
  model: () => any(watermarkModel(name, { ...baseWatermark, ...of })),
  most: tooMany,
});
const approval = (name: string, about: string, of: Partial<ApprovalScope>, most = tooMany): Scope => ({
  name,
  about,
  model: () => any(approvalModel(name, { ...baseApproval, ...of })),
  most,
});
const gate = (name: string, about: string, of: Partial<GateScope>, most = tooMany): Scope => ({
  name,
  about,
  model: () => any(gateModel(name, { ...baseGate, ...of })),
  most,
});

const baseClone: CloneScope = { copy: 'disk', armed: true, reports: 3, starts: 2, meetMs: 0, broken: null };
/** A machine that was resumed twice from its memory is one again after two lease lengths by the slowest clock. */
const memoryClone: CloneScope = { ...baseClone, copy: 'memory', starts: 1, meetMs: 6 };

const clone = (name: string, about: string, of: CloneScope, most = tooMany): Scope => ({ name, about, model: () => any(cloneModel(name, of)), most });

const baseAsk: AskScope = { nodes: 2, terms: 2, added: false, deaths: 1, odd: 0, broken: null };
const ask = (name: string, about: string, of: Partial<AskScope>): Scope => ({
  name,
  about,
  model: () => any(askModel(name, { ...baseAsk, ...of })),
  most: tooMany,
});

const aboutAsk: Readonly<Record<AskBreak, readonly [about: string, of: Partial<AskScope>]>> = {
  testimony: ['a promise keeps a guard from opening, and a lapse needs no word of the candidate', { nodes: 3, terms: 3, added: true, deaths: 0 }],
  forgets: ['a guard that starts takes it that it has promised nothing', {}],
  'late-word': ['a guard promises before a report of this life stands in the table', {}],
  instants: ['a guard looks at its promises before, and at its floor after a promise', { deaths: 0 }],
  'not-asked': ['a holder declares that it asks a node which it does not ask', { nodes: 3, added: true, deaths: 0 }],
  clock: ['a clock is slower than the drift that is allowed for', { deaths: 0, odd: 3 }],
};

const aboutBroken: Readonly<Record<Assumption, string>> = {
  relinquished: 'a guard says that it gave up its term and signs on',
  stopped: 'a fence command says that it stopped the node and did not',
  'powered-off': 'EC2 shows a running instance as stopped',
  'lapsed-clock': 'a clock is slower than the drift that is allowed for',
  'lapsed-pause': 'a signer is paused between the check and the moment when the signature leaves',
  attested: 'a person attests what is not true',
};

export const scopes: readonly Scope[] = [
  fence('relinquish', 'a guard gives up its term; three terms, one failover after the other', { terms: 3 }),
  fence('relinquish-again', 'a node that gave up an earlier term', { terms: 4, calm: true }),
  fence('blind', 'executions that write without having looked', { terms: 3, blind: true }),
  fence('ladder', 'relinquished, stopped, powered-off and attested side by side', {
    accepts: ['relinquished', 'stopped', 'powered-off', 'attested'],
  }),
  fence('stop', 'fence commands that come late, across three terms', { accepts: ['stopped'], terms: 3 }),
  fence('power', 'machines that are powered off and on, across three terms', { accepts: ['powered-off'], terms: 3 }),
  fence('two-executions', 'two executions at once: stolen, redriven, started twice', { executions: 2 }),
  fence('three-nodes', 'three nodes', { nodes: 3 }),
  fence('late-reads', 'two reads of a guard at once, answered in any order', { reads: 2 }),
  fence('lapse', 'time, slow clocks and armed guards', { accepts: ['lapsed'] }),
  fence('lapse-or-relinquish', 'a lapse and a relinquish race', { accepts: ['relinquished', 'lapsed'] }),
  fence('unarmed', 'guards that sign on through an outage never lapse', { accepts: ['relinquished', 'lapsed'], armed: false }),
  fence('daemon', 'a daemon that signs by itself until it is stopped', { accepts: ['relinquished', 'stopped', 'powered-off'], driver: 'daemon' }),
  watermark('watermark', 'no duty is signed twice, whoever holds the lease; three heights, three terms, exact and unknown last duties', {}),
  watermark('watermark-daemon', 'the same for a daemon, whose guard has no record of its last duty', { chain: 'systemd' }),
  watermark('watermark-three-nodes', 'the same with three nodes', { nodes: 3 }),
  approval('approval', 'one approver: late, doubled, by the requester in another role, by a stranger', { quorum: 1 }),
  approval('approval-of-two', 'a quorum of two', { wires: 1 }),
  clone('clone', 'one node identity on a machine and on a copy of its disk', baseClone),
  clone('clone-unarmed', 'the same with guards that sign on through an outage', { ...baseClone, armed: false }),
  clone('clone-memory', 'a machine that is resumed twice from its memory', memoryClone),
  ask('ask', 'holders that go on by the promises of the others; guards die, their last reports land late', {}),
  ask('ask-drift', 'the same with slow and fast clocks', { deaths: 0, odd: 2 }),
  ask('ask-three', 'three nodes, one of which was added in this term and is not asked', { nodes: 3, added: true, deaths: 0 }),
  gate('gate', 'active-active: three signers, one arbiter', { signers: 3, heights: 2 }),
  gate('gate-heights', 'two signers, three heights above the floor', { heights: 4, wires: 2 }),
  gate('gate-closes', 'the arbiter is closed while claims are on their way, and somebody else signs on', { closes: true }),
];

/** The same rules in less room, each but the clone and the last of approvals to its end: what `npm test` has time for. */
export const quickScopes: readonly Scope[] = [
  fence('relinquish', 'a guard gives up its term', {}),
  fence('relinquish-calm', 'three terms, one failover after the other', { terms: 3, calm: true }),
  fence('blind', 'executions that write without having looked', { terms: 3, calm: true, blind: true }),
  fence('power', 'machines that are powered off and on', { accepts: ['powered-off'], calm: true }),
  fence('stop', 'fence commands that come late', { accepts: ['stopped'] }),
  fence('attest', 'a person who states what is true', { accepts: ['attested'] }),
  fence('two-executions', 'two executions at once: stolen, redriven, started twice', { executions: 2 }),
  fence('late-reads', 'two reads of a guard at once, answered in any order', { reads: 2, calm: true }),
  fence('lapse', 'time, slow clocks and armed guards', { accepts: ['lapsed'], calm: true }),
  fence('daemon', 'a daemon that signs by itself until it is stopped', { accepts: ['relinquished', 'stopped'], driver: 'daemon', calm: true }),
  watermark('watermark', 'no duty is signed twice, whoever holds the lease', {}),
  watermark('watermark-daemon', 'the same for a daemon', { chain: 'systemd' }),
  clone('clone', 'one node identity on a machine and on a copy of its disk', baseClone, 60_000),
  clone('clone-unarmed', 'the same with guards that sign on through an outage', { ...baseClone, armed: false }),
  ask('ask', 'holders that go on by the promises of the others', { deaths: 0 }),
  gate('gate', 'active-active: two signers, one arbiter', { heights: 2 }),
  gate('gate-closes', 'the arbiter is closed while claims are on their way', { heights: 2, closes: true }),
  approval('approval', 'approvals that are late, doubled, or not theirs to give', { quorum: 1 }, 15_000),
];

const brokenFence = (broken: Assumption, of: Partial<FenceScope>): Control => ({
  name: broken,
  about: aboutBroken[broken],
  model: () => any(fenceModel(broken, { ...base, ...of, broken: [broken] })),
  most: tooMany,
});

/** Each assumption, broken by itself: two signers must be found. */
export const controls: readonly Control[] = [
  brokenFence('relinquished', { accepts: ['relinquished'] }),
  brokenFence('stopped', { accepts: ['stopped'] }),
  brokenFence('powered-off', { accepts: ['powered-off'] }),
  brokenFence('lapsed-clock', { accepts: ['lapsed'] }),
  brokenFence('lapsed-pause', { accepts: ['lapsed'] }),
  brokenFence('attested', { accepts: ['attested'] }),
  {
    name: 'lapsed-daemon',
    about: 'lapsed is taken for a daemon that signs by itself (the configuration refuses it)',
    model: () => any(fenceModel('lapsed-daemon', { ...base, accepts: ['lapsed'], driver: 'daemon' })),
    most: tooMany,
  },
  {
    name: 'vantage-lag',
    about: 'the vantages are further behind the head than the margin',
    model: () => any(watermarkModel('vantage-lag', { ...baseWatermark, lag: 2 })),
    most: tooMany,
  },
  {
    name: 'no-floor',
    about: 'a new term begins without a floor',
    model: () => any(watermarkModel('no-floor', { ...baseWatermark, broken: 'floor' })),
    most: tooMany,
  },
  {
    name: 'record-lost',
    about: 'a signer goes on in the same term after its record is lost',
    model: () => any(watermarkModel('record-lost', { ...baseWatermark, broken: 'record-lost' })),
    most: tooMany,
  },
  {
    name: 'blind-approval',
    about: 'TakeTerm looks at the state of an approval alone',
    model: () => any(approvalModel('blind-approval', { ...baseApproval, broken: 'blind' })),
    most: tooMany,
  },
  {
    name: 'unversioned-approval',
    about: 'an answer is written whatever came in between',
    model: () => any(approvalModel('unversioned-approval', { ...baseApproval, broken: 'unversioned' })),
    most: tooMany,
  },
  {
    name: 'clone-clock',
    about: 'a clock is slower than the drift that is allowed for, and its guard is written over meanwhile',
    model: () => any(cloneModel('clone-clock', { ...baseClone, broken: 'clock' })),
    most: tooMany,
  },
  {
    name: 'clone-memory-at-once',
    about: 'a machine that is resumed twice from its memory is looked at before both have written',
    model: () => any(cloneModel('clone-memory-at-once', { ...memoryClone, meetMs: 1 })),
    most: tooMany,
  },
  ...Object.entries(aboutAsk).map(([broken, [about, of]]) => ({
    name: `ask-${broken}`,
    about,
    model: () => any(askModel(`ask-${broken}`, { ...baseAsk, ...of, broken: broken as AskBreak })),
    most: tooMany,
  })),
  {
    name: 'publish-first',
    about: 'a signature leaves before the arbiter has answered',
    model: () => any(gateModel('publish-first', { ...baseGate, broken: 'publish-first' })),
    most: tooMany,
  },
  {
    name: 'own-signature',
    about: 'a signer whose very message is stored publishes its own signature of it, with another time',
    model: () => any(gateModel('own-signature', { ...baseGate, broken: 'own-signature' })),
    most: tooMany,
  },
  {
    name: 'claims-after-close',
    about: 'a closed arbiter still takes claims',
    model: () => any(gateModel('claims-after-close', { ...baseGate, closes: true, broken: 'claims-after-close' })),
    most: tooMany,
  },
  {
    name: 'early-mark',
    about: 'the next holder goes by a watermark that was read before the arbiter was closed',
    model: () => any(gateModel('early-mark', { ...baseGate, closes: true, broken: 'early-mark' })),
    most: tooMany,
  },
];
