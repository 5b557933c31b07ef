import * as z from 'zod';
import type { NodeConfig } from './config.ts';

/** What can cut a node's power, as `validators.yaml` says it. */

const https = z.url({ protocol: /^https$/, error: 'expected an https URL' }).max(500);

/** The last part of the name of an encrypted parameter under the stack's own path: `/STACK/power/NAME`. */
const parameter = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'expected 1–40 of a–z, 0–9 and -: the NAME of /STACK/power/NAME');

/** Private addresses may be called: the operator says so, and sees that the functions can reach them. */
const allowPrivate = z.boolean().optional();
/** SHA-256 of the server's certificate, in hex; then that certificate counts and no authority. */
const fingerprint = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the certificate: 64 of 0–9 and a–f')
  .optional();

/** The management controller of the machine itself, spoken to by Redfish. */
export const redfishPower = z.strictObject({
  kind: z.literal('redfish'),
  /** Without a path: the service is at /redfish/v1. */
  url: https.regex(/^https:\/\/[^/?#@]+\/?$/, 'expected a URL without path, user or query'),
  /** Id of the system: the last part of /redfish/v1/Systems/ID. */
  system: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/, 'expected the Id of a system under /redfish/v1/Systems'),
  /** UUID of that system. Another machine behind the same address proves nothing. */
  uuid: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected a UUID in lower case'),
  parameter,
  fingerprint,
  allowPrivate,
});

/** Anything that can cut the power and say so: a request and an answer, each signed with the same secret. */
export const webhookPower = z.strictObject({
  kind: z.literal('webhook'),
  url: https.regex(/^https:\/\/[^/?#@]+(?:\/[^?#]*)?$/, 'expected a URL without user, query or fragment'),
  parameter,
  fingerprint,
  allowPrivate,
});

/** `true`: EC2. `false`: nobody. */
export const power = z.union([z.boolean(), z.discriminatedUnion('kind', [redfishPower, webhookPower])]);
export type RedfishPower = z.infer<typeof redfishPower>;
export type WebhookPower = z.infer<typeof webhookPower>;
export type PowerConfig = { readonly kind: 'ec2' } | RedfishPower | WebhookPower;

export const powerOf = ({ power: of }: Pick<NodeConfig, 'power'>): PowerConfig | null => {
  if (of === false) return null;
  return of === true ? { kind: 'ec2' } : of;
};

/** By what the machine behind a node's power is known: two nodes that share one of these are one machine, or one of them is wrong. */
export const machineNames = (node: Pick<NodeConfig, 'power'>): readonly string[] => {
  const of = powerOf(node);
  return of?.kind === 'redfish' ? [`${new URL(of.url).host}/${of.system}`, of.uuid] : [];
};
