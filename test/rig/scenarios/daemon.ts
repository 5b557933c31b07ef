import type { RigScenario } from '../scenario.ts';
import {
  unhurried,
  one,
  guardDies,
  tickerSignsOn,
  freezes,
  operatorStarts,
  byHandOutsideUnit,
  outOfCgroup,
  daemonOf,
  guardKilled,
  thawsIfUp,
} from './faults.ts';

/** A daemon that has the key and signs by itself, under the generic driver. */

export const daemon: readonly RigScenario[] = [
  one('daemon: guard dies', 'the guard is gone for good; the daemon that has the key ends with it', {
    power: false,
    chain: 'ticker',
    fault: guardDies,
    after: operatorStarts,
    ends: 'moves',
    evidence: ['stopped'],
    control: ['proof'],
  }),
  one('daemon: guard dies (unbound)', 'the guard is gone, and a drop-in of the operator lets the daemon sign on', {
    power: false,
    chain: 'ticker',
    by: 'person',
    fault: tickerSignsOn,
    after: operatorStarts,
    ends: 'moves',
    evidence: ['stopped'],
    control: ['stop'],
    quick: true,
  }),
  one('daemon: ignores SIGTERM', 'the guard is gone, and the daemon ignores SIGTERM', {
    power: false,
    chain: 'ticker',
    by: 'person',
    fault: async (world) => {
      await daemonOf(
        world,
        '[Service]\nTimeoutStopSec=90\nExecStart=\nExecStart=/bin/sh -c "trap \\"\\" TERM; exec /usr/bin/node /usr/local/lib/tickd.mjs"\n',
      );
      await world.amber.must(`systemctl restart ${world.view.unitName}`);
      await tickerSignsOn(world);
    },
    after: operatorStarts,
    ends: 'moves',
    evidence: ['stopped'],
    control: ['stop'],
  }),
  one('daemon: Restart=always', 'the guard is gone, and the unit starts its daemon again and again', {
    power: false,
    chain: 'ticker',
    by: 'person',
    fault: async (world) => {
      await daemonOf(world, '[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nRestartSec=100ms\n');
      await tickerSignsOn(world);
      await world.amber.must(`systemctl kill --signal=SIGKILL ${world.view.unitName}`);
    },
    after: operatorStarts,
    ends: 'moves',
    evidence: ['stopped'],
    control: ['stop'],
  }),
  one('daemon: second process', 'somebody has started the daemon a second time by hand; no proof but the power', {
    chain: 'ticker',
    by: 'person',
    fault: async (world) => {
      await byHandOutsideUnit(world);
      await tickerSignsOn(world);
    },
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['search'],
  }),
  one('daemon: out of its cgroup', 'the process of the daemon is in another cgroup', {
    chain: 'ticker',
    by: 'person',
    fault: async (world) => {
      await outOfCgroup(world);
      await tickerSignsOn(world);
    },
    ends: 'moves',
    evidence: ['stopped', 'powered-off'],
    control: [],
    safeBecause: 'systemd ends the main process of a unit wherever it is',
  }),
  one('daemon: guard killed', 'kill -9 of the guard: the daemon stops with it, and both come back', {
    timing: unhurried,
    chain: 'ticker',
    fault: guardKilled,
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
  one('daemon: frozen (powered off)', 'every process of the machine is frozen; EC2 powers it off', {
    chain: 'ticker',
    fault: freezes,
    after: thawsIfUp,
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['power'],
  }),
];
