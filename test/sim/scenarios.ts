import { validatorsFile } from '../../chains/registry.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import { amber, birch, cedar, yaml } from '../support/core.ts';
import { suspectAfter } from './breaker.ts';
import type { World } from './world.ts';

/** What each run is about: the policy, who starts it, what happens first, and who answers how. */

export type Answerer = 'honest' | 'late' | 'double' | 'stranger' | 'self' | 'denier';

export interface Scenario {
  readonly name: string;
  readonly mode: 'auto' | 'approve';
  readonly evidence: readonly string[];
  readonly power: boolean;
  readonly nodes: 2 | 3;
  readonly answerers: readonly Answerer[];
  /** Whether somebody goes to the machine, makes it true, and attests. */
  readonly attests: boolean;
  /** The guard signs on through an outage of AWS. */
  readonly hold: boolean;
  readonly timing: Readonly<Record<string, number>>;
  /** How far within the bound the clocks are: drawn, or each at the end that helps least. */
  readonly clocks: 'drawn' | 'worst';
  /** cedar, or birch when there are two nodes, lies in its own item. */
  readonly liar: boolean;
  /** In the end people repair every machine. */
  readonly begin: (world: World) => void;
}

export const timing = {
  probeMs: 2_000,
  pollMs: 1_000,
  movingPollMs: 500,
  readTimeoutMs: 1_000,
  stopMs: 1_500,
  marginMs: 1_000,
  leaseMs: 8_000,
  fencePollMs: 500,
  softFenceMs: 1_500,
  powerOffAfterMs: 4_000,
  fenceDeadlineMs: 20_000,
  verifyDeadlineMs: 20_000,
  quietWaitMs: 15_000,
  quarantineMs: 1_000,
  coolDownMs: 5_000,
};

const base = ['relinquished', 'stopped', 'powered-off'];

export const configOf = (of: Pick<Scenario, 'mode' | 'evidence' | 'power' | 'nodes' | 'timing' | 'hold'>, publicKey: string): ValidatorConfig => {
  const [config] = validatorsFile.parse(
    yaml((one) => {
      const nodes = one['nodes'] as Record<string, unknown>[];
      if (of.nodes === 3) nodes.push({ name: 'cedar', id: cedar, principal: `arn:aws:sts::123456789012:assumed-role/node/${cedar}`, power: false });
      for (const node of nodes) if (node['id'] !== cedar) node['power'] = of.power;
      one['chain'] = { kind: 'cometbft', chainId: 'hub', publicKey };
      one['timing'] = { ...timing, ...of.timing };
      one['policy'] = {
        mode: of.mode,
        approvers: ['role/approver'],
        evidence: of.evidence,
        onControlPlaneLoss: of.hold ? 'hold' : 'stop',
        approvalMs: 20_000,
        maxPerDay: 100,
        assumptions: {
          lapsed: 'the rate of every clock is within its bound',
          attested: 'who attests has made it true before',
        },
      };
    }),
  ).validators;
  if (!config) throw new Error('no validator');
  return config;
};

const common = {
  mode: 'auto' as const,
  evidence: base,
  power: true,
  nodes: 2 as const,
  answerers: ['honest'] as readonly Answerer[],
  attests: false,
  timing: {},
  clocks: 'drawn' as const,
  hold: false,
  liar: false,
};

export const scenarios: readonly Scenario[] = [
  {
    ...common,
    name: 'switchover',
    mode: 'approve',
    begin: (world) => {
      world.startByPerson('switchover', 100);
    },
  },
  {
    ...common,
    name: 'crash',
    begin: (world) => {
      world.machine(amber).killNode(1e9);
      world.startByVerdict(7_000);
    },
  },
  {
    ...common,
    name: 'freeze',
    begin: (world) => {
      world.machine(amber).freeze(25_000);
      world.startByVerdict(7_000);
    },
  },
  {
    ...common,
    name: 'cutoff',
    power: false,
    evidence: [...base, 'lapsed'],
    begin: (world) => {
      world.strike(amber, 'cutAws', 40_000);
      world.startByPerson('failover', 1_500);
    },
  },
  {
    ...common,
    name: 'drifting',
    power: false,
    evidence: ['relinquished', 'lapsed'],
    timing: { leaseMs: 160_000, fenceDeadlineMs: 200_000 },
    clocks: 'worst',
    begin: (world) => {
      world.strike(amber, 'cutAws', 240_000);
      world.startByPerson('failover', 100);
    },
  },
  {
    ...common,
    name: 'zombie',
    power: false,
    evidence: [...base, 'lapsed'],
    begin: (world) => {
      world.machine(amber).freeze(16_000);
      world.startByVerdict(7_000);
    },
  },
  {
    ...common,
    name: 'unreachable',
    mode: 'approve',
    power: false,
    evidence: [...base, 'attested'],
    attests: true,
    hold: true,
    answerers: ['stranger', 'self', 'double'],
    begin: (world) => {
      world.strike(amber, 'cutAws', 90_000);
      world.startByPerson('failover', 500);
    },
  },
  {
    ...common,
    name: 'lost',
    power: false,
    begin: (world) => {
      world.machine(amber).freeze(60_000);
      world.startByVerdict(7_000);
    },
  },
  {
    ...common,
    name: 'reboot',
    nodes: 3,
    liar: true,
    begin: (world) => {
      world.strike(amber, 'reboot', 0);
      world.startByVerdict(4_800);
    },
  },
  {
    ...common,
    name: 'two',
    nodes: 3,
    begin: (world) => {
      world.machine(amber).killNode(1e9);
      world.startByVerdict(7_000);
      world.startByVerdict(7_200);
      world.startByPerson('failover', 8_000);
    },
  },
  {
    ...common,
    name: 'watched',
    begin: (world) => {
      world.machine(amber).killNode(1e9);
      world.startWatch('home', 0);
      world.startWatch('away', 700);
    },
  },
  {
    ...common,
    name: 'cloned',
    power: false,
    begin: (world) => {
      world.copyMachine(amber);
      world.scheduler.after(6_000, 'fault', () => {
        world.strike(amber, 'cutAws', 60_000);
      });
      world.startByPerson('failover', 32_000);
    },
  },
  {
    ...common,
    name: 'frozen',
    evidence: ['stopped', 'powered-off', 'lapsed'],
    timing: { powerOffAfterMs: 14_000 },
    begin: (world) => {
      world.machine(amber).freeze(40_000);
      suspectAfter(world, world.random.between(0, 16_000));
      world.startByVerdict(7_000);
      world.startByPerson('failover', 26_000);
    },
  },
  {
    ...common,
    name: 'reinstated',
    power: false,
    evidence: ['powered-off'],
    begin: (world) => {
      world.startByPerson('switchover', 100);
    },
  },
  {
    ...common,
    name: 'denied',
    mode: 'approve',
    answerers: ['denier', 'late'],
    begin: (world) => {
      world.startByPerson('switchover', 100);
    },
  },
];

export const nodeIds = { amber, birch, cedar } as const;

export const scenarioNamed = (name: string): Scenario => {
  const found = scenarios.find((one) => one.name === name);
  if (!found) throw new Error(`no scenario ${name}: ${scenarios.map((one) => one.name).join(', ')}`);
  return found;
};
