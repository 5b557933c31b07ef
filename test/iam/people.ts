import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { AlertTests } from '../../aws/alert-test.ts';
import { FenceTester } from '../../aws/fence-tester.ts';
import { FenceTests } from '../../aws/fence-tests.ts';
import { HttpAnswers } from '../../aws/answers.ts';
import { Approvals } from '../../aws/approvals.ts';
import { keyOf, toItem } from '../../aws/items.ts';
import { Keys } from '../../aws/keys.ts';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { MemberStore } from '../../aws/members.ts';
import { Notify } from '../../aws/notify.ts';
import { Records } from '../../aws/records.ts';
import { TableCheck } from '../../aws/table.ts';
import { Workflow } from '../../aws/workflow.ts';
import { alertTest } from '../../cli/commands/alert-test.ts';
import { answer } from '../../cli/commands/approve.ts';
import { breaker } from '../../cli/commands/breaker.ts';
import { bundle } from '../../cli/commands/bundle.ts';
import { apply } from '../../cli/commands/apply.ts';
import { doctor } from '../../cli/commands/doctor.ts';
import { explain } from '../../cli/commands/explain.ts';
import { explainPolicy } from '../../cli/commands/explain-policy.ts';
import { failover } from '../../cli/commands/failover.ts';
import { fenceTest } from '../../cli/commands/fence-test.ts';
import { history } from '../../cli/commands/history.ts';
import { pause, resume } from '../../cli/commands/pause.ts';
import { readmit } from '../../cli/commands/readmit.ts';
import { recover } from '../../cli/commands/recover.ts';
import { report } from '../../cli/commands/report.ts';
import { seal } from '../../cli/commands/seal.ts';
import { cancel } from '../../cli/commands/planned.ts';
import { status } from '../../cli/commands/status.ts';
import { lookBySdk, type LookClients } from '../../cli/doctor/aws-look.ts';
import type { Context } from '../../cli/context.ts';
import { systemClock } from '../../runtime/clock.ts';
import { ServiceError } from '../../local/aws/server.ts';
import { clientsFor, observed, type OnCall, type Services } from '../sim/clients.ts';
import { validator } from '../sim/enrolment.ts';
import { keyId, tableName } from '../sim/guard-run.ts';
import { stateMachine, topic } from '../sim/lambda.ts';
import { scenarioNamed } from '../sim/scenarios.ts';
import { named, whole, type Wire } from '../sim/wire.ts';
import { World } from '../sim/world.ts';
import { alex, recordOf, robin, yaml } from '../support/core.ts';

/** People at the command line, against the simulated services, each under the role that they should have. */

const custodian = 'arn:aws:sts::123456789012:assumed-role/custodian/dana';

/** Requests arrive at once, and errors are told as the SDK tells them. */
export const directWire = {
  call: async (_caller: unknown, request: { effect: (staleMs: number) => unknown }) => {
    try {
      return request.effect(0);
    } catch (error) {
      throw error instanceof ServiceError ? named(error.code, error.message) : error;
    }
  },
} as unknown as Wire;

const blob = Buffer.from('blob');

/** What the simulator does not serve because no run of it needs it. */
const more: Readonly<Record<string, unknown>> = {
  GenerateDataKey: { Plaintext: Buffer.alloc(32, 1), CiphertextBlob: blob },
  ReEncrypt: { CiphertextBlob: blob },
  CreateGrant: { GrantToken: 'grant' },
  GetExecutionHistory: {
    events: [{ id: 1, type: 'ExecutionStarted', executionStartedEventDetails: { input: JSON.stringify({ validator, approvalId: 'a'.repeat(32) }) } }],
  },
  ListExecutions: { executions: [{ name: 'hub-1.t1.by-hand-1', status: 'SUCCEEDED' }] },
  DescribeExecution: { status: 'SUCCEEDED' },
  DescribeKey: { KeyMetadata: { KeyState: 'Enabled' } },
  ListSubscriptionsByTopic: { Subscriptions: [] },
  GetDocument: { Content: '{}' },
  DescribeInstanceInformation: { InstanceInformationList: [] },
};
const empty = (): unknown => ({});

export const servicesOf = (world: World): Services => ({
  ...world.services,
  dynamo: (action, input, caller, staleMs) =>
    action === 'DescribeTable' ? { Table: { TableName: tableName } } : world.services.dynamo(action, input, caller, staleMs),
  kms: (action) => more[action],
  sns: (action, input, caller, staleMs) => more[action] ?? world.services.sns(action, input, caller, staleMs),
  ssm: (action, input, caller, staleMs) => more[action] ?? world.services.ssm(action, input, caller, staleMs),
  sfn: (action, input, caller, staleMs) => more[action] ?? world.services.sfn(action, input, caller, staleMs),
});

export const nobody = { proc: undefined as never, actor: 'cli', arn: 'nobody', timeoutMs: 1, line: () => whole };

/** The approvals endpoint: says that it counted the answer. */
const endpoint = async (onRequest: (method: string, path: string) => void): Promise<{ url: string; close: () => void }> => {
  const counted = { state: 'approved', counted: 1, quorum: 1, execution: 'one', validator };
  const server = createServer((request, response) => {
    onRequest(request.method ?? '', request.url ?? '');
    response.end(JSON.stringify(counted));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
};

const contextOf = (world: World, onCall: OnCall, arn: string): Context => {
  const { scheduler } = world;
  const { clock } = world.people.contextOf(arn);
  const caller = { ...nobody, arn };
  const served = { ...servicesOf(world), cloudwatch: empty, scheduler: empty, sts: empty, lambda: empty };
  const clients = clientsFor(directWire, observed(served, onCall), caller) as unknown as LookClients &
    ReturnType<typeof clientsFor> & { lambda: LambdaClient };
  const table = { client: clients.dynamo, table: tableName };
  return {
    look: lookBySdk({ clients, stack: 'baton', keyId, topic, clock: systemClock }),
    lease: new LeaseStore(table),
    records: new Records(table),
    arbiter: new ArbiterStore(table),
    members: new MemberStore(table),
    approvals: new Approvals(table),
    answers: { give: () => Promise.reject(new Error('only an approver answers')) },
    alertTests: new AlertTests(table),
    fenceTests: new FenceTests(table),
    fenceTester: new FenceTester({ client: clients.lambda, name: 'baton-fence-test' }),
    tableCheck: new TableCheck(table),
    notify: () => new Notify({ client: clients.sns, topic }),
    chains: { headOf: async () => 100 } as unknown as Context['chains'],
    keys: new Keys({ client: clients.kms, keyId }),
    kmsKeys: {} as Context['kmsKeys'],
    workflow: new Workflow({ client: clients.sfn, stateMachine }),
    clock: {
      ...clock,
      sleep: async () => undefined,
      epochMs: () => scheduler.nowMs,
      timeout: () => new AbortController().signal,
    } as unknown as Context['clock'],
    output: { progress: () => undefined } as unknown as Context['output'],
    whoAmI: async () => arn,
    confirm: async () => true,
    interrupted: () => new AbortController().signal,
  };
};

const bundles = async (context: Context): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-people-'));
  try {
    await bundle(context, 'hub-1.t1.by-hand-1', { out: join(folder, 'one'), force: false });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const seals = async (world: World, onCall: OnCall): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-people-'));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    for (const key of [keyOf.lease(validator), keyOf.fleet()]) world.table.items.delete(key);
    const context = contextOf(world, onCall, custodian);
    await seal(context, validator, file('key', 'not a key'), { replace: true });
    const validators = file(
      'validators.yaml',
      stringify(
        yaml((one) => {
          one['chain'] = world.config.chain;
        }),
      ),
    );
    await apply(context, validators, { yes: true, attest: 'I removed every other copy of this key.' });
    await status(context, undefined);
    await doctor(context, undefined, { vault: true });
    await explainPolicy(context, validator);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** To a node whose guard stands still here, so that nothing is started. */
const recovers = async (context: Context, world: World): Promise<void> => {
  const to = String(world.config.nodes[1]?.name);
  try {
    await recover(context, validator, { to, reason: 'Lost.', file: 'validators.yaml', power: false, yes: true, wait: false });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'CandidateNotReady') throw error;
  }
};

/** One of each command, with something that waits for an answer. */
export const callsOfPeople = async (onCall: OnCall, onRequest: (method: string, path: string) => void): Promise<void> => {
  const world = new World({ seed: 1, scenario: scenarioNamed('switchover') });
  await seals(new World({ seed: 2, scenario: scenarioNamed('switchover') }), onCall);
  const record = recordOf({ validator, expiresAtMs: 1e12 });
  const put = (pk: string, value: Record<string, unknown>): void => {
    world.table.items.set(pk, toItem({ ...value, pk }));
  };
  put(keyOf.approval(record.id), record);
  put(keyOf.approvals(validator), { open: record.id });
  put(keyOf.history(validator), { failovers: [{ execution: 'hub-1.t1.by-hand-1', atMs: 1 }] });
  const found = [{ number: 1, kind: 'slashed', validator, what: 'x', by: 'survey', atMs: 1 }];
  put(keyOf.breaker('suspicions'), { last: 1, found });
  const requester = contextOf(world, onCall, robin);
  const [node] = world.config.nodes.map(({ id }) => id);
  put(keyOf.quarantine(validator, String(node)), { term: 1, kind: 'stopped', atMs: 1 });
  await readmit(requester, validator, String(node), { reason: 'Mended.' });
  await breaker(requester, { clear: '1', reason: 'Looked into it.' });
  await status(requester, undefined);
  await pause(requester, validator, { reason: 'Upgrade.', for: '2h' });
  await resume(requester, validator);
  // As requester and as custodian: it knows whose hands these are by the name that the stack gives the role.
  const dana: Context = { ...contextOf(world, onCall, custodian), whoAmI: async () => 'arn:aws:sts::123456789012:assumed-role/baton-custodian/dana' };
  for (const context of [dana, requester]) await recovers(context, world);
  await failover(requester, validator, { kind: 'switchover', reason: 'Upgrade.', wait: false });
  await failover(requester, validator, { kind: 'switchover', reason: 'Upgrade.', wait: false, at: '02:00' });
  await cancel(requester, (await requester.records.readPlanned(validator))?.execution ?? '');
  await explain(requester, 'hub-1.t1.by-hand-1');
  await alertTest(requester, {});
  await fenceTest(requester, validator, {});
  const { url, close } = await endpoint(onRequest);
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' });
  const answers = new HttpAnswers({ url, region: 'us-east-1', clock: systemClock, credentials });
  const approver: Context = { ...contextOf(world, onCall, alex), answers };
  await answer(approver, validator, { answer: 'approve', purpose: 'approval' });
  close();
  for (const context of [approver, contextOf(world, onCall, custodian)]) await status(context, undefined);
  for (const context of [approver, requester]) {
    await doctor(context, validator, { vault: false });
    await history(context, validator, { last: '1' });
    await report(context, validator, { days: '30', objective: '45' });
    await bundles(context);
    await explainPolicy(context, validator);
  }
  await explain(approver, 'hub-1.t1.by-hand-1');
  const sent = await new AlertTests({ client: clientsFor(directWire, world.services, nobody).dynamo, table: tableName }).read();
  for (const context of [approver, requester]) await alertTest(context, { ack: sent?.code ?? '' });
};
