import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValidatorConfig } from '../../core/config.ts';
import { BatonError } from '../../core/errors.ts';
import type { Seen } from '../../core/finding.ts';
import { canonicalJson } from '../../core/plan.ts';
import { durationMs } from '../../core/time.ts';
import type { KmsKeyLook } from '../../core/doctor-kms.ts';
import type { Context } from '../context.ts';
import { publicKeyFor } from '../kms-key.ts';
import { valueOf } from '../plan/text.ts';
import type { DocumentSeen, StackFacts, ValidatorFacts } from './look.ts';

/** Reads what judge.ts judges. */

const readMs = durationMs(10_000);
const root = join(import.meta.dirname, '..', '..');
export const documentNames = ['fence', 'rejoin', 'inspect'] as const;

/** What was read, or that it is not known: another failure than a BatonError is a defect. */
export const seenOf = async <T>(read: Promise<T>): Promise<Seen<T>> => {
  try {
    return { value: await read };
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    return error.code === 'LeaseInvalid' ? { broken: error.message } : { unknown: `Not known: ${error.message}.` };
  }
};

const documentsOf = (context: Context, signal: AbortSignal): Promise<DocumentSeen[]> =>
  Promise.all(
    documentNames.map(async (name) => {
      const file = join(root, 'documents', `${name}.yaml`);
      const here = valueOf(await readFile(file, 'utf8'), file);
      const full = `${context.look.stack}-${name}`;
      return { name: full, same: canonicalJson(await context.look.document(full, signal)) === canonicalJson(here) };
    }),
  );

const runbookNames = async (): Promise<string[]> =>
  (await readdir(join(root, 'docs', 'runbooks'))).filter((file) => file.endsWith('.md') && file !== 'README.md').map((file) => file.slice(0, -3));

export const readDeployed = async (context: Context): Promise<StackFacts> => {
  const signal = context.clock.timeout(readMs);
  const { look } = context;
  const [documents, keyState, alarms, subscriptions, schedules, clockAheadMs, runbooks] = await Promise.all([
    seenOf(documentsOf(context, signal)),
    seenOf(look.keyState(signal)),
    seenOf(look.alarms(signal)),
    seenOf(look.subscriptions(signal)),
    seenOf(look.schedules(signal)),
    seenOf(look.clockAheadMs(signal)),
    runbookNames(),
  ]);
  return { stack: look.stack, documents, keyState, alarms, subscriptions, schedules, clockAheadMs, runbooks };
};

const readKmsKey = async ({ kmsKeys }: Context, config: ValidatorConfig, signal: AbortSignal): Promise<KmsKeyLook | null> => {
  if (config.kmsKey === undefined) return null;
  const [key, policy] = await Promise.all([seenOf(kmsKeys.read(config.kmsKey, signal)), seenOf(kmsKeys.policy(config.kmsKey, signal))]);
  return { key, policy, publicKey: publicKeyFor(config) };
};

export const readMachines = async (context: Context, config: ValidatorConfig): Promise<ValidatorFacts> => {
  const signal = context.clock.timeout(readMs);
  const { look, records, chains } = context;
  const nodes = config.nodes.map(({ id }) => id);
  const [agents, machines, watched, head, kmsKey] = await Promise.all([
    seenOf(look.agents(nodes, signal)),
    seenOf(look.machines(nodes, signal)),
    seenOf(records.readWatch(config.id, 'home', signal).then((found) => found?.state)),
    seenOf(chains.headOf(config, signal)),
    readKmsKey(context, config, signal),
  ]);
  return { stack: look.stack, agents, machines, watched, head, kmsKey };
};
