import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/**
 * The network of the rig, inside a network namespace of its own: one bridge, a namespace for each node, and addresses for what nodes talk to.
 * Cloud and chain have addresses of their own, so that a node can lose either, in either direction.
 */

const bridge = 'br0';
// The first is what peers of the chain dial out from.
const hosts = { chain: '10.77.0.1', cloud: '10.77.0.4', ledger: '10.77.0.5' } as const;
const commandMs = 10_000;

export const nodeAddress = { amber: '10.77.0.2', birch: '10.77.0.3' } as const;
export type NodeName = keyof typeof nodeAddress;
export const { cloud: cloudAddress, chain: chainAddress, ledger: ledgerAddress } = hosts;

/** What a node can be cut off from. `all`: everything but itself. */
export type Far = 'cloud' | 'chain' | 'peer' | 'all';
export type Direction = 'out' | 'in';

const run = (...argv: string[]): void => {
  const [program = '', ...args] = argv;
  execFileSync(program, args, { stdio: 'pipe', timeout: commandMs });
};
const inside = (node: NodeName, ...argv: string[]): void => {
  run('ip', 'netns', 'exec', node, ...argv);
};

const joinNode = (node: NodeName): void => {
  run('ip', 'netns', 'add', node);
  run('ip', 'link', 'add', `v-${node}`, 'type', 'veth', 'peer', 'name', 'host0', 'netns', node);
  run('ip', 'link', 'set', `v-${node}`, 'master', bridge, 'up');
  run('ip', '-n', node, 'addr', 'add', `${nodeAddress[node]}/24`, 'dev', 'host0');
  for (const device of ['host0', 'lo']) run('ip', '-n', node, 'link', 'set', device, 'up');
};

/** Once in each rig. @throws Error with what the tool said. */
export const layNetwork = (): void => {
  run('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  run('mkdir', '/run/netns');
  run('ip', 'link', 'set', 'lo', 'up');
  run('ip', 'link', 'add', bridge, 'type', 'bridge');
  for (const address of Object.values(hosts)) run('ip', 'addr', 'add', `${address}/24`, 'dev', bridge);
  run('ip', 'link', 'set', bridge, 'up');
  // The local cloud and the ledger listen on loopback alone.
  writeFileSync(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1');
  for (const address of [hosts.cloud, hosts.ledger])
    run('iptables', '-t', 'nat', '-A', 'PREROUTING', '-i', bridge, '-d', address, '-p', 'tcp', '-j', 'DNAT', '--to-destination', '127.0.0.1');
  for (const node of ['amber', 'birch'] as const) joinNode(node);
};

const nodes = [nodeAddress.amber, nodeAddress.birch];
const addressesOf = (far: Exclude<Far, 'all'>): string[] => {
  if (far === 'cloud') return [hosts.cloud];
  return far === 'peer' ? nodes : [hosts.chain, hosts.ledger, ...nodes];
};

/** Drops every packet between a node and `far`, in one direction or both. */
export const cut = (node: NodeName, far: Far, directions: readonly Direction[] = ['out', 'in']): void => {
  if (far === 'all') {
    for (const direction of directions)
      inside(node, 'iptables', '-A', ...(direction === 'out' ? ['OUTPUT', '-o', 'host0'] : ['INPUT', '-i', 'host0']), '-j', 'DROP');
    return;
  }
  for (const address of addressesOf(far).filter((one) => one !== nodeAddress[node]))
    for (const direction of directions)
      inside(node, 'iptables', '-A', ...(direction === 'out' ? ['OUTPUT', '-d', address] : ['INPUT', '-s', address]), '-j', 'DROP');
};

export const heal = (node: NodeName): void => {
  inside(node, 'iptables', '-F');
};
