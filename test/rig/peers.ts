import { generateKeyPairSync } from 'node:crypto';
import { ids } from '../../local/drill/enrol.ts';
import { nodeAddress } from './net.ts';
import type { RigNode } from './node.ts';
import { rawPublicKeyOf } from '../../runtime/ed25519.ts';

/** Policy `ask`: the key of each guard, and where it is asked. */

const port = 7_946;
const keyFile = '/etc/baton/peer.pem';
const keys = { amber: generateKeyPairSync('ed25519'), birch: generateKeyPairSync('ed25519') };

/** Puts the private key on the node. @returns what its guard's configuration says of peers. */
export const peersOf = (node: RigNode): Record<string, unknown> => {
  const other = node.name === 'amber' ? 'birch' : 'amber';
  node.write(keyFile, String(keys[node.name].privateKey.export({ format: 'pem', type: 'pkcs8' })), 0o400);
  return {
    listen: `0.0.0.0:${port}`,
    keyFile,
    nodes: [{ node: ids[other], address: `${nodeAddress[other]}:${port}`, publicKey: rawPublicKeyOf(keys[other].publicKey).toString('base64') }],
  };
};
