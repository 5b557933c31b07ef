import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttributeValue, GetItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { AlertTests } from '../../../aws/alert-test.ts';
import { FenceTests } from '../../../aws/fence-tests.ts';
import { BatonError } from '../../../core/errors.ts';
import { Approvals } from '../../../aws/approvals.ts';
import { ArbiterStore } from '../../../aws/arbiter.ts';
import { LeaseStore } from '../../../aws/lease.ts';
import { MemberStore } from '../../../aws/members.ts';
import { Records } from '../../../aws/records.ts';
import { Tasks } from '../../../aws/tasks.ts';
import { Workflow } from '../../../aws/workflow.ts';
import { chains } from '../../../chains/index.ts';
import { answer } from '../../../cli/commands/approve.ts';
import { apply } from '../../../cli/commands/apply.ts';
import { explain } from '../../../cli/commands/explain.ts';
import { failover } from '../../../cli/commands/failover.ts';
import { pause } from '../../../cli/commands/pause.ts';
import { status } from '../../../cli/commands/status.ts';
import type { Context } from '../../../cli/context.ts';
import { hashOf } from '../../../core/plan.ts';
import { answersOf } from '../../support/answers.ts';
import { alex, configOf, leaseOf, recordOf, robin, yaml } from '../../support/core.ts';
import { unmeasured } from '../../support/measure.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { itemOf, plainOf, type Item } from '../attributes.ts';
import * as check from '../check.ts';
import { weirdText, type Plain } from '../mutate.ts';
import { hold, target, type Outcome } from '../target.ts';

/** What a person types, through the commands and the real adapters: whatever is written must be readable again. */

interface Input {
  readonly command: 'pause' | 'failover' | 'approve' | 'attest' | 'apply' | 'explain' | 'status';
  readonly name: string;
  readonly words: string;
  readonly plan: string;
  readonly to: string;
}

const config = configOf();
const stateMachine = 'arn:aws:states:x:1:stateMachine:baton';
const planHash = 'ab'.repeat(32);
const pk = (key: string): { pk: AttributeValue } => ({ pk: { S: key } });

/** Only the fields that were asked for. */
const projected = (
  item: Item | undefined,
  { ProjectionExpression: asked, ExpressionAttributeNames: names = {} }: GetItemCommandInput,
): Item | undefined =>
  item && asked !== undefined ? Object.fromEntries(Object.values(names).flatMap((name) => (item[name] ? [[name, item[name]] as const] : []))) : item;

/** A table of one client: no conditions, but the updates of the lease as DynamoDB makes them. */
class FakeTable {
  readonly items = new Map<string, Item>();
  readonly written: string[] = [];

  async send(command: { constructor: { name: string }; input: Record<string, unknown> }): Promise<Record<string, unknown>> {
    const { input } = command;
    const key = ((input['Key'] ?? input['Item']) as { pk: { S: string } }).pk.S;
    if (command.constructor.name === 'GetItemCommand') return { Item: projected(this.items.get(key), input as unknown as GetItemCommandInput) };
    this.written.push(key);
    if (command.constructor.name === 'PutItemCommand') this.items.set(key, input['Item'] as Item);
    if (command.constructor.name === 'UpdateItemCommand') return { Attributes: this.#update(key, input as unknown as UpdateItemCommandInput) };
    return {};
  }

  #update(
    key: string,
    { UpdateExpression = '', ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} }: UpdateItemCommandInput,
  ): Item {
    const item: Item = { ...this.items.get(key), ...pk(key) };
    for (const [, name = '', value = ''] of UpdateExpression.matchAll(/(#\w+) = (:\w+)/g)) item[names[name] ?? ''] = values[value] as AttributeValue;
    item['version'] = { N: String(Number(item['version']?.N ?? 0) + 1) };
    this.items.set(key, item);
    return item;
  }
}

const id = 'a'.repeat(32);
const stored = Object.entries({
  'config#hub-1': { config, hash: hashOf(config) },
  'vault#hub-1': { box: 'Ym94', dataKey: 'a2V5' },
  fleet: { validators: ['hub-1'] },
  'lease#hub-1': leaseOf(),
  'approvals#hub-1': { open: id },
  [`approval#${id}`]: recordOf({ planHash, expiresAtMs: 1e15 }),
}).map(([key, value]): [string, Item] => [key, { ...itemOf(value as Plain), ...pk(key) }]);

let file = '';
let folder = '';

const isPause = check.isShape({
  by: check.isText(0, Infinity),
  reason: check.isText(0, 1_000),
  atMs: check.isInt(0),
  untilMs: check.maybe(check.isInt(0)),
});
const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  lease: check.isLease,
  approval: check.isApproval,
  pause: (value) => {
    const { atMs, untilMs } = value as { atMs: number; untilMs?: number };
    const lengthMs = (untilMs ?? atMs + 1_000) - atMs;
    return isPause(value) && lengthMs >= 1_000 && lengthMs <= 30 * 86_400_000 && lengthMs % 1_000 === 0;
  },
};
const isStart = check.isShape({
  validator: check.isValidatorId,
  kind: check.isOneOf('failover', 'switchover'),
  to: check.maybe(check.isNodeId),
  cause: check.isCause,
});

const worldFor = ({ command }: Input): { context: Context; table: FakeTable; started: { name: unknown; input: Plain }[] } => {
  const table = new FakeTable();
  const started: { name: unknown; input: Plain }[] = [];
  for (const [key, item] of stored) table.items.set(key, item);
  if (command === 'apply') table.items.delete('lease#hub-1');
  if (command === 'attest') table.items.set(`approval#${id}`, { ...table.items.get(`approval#${id}`), purpose: { S: 'attestation' } });
  const at = { client: table as never, table: 'baton' };
  const workflow = {
    send: async (sent: { constructor: { name: string }; input: Record<string, string> }) => {
      if (sent.constructor.name === 'StartExecutionCommand')
        started.push({ name: sent.input['name'], input: JSON.parse(sent.input['input'] ?? '') as Plain });
      return { status: 'RUNNING', events: [] };
    },
  };
  const [approvals, clock] = [new Approvals(at), new VirtualClock()];
  const whoAmI = async (): Promise<string> => (command === 'approve' || command === 'attest' ? alex : robin);
  const context: Context = {
    lease: new LeaseStore(at),
    look: {} as Context['look'],
    records: new Records(at),
    arbiter: new ArbiterStore(at),
    members: new MemberStore(at),
    approvals,
    answers: answersOf({ approvals, clock, measure: unmeasured, answers: new Tasks(workflow as never), notify: { send: async () => true } }, whoAmI),
    workflow: new Workflow({ client: workflow as never, stateMachine }),
    alertTests: new AlertTests(at),
    fenceTests: new FenceTests(at),
    fenceTester: { run: () => Promise.reject(new BatonError('CommandFailed', 'no FenceTest runs here', { fix: 'baton doctor' })) },
    tableCheck: { safety: async () => ({ state: 'safe', sentence: 'It lies in one Region.' }) },
    notify: () => ({ send: async () => true }),
    chains: { ...chains, headOf: async () => 100 },
    keys: {
      releaseTo: async ({ node, term }: Plain) => ({ node, term, box: 'Ym94', dataKey: 'a2V5', grantToken: 'g' }),
    } as unknown as Context['keys'],
    kmsKeys: {} as Context['kmsKeys'],
    clock,
    output: { answer: () => undefined, failure: () => undefined, progress: () => undefined, show: () => undefined },
    whoAmI,
    confirm: async () => false,
    interrupted: () => new AbortController().signal,
  };
  return { context, table, started };
};

const call = (context: Context, { command, name, words, plan, to }: Input): Promise<unknown> => {
  if (command === 'pause') return pause(context, name, { reason: words, ...(to === '' ? {} : { for: to }) });
  if (command === 'failover') return failover(context, name, { kind: 'failover', reason: words, wait: false, ...(to === '' ? {} : { to }) });
  if (command === 'explain') return explain(context, name);
  if (command === 'status') return status(context, name);
  if (command === 'apply') return apply(context, file, { yes: true, attest: words });
  if (command === 'approve') return answer(context, name, { answer: 'approve', purpose: 'approval', plan });
  return answer(context, name, { answer: 'approve', purpose: 'attestation', statement: words });
};

export const cli = target<Input>({
  name: 'cli-arguments',
  about: 'cli/commands: names, reasons, statements and plan digits, up to what is written and started',
  open: () => {
    folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
    file = join(folder, 'validators.yaml');
    writeFileSync(file, JSON.stringify(yaml()));
  },
  close: () => {
    rmSync(folder, { recursive: true, force: true });
  },
  make: (random, valid) => {
    const command = random.once(50) ? 'apply' : random.pick(['pause', 'failover', 'approve', 'attest', 'explain', 'status'] as const);
    const odd = (good: string): string => (valid || random.once(3) ? good : random.once(3) ? `${good}${weirdText(random)}` : weirdText(random));
    return {
      command,
      name: odd('hub-1'),
      words: valid || random.once(2) ? 'I pulled the power of the machine.' : weirdText(random),
      plan: odd(planHash.slice(0, random.between(8, 64))),
      to: random.once(2) ? '' : odd(command === 'pause' ? `${random.between(1, 30)}${random.pick(['s', 'm', 'h', 'd'])}` : 'birch'),
    };
  },
  run: async (input): Promise<Outcome> => {
    const { context, table, started } = worldFor(input);
    let failed: Error | null = null;
    try {
      await call(context, input);
    } catch (error) {
      failed = error as Error;
    }
    for (const key of table.written) {
      const { pk: _pk, ...item } = table.items.get(key) ?? {};
      const valid = checks[key.split('#')[0] ?? ''];
      if (valid) check.must(valid, plainOf({ M: item })?.plain, `what ${input.command} wrote under ${key}`);
    }
    for (const one of started) {
      check.must(check.isExecution, one.name, 'the name of an execution');
      check.must(isStart, one.input, 'the input of an execution');
    }
    if (failed !== null) throw failed;
    hold(input.command === 'apply' || input.name.length <= 80, 'a name of any length was taken');
    return 'accepted';
  },
});
