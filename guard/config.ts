import { readFileSync, statSync } from 'node:fs';
import * as z from 'zod';
import { registry } from '../chains/registry.ts';
import type { ChainConfig } from '../core/config.ts';
import { BatonError } from '../core/errors.ts';
import { nodeId, validatorId } from '../core/ids.ts';
import { parseWith } from '../core/parse.ts';
import { checkTiming, timing } from '../core/timing.ts';
import { checkPeers, peers } from './peers/config.ts';

/** The guard's configuration file, `/etc/baton/<validator>.json`. Written by the installer; read once at start. */

const absolute = z.string().startsWith('/').max(300);

const [first, ...others] = Object.values(registry).map(({ node }) => node);
if (first === undefined) throw new Error('no chain is known');
/** Each chain's folder says what its driver needs on a node. */
const chain: z.ZodType<ChainConfig> = z.discriminatedUnion('kind', [first, ...others]);

export const guardConfig = z.strictObject({
  validator: validatorId,
  node: nodeId,
  /** Region of the table and the key; AWS_REGION when it is not given. */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+){1,2}-\d$/, 'expected an AWS Region, for example eu-central-1')
    .optional(),
  table: z.string().min(3).max(255),
  keyId: z.string().min(1),
  chain,
  /** As validators.yaml has it: a guard of the other custody would sign nothing. */
  custody: z.enum(['release', 'gate']).prefault('release'),
  /** The validator's own systemd unit. */
  unit: z.string().regex(/^[A-Za-z0-9@._-]{1,100}\.service$/),
  paths: z.strictObject({ keyDir: absolute, stateDir: absolute }),
  timing: timing.prefault({}),
  onControlPlaneLoss: z.enum(['stop', 'hold', 'ask']).prefault('stop'),
  /** With `ask` only. */
  peers: peers.optional(),
  build: z.string().min(1).max(80),
});
export type GuardConfig = z.infer<typeof guardConfig>;

const othersMayWrite = 0o022;

const refuse = (file: string, message: string, cause?: unknown): BatonError =>
  new BatonError('GuardRefused', message, { cause, fix: `Install the guard again: guard/install.sh --validator … (it writes ${file})` });

const checkCustody = ({ custody, chain, onControlPlaneLoss }: GuardConfig, file: string): void => {
  if (custody === 'release') return;
  if (registry[chain.kind]?.arbiter?.(chain) !== true) throw refuse(file, `custody gate: there is no signer for ${chain.kind} that asks the arbiter`);
  if (onControlPlaneLoss !== 'stop')
    throw refuse(file, `custody gate signs nothing without the arbiter: onControlPlaneLoss is ${onControlPlaneLoss}, expected stop`);
};

/** What the text of `file` says. @throws BatonError GuardRefused, ConfigInvalid or TimingUnsafe. */
export const guardConfigOf = (text: string, file: string): GuardConfig => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(file, `${file} is not JSON`, cause);
  }
  const config = parseWith(guardConfig, value, { what: file, code: 'ConfigInvalid' });
  checkTiming(config.timing);
  checkPeers(config);
  checkCustody(config, file);
  return config;
};

/** @throws BatonError GuardRefused, ConfigInvalid or TimingUnsafe: the guard does not start. */
export const loadGuardConfig = (file: string): GuardConfig => {
  let text: string;
  try {
    if ((statSync(file).mode & othersMayWrite) !== 0) throw refuse(file, `${file} can be written by others than its owner`);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw cause instanceof BatonError ? cause : refuse(file, `${file} cannot be read`, cause);
  }
  return guardConfigOf(text, file);
};
