import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyOf, readItem } from '../../aws/items.ts';
import { answer } from '../../cli/commands/approve.ts';
import { bundle } from '../../cli/commands/bundle.ts';
import { drillReal } from '../../cli/commands/drill-real.ts';
import { report } from '../../cli/commands/report.ts';
import { verifyBundle } from '../../cli/commands/verify-bundle.ts';
import type { Context } from '../../cli/context.ts';
import type { Output } from '../../cli/output.ts';
import { approvalIdsIn } from '../../cli/bundle-records.ts';
import { validatorId } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import { people } from '../../local/cloud.ts';
import { until } from '../../local/drill/until.ts';
import { scenarios } from '../../local/drill/scenarios.ts';
import { validator } from '../../local/drill/enrol.ts';
import { makeWorld, type World } from '../../local/drill/world.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Approvals } from '../../aws/approvals.ts';
import { localCredentials } from '../../local/dynamo.ts';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A validator of the local cloud, moved there and back by the real command, and what both ways leave behind. */

const id = validatorId.parse(validator);
/** A machine that is slow today is still asked, not powered off. */
const patient = { softFenceMs: 20_000, powerOffAfterMs: 40_000, fenceDeadlineMs: 60_000 };
let world: World;
let dir = '';
let close: () => Promise<void> = async () => undefined;
const said: string[] = [];
const output: Output = {
  answer: () => undefined,
  failure: () => undefined,
  show: () => undefined,
  progress: (line) => void said.push(line),
};

const healthy = async (): Promise<void> => {
  const { chain, amber, birch } = world;
  const head = await chain.head();
  await until(systemClock, 60_000, 'the first signature', () => chain.firstSignedAbove(head));
  const { records } = world.contextOf('requester');
  await until(
    systemClock,
    60_000,
    'a ready standby',
    async () => (await records.readReport(id, birch.id))?.synced === true && (await records.readReport(id, amber.id))?.signing === true,
  );
  await systemClock.sleep(durationMs(2_000));
};

/** Says yes to whatever waits, as a second person would. */
const approveAll = async (signal: AbortSignal): Promise<void> => {
  const approver = world.contextOf('approver');
  while (!signal.aborted) {
    await answer(approver, validator, { answer: 'approve', purpose: 'approval' }).catch(() => undefined);
    await systemClock.sleep(durationMs(500), signal).catch(() => undefined);
  }
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'baton-real-'));
  const scenario = { ...scenarios.switchover, power: false, timing: patient };
  world = await makeWorld({
    clock: systemClock,
    chain: 'ticker',
    scenario,
    guarded: true,
    keep: false,
    built: null,
    withSlack: false,
    progress: (line) => void said.push(line),
    onClose: (end) => {
      close = end;
    },
  });
  await healthy();
});
afterAll(async () => {
  await close();
  rmSync(dir, { recursive: true, force: true });
});

/** Everything that nobody may see, as it lies in the table and in the cloud's own history. */
const secretsOf = async (context: Context, executions: readonly string[]): Promise<string[]> => {
  const client = new DynamoDBClient({ ...localCredentials, endpoint: String(world.cloud.endpoints['AWS_ENDPOINT_URL_DYNAMODB']) });
  const table = { client, table: world.cloud.deployment.table };
  const sealed = (await context.lease.read(id))?.sealed;
  const vault = await readItem(table, keyOf.vault(validator));
  const tokens: string[] = [];
  for (const execution of executions) {
    const events = await context.workflow.fullHistory(execution as never);
    tokens.push(...[...JSON.stringify(events).matchAll(/token\\*":\\*"([^"\\]+)/g)].map(([, token = '']) => token));
    for (const one of approvalIdsIn(events)) tokens.push((await new Approvals(table).read(one))?.token ?? '');
  }
  client.destroy();
  return [...tokens, sealed?.box, sealed?.dataKey, sealed?.grantToken, vault?.['box']?.S, vault?.['dataKey']?.S].map(String);
};

test('there and back, with its times; each way leaves a bundle that is sound and holds no secret', async () => {
  const requester: Context = { ...world.cloud.contextFor(people.requester, output) };
  const stop = new AbortController();
  const approving = approveAll(stop.signal);
  const from = await world.chain.head();
  const done = await drillReal(requester, validator, { yes: true });
  stop.abort();
  await approving;
  const told = done.json as {
    ok: boolean;
    holder: string;
    legs: { execution: string; status: string; fencedMs: number; releasedMs: number; signedMs: number }[];
  };
  expect(done.lines.join('\n')).toContain('amber (i-0a11ce0000000001) may sign (term 3).');
  expect(told).toMatchObject({ ok: true, holder: world.amber.id, legs: [{ status: 'SUCCEEDED' }, { status: 'SUCCEEDED' }] });
  for (const { fencedMs, releasedMs, signedMs } of told.legs) {
    expect(fencedMs).toBeGreaterThan(0);
    expect(releasedMs).toBeGreaterThan(fencedMs);
    expect(signedMs).toBeGreaterThan(releasedMs);
  }
  const findings = await world.chain.findings({ from, switchedAt: from, oldNode: 'amber', newNode: null });
  expect(findings.doubleSigned).toBe(0);

  const executions = told.legs.map(({ execution }) => execution);
  const secrets = await secretsOf(requester, executions);
  // Of each way the token in the history and in the record; the sealed key with its grant; the vault.
  expect(secrets.length).toBeGreaterThanOrEqual(9);
  expect(secrets.filter((one) => one.length < 8)).toEqual([]);
  for (const execution of executions) {
    const file = join(dir, execution);
    const made = await bundle(requester, execution, { out: file, force: false });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(secrets.filter((one) => text.includes(one))).toEqual([]);
    const checked = verifyBundle(file, { expect: String(made.json['last']) });
    expect(checked.json).toMatchObject({ ok: true, expected: true, execution });
    expect((checked.json['claims'] as { claim: string; state: string }[]).map(({ claim, state }) => `${claim} ${state}`)).toEqual([
      'records holds',
      'plan holds',
      'configuration holds',
      'history holds',
      'approval holds',
      'release holds',
      'evidence holds',
    ]);
    for (const kind of ['gate', 'people', 'evidence', 'lease', 'node', 'timings', 'request', 'event']) expect(text).toContain(`"kind":"${kind}"`);
  }
  const reported = await report(requester, validator, { days: '1', objective: '45' });
  expect(reported.json).toMatchObject({
    validators: [{ now: { runs: 2, drills: 2, recoveries: 2, within: 2, share: 1 }, drillOverdue: false }],
    unread: 0,
  });
});
