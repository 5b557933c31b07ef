import type { Machine } from './machine.ts';
import { markFile } from './guard-run.ts';

/** What documents/fence.yaml and documents/rejoin.yaml do to a machine, step by step, and what they print. */

type Parameters = Readonly<Record<string, string>>;
type Done = (exitCode: number, stdout: string) => void;

const markShape = /^\{"kind":"consensus","height":[0-9]{1,15},"round":[0-9]{1,10},"step":[0-3]\}$/;
const unit = 'gaiad.service';

const writerOn = (machine: Machine): string | null =>
  /"writer":"([0-9a-f]{32})"/.exec(machine.disk.read(markFile.replace(/[^/]+$/, 'writer.json')) ?? '')?.[1] ?? null;

const printed = (value: Record<string, unknown>): string => `${JSON.stringify(value)}\n`;

const fenceProof = (machine: Machine, given: Parameters): string => {
  const line = (machine.disk.read(markFile) ?? '').split('\n')[0] ?? '';
  return printed({
    baton: 'fence',
    validator: given['Validator'],
    term: Number(given['Term']),
    nonce: given['Nonce'],
    unit,
    unitActive: 'inactive',
    unitMasked: true,
    guardActive: 'inactive',
    tasks: 0,
    keyFiles: 0,
    watermark: markShape.test(line) ? (JSON.parse(line) as unknown) : null,
    writer: writerOn(machine),
    ok: true,
  });
};

const fence = (machine: Machine, given: Parameters, done: Done): void => {
  const agent = machine.program('agent');
  if (machine.liesAboutStop) {
    done(0, fenceProof(machine, given));
    return;
  }
  machine.options.say(`SSM fences ${machine.name} in term ${given['Term'] ?? ''}.`);
  machine.guardMasked = true;
  machine.stopGuard(agent, () => {
    machine.nodeMasked = true;
    machine.nodeUp = false;
    machine.synced = false;
    machine.options.scheduler.after(150, `${machine.name} agent`, () => {
      agent.deliver(() => {
        if (machine.guard || machine.nodeUp || !machine.nodeMasked) done(1, printed({ baton: 'fence', ok: false, reason: 'something still runs' }));
        else done(0, fenceProof(machine, given));
      });
    });
  });
};

const rejoin = (machine: Machine, given: Parameters, done: Done): void => {
  const agent = machine.program('agent');
  machine.options.say(`SSM lets ${machine.name} rejoin.`);
  machine.guardMasked = false;
  machine.nodeMasked = false;
  machine.startGuard();
  machine.options.scheduler.after(200, `${machine.name} agent`, () => {
    agent.deliver(() => {
      machine.startNode();
      const ok = machine.guard !== null;
      done(ok ? 0 : 1, printed({ baton: 'rejoin', validator: given['Validator'], term: Number(given['Term']), nonce: given['Nonce'], ok }));
    });
  });
};

export const runDocument = (machine: Machine, document: string, given: Parameters, done: Done): void => {
  if (document === 'baton-fence') fence(machine, given, done);
  else rejoin(machine, given, done);
};
