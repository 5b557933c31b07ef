import { durationMs } from '../../core/time.ts';
import type { RigScenario } from './scenario.ts';
import type { RigWorld } from './world.ts';

/** The hostile world, one thing at a time. */

const lapsed = 'The clocks of our nodes run within 5 %, and no machine is resumed from a snapshot.';
const usual = ['relinquished', 'stopped', 'powered-off'];
const withLapse = { evidence: ['relinquished', 'stopped', 'lapsed'], assumptions: { lapsed } };
const onlyStops = { evidence: ['relinquished', 'stopped'] };
const byHand = { evidence: [...usual, 'attested'], assumptions: { attested: 'Whoever attests has cut the power and seen it dark.' } };
/** So that what mends itself is not taken for a failure. */
const unhurried = { probeMs: 10_000 };
const briefly = { fenceDeadlineMs: 10_000 };

const one = (name: string, about: string, of: Partial<RigScenario> & Pick<RigScenario, 'fault' | 'ends' | 'evidence' | 'control'>): RigScenario => ({
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

const cometDies = async ({ amber, view }: RigWorld): Promise<void> => {
  amber.write('/var/lib/cometbft/broken', '');
  await amber.must(`systemctl kill --signal=SIGKILL ${view.unitName}`);
};
const cometMends = async ({ amber, view }: RigWorld): Promise<void> => {
  await amber.sh(`rm -f /var/lib/cometbft/broken; systemctl reset-failed ${view.unitName}; systemctl start ${view.unitName}`);
};
/** There is none in a control without guards. */
const toGuard = async ({ amber, guarded, guardUnit }: RigWorld, script: (unit: string) => string): Promise<void> => {
  if (guarded) await amber.must(script(guardUnit));
};
/** The guard dies for good, and cannot come back before somebody lets it. */
const guardDies = async (world: RigWorld): Promise<void> => {
  await toGuard(world, (unit) => `systemctl mask --runtime ${unit} && systemctl kill --kill-whom=all --signal=SIGKILL ${unit}`);
};

const restarts = async ({ amber }: RigWorld): Promise<void> => {
  amber.holdsAtReboot = true;
  await amber.sh('systemctl reboot');
};
/** Somebody has taken the link to the guard out of the validator's drop-in: the validator outlives its guard. */
const unbind = async ({ amber, view }: RigWorld): Promise<void> => {
  await amber.must(`sed -i '/^BindsTo=/d' /etc/systemd/system/${view.unitName}.d/baton.conf && systemctl daemon-reload`);
};
const tickerSignsOn = async (world: RigWorld): Promise<void> => {
  await unbind(world);
  await guardDies(world);
};
/** The guard sees the clock on the wall through a library, which steps it; the steady clocks are left alone. */
const clockThatSteps = async ({ amber, guardUnit }: RigWorld): Promise<void> => {
  const library = (await amber.must('ls /usr/lib/*/faketime/libfaketime.so.1')).trim();
  const words = [`LD_PRELOAD=${library}`, 'FAKETIME_TIMESTAMP_FILE=/etc/faketimerc', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'FAKETIME_NO_CACHE=1'];
  amber.write('/etc/faketimerc', '+0');
  amber.write(`/etc/systemd/system/${guardUnit}.d/clock.conf`, `[Service]\n${words.map((word) => `Environment=${word}`).join('\n')}\n`);
  await amber.must(`systemctl daemon-reload && systemctl restart ${guardUnit}`);
};
const cutFromAll = async ({ amber }: RigWorld): Promise<void> => {
  amber.cut('cloud');
  amber.cut('chain');
};
const heals = async ({ amber }: RigWorld): Promise<void> => {
  amber.heal();
};
const thaws = async ({ amber }: RigWorld): Promise<void> => {
  amber.thaw();
};
const freezes = async ({ amber }: RigWorld): Promise<void> => {
  amber.freeze();
};
/** An operator who wants it to run: it must not. */
const operatorStarts = async ({ amber, view, guardUnit }: RigWorld): Promise<void> => {
  for (let tries = 0; tries < 3; tries += 1)
    await amber.sh(`systemctl reset-failed; systemctl start ${view.unitName}; systemctl restart ${guardUnit} ${view.unitName}`);
};
/** A second process of the daemon, beside the one of its unit, with a copy of what the unit runs with. */
const byHandOutsideUnit = async ({ amber }: RigWorld): Promise<void> => {
  await amber.must(`mkdir -p /root/second && cp -r /run/baton/drill /root/second/keys && cp -r /var/lib/tick /root/second/tick && rm -f /root/second/tick/ready
    TICK_KEY_DIR=/root/second/keys TICK_DIR=/root/second/tick TICK_NODE=amber $(systemctl show -p Environment --value tickd.service | tr ' ' '\n' | grep TICK_URL) \
      setsid /usr/bin/node /usr/local/lib/tickd.mjs >/dev/null 2>&1 &`);
};
/** The daemon's process is moved out of its unit's cgroup: systemd knows nothing of it any more. */
const outOfCgroup = async ({ amber }: RigWorld): Promise<void> => {
  await amber.must(`pid=$(systemctl show -p MainPID --value tickd.service)
    for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
      if [ -e $tree/cgroup.procs ]; then mkdir -p $tree/elsewhere; echo $pid >$tree/elsewhere/cgroup.procs; fi
    done`);
};
const daemonOf = async (world: RigWorld, lines: string): Promise<void> => {
  world.amber.write(`/etc/systemd/system/${world.view.unitName}.d/zz-operator.conf`, lines);
  await world.amber.must('systemctl daemon-reload');
};

export const scenarios: readonly RigScenario[] = [
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
    fault: async ({ amber, guardUnit }) => {
      await amber.must(`systemctl kill --kill-whom=all --signal=SIGKILL ${guardUnit}`);
    },
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
    fault: async ({ amber, guardUnit }) => {
      amber.agent = false;
      amber.write(`/etc/systemd/system/${guardUnit}.d/zz-operator.conf`, '[Service]\nWatchdogSec=0\n');
      await amber.must('systemctl daemon-reload');
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
    after: async ({ amber }) => {
      await amber.boot();
    },
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['proof'],
  }),
  one('frozen (powered off)', 'every process of the machine is frozen; EC2 powers it off', {
    fault: freezes,
    ends: 'moves',
    evidence: ['powered-off'],
    after: async ({ amber }) => {
      if (amber.isUp()) amber.thaw();
    },
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
    fault: async ({ amber }) => {
      amber.cut('cloud');
    },
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from the cloud (out)', 'what the machine sends to AWS is dropped', {
    policy: withLapse,
    power: false,
    fault: async ({ amber }) => {
      amber.cut('cloud', ['out']);
    },
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from the cloud (in)', 'what AWS answers to the machine is dropped', {
    policy: withLapse,
    power: false,
    fault: async ({ amber }) => {
      amber.cut('cloud', ['in']);
    },
    after: heals,
    ends: 'moves',
    evidence: ['lapsed'],
    control: ['gate'],
  }),
  one('cut from the chain', 'no packet passes between the machine and its peers; AWS is reached', {
    fault: async ({ amber }) => {
      amber.cut('chain');
    },
    after: heals,
    ends: 'moves',
    evidence: ['relinquished', 'stopped'],
    control: ['gate'],
  }),
  one('cut from the chain (out)', 'what the machine sends to its peers is dropped', {
    fault: async ({ amber }) => {
      amber.cut('chain', ['out']);
    },
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
    ends: 'nobody',
    evidence: [],
    control: ['proof'],
  }),
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
    after: async ({ amber }) => {
      await amber.sh('rm -f /var/tmp/full');
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
  one('AWS is gone (stop)', 'neither node reaches AWS for longer than a lease; policy stop', {
    fault: async ({ amber, birch, clock }) => {
      for (const node of [amber, birch]) node.cut('cloud');
      await clock.sleep(durationMs(15_000));
      for (const node of [amber, birch]) node.heal();
    },
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
  one('AWS is gone (hold)', 'neither node reaches AWS for longer than a lease; policy hold signs on', {
    policy: { ...onlyStops, onControlPlaneLoss: 'hold' },
    fault: async ({ amber, birch, clock }) => {
      for (const node of [amber, birch]) node.cut('cloud');
      await clock.sleep(durationMs(15_000));
      for (const node of [amber, birch]) node.heal();
    },
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
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
  one('daemon: out of its cgroup', 'the process of the daemon is in another cgroup; no proof but the power', {
    chain: 'ticker',
    by: 'person',
    fault: async (world) => {
      await outOfCgroup(world);
      await tickerSignsOn(world);
    },
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['search'],
  }),
  one('daemon: guard killed', 'kill -9 of the guard: the daemon stops with it, and both come back', {
    timing: unhurried,
    chain: 'ticker',
    fault: async ({ amber, guardUnit }) => {
      await amber.must(`systemctl kill --kill-whom=all --signal=SIGKILL ${guardUnit}`);
    },
    ends: 'stays',
    evidence: [],
    control: [],
    safeBecause: 'nobody else is released',
  }),
  one('daemon: frozen (powered off)', 'every process of the machine is frozen; EC2 powers it off', {
    chain: 'ticker',
    fault: freezes,
    after: async ({ amber }) => {
      if (amber.isUp()) amber.thaw();
    },
    ends: 'moves',
    evidence: ['powered-off'],
    control: ['power'],
  }),
];
