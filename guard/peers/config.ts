import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { registry } from '../../chains/registry.ts';
import { BatonError } from '../../core/errors.ts';
import { nodeId, type NodeId } from '../../core/ids.ts';
import { checkAsk, type Timing } from '../../core/timing.ts';
import { twice } from '../../core/check.ts';

/** Policy `ask`: where this guard is asked, the key that it signs with, and every other node of the validator. */

/** A name or IPv4 address, or an IPv6 address in brackets; then the port. */
const address = z.string().regex(/^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):\d{1,5}$/, 'expected HOST:PORT');

export const peers = z.strictObject({
  /** What this guard listens on. */
  listen: address,
  /** The private key: Ed25519, PEM. Nothing for group and others. */
  keyFile: z.string().startsWith('/').max(300),
  nodes: z
    .array(
      z.strictObject({
        node: nodeId,
        address,
        /** Ed25519, 32 bytes raw, base64. */
        publicKey: z.base64().length(44),
      }),
    )
    .min(1)
    .max(19),
});
export type PeersConfig = z.infer<typeof peers>;

/** @returns host without brackets, and the port. */
export const endOf = (of: string): { host: string; port: number } => {
  const at = of.lastIndexOf(':');
  return { host: of.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(of.slice(at + 1)) };
};

interface Checked {
  readonly node: NodeId;
  readonly onControlPlaneLoss: string;
  readonly peers?: PeersConfig | undefined;
  readonly chain: { readonly kind: string };
  readonly timing: Timing;
}

const refuse = (field: string, message: string, fix: string): never => {
  throw new BatonError('ConfigInvalid', `${field}: ${message}`, { field, fix });
};

/** @throws BatonError ConfigInvalid or TimingUnsafe when the guard could not ask, or must not. */
export const checkPeers = ({ node, onControlPlaneLoss, peers: of, chain, timing }: Checked): void => {
  if (onControlPlaneLoss !== 'ask') {
    if (of) refuse('peers', 'they are asked with onControlPlaneLoss ask only', 'Take peers out, or set onControlPlaneLoss to ask.');
    return;
  }
  if (registry[chain.kind]?.gated(chain) !== true)
    refuse('onControlPlaneLoss', 'ask is for chains where the guard signs; a daemon that signs by itself gives no lapse', 'Set it to stop or hold.');
  if (!of) return refuse('peers', 'missing: ask needs every other node of the validator', 'Add peers: {listen, keyFile, nodes}.');
  const ports = [of.listen, ...of.nodes.map((one) => one.address)].map((one) => endOf(one).port);
  if (ports.some((port) => port < 1 || port > 65_535)) refuse('peers', 'a port is not between 1 and 65535', 'Correct the address.');
  if (of.nodes.some((one) => one.node === node)) refuse('peers.nodes', `${node} is this node itself`, 'Name every other node, and not this one.');
  for (const [what, values] of [
    ['node', of.nodes.map((one) => one.node)],
    ['address', of.nodes.map((one) => one.address)],
    ['publicKey', of.nodes.map((one) => one.publicKey)],
  ] as const) {
    const found = twice(values);
    if (found !== undefined) refuse('peers.nodes', `the ${what} ${found} is there twice`, 'Give every node its own.');
  }
  checkAsk(timing);
};

/** @throws BatonError GuardRefused: the file holds no Ed25519 key. Nothing of what it holds is told. */
export const privateKeyOf = (file: string): KeyObject => {
  const fix = `openssl genpkey -algorithm ed25519 -out ${file} && chmod 0400 ${file}`;
  const refused = (what: string): BatonError => new BatonError('GuardRefused', `peers.keyFile: ${file} ${what}`, { field: 'peers.keyFile', fix });
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file));
  } catch {
    throw refused('cannot be read as a private key');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw refused('holds no Ed25519 key');
  return key;
};
