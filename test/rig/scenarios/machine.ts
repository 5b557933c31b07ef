import { durationMs } from '../../../core/time.ts';
import type { RigScenario } from '../scenario.ts';
import { withLapse, byHand, unhurried, briefly, one, restarts, clockThatSteps, heals } from './faults.ts';

/** Power, disks and clocks. */

export const machine: readonly RigScenario[] = [
  one('power lost', 'the plug of the machine is pulled; it comes back after the move', {
    fault: ({ amber }) => amber.losePower(),
    after: ({ amber }) => amber.boot(),
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['proof'],
  }),
  one('power lost (no proof)', 'the plug of the machine is pulled; nothing can tell, and nobody attests', {
    policy: { ...byHand, approvalMs: 8_000 },
    timing: briefly,
    power: false,
    fault: ({ amber }) => amber.losePower(),
    ends: 'nobody',
    evidence: [],
    control: [],
    safeBecause: 'a machine without power signs nothing, whatever is started beside it',
  }),
  one('reboot', 'the machine is restarted, and is back before the verdict', {
    timing: unhurried,
    fault: async ({ amber }) => {
      await amber.sh('systemctl reboot');
    },
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
  one('reboot that hangs', 'the machine is restarted and stays in its firmware; it boots after the move', {
    fault: restarts,
    after: async ({ amber }) => {
      amber.holdsAtReboot = false;
      await amber.boot();
    },
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['proof'],
  }),
  one('disk full', 'the disk of the machine is full: the watermark cannot be written', {
    fault: async ({ amber }) => {
      await amber.sh('head -c 1G /dev/zero >/var/tmp/full; true', 60_000);
    },
    after: async (world) => {
      // CometBFT stops its consensus for good when it cannot write, and stays up: a person starts it anew.
      await world.amber.sh(`rm -f /var/tmp/full; systemctl restart ${world.view.unitName}`);
    },
    ends: 'moves',
    evidence: ['relinquished', 'stopped'],
    control: ['gate'],
  }),
  one('disk hangs', 'the disk of the machine answers no more; it does after the move', {
    disk: 'image',
    policy: { ...withLapse, evidence: ['relinquished', 'stopped', 'powered-off', 'lapsed'] },
    fault: async ({ amber }) => {
      amber.hang();
    },
    after: async ({ amber }) => {
      amber.unhang();
    },
    ends: 'moves',
    evidence: ['relinquished', 'stopped', 'powered-off', 'lapsed'],
    control: ['proof'],
  }),
  one('slow disk', 'the disk of the machine stands still for two of three seconds', {
    disk: 'image',
    fault: async ({ amber, clock }) => {
      for (let time = 0; time < 5; time += 1) {
        amber.hang();
        await clock.sleep(durationMs(2_000));
        amber.unhang();
        await clock.sleep(durationMs(1_000));
      }
    },
    ends: 'either',
    evidence: ['relinquished', 'stopped', 'powered-off'],
    control: [],
    safeBecause: 'a record that is slow is still written before the signature leaves',
  }),
  one('clock steps back', 'the clock on the wall steps an hour back, and the machine is cut from AWS', {
    policy: withLapse,
    power: false,
    before: clockThatSteps,
    fault: async ({ amber }) => {
      amber.write('/etc/faketimerc', '-1h');
      amber.cut('cloud');
    },
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['clock'],
  }),
  one('clock steps forward', 'the clock on the wall steps an hour forward', {
    before: clockThatSteps,
    fault: async ({ amber }) => {
      amber.write('/etc/faketimerc', '+1h');
    },
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
];
