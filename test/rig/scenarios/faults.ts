import { durationMs } from '../../../core/time.ts';
import type { Direction, Far } from '../net.ts';
import type { RigScenario } from '../scenario.ts';
import type { RigWorld } from '../world.ts';

/** What can be done to a machine, one thing at a time, and what a scenario is when it says nothing else. */

export const lapsed = 'The clocks of our nodes run within 5 %, and no machine is resumed from a snapshot.';
export const usual = ['relinquished', 'stopped', 'powered-off'];
export const withLapse = { evidence: ['relinquished', 'stopped', 'lapsed'], assumptions: { lapsed } };
export const onlyStops = { evidence: ['relinquished', 'stopped'] };
export const byHand = { evidence: [...usual, 'attested'], assumptions: { attested: 'Whoever attests has cut the power and seen it dark.' } };
/** So that what mends itself is not taken for a failure. */
export const unhurried = { probeMs: 10_000 };
export const briefly = { fenceDeadlineMs: 10_000 };

export const one = (
  name: string,
  about: string,
  of: Partial<RigScenario> & Pick<RigScenario, 'fault' | 'ends' | 'evidence' | 'control'>,
): RigScenario => ({
  name,
  about,
  chain: 'cometbft',
  disk: 'memory',
  policy: { evidence: usual },
  timing: {},
  power: true,
  before: null,
  after: null,
  by: 'watch',
  onRelease: null,
  attests: false,
  answer: 'approve',
  safeBecause: null,
  quick: false,
  ...of,
});

export const cometDies = async ({ amber, view }: RigWorld): Promise<void> => {
  amber.write('/var/lib/cometbft/broken', '');
  await amber.must(`systemctl kill --signal=SIGKILL ${view.unitName}`);
};
export const cometMends = async ({ amber, view }: RigWorld): Promise<void> => {
  await amber.sh(`rm -f /var/lib/cometbft/broken; systemctl reset-failed ${view.unitName}; systemctl start ${view.unitName}`);
};
/** There is none in a control without guards. */
export const toGuard = async ({ amber, guarded, guardUnit }: RigWorld, script: (unit: string) => string): Promise<void> => {
  if (guarded) await amber.must(script(guardUnit));
};
/** The guard dies for good, and cannot come back before somebody lets it. */
export const guardDies = async (world: RigWorld): Promise<void> => {
  await toGuard(world, (unit) => `systemctl mask --runtime ${unit} && systemctl kill --kill-whom=all --signal=SIGKILL ${unit}`);
};

export const restarts = async ({ amber }: RigWorld): Promise<void> => {
  amber.holdsAtReboot = true;
  await amber.sh('systemctl reboot');
};
/** Somebody has taken the link to the guard out of the validator's drop-in: the validator outlives its guard. */
export const unbind = async ({ amber, view }: RigWorld): Promise<void> => {
  await amber.must(`sed -i '/^BindsTo=/d' /etc/systemd/system/${view.unitName}.d/baton.conf && systemctl daemon-reload`);
};
export const tickerSignsOn = async (world: RigWorld): Promise<void> => {
  await unbind(world);
  await guardDies(world);
};
/** The guard sees the clock on the wall through a library, which steps it; the steady clocks are left alone. */
export const clockThatSteps = async ({ amber, guardUnit }: RigWorld): Promise<void> => {
  const library = (await amber.must('ls /usr/lib/*/faketime/libfaketime.so.1')).trim();
  const words = [`LD_PRELOAD=${library}`, 'FAKETIME_TIMESTAMP_FILE=/etc/faketimerc', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'FAKETIME_NO_CACHE=1'];
  amber.write('/etc/faketimerc', '+0');
  amber.write(`/etc/systemd/system/${guardUnit}.d/clock.conf`, `[Service]\n${words.map((word) => `Environment=${word}`).join('\n')}\n`);
  await amber.must(`systemctl daemon-reload && systemctl restart ${guardUnit}`);
};
export const cutFromAll = async ({ amber }: RigWorld): Promise<void> => {
  amber.cut('cloud');
  amber.cut('chain');
};
export const heals = async ({ amber }: RigWorld): Promise<void> => {
  amber.heal();
};
export const thaws = async ({ amber }: RigWorld): Promise<void> => {
  amber.thaw();
};
export const freezes = async ({ amber }: RigWorld): Promise<void> => {
  amber.freeze();
};
/** An operator who wants it to run: it must not. */
export const operatorStarts = async ({ amber, view, guardUnit }: RigWorld): Promise<void> => {
  for (let tries = 0; tries < 3; tries += 1)
    await amber.sh(`systemctl reset-failed; systemctl start ${view.unitName}; systemctl restart ${guardUnit} ${view.unitName}`);
};
/** A second process of the daemon, beside the one of its unit, with a copy of what the unit runs with. */
export const byHandOutsideUnit = async ({ amber }: RigWorld): Promise<void> => {
  await amber.must(`mkdir -p /root/second && cp -r /run/baton/drill /root/second/keys && cp -r /var/lib/tick /root/second/tick && rm -f /root/second/tick/ready
    env $(systemctl show -p Environment --value tickd.service | tr ' ' '\n' | grep TICK_URL) \
      TICK_KEY_DIR=/root/second/keys TICK_DIR=/root/second/tick TICK_NODE=amber \
      setsid /usr/bin/node /usr/local/lib/tickd.mjs >/root/second/log 2>&1 &
    sleep 1; kill -0 $! || { cat /root/second/log; exit 1; }`);
};
/** The daemon's process is moved out of its unit's cgroup: systemd knows nothing of it any more. */
export const outOfCgroup = async ({ amber }: RigWorld): Promise<void> => {
  await amber.must(`pid=$(systemctl show -p MainPID --value tickd.service)
    for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
      if [ -e $tree/cgroup.procs ]; then mkdir -p $tree/elsewhere; echo $pid >$tree/elsewhere/cgroup.procs; fi
    done
    grep -q elsewhere /proc/$pid/cgroup`);
};
export const daemonOf = async (world: RigWorld, lines: string): Promise<void> => {
  world.amber.write(`/etc/systemd/system/${world.view.unitName}.d/zz-operator.conf`, lines);
  await world.amber.must('systemctl daemon-reload');
};
/** systemd does not end a guard that says nothing. */
export const withoutWatchdog = async ({ amber, guardUnit }: RigWorld): Promise<void> => {
  amber.write(`/etc/systemd/system/${guardUnit}.d/zz-operator.conf`, '[Service]\nWatchdogSec=0\n');
  await amber.must(`systemctl daemon-reload && systemctl restart ${guardUnit}`);
};

/** Between amber and `far` no packet passes, in one direction or both. */
export const cuts =
  (far: Far, directions?: readonly Direction[]) =>
  async ({ amber }: RigWorld): Promise<void> => {
    amber.cut(far, directions);
  };
export const guardKilled = async ({ amber, guardUnit }: RigWorld): Promise<void> => {
  await amber.must(`systemctl kill --kill-whom=all --signal=SIGKILL ${guardUnit}`);
};
/** A machine that was powered off has nothing to thaw. */
export const thawsIfUp = async ({ amber }: RigWorld): Promise<void> => {
  if (amber.isUp()) amber.thaw();
};
const goneMs = durationMs(15_000);
/** For longer than a lease, for both nodes. */
export const cloudGone = async ({ amber, birch, clock }: RigWorld): Promise<void> => {
  for (const node of [amber, birch]) node.cut('cloud');
  await clock.sleep(goneMs);
  for (const node of [amber, birch]) node.heal();
};
/** And the guards do not reach each other. */
export const cloudAndPeerGone = async (world: RigWorld): Promise<void> => {
  world.amber.cut('peer');
  await cloudGone(world);
};
