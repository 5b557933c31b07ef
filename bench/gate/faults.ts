import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { gate } from '../../cli/commands/gate.ts';
import type { NodeSandbox } from '../../local/node/sandbox.ts';
import { guardUnit, id, names, nodeUnit, type Name, type World } from './world.ts';

/** What is done to a node while the chain goes on, and what undoes it. */

export type Part = 'signer' | 'node' | 'arbiter' | 'machine' | 'member';

interface Fault {
  readonly begin: (sandbox: NodeSandbox, world: World, name: Name) => Promise<unknown>;
  readonly end: (sandbox: NodeSandbox, world: World, name: Name) => Promise<unknown>;
}

const broken = (mark: string, unit: string): Fault => ({
  begin: (sandbox) => {
    sandbox.write(mark, '');
    return sandbox.killUnit(unit);
  },
  end: async (sandbox) => {
    rmSync(join(sandbox.root, mark), { force: true });
  },
});

export const faults: Readonly<Record<Part, Fault>> = {
  /** The guard is killed, and does not come up. */
  signer: broken('broken-guard', guardUnit),
  /** CometBFT is killed, and does not come up. */
  node: broken('broken-node', nodeUnit),
  /** Nothing gets through to the table, in either direction; what was on its way arrives when it is over. */
  arbiter: { begin: async (sandbox) => sandbox.cut(), end: async (sandbox) => sandbox.heal() },
  /** Every process stands still, with the key in memory, and goes on later. */
  machine: { begin: async (sandbox) => sandbox.freeze(), end: async (sandbox) => sandbox.thaw() },
  /** Taken out by a person, and added again. */
  member: {
    begin: (_, { context }, node) => gate(context, { verb: 'remove', validator: id, node }, { yes: true }),
    end: (_, { context }, node) => gate(context, { verb: 'add', validator: id, node }, { yes: true }),
  },
};

export interface Phase {
  readonly name: string;
  readonly hits: readonly (readonly [Part, Name])[];
  readonly blocks: number;
  /** None may be missed. */
  readonly spared: boolean;
}

const single = (part: Part, name: Name, blocks: number): Phase => ({ name: `${part} of ${name}`, hits: [[part, name]], blocks, spared: true });
const double = (hits: Phase['hits'], blocks: number): Phase => ({
  name: hits.map(([part, name]) => `${part} of ${name}`).join(' and '),
  hits,
  blocks,
  spared: false,
});

export const phasesOf = (quick: boolean): readonly Phase[] => {
  const rest: Phase = { name: 'none', hits: [], blocks: quick ? 6 : 24, spared: true };
  if (quick)
    return [
      rest,
      single('signer', 'amber', 6),
      single('node', 'birch', 6),
      single('arbiter', 'cedar', 6),
      double(
        [
          ['signer', 'amber'],
          ['arbiter', 'birch'],
        ],
        6,
      ),
    ];
  return [
    rest,
    ...(['signer', 'node', 'arbiter'] as const).flatMap((part) => names.map((name) => single(part, name, 16))),
    single('machine', 'birch', 16),
    single('member', 'cedar', 12),
    double(
      [
        ['signer', 'amber'],
        ['node', 'birch'],
      ],
      20,
    ),
    double(
      [
        ['node', 'amber'],
        ['arbiter', 'cedar'],
      ],
      20,
    ),
    double(
      [
        ['arbiter', 'amber'],
        ['arbiter', 'birch'],
      ],
      20,
    ),
    { name: 'arbiter of all three', hits: names.map((name) => ['arbiter', name] as const), blocks: 8, spared: false },
  ];
};
