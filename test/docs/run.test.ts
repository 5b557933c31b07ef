import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { AlertTests } from '../../aws/alert-test.ts';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { Approvals } from '../../aws/approvals.ts';
import { examples } from '../../cli/examples.ts';
import { attemptId, executionName, nodeId } from '../../core/ids.ts';
import { client, dir, enrolled, executions, file, hub, interruptNow, inWords, records, set, statement, text, useCli } from '../support/cli-bench.ts';
import { alex, configOf, recordOf, reportOf, robin, yaml } from '../support/core.ts';
import { pbkdf2Keystore, vector } from '../support/keystore.ts';
import { happened, made } from '../support/incident.ts';
import { wholeProgram } from './schema.ts';
import { batonWords, commandsIn, documents, read } from './typed.ts';

/**
 * Types every `baton` command of the documents and of `--help`, in a world with the validator, the nodes and whatever waits that they speak of.
 * A command may be refused by that world; it may not be misunderstood, unexpected or unanswered.
 */

useCli();

const execution = 'hub-1-t1-one';
const cedar = nodeId.parse('i-0c0ffee0000000003');

/** What stands for something of the reader's own. */
const stands: Readonly<Record<string, string>> = {
  VALIDATOR: 'hub-1',
  EXECUTION: execution,
  NODE: 'birch',
  NAME: 'birch',
  HASH: 'ffffffffffff',
  '0123456789ab': 'ffffffffffff',
  CODE: '1a2b3c4d',
  '…': statement,
};

const files: Readonly<Record<string, () => string>> = {
  'answers.json': () => JSON.stringify({ validator: (yaml() as { validators: unknown[] }).validators[0] }),
  'validators.yaml': () => stringify(fleet()),
  'priv_validator_key.json': () => keyFile(),
  validator_keys: () => JSON.stringify(pbkdf2Keystore),
  'password.txt': () => vector.password,
  'slashing_protection.json': () => interchange,
  'priv_validator_state.json': () => JSON.stringify({ height: '90', round: 0, step: 3 }),
};

const interchange = JSON.stringify({
  metadata: { interchange_format_version: '5', genesis_validators_root: `0x${'04'.repeat(32)}` },
  data: [{ pubkey: vector.publicKey, signed_blocks: [{ slot: '9' }], signed_attestations: [{ source_epoch: '0', target_epoch: '1' }] }],
});
const withCedar = (one: Record<string, unknown>): void => {
  const nodes = one['nodes'] as unknown[];
  nodes.push({ name: 'cedar', id: cedar, principal: `arn:aws:sts::123456789012:assumed-role/node/${cedar}`, power: true });
};
const fleet = (): unknown => yaml(withCedar);

const keyFile = (): string => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [seed, open] = [privateKey.export({ format: 'der', type: 'pkcs8' }), publicKey.export({ format: 'der', type: 'spki' })];
  const value = Buffer.concat([seed.subarray(-32), open.subarray(-32)]).toString('base64');
  return JSON.stringify({ priv_key: { type: 'tendermint/PrivKeyEd25519', value } });
};

const word = (typed: string): string => {
  if (typed === 'incident.jsonl') return out();
  const content = files[typed];
  return content ? file(typed, content()) : (stands[typed] ?? typed);
};

const program = wholeProgram();
const commandOf = ([name]: readonly string[]) => program.commands.find((one) => one.name() === name);
/** Named in a sentence without what it needs: typed elsewhere. */
const isWhole = (words: readonly string[]): boolean => {
  const command = commandOf(words);
  if (!command) return false;
  const needed = command.registeredArguments.filter(({ required }) => required).length;
  const options = command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long);
  try {
    const { operands } = command.parseOptions([...words.slice(1)]);
    return operands.length >= needed && options.every((one) => words.includes(String(one)));
  } catch {
    return false;
  }
};

const typed = [
  ...Object.values(examples).flatMap((lines) => lines.map((line) => ({ line }))),
  ...documents.filter((document) => document !== 'docs/cli.md').flatMap((document) => commandsIn(read(document))),
].flatMap(({ line }) => {
  const words = batonWords(line.replace(/\s+#.*$/, ''));
  return words === null ? [] : [words];
});
/** The drill is a world of its own, which .ci/run starts. */
const apart = ['drill', '--help'];
/** It asks at a terminal: test/cli/init.test.ts answers it there. */
const asks = (words: readonly string[]): boolean => words[0] === 'init' && !words.includes('--answers');
const whole = new Map(
  typed.filter((words) => !apart.includes(words[0] ?? '') && !asks(words) && isWhole(words)).map((words) => [words.join(' '), words]),
);
/** Options that a reader leaves out, for files of this world's own. */
const added: Readonly<Record<string, () => readonly string[]>> = { init: () => ['--out', join(dir, 'made.yaml')], bundle: () => ['--force'] };
const out = (): string => join(dir, 'incident.jsonl');

const answersTo: Readonly<Record<string, 'approval' | 'attestation'>> = { approve: 'approval', deny: 'approval', attest: 'attestation' };

beforeEach(async () => {
  await enrolled(withCedar);
  executions.set(execution, { found: { status: 'SUCCEEDED' }, events: [] });
  const move = {
    execution: executionName.parse('hub-1.t7.by-hand-0a1b2c3d'),
    to: cedar,
    notBeforeMs: 1,
    notAfterMs: 2,
    by: robin,
    reason: 'Kernel.',
  };
  await records().writePlanned(hub, move, undefined);
  const tests = new AlertTests({ client, table: 'baton' });
  await tests.begin({ id: '0a1b2c3d4e5f6071', code: '1a2b3c4d', sentAtMs: 1_000, by: robin });
});

const standsWaiting = async (purpose: 'approval' | 'attestation'): Promise<void> => {
  const record = { validator: hub, purpose, execution: executionName.parse(execution), expiresAtMs: 2_000_000_000_000 };
  await new Approvals({ client, table: 'baton' }).create(recordOf(record));
  set({ me: alex });
};

/** A move that somebody planned, for whoever cancels it. */
const standsPlanned = async (name: string): Promise<void> => {
  const move = { to: cedar, notBeforeMs: 1_900_000_000_000, notAfterMs: 1_900_000_900_000, by: robin, reason: 'Kernel.' };
  await records().writePlanned(hub, { ...move, execution: executionName.parse(name) }, undefined);
};

/** The same validator with an arbiter. */
const standsGated = async (): Promise<void> => {
  const config = configOf((one) => {
    withCedar(one);
    one['custody'] = 'gate';
  });
  await records().writeConfig(config);
  const floor = { kind: 'consensus', height: 90, round: 0, step: 3 } as const;
  await new ArbiterStore({ client, table: 'baton' }).open({ validator: hub, floor, attempt: attemptId.parse('docs') });
};

/** The fresh machine of a cold recovery: its guard lives. */
let sequence = 0;
const cedarReports = (): Promise<unknown> => records().writeReport(reportOf({ node: cedar, signing: false, sequence: (sequence += 1) }));

/** Done; refused; ended otherwise, as every execution of this bench does; something to mend, as in a world without guards; changed; not as wanted. */
const understood = [0, 4, 6, 7, 8, 9];

test.each([...whole.values()].map((words) => [words.join(' '), words] as const))('baton %s', async (_, words) => {
  const purpose = words.includes('--attestation') ? 'attestation' : answersTo[words[0] ?? ''];
  if (purpose !== undefined) await standsWaiting(purpose);
  if (words[0] === 'verify-bundle') {
    await happened();
    await made(out());
  }
  if (words[0] === 'gate') await standsGated();
  if (words[0] === 'cancel') await standsPlanned(words[1] ?? '');
  if (words[0] === 'recover') set({ onSleep: async () => void (await cedarReports()) });
  // Whoever watches interrupts at some time.
  if (words.includes('--watch')) set({ onSleep: async () => interruptNow() });
  const code = await inWords(...words.map(word), ...(added[words[0] ?? '']?.() ?? []));
  expect(understood, text).toContain(code);
});

test('each command is typed somewhere', () => {
  const named = new Set([...whole.values()].map(([name]) => name));
  const missing = program.commands.map((one) => one.name()).filter((name) => !named.has(name) && !apart.includes(name));
  expect(missing).toEqual([]);
});

test('a command that is misunderstood is noticed', async () => {
  expect(understood).not.toContain(await inWords('approve', 'nobody'));
  expect(understood).not.toContain(await inWords('pause', 'hub-1', '--for', 'ever'));
});
