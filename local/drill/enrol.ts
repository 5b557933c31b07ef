import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apply } from '../../cli/commands/apply.ts';
import { seal } from '../../cli/commands/seal.ts';
import type { Context } from '../../cli/context.ts';
import type { Output } from '../../cli/output.ts';
import { nodeId } from '../../core/ids.ts';
import { nodePrincipal, type people } from '../cloud.ts';
import { approverEntries } from '../slack/people.ts';
import type { ChainView } from './chain.ts';
import type { Scenario } from './scenarios.ts';

/** The validator of a drill, and how it is enrolled: with the commands an operator types. */

export const validator = 'drill';
/** What of a scenario stands in validators.yaml. */
export type Enrolled = Pick<Scenario, 'policy' | 'timing' | 'power'> & Partial<Pick<Scenario, 'cold'>>;
export const ids = { amber: nodeId.parse('i-0a11ce0000000001'), birch: nodeId.parse('i-0b0b000000000002') };

/** Shorter than the defaults, so that a drill takes a minute; checked by the same arithmetic. */
export const drillTiming = {
  probeMs: 1_000,
  pollMs: 500,
  movingPollMs: 50,
  readTimeoutMs: 1_000,
  stopMs: 2_000,
  marginMs: 1_000,
  leaseMs: 6_000,
  fencePollMs: 50,
  softFenceMs: 1_500,
  powerOffAfterMs: 3_000,
  fenceDeadlineMs: 30_000,
  verifyDeadlineMs: 60_000,
  quarantineMs: 1_000,
  coolDownMs: 1_000,
};

export const silent = (progress: (line: string) => void): Output => ({
  answer: () => undefined,
  failure: (error) => {
    progress(String(error));
  },
  progress: () => undefined,
  show: () => undefined,
});

/** A person at a page needs longer than the drill's own approver. */
const patient = ({ policy }: Enrolled): Record<string, unknown> => ({
  ...policy,
  approvers: ['role/baton-approver', ...approverEntries],
  assumptions: { ...(policy['assumptions'] ?? {}), slack: 'This Slack stands on this machine, and whoever drills is all of its people.' },
  approvalMs: Math.max(Number(policy['approvalMs'] ?? 900_000), 60_000),
});

const yamlOf = (world: { chain: EnrolledChain }, scenario: Enrolled, withSlack: boolean): string =>
  stringify({
    version: 1,
    validators: [
      {
        id: validator,
        chain: world.chain.config,
        holder: 'amber',
        nodes: (scenario.cold ? (['amber'] as const) : (['amber', 'birch'] as const)).map((name) => ({
          name,
          id: ids[name],
          principal: nodePrincipal(ids[name]),
          power: name === 'birch' || scenario.power,
        })),
        vantages: world.chain.vantages,
        policy: {
          mode: 'approve',
          approvers: ['role/baton-approver'],
          maxLag: 12,
          minDiskFreeBytes: 1_000_000,
          haltAfterMs: 10_000,
          ...(withSlack ? patient(scenario) : scenario.policy),
        },
        timing: { ...drillTiming, ...scenario.timing },
      },
    ],
  });

/** Where the custodian keeps it. */
export const validatorsFileIn = (dir: string): string => join(dir, 'validators.yaml');

/** What of a chain stands in validators.yaml, and the key. */
type EnrolledChain = Pick<ChainView, 'config' | 'vantages' | 'keyFile'>;

/** Seals the key and applies validators.yaml. */
export const enrol = async (
  world: { readonly contextOf: (person: keyof typeof people) => Context; readonly chain: EnrolledChain; readonly dir: string },
  scenario: Enrolled,
  withSlack: boolean,
): Promise<void> => {
  const { contextOf, chain, dir } = world;
  const files = { yaml: validatorsFileIn(dir), key: join(dir, 'key') };
  writeFileSync(files.yaml, yamlOf({ chain }, scenario, withSlack));
  writeFileSync(files.key, chain.keyFile, { mode: 0o600 });
  await seal(contextOf('custodian'), validator, files.key, { replace: false });
  rmSync(files.key);
  await apply(contextOf('custodian'), files.yaml, {
    yes: true,
    attest: 'This key was made for the drill a second ago; no other copy of it exists.',
  });
};
