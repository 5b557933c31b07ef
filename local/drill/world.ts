import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apply } from '../../cli/commands/apply.ts';
import { seal } from '../../cli/commands/seal.ts';
import type { Context } from '../../cli/context.ts';
import type { Output } from '../../cli/output.ts';
import { nodeId } from '../../core/ids.ts';
import type { Clock } from '../../core/time.ts';
import type { OnCall } from '../aws/server.ts';
import { buildHere, builtBySam } from '../artifacts.ts';
import { nodePrincipal, people, startCloud, type Cloud } from '../cloud.ts';
import type { Deployment } from '../deployment.ts';
import { factsOf } from '../node/facts.ts';
import { NodeSandbox } from '../node/sandbox.ts';
import { approverEntries } from '../slack/people.ts';
import { cometbftChain } from './chain-cometbft.ts';
import { tickerChain } from './chain-ticker.ts';
import type { DrillChain, DrillNode } from './chain.ts';
import type { Scenario } from './scenarios.ts';
import { startDrillSlack, type DrillSlack } from './slack.ts';

/** Everything a drill runs in: a chain, the cloud, two nodes, and the people. Set up with the same commands an operator types. */

export interface World {
  readonly chain: DrillChain;
  readonly cloud: Cloud;
  readonly amber: DrillNode;
  readonly birch: DrillNode;
  readonly dir: string;
  /** Where people answer, when the drill is one with Slack. */
  readonly slack: DrillSlack | null;
  readonly contextOf: (person: keyof typeof people) => Context;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly clock: Clock;
  readonly chain: 'ticker' | 'cometbft';
  readonly scenario: Scenario;
  readonly guarded: boolean;
  readonly keep: boolean;
  readonly built: string | null;
  readonly withSlack: boolean;
  readonly onCall?: OnCall;
  readonly progress: (line: string) => void;
  /** Given what ends everything that was started so far, before anything is started. */
  readonly onClose: (close: () => Promise<void>) => void;
}

export const validator = 'drill';
const guardUnit = `baton-guard@${validator}.service`;
const guardMain = join(import.meta.dirname, '..', '..', 'guard', 'main.ts');
const ids = { amber: nodeId.parse('i-0a11ce0000000001'), birch: nodeId.parse('i-0b0b000000000002') };

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

const silent = (progress: (line: string) => void): Output => ({
  answer: () => undefined,
  failure: (error) => {
    progress(String(error));
  },
  progress: () => undefined,
  show: () => undefined,
});

/** A person at a page needs longer than the drill's own approver. */
const patient = ({ policy }: Scenario): Record<string, unknown> => ({
  ...policy,
  approvers: ['role/baton-approver', ...approverEntries],
  assumptions: { ...(policy['assumptions'] ?? {}), slack: 'This Slack stands on this machine, and whoever drills is all of its people.' },
  approvalMs: Math.max(Number(policy['approvalMs'] ?? 900_000), 60_000),
});

const yamlOf = (world: { chain: DrillChain }, scenario: Scenario, withSlack: boolean): string =>
  stringify({
    version: 1,
    validators: [
      {
        id: validator,
        chain: world.chain.config,
        holder: 'amber',
        nodes: (['amber', 'birch'] as const).map((name) => ({
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

const setUpNode = async (chain: DrillChain, node: DrillNode, guarded: boolean, deployment: Deployment): Promise<void> => {
  const { sandbox } = node;
  await sandbox.prepare();
  const { unit, guardChain, alwaysRuns } = await chain.setUp(node, { withKey: !guarded });
  // A unit that runs on standbys too outlives its guard: without a guard its signer is gone, and it signs nothing.
  sandbox.unit(chain.unitName, { ...unit, ...(guarded && !alwaysRuns ? { bindsTo: guardUnit } : {}) });
  await sandbox.powerOn();
  if (!guarded) return;
  const [keyDir, stateDir] = [`/run/baton/${validator}`, `/var/lib/baton/${validator}`];
  for (const folder of [keyDir, stateDir]) mkdirSync(join(sandbox.root, folder), { recursive: true, mode: 0o700 });
  const config = sandbox.write(
    `etc/baton/${validator}.json`,
    JSON.stringify({
      validator,
      node: node.id,
      table: deployment.table,
      keyId: deployment.custodyKey,
      chain: guardChain,
      unit: chain.unitName,
      timing: drillTiming,
      onControlPlaneLoss: 'stop',
      build: 'drill',
      paths: { keyDir: join(sandbox.root, keyDir), stateDir: join(sandbox.root, stateDir) },
    }),
    0o600,
  );
  sandbox.write(`etc/baton/${validator}.env`, factsOf({ validator, unit: chain.unitName, standbyRuns: alwaysRuns }));
  sandbox.unit(guardUnit, { argv: [process.execPath, guardMain, '--config', config], restart: 'always', stopMs: 4_000 });
  // The guard first: a CometBFT node that gets no public key from its signer gives up after three seconds.
  await sandbox.systemctl('start', guardUnit);
  if (alwaysRuns) await sandbox.systemctl('start', chain.unitName);
};

export const makeWorld = async (options: WorldOptions): Promise<World> => {
  const { clock, progress, guarded } = options;
  const dir = mkdtempSync(join(tmpdir(), 'baton-'));
  const ends: (() => Promise<void>)[] = [
    async () => {
      if (!options.keep) rmSync(dir, { recursive: true, force: true });
    },
  ];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed())
      await end().catch((error: unknown) => {
        progress(`while cleaning up: ${String(error)}`);
      });
  };
  options.onClose(close);
  try {
    const chain = options.chain === 'ticker' ? await tickerChain(clock) : await cometbftChain({ dir, clock, guarded, progress });
    ends.push(() => chain.close());
    const slack = options.withSlack ? await startDrillSlack(clock) : null;
    if (slack) ends.push(() => slack.server.close());
    const sandboxes = new Map<string, NodeSandbox>();
    const cloud = await startCloud({
      dir,
      clock,
      machines: { get: (id) => sandboxes.get(id) },
      artifacts: options.built === null ? await buildHere({ slack: options.withSlack }) : builtBySam(options.built, { slack: options.withSlack }),
      ...(slack ? { slack: { url: slack.server.url, parameter: slack.parameter } } : {}),
      ...(options.onCall ? { onCall: options.onCall } : {}),
    });
    ends.push(() => cloud.close());
    slack?.sendTo(`${cloud.approvalsUrl}/slack`);
    const nodeOf = (name: 'amber' | 'birch'): DrillNode => {
      const { accessKeyId, secretAccessKey } = cloud.credentials(nodePrincipal(ids[name]));
      const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: 'us-east-1' };
      const sandbox = new NodeSandbox({ root: join(dir, name), clock, endpoints: cloud.endpoints, env });
      sandboxes.set(ids[name], sandbox);
      ends.push(() => sandbox.close());
      return { name, id: ids[name], sandbox };
    };
    const [amber, birch] = [nodeOf('amber'), nodeOf('birch')];
    for (const node of [amber, birch]) await setUpNode(chain, node, guarded, cloud.deployment);
    await chain.start();
    const contextOf = (person: keyof typeof people): Context => cloud.contextFor(people[person], silent(progress));
    if (guarded) {
      const files = { yaml: join(dir, 'validators.yaml'), key: join(dir, 'key') };
      writeFileSync(files.yaml, yamlOf({ chain }, options.scenario, options.withSlack));
      writeFileSync(files.key, chain.keyFile, { mode: 0o600 });
      await seal(contextOf('custodian'), validator, files.key, { replace: false });
      rmSync(files.key);
      await apply(contextOf('custodian'), files.yaml, {
        yes: true,
        attest: 'This key was made for the drill a second ago; no other copy of it exists.',
      });
    }
    return { chain, cloud, amber, birch, dir, slack, contextOf, close };
  } catch (error) {
    await close();
    throw error;
  }
};
