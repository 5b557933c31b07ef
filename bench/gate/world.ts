import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apply } from '../../cli/commands/apply.ts';
import { gate } from '../../cli/commands/gate.ts';
import { keyMaterial, seal } from '../../cli/commands/seal.ts';
import type { Context } from '../../cli/context.ts';
import { nodeId, validatorId, type NodeId } from '../../core/ids.ts';
import type { Clock } from '../../core/time.ts';
import { LocalKms } from '../../local/aws/kms.ts';
import { LocalSigning } from '../../local/aws/kms-signing.ts';
import { startAwsServer } from '../../local/aws/server.ts';
import { localSts } from '../../local/aws/small.ts';
import { contextFor, endpointsOf, nodePrincipal, people } from '../../local/cloud.ts';
import { deployedHere } from '../../local/artifacts.ts';
import type { Deployment } from '../../local/deployment.ts';
import { drillTiming, silent } from '../../local/drill/enrol.ts';
import { startDynamo } from '../../local/dynamo.ts';
import { factsOf } from '../../local/node/facts.ts';
import { NodeSandbox } from '../../local/node/sandbox.ts';
import { bundleGuard } from '../../local/lambda/bundle-guard.ts';
import { cometbftBinary } from '../../local/testnet/binary.ts';
import { Testnet } from '../../local/testnet/testnet.ts';
import { Recorder } from './recorder.ts';

/** One validator of custody gate on three nodes, three more validators, and the table and KMS of this machine. Enrolled by the commands of an operator. */

export const id = validatorId.parse('bench');
export const names = ['amber', 'birch', 'cedar'] as const;
export type Name = (typeof names)[number];
const ids: Readonly<Record<Name, NodeId>> = {
  amber: nodeId.parse('i-0a11ce0000000001'),
  birch: nodeId.parse('i-0b0b000000000002'),
  cedar: nodeId.parse('i-0ceda00000000003'),
};
export const nodeUnit = 'cometbft.service';
export const guardUnit = `baton-guard@${id}.service`;

export interface World {
  readonly net: Testnet;
  readonly recorder: Recorder;
  readonly nodes: Readonly<Record<Name, NodeSandbox>>;
  /** Writes to the arbiter that the table was asked for. */
  readonly writes: () => number;
  /** Reads of the arbiter, and of memberships. */
  readonly reads: () => number;
  /** Signatures that KMS gave; 0 with a sealed key. */
  readonly signatures: () => number;
  readonly context: Context;
  close(): Promise<void>;
}

const moves = ['ReEncryptFrom', 'ReEncryptTo', 'CreateGrant', 'GenerateDataKey'];

/** The table, KMS and STS; writes to the arbiter are counted. @param signMs how long KMS takes for a signature. */
const startServices = async (clock: Clock, deployment: Deployment, signMs: number) => {
  let [writes, reads] = [0, 0];
  // Guards update nothing else: their reports are put.
  const dynamo = await startDynamo(deployment.table, (action) => {
    if (action === 'UpdateItem') writes += 1;
    if (action === 'GetItem') reads += 1;
  });
  const signing = new LocalSigning({ clock, region: 'us-east-1', account: '123456789012', signMs });
  const kms = new LocalKms({ clock, keyId: deployment.custodyKey, policy: { [people.custodian]: moves }, grantDelayMs: 300_000, signing });
  const aws = await startAwsServer([kms, localSts()]);
  const close = async (): Promise<void> => {
    await aws.close();
    await dynamo.close();
  };
  return { aws, endpoints: endpointsOf(dynamo.endpoint, aws), writes: () => writes, reads: () => reads, signing, close };
};

const setUpNode = async (of: {
  sandbox: NodeSandbox;
  net: Testnet;
  home: number;
  name: Name;
  near: string;
  guard: string;
  deployment: Deployment;
}): Promise<void> => {
  const { sandbox, net, home, name, near, guard, deployment } = of;
  await sandbox.prepare();
  // CometBFT leaves its socket behind when it is killed, and does not start while the file is there. What is broken does not start again.
  const wrapped = (mark: string, before: string, argv: readonly string[]): string[] => [
    'sh',
    '-c',
    `${before} test ! -e ${join(sandbox.root, mark)} && exec "$@"`,
    mark,
    ...argv,
  ];
  sandbox.unit(nodeUnit, { argv: wrapped('broken-node', `rm -f ${net.homes[home]?.socket ?? ''};`, net.argvOf(home)), restart: 'always' });
  await sandbox.powerOn();
  const [keyDir, stateDir] = [join(sandbox.root, 'run', 'baton', id), join(sandbox.root, 'var', 'lib', 'baton', id)];
  for (const folder of [keyDir, stateDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { chainId, publicKey } = net;
  const config = sandbox.write(
    `etc/baton/${id}.json`,
    JSON.stringify({
      validator: id,
      node: ids[name],
      table: deployment.table,
      keyId: deployment.custodyKey,
      custody: 'gate',
      chain: { kind: 'cometbft', chainId, publicKey, socket: `unix://${near}`, rpc: net.homes[home]?.rpc ?? '' },
      unit: nodeUnit,
      timing: drillTiming,
      build: 'bench',
      paths: { keyDir, stateDir },
    }),
    0o600,
  );
  sandbox.write(`etc/baton/${id}.env`, factsOf({ validator: id, unit: nodeUnit, standbyRuns: true }));
  sandbox.unit(guardUnit, { argv: wrapped('broken-guard', '', [process.execPath, guard, '--config', config]), restart: 'always', stopMs: 4_000 });
  // The guard first: a node that gets no public key from its signer gives up after three seconds.
  await sandbox.systemctl('start', guardUnit);
  await sandbox.systemctl('start', nodeUnit);
};

const mayUse = ['GetPublicKey', 'Sign'];

/** The key of the net as if it had been imported: the nodes sign with it, and a custodian may look at it. */
const importKey = (net: Testnet, signing: LocalSigning): string => {
  const { plaintext } = keyMaterial(Buffer.from(net.key));
  const nodes = names.map((name) => [nodePrincipal(ids[name]), mayUse] as const);
  return signing.importEd25519(plaintext, { ...Object.fromEntries(nodes), [people.custodian]: ['GetPublicKey'] });
};

const enrol = async (world: { context: Context; net: Testnet; dir: string; kmsKey: string | null }): Promise<void> => {
  const { context, net, dir, kmsKey } = world;
  const files = { yaml: join(dir, 'validators.yaml'), key: join(dir, 'key') };
  const nodes = names.map((name) => ({ name, id: ids[name], principal: nodePrincipal(ids[name]) }));
  const vantages = [1, 2].map((peer) => ({ name: `peer-${peer}`, url: net.rpcOf(peer) }));
  const chain = { kind: 'cometbft', chainId: net.chainId, publicKey: net.publicKey };
  const where = kmsKey === null ? {} : { kmsKey };
  const one = {
    id,
    chain,
    custody: 'gate',
    ...where,
    holder: 'amber',
    nodes,
    vantages,
    policy: { approvers: ['role/baton-approver'] },
    timing: drillTiming,
  };
  writeFileSync(files.yaml, stringify({ version: 1, validators: [one] }));
  if (kmsKey === null) {
    writeFileSync(files.key, net.key, { mode: 0o600 });
    await seal(context, id, files.key, { replace: false });
    rmSync(files.key);
  }
  await apply(context, files.yaml, { yes: true, attest: 'This key was made for the bench a second ago; no other copy of it exists.' });
  for (const node of names) await gate(context, { verb: 'add', validator: id, node }, { yes: true });
};

/** @param signMs the key lies in KMS, which takes so long for a signature; null for a key that is sealed. */
export const startWorld = async (clock: Clock, progress: (line: string) => void, signMs: number | null = null): Promise<World> => {
  const dir = mkdtempSync(join(tmpdir(), 'gate-'));
  const ends: (() => Promise<void>)[] = [
    async () => {
      rmSync(dir, { recursive: true, force: true });
    },
  ];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed())
      await end().catch((error: unknown) => {
        progress(`while cleaning up: ${String(error)}`);
      });
  };
  try {
    const net = new Testnet({ dir: join(dir, 'c'), binary: await cometbftBinary(progress), clock, standbys: 2 });
    await net.prepare({ guarded: true });
    ends.push(() => net.close());
    // As it is installed: a guard that starts must not take the processor from the others.
    await bundleGuard({ outdir: join(dir, 'guard') });
    const deployment = deployedHere();
    const services = await startServices(clock, deployment, signMs ?? 0);
    ends.push(() => services.close());
    const recorder = new Recorder(clock);
    ends.push(() => recorder.close());
    const sandboxOf = (name: Name): NodeSandbox => {
      const { accessKeyId, secretAccessKey } = services.aws.principal(nodePrincipal(ids[name]));
      const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: 'us-east-1' };
      const sandbox = new NodeSandbox({ root: join(dir, name), clock, endpoints: services.endpoints, env });
      ends.push(() => sandbox.close());
      return sandbox;
    };
    const nodes = { amber: sandboxOf('amber'), birch: sandboxOf('birch'), cedar: sandboxOf('cedar') };
    net.startPeers();
    for (const [index, name] of names.entries()) {
      const home = net.own[index] ?? 0;
      const near = join(dir, `${name}.s`);
      recorder.stand({ name, near, far: net.homes[home]?.socket ?? '' });
      await setUpNode({ sandbox: nodes[name], net, home, name, near, guard: join(dir, 'guard', 'guard.mjs'), deployment });
    }
    await net.waitHeight(2);
    const custodian = services.aws.principal(people.custodian);
    const context = contextFor(services.endpoints, custodian, {
      deployment,
      approvalsUrl: services.endpoints['AWS_ENDPOINT_URL_STS'] ?? '',
      clock,
      output: silent(progress),
    });
    await enrol({ context, net, dir, kmsKey: signMs === null ? null : importKey(net, services.signing) });
    return { net, recorder, nodes, writes: services.writes, reads: services.reads, signatures: () => services.signing.signed, context, close };
  } catch (error) {
    await close();
    throw error;
  }
};
