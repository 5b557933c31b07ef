import type { RigScenario } from '../scenario.ts';
import { withLapse, onlyStops, byHand, briefly, one, cutFromAll, heals, thaws, freezes, cuts, thawsIfUp, cloudGone } from './faults.ts';

/** Machines that hang, and machines that cannot be reached. */

export const reach: readonly RigScenario[] = [
  one('frozen (powered off)', 'every process of the machine is frozen; EC2 powers it off', {
    fault: freezes,
    ends: 'moves',
    evidence: ['powered-off'],
    after: thawsIfUp,
    control: ['power', 'gate'],
  }),
  one('frozen (wakes up late)', 'every process of the machine is frozen, its lease lapses, and it wakes after the move', {
    policy: withLapse,
    power: false,
    fault: freezes,
    after: thaws,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
    quick: true,
  }),
  one('frozen (no proof)', 'every process of the machine is frozen, nothing reaches it, and lapse is not accepted; nobody attests', {
    policy: { ...byHand, approvalMs: 8_000 },
    timing: briefly,
    power: false,
    fault: freezes,
    after: async ({ amber }) => {
      amber.thaw();
    },
    ends: 'nobody',
    evidence: [],
    control: ['proof'],
  }),
  one('frozen (attested)', 'every process of the machine is frozen; a person cuts its power by hand and attests it', {
    policy: byHand,
    timing: briefly,
    power: false,
    attests: true,
    fault: freezes,
    after: async ({ amber }) => {
      if (amber.isUp()) amber.thaw();
      else await amber.boot();
    },
    ends: 'moves',
    evidence: ['attested'],
    control: ['attestation', 'gate'],
  }),
  one('cut from the cloud', 'no packet passes between the machine and AWS; its chain goes on', {
    policy: withLapse,
    power: false,
    fault: cuts('cloud'),
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from the cloud (out)', 'what the machine sends to AWS is dropped', {
    policy: withLapse,
    power: false,
    fault: cuts('cloud', ['out']),
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from the cloud (in)', 'what AWS answers to the machine is dropped', {
    policy: withLapse,
    power: false,
    fault: cuts('cloud', ['in']),
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from the chain', 'no packet passes between the machine and its peers; AWS is reached', {
    fault: cuts('chain'),
    after: heals,
    ends: 'moves',
    evidence: ['relinquished', 'stopped'],
    control: ['gate'],
  }),
  one('cut from the chain (out)', 'what the machine sends to its peers is dropped', {
    fault: cuts('chain', ['out']),
    after: heals,
    ends: 'moves',
    evidence: ['relinquished', 'stopped'],
    control: ['gate'],
  }),
  one('cut from all (powered off)', 'no packet passes to or from the machine; EC2 powers it off', {
    fault: cutFromAll,
    ends: 'moves',
    evidence: ['powered-off'],
    after: heals,
    control: ['power', 'gate'],
  }),
  one('cut from all (lapsed)', 'no packet passes to or from the machine; it comes back after the move', {
    policy: withLapse,
    power: false,
    fault: cutFromAll,
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from all (no proof)', 'no packet passes to or from the machine, which nothing can power off', {
    policy: { ...byHand, approvalMs: 8_000 },
    timing: briefly,
    power: false,
    fault: cutFromAll,
    after: heals,
    ends: 'nobody',
    evidence: [],
    control: ['proof'],
  }),
  one('AWS is gone (stop)', 'neither node reaches AWS for longer than a lease; policy stop', {
    fault: cloudGone,
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
  one('AWS is gone (hold)', 'neither node reaches AWS for longer than a lease; policy hold signs on', {
    policy: { ...onlyStops, onControlPlaneLoss: 'hold' },
    fault: cloudGone,
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
];
