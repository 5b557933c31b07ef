import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { stringify } from 'yaml';
import { AlertTests } from '../../aws/alert-test.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { Approvals } from '../../aws/approvals.ts';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { KmsKeys } from '../../aws/kms-key.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { MemberStore } from '../../aws/members.ts';
import type { Notice } from '../../core/notice.ts';
import { Records } from '../../aws/records.ts';
import { TableCheck, type TableSafety } from '../../aws/table.ts';
import type { Execution, FullEvent, Listed, WorkflowEvent } from '../../aws/workflow.ts';
import { chains } from '../../chains/index.ts';
import { programFor } from '../../cli/baton.ts';
import type { Context } from '../../cli/context.ts';
import type { StackLook } from '../../cli/doctor/look.ts';
import { cliJson } from '../../cli/json.ts';
import { outputFor, type Output } from '../../cli/output.ts';
import { BatonError } from '../../core/errors.ts';
import { validatorId } from '../../core/ids.ts';
import { localCredentials, startDynamo, type LocalDynamo } from '../../local/dynamo.ts';
import { answersOf } from './answers.ts';
import { lookWell } from './look.ts';
import { amber, reportOf, robin, yaml } from './core.ts';
import { unmeasured } from './measure.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The command line against the table, typed as a person would type it. What a command said can be read from the exported variables. */

export const hub = validatorId.parse('hub-1');
export let dynamo: LocalDynamo;
export let client: DynamoDBClient;
export let dir = '';
let me = robin;
let head: number | null = 100;
export let answers: { token: string; answer: Record<string, unknown> }[] = [];
export let started: string[] = [];
export let told: Record<string, unknown> = {};
export let text = '';
let exitCode = 0;
let unreachable = false;
let safety: TableSafety | undefined;
export let notices: Notice[] = [];
/** What Step Functions still knows. */
export const executions = new Map<string, { found: Execution; events: readonly WorkflowEvent[]; full?: readonly FullEvent[] }>();
/** What it lists, whatever it is asked. */
export const listed: Listed[] = [];
/** What FenceTest was asked for. */
export const fenceAsks: unknown[] = [];
let onFenceTest = async (): Promise<void> => undefined;
/** With what executions were started. */
export const inputs: Record<string, unknown>[] = [];
/** What a person types when a word is asked for. */
export const typed = { word: '' };
let onStart = async (_name: string, _input: Record<string, unknown>): Promise<void> => undefined;

let interrupt = new AbortController();
let terminal = false;
let onSleep = async (): Promise<void> => undefined;
/** KMS as validators' own keys see it: nothing is there unless a test says so. */
let kms: { send: KMSClient['send'] } = { send: () => Promise.reject(new Error('no KMS')) };
/** What AWS says beside the table; what is not set is well. */
let look: Partial<StackLook> = {};
let onConfirm = async (): Promise<boolean> => false;

/** Nobody waits at this bench: what would happen in the meantime happens at once. */
class BenchClock extends VirtualClock {
  override async sleep(): Promise<void> {
    await onSleep();
  }
}

const sendAnswer = async (token: string, answer: Record<string, unknown>): Promise<void> => {
  if (unreachable) throw new BatonError('WorkflowFailed', 'no answer', { fix: 'Answer again.' });
  answers.push({ token, answer });
};

export const contextFor = (output: Output): Context => {
  const table = { client, table: 'baton' };
  const [approvals, clock] = [new Approvals(table), new BenchClock()];
  const whoAmI = async (): Promise<string> => me;
  return {
    lease: new LeaseStore(table),
    records: new Records(table),
    arbiter: new ArbiterStore(table),
    members: new MemberStore(table),
    approvals,
    answers: answersOf({ approvals, clock, measure: unmeasured, answers: { sendAnswer }, notify: { send: async () => true } }, whoAmI),
    clock,
    alertTests: new AlertTests(table),
    fenceTests: new FenceTests(table),
    fenceTester: {
      run: async (ask) => {
        if (unreachable) throw new BatonError('CommandFailed', 'no answer', { fix: 'baton doctor' });
        fenceAsks.push(ask);
        await onFenceTest();
      },
    },
    tableCheck: { safety: async (signal) => safety ?? new TableCheck(table).safety(signal) },
    notify: () => ({
      send: async (notice) => {
        if (!unreachable) notices.push(notice);
        return !unreachable;
      },
    }),
    output,
    look: { ...lookWell(), ...look },
    chains: { ...chains, headOf: async () => head },
    keys: {
      seal: async () => ({ box: 'Ym94', dataKey: 'a2V5' }),
      releaseTo: async ({ node, term }: { node: typeof amber; term: number }) => ({ node, term, box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' }),
    } as unknown as Context['keys'],
    kmsKeys: new KmsKeys({ clientFor: () => kms }),
    workflow: {
      start: async ({ name, input }: { name: string; input: Record<string, unknown> }) => {
        if (unreachable) throw new BatonError('WorkflowFailed', 'no answer', { fix: 'Run it again.' });
        started.push(name);
        inputs.push(input);
        await onStart(name, input);
        return true;
      },
      describe: async (name: string) => executions.get(name)?.found ?? { status: 'FAILED', error: 'Unfenceable', cause: 'No proof.' },
      fullHistory: async (name: string) => executions.get(name)?.full ?? [],
      list: async () => listed,
      find: async (name: string) => executions.get(name)?.found,
      history: async (name: string) => executions.get(name)?.events ?? [],
      isRunning: async () => false,
    } as unknown as Context['workflow'],
    whoAmI,
    confirm: async (_question, word) => (word === undefined ? onConfirm() : word === typed.word),
    interrupted: () => interrupt.signal,
  };
};
const streams = {
  out: (line: string) => {
    text += line;
  },
  err: (line: string) => {
    text += line;
  },
  setExitCode: (code: number) => {
    exitCode = code;
  },
  get terminal() {
    return terminal;
  },
};
/** As a person types Ctrl-C. */
export const interruptNow = (): void => {
  interrupt.abort();
};

/** More commands than the program has by itself. */
export type Register = (
  program: ReturnType<typeof programFor>,
  make: typeof contextFor,
  outputOf: (options: Parameters<typeof outputFor>[0]) => Output,
) => void;
let register: Register = () => undefined;
export const useMore = (more: Register): void => {
  register = more;
};
/** As a person types it: what it said stands in `text`. */
export const inWords = async (...args: string[]): Promise<number> => {
  text = '';
  exitCode = 0;
  const outputOf = (options: Parameters<typeof outputFor>[0]): Output => outputFor(options, streams);
  const program = programFor(contextFor, outputOf);
  register(program, contextFor, outputOf);
  await program.parseAsync(['node', 'baton', ...args]);
  return exitCode;
};
export const baton = async (...args: string[]): Promise<number> => {
  await inWords('--json', ...args);
  told = JSON.parse(text.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  const command = args.find((arg) => arg in cliJson) as keyof typeof cliJson;
  const described = cliJson[typeof told['error'] === 'object' && told['error'] !== null ? 'error' : command].parse(told);
  expect(described, 'what docs/cli.schema.json describes').toEqual(told);
  return exitCode;
};
export const file = (name: string, content: string): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
/** Who types, what the chain shows, whether workflow and topic answer, what kind of table it is said to be, and what happens while a command waits. */
export const set = (of: {
  me?: string;
  head?: number | null;
  unreachable?: boolean;
  safety?: TableSafety;
  onSleep?: () => Promise<void>;
  onConfirm?: () => Promise<boolean>;
  look?: Partial<StackLook>;
  kms?: typeof kms;
  terminal?: boolean;
  onStart?: typeof onStart;
  onFenceTest?: typeof onFenceTest;
}): void => {
  if (of.onFenceTest !== undefined) onFenceTest = of.onFenceTest;
  if (of.onStart !== undefined) onStart = of.onStart;
  if (of.terminal !== undefined) terminal = of.terminal;
  if (of.onSleep !== undefined) onSleep = of.onSleep;
  if (of.onConfirm !== undefined) onConfirm = of.onConfirm;
  if (of.look !== undefined) look = of.look;
  if (of.kms !== undefined) kms = of.kms;
  if (of.me !== undefined) me = of.me;
  if (of.head !== undefined) head = of.head;
  if (of.unreachable !== undefined) unreachable = of.unreachable;
  if (of.safety !== undefined) safety = of.safety;
};
export const records = (): Records => new Records({ client, table: 'baton' });
export const statement = 'I removed every other copy of this key.';
export const enrolled = async (change?: Parameters<typeof yaml>[0]): Promise<string> => {
  const path = file('validators.yaml', stringify(yaml(change)));
  await baton('seal', 'hub-1', '--key-file', file('key', 'secret'), '--replace');
  expect(await baton('apply', path, '--yes', '--attest', statement)).toBe(0);
  return path;
};

let sequence = 1;
/** Guards that report whenever the command waits. */
export const alive = (nodes: readonly (typeof amber)[]): void => {
  set({
    onSleep: async () => {
      sequence += 1;
      for (const node of nodes) await records().writeReport(reportOf({ validator: hub, node, sequence, signing: node === amber }));
    },
  });
};

/** Takes the table away; the next test has a new one. */
export const stopTable = async (): Promise<void> => {
  await dynamo.close();
  dynamo = await startDynamo();
  client.destroy();
};

/** Call it once at the top of a test file. */
export const useCli = (): void => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cli-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    dynamo = await startDynamo();
    client = new DynamoDBClient({ ...localCredentials, endpoint: dynamo.endpoint, maxAttempts: 1 });
    [me, head, unreachable, answers, started] = [robin, 100, false, [], []];
    [safety, notices] = [undefined, []];
    onSleep = async () => undefined;
    onConfirm = async () => false;
    look = {};
    kms = { send: () => Promise.reject(new Error('no KMS')) };
    executions.clear();
    [listed.length, inputs.length, typed.word] = [0, 0, ''];
    onStart = async () => undefined;
    onFenceTest = async () => undefined;
    [interrupt, terminal] = [new AbortController(), false];
  });
  afterEach(async () => {
    client.destroy();
    await dynamo.close();
  });
};
