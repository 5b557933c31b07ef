import type { HostFault } from './faults.ts';
import type { Machine } from './machine.ts';
import { whole } from './wire.ts';

/** What can befall a machine, and for how long. */

const bootMs = 5_000;

const after = (machine: Machine, lengthMs: number, act: () => void): void => {
  machine.options.scheduler.after(lengthMs, `${machine.name} machine`, act);
};

const cut = (machine: Machine, lengthMs: number, line: { out: boolean; back: boolean }): void => {
  machine.line = line;
  after(machine, lengthMs, () => {
    machine.line = whole;
  });
};

const acts: Record<HostFault, (machine: Machine, lengthMs: number) => void> = {
  crash: (machine) => {
    machine.crash('power supply');
  },
  reboot: (machine) => {
    machine.crash('a reboot');
    after(machine, bootMs, () => {
      if (machine.power === 'running') machine.boot();
    });
  },
  freeze: (machine, lengthMs) => {
    machine.freeze(lengthMs);
  },
  pauseGuard: (machine, lengthMs) => {
    const paused = machine.guard?.proc;
    paused?.pause();
    after(machine, lengthMs, () => {
      paused?.resume();
    });
  },
  killGuard: (machine) => {
    machine.killGuard();
  },
  killNode: (machine, lengthMs) => {
    machine.killNode(lengthMs);
  },
  cutAws: (machine, lengthMs) => {
    cut(machine, lengthMs, { out: false, back: false });
  },
  cutAwsOut: (machine, lengthMs) => {
    cut(machine, lengthMs, { out: false, back: true });
  },
  cutAwsIn: (machine, lengthMs) => {
    cut(machine, lengthMs, { out: true, back: false });
  },
  cutChain: (machine, lengthMs) => {
    machine.chainCut = true;
    machine.synced = false;
    after(machine, lengthMs, () => {
      machine.joinChain();
    });
  },
  diskFull: (machine, lengthMs) => {
    machine.disk.full = true;
    after(machine, lengthMs, () => {
      machine.disk.full = false;
    });
  },
  diskTear: (machine) => {
    machine.disk.tearAfter = 1 + machine.options.random.int(6);
  },
  powerOff: (machine) => {
    machine.stopInstance();
  },
};

export const strike = (machine: Machine, fault: HostFault, lengthMs: number): void => {
  machine.options.say(`${machine.name}: ${fault}.`);
  acts[fault](machine, lengthMs);
};
