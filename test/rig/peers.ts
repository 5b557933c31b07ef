import { generateKeyPairSync } from 'node:crypto';
import { ids } from '../../local/drill/enrol.ts';
import { nodeAddress, type NodeName } from './net.ts';
import type { RigNode } from './node.ts';

/** Policy `ask`: the key of each guard, and where it is asked. */

const port = 7_946;
const keyFile = '/etc/baton/peer.pem';
const keys = { amber: generateKeyPairSync('ed25519'), birch: generateKeyPairSync('ed25519') };

const publicKeyOf = (name: NodeName): string => Buffer.from(String(keys[name].publicKey.export({ format: 'jwk' }).x), 'base64url').toString('base64');

/** Puts the private key on the node. @returns what its guard's configuration says of peers. */
export const peersOf = (node: RigNode): Record<string, unknown> => {
  const other = node.name === 'amber' ? 'birch' : 'amber';
  node.write(keyFile, String(keys[node.name].privateKey.export({ format: 'pem', type: 'pkcs8' })), 0o400);
  return {
    listen: `0.0.0.0:${port}`,
    keyFile,
    nodes: [{ node: ids[other], address: `${nodeAddress[other]}:${port}`, publicKey: publicKeyOf(other) }],
  };
};
