import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { guardDynamo } from '../aws/clients.ts';
import { LeaseStore } from '../aws/lease.ts';
import { registry } from '../chains/registry.ts';
import type { ChainConfig } from '../core/config.ts';
import { BatonError } from '../core/errors.ts';
import { loadGuardConfig, type GuardConfig } from './config.ts';
import { thisMachine } from './machine-facts.ts';
import { refuseUnsafe, type Machine } from './preflight.ts';
import { stateOf } from '../chains/state.ts';

/** What the installer asks the guard before anything is written: is this configuration one that the guard would run with, on this node? */

const maxKeyFileBytes = 65_536;

const isAnothersKey = (file: string, chain: ChainConfig): boolean => {
  try {
    return lstatSync(file).size <= maxKeyFileBytes && registry[chain.kind]?.isAnothersKey?.(readFileSync(file, 'utf8'), chain) === true;
  } catch {
    return false;
  }
};

/** @throws BatonError GuardRefused when `file` may hold the validator's own key. What cannot be told counts as the key. */
export const checkKeyFile = ({ chain }: GuardConfig, file: string): void => {
  if (!existsSync(file) || isAnothersKey(file, chain)) return;
  throw new BatonError('GuardRefused', `${file} is there: the validator could sign with it, whatever the lease says`, {
    field: 'key-file',
    fix: `Seal it (baton seal VALIDATOR --key-file ${file}), then remove it and every copy of it.`,
  });
};

const checkWatermark = (config: GuardConfig): void => {
  const file = join(config.paths.stateDir, 'watermark.json');
  if (existsSync(file)) stateOf(readFileSync(file, 'utf8'), file);
};

/** Lines of NAME=VALUE for the installer. @throws BatonError GuardRefused, ConfigInvalid, TimingUnsafe, or what preflight found. */
export const checkedConfig = async (file: string, keyFiles: readonly string[] = [], machine: Machine = thisMachine): Promise<string> => {
  const config = loadGuardConfig(file);
  await refuseUnsafe({ config, configFile: resolve(file), as: 'check', machine });
  checkWatermark(config);
  for (const one of keyFiles) checkKeyFile(config, one);
  const { validator, node, unit, chain, paths, timing, onControlPlaneLoss, build } = config;
  const known = registry[chain.kind];
  const socket = known?.socketOf?.(chain) ?? '';
  const standby = known?.standbyRuns === true ? 'yes' : 'no';
  const writes = (known?.writesIn?.(chain) ?? []).join(' ');
  const facts = { validator, node, unit, kind: chain.kind, socket, standby, writes, ...paths, leaseMs: timing.leaseMs, onControlPlaneLoss, build };
  const lines = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
  const wrong = lines.find((line) => /[^\x20-\x7e]/.test(line));
  if (wrong !== undefined)
    throw new BatonError('ConfigInvalid', `${JSON.stringify(wrong)} holds a character that a unit file cannot`, { fix: 'Use plain ASCII there.' });
  return `${lines.join('\n')}\n`;
};

/** Whether the lease names this node: `yes`, `no`, or `unknown` when it gives no answer. */
export const heldHere = async (file: string, signal: AbortSignal): Promise<'yes' | 'no' | 'unknown'> => {
  const config = loadGuardConfig(file);
  const region = config.region ?? process.env['AWS_REGION'];
  if (region === undefined) return 'unknown';
  try {
    const client = guardDynamo(config.timing.readTimeoutMs, { region });
    const lease = await new LeaseStore({ client, table: config.table }).read(config.validator, signal);
    return lease?.holder === config.node ? 'yes' : 'no';
  } catch {
    return 'unknown';
  }
};

/** The answer to one of the installer's questions, or null when the guard is to run. */
export const answerOf = async (argv: Readonly<Record<string, unknown>>, signal: () => AbortSignal, version: string): Promise<string | null> => {
  const { version: asked, 'check-config': file, 'key-file': keyFiles, 'held-here': held } = argv;
  if (asked === true) return `${version}\n`;
  if (typeof held === 'string') return `${await heldHere(held, signal())}\n`;
  return typeof file === 'string' ? checkedConfig(file, (keyFiles ?? []) as string[]) : null;
};
