import { SimDisk } from './disk.ts';
import type { Member } from './gate-member.ts';
import type { Prng } from './prng.ts';
import type { Scheduler } from './scheduler.ts';
import { whole } from './wire.ts';

/** What happens to a member's process, line, disk and membership, and when it is over. */

export const hostKinds = ['crash', 'kill', 'pause', 'cut', 'cutOut', 'cutBack', 'full', 'tear', 'restore', 'copy', 'leave'] as const;
export type HostKind = (typeof hostKinds)[number];

/** Does it when the fault is over. */
export type After = (act: () => void) => void;

export interface Struck {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly say: (sentence: string) => void;
  /** A copy of the machine runs beside it until then. */
  readonly clone: (member: Member, after: After) => void;
}

/** The machine comes back with the disk of some seconds ago. */
const restore = (member: Member, after: After, random: Prng): void => {
  const kept = new SimDisk({ random, onTear: () => undefined, onDurable: () => undefined });
  kept.copyOf(member.disk);
  after(() => {
    member.crash();
    member.disk.copyOf(kept);
    member.boot();
  });
};

export const strikeMember = (member: Member, kind: HostKind, { scheduler, random, say, clone }: Struck): void => {
  const lengthMs = random.between(300, 15_000);
  const { name } = member.options;
  const after: After = (act) => {
    scheduler.after(lengthMs, `${name} heals`, act);
  };
  const cut = (out: boolean, back: boolean): void => {
    Object.assign(member.line, { out: !out, back: !back });
    after(() => {
      Object.assign(member.line, whole);
    });
  };
  const down = (act: () => void): void => {
    act();
    after(() => {
      member.boot();
    });
  };
  const strikes: Readonly<Record<HostKind, () => void>> = {
    crash: () => down(() => member.crash()),
    kill: () => down(() => member.kill()),
    tear: () => down(() => void (member.disk.tearAfter = 1 + random.int(8))),
    pause: () => member.pause(lengthMs),
    cut: () => cut(true, true),
    cutOut: () => cut(true, false),
    cutBack: () => cut(false, true),
    restore: () => restore(member, after, random),
    copy: () => clone(member, after),
    full: () => {
      member.disk.full = true;
      after(() => void (member.disk.full = false));
    },
    leave: () => {
      member.isMember = false;
      after(() => void (member.isMember = true));
    },
  };
  say(`${name}: ${kind} for ${Math.round(lengthMs)} ms.`);
  strikes[kind]();
};
