import type { RigScenario } from '../scenario.ts';
import { withLapse, unhurried, one, cometDies, cometMends, toGuard, guardDies, operatorStarts, withoutWatchdog, guardKilled } from './faults.ts';

/** The guard is the signer of a CometBFT node: validator, guard, agent and people fail. */

export const signer: readonly RigScenario[] = [
  one('validator dies', 'the process of the validator is killed and cannot start again; it is mended after the move', {
    fault: cometDies,
    after: cometMends,
    ends: 'moves',
    evidence: ['relinquished'],
    control: ['gate'],
    quick: true,
  }),
  one('planned switchover', 'both nodes are healthy, and a person moves the right to sign', {
    fault: async () => undefined,
    by: 'switchover',
    ends: 'moves',
    evidence: ['relinquished'],
    control: ['gate'],
  }),
  one('guard killed', 'kill -9 of the guard: systemd starts it again, and the node signs on', {
    timing: unhurried,
    fault: guardKilled,
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
  one('guard dies', 'guard and validator die, and the guard cannot start again', {
    power: false,
    fault: async (world) => {
      await guardDies(world);
      await cometDies(world);
    },
    after: async (world) => {
      await cometMends(world);
      await operatorStarts(world);
    },
    ends: 'moves',
    evidence: ['stopped'],
    control: ['proof'],
  }),
  one('guard hangs', 'SIGSTOP of the guard: its watchdog ends it, and it starts again', {
    power: false,
    fault: (world) => toGuard(world, (unit) => `systemctl kill --kill-whom=all --signal=SIGSTOP ${unit}`),
    ends: 'moves',
    evidence: ['stopped', 'relinquished'],
    control: ['proof'],
  }),
  one('guard hangs (agent dead)', 'SIGSTOP of the guard with the agent of SSM dead; it goes on after the move', {
    policy: withLapse,
    power: false,
    before: withoutWatchdog,
    fault: async ({ amber, guardUnit }) => {
      amber.agent = false;
      await amber.must(`systemctl kill --kill-whom=all --signal=SIGSTOP ${guardUnit}`);
    },
    after: async ({ amber, guardUnit }) => {
      await amber.must(`systemctl kill --kill-whom=all --signal=SIGCONT ${guardUnit}`);
    },
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('agent dead', 'the validator dies with the agent of SSM dead; the guard lives', {
    fault: async (world) => {
      world.amber.agent = false;
      await cometDies(world);
    },
    after: cometMends,
    ends: 'moves',
    evidence: ['relinquished'],
    control: ['gate'],
  }),
  one('agent and guard dead', 'the guard and the agent of SSM are dead, and the validator too; EC2 powers it off', {
    fault: async (world) => {
      world.amber.agent = false;
      await guardDies(world);
      await cometDies(world);
    },
    after: async (world) => {
      // Without fencing it is still up, and its validator is what comes back.
      if (world.amber.isUp()) await cometMends(world);
      else await world.amber.boot();
    },
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['proof'],
  }),
  one('denied', 'the validator dies, and a person says no', {
    answer: 'deny',
    fault: cometDies,
    ends: 'nobody',
    evidence: [],
    control: ['proof'],
    after: cometMends,
  }),
  one('no standby', 'the standby has lost its power when the validator dies', {
    fault: async (world) => {
      await world.birch.losePower();
      await cometDies(world);
    },
    ends: 'nobody',
    evidence: [],
    control: [],
    safeBecause: 'there is nobody else to start',
  }),
  one('standby lost on the way', 'the standby loses its power the moment the key is released to it, and boots again', {
    fault: cometDies,
    onRelease: async ({ birch }) => {
      await birch.losePower();
      await birch.boot();
    },
    ends: 'moves',
    evidence: ['relinquished'],
    control: ['gate'],
    after: cometMends,
  }),
];
