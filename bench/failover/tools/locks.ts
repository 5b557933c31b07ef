import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDynamoFront } from '../../../local/aws/dynamo-front.ts';
import { startDynamo } from '../../../local/dynamo.ts';
import { chainAddress, cloudAddress, nodeAddress } from '../../../test/rig/net.ts';
import type { RigNode } from '../../../test/rig/node.ts';
import { delayOf } from '../profile.ts';
import type { Running, Tool } from '../tool.ts';
import { signerArgv, untilSigns, type Bench } from '../world.ts';

/** Locks with a time-out: whoever has the lock runs the signer. Their servers stand where nothing of a scenario happens. */

const unit = 'lock.service';
const program = '/usr/local/bin/sign';
const etcdPort = 2_379;
const consulPort = 8_500;

/** A service of the control plane, outside the nodes; it ends with the run. */
const serve = (argv: readonly string[]): void => {
  const [file = '', ...args] = argv;
  spawn(file, args, { stdio: 'ignore' }).on('error', () => undefined);
};

const writeUnits = (node: RigNode, command: string, environment: Readonly<Record<string, string>> = {}): void => {
  node.write(program, `#!/bin/sh\nexec ${signerArgv(node.name).join(' ')}\n`, 0o755);
  const words = Object.entries(environment).map(([name, value]) => `Environment=${name}=${value}\n`);
  node.write(`/etc/systemd/system/${unit}`, `[Service]\n${words.join('')}ExecStart=${command}\nRestart=always\nTimeoutStopSec=5\n`);
};

const run = async (bench: Bench, before: (node: RigNode) => Promise<void>): Promise<Running> => {
  const { amber, birch, nodes } = bench;
  await Promise.all(nodes.map((node) => node.boot()));
  await Promise.all(nodes.map(before));
  await amber.must(`systemctl start ${unit}`);
  await untilSigns(bench, 'amber');
  await birch.must(`systemctl start ${unit}`);
  // The standby asks for the lock, and finds it taken.
  await untilSigns(bench, 'amber');
  return {
    planned: async () => {
      await amber.must(`systemctl stop ${unit}`);
    },
    story: async () =>
      `${(await amber.sh(`journalctl --no-pager -u ${unit} -n 60`)).stdout}\n--\n${(await birch.sh(`journalctl --no-pager -u ${unit} -n 60`)).stdout}`,
  };
};

const etcd: Tool = {
  name: 'etcd',
  label: 'etcdctl lock',
  settings: 'etcdctl lock, its default TTL of 10 s; one etcd server outside the nodes',
  all: true,
  start: (bench) => {
    mkdirSync(join(bench.dir, 'etcd'));
    const url = `http://${chainAddress}:${etcdPort}`;
    // Its data lies on the run's own disk: the system of the machines is only read.
    const mount = `mount --bind ${join(bench.dir, 'etcd')} ${join(bench.rootfs, 'mnt')}`;
    const command = `etcd --data-dir /mnt/data --listen-client-urls ${url} --advertise-client-urls ${url} --listen-peer-urls http://127.0.0.1:2380`;
    serve(['sh', '-c', `${mount} && exec chroot ${bench.rootfs} ${command}`]);
    for (const node of bench.nodes) writeUnits(node, `/usr/bin/etcdctl --endpoints=${url} lock signer ${program}`, { ETCDCTL_API: '3' });
    return run(bench, async () => undefined);
  },
};

const consul: Tool = {
  name: 'consul',
  label: 'consul lock',
  settings: 'consul lock as it comes (session TTL and lock delay 15 s); an agent on each node, one server outside them',
  all: true,
  missing: (built) => (existsSync(join(built, 'tools', 'consul')) ? null : 'there is no consul: Go could not build it'),
  start: (bench) => {
    const binary = join(bench.built, 'tools', 'consul');
    const where = ['-bind', chainAddress, '-client', '127.0.0.1', '-data-dir', join(bench.dir, 'consul')];
    serve([binary, 'agent', '-server', '-bootstrap-expect', '1', '-node', 'server', ...where, '-http-port', String(consulPort)]);
    for (const node of bench.nodes) {
      writeUnits(node, `/opt/tools/consul lock signer ${program}`);
      const agent = `/opt/tools/consul agent -node ${node.name} -bind ${nodeAddress[node.name]} -retry-join ${chainAddress} -data-dir /var/lib/consul`;
      node.write('/etc/systemd/system/consul.service', `[Service]\nExecStart=${agent}\n`);
    }
    return run(bench, async (node) => {
      await node.must('systemctl start consul');
      const joined = `[ "$(curl -fs http://127.0.0.1:${consulPort}/v1/status/leader)" = '"${chainAddress}:8300"' ]`;
      await node.must(`for _ in $(seq 200); do ${joined} && exit 0; sleep 0.1; done; exit 1`);
    });
  },
};

const dynamo: Tool = {
  name: 'dynamodb-lock',
  label: 'dynamodb-lock-client',
  settings:
    'FailOpen as its README has it: lease 10 s, heartbeat each 3 s; the signer is killed when a heartbeat fails; the same DynamoDB as Baton’s',
  all: true,
  missing: (built) => (existsSync(join(built, 'tools', 'lock.cjs')) ? null : 'npm could not install dynamodb-lock-client'),
  start: async (bench) => {
    const table = await startDynamo('locks');
    const onCall = delayOf(bench.profile, bench.clock);
    const { endpoint } = await startDynamoFront({ upstream: table.endpoint, callerOf: () => ({ arn: 'node' }), onCall });
    const environment = { LOCK_ENDPOINT: endpoint.replace('127.0.0.1', cloudAddress), LOCK_TABLE: 'locks', LOCK_PROGRAM: program };
    for (const node of bench.nodes) writeUnits(node, '/usr/bin/node /opt/tools/lock.cjs', environment);
    return run(bench, async () => undefined);
  },
};

export const lockTools: readonly Tool[] = [consul, etcd, dynamo];
