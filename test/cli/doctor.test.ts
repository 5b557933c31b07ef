import { describe, expect, test } from 'vitest';
import { AlertTests } from '../../aws/alert-test.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { keyOf, toItem } from '../../aws/items.ts';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { takeTerm } from '../../core/lease.ts';
import { BatonError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { baton, client, enrolled, hub, inWords, records, set, stopTable, text, told, useCli } from '../support/cli-bench.ts';
import { amber, attempt, birch, reportOf, robin, run } from '../support/core.ts';

useCli();

let sequence = 1;
const reports = async (nodes: readonly (typeof amber)[]): Promise<void> => {
  sequence += 1;
  for (const node of nodes) await records().writeReport(reportOf({ validator: hub, node, sequence, signing: node === amber }));
};
/** A validator that is enrolled, with guards that report whenever the doctor waits. */
const well = async (alive: readonly (typeof amber)[] = [amber, birch]): Promise<void> => {
  await enrolled();
  await reports([amber, birch]);
  set({ onSleep: () => reports(alive) });
};
const findings = (): Finding[] => told['findings'] as Finding[];
const statesOf = (state: string): string[] =>
  findings()
    .filter((one) => one.state === state)
    .map(({ check, node }) => (node === null ? check : `${check} ${node}`));
const put = (pk: string, value: Record<string, unknown>) => client.send(new PutItemCommand({ TableName: 'baton', Item: toItem({ ...value, pk }) }));

describe('doctor', () => {
  test('of a validator that could fail over is done, and changes nothing', async () => {
    await well();
    const before = await new LeaseStore({ client, table: 'baton' }).read(hub);
    expect(await baton('doctor', 'hub-1', '--vault')).toBe(0);
    expect([statesOf('fail'), statesOf('unknown'), statesOf('unchecked'), statesOf('warn')]).toEqual([[], [], [], ['alert-test', 'drill', 'fences']]);
    expect(told['counts']).toEqual({ ok: 29, warn: 3, fail: 0, unknown: 0, unchecked: 0 });
    expect(await new LeaseStore({ client, table: 'baton' }).read(hub)).toEqual(before);
  });
  test('without --vault looks at no key, and says so', async () => {
    await well();
    expect(await baton('doctor')).toBe(0);
    expect(statesOf('unchecked')).toEqual(['key']);
    expect(findings().find(({ check }) => check === 'key')).toMatchObject({ validator: 'hub-1', next: expect.stringContaining('--vault') as string });
  });
  test('of a guard that stands still fails with its own code', async () => {
    await well([amber]);
    expect(await baton('doctor', 'hub-1')).toBe(7);
    expect(statesOf('fail')).toEqual(['guard birch']);
    expect(statesOf('unknown')).toEqual(['ready birch']);
  });
  test('tells an alert test that somebody got, and a pause', async () => {
    await well();
    const tests = new AlertTests({ client, table: 'baton' });
    await tests.begin({ id: '0a1b2c3d4e5f6071', code: '1a2b3c4d', sentAtMs: 1, by: robin });
    await tests.acknowledge({ code: '1a2b3c4d', atMs: 1_700_000_000_000, by: robin });
    await baton('pause', 'hub-1');
    expect(await baton('doctor', 'hub-1')).toBe(0);
    expect(statesOf('warn')).toEqual(['pause', 'drill', 'fences']);
  });
  test('of a term whose execution has ended', async () => {
    await well();
    const lease = new LeaseStore({ client, table: 'baton' });
    const seen = await lease.read(hub);
    if (!seen) throw new Error('not enrolled');
    await lease.mustWrite(takeTerm(seen, { claim: run('one'), candidate: birch, attempt: attempt('one') }));
    expect(await baton('doctor', 'hub-1')).toBe(7);
    expect(statesOf('fail')).toEqual(['lease']);
  });
  test('of a fleet without validators, and of one that nobody configured', async () => {
    expect(await baton('doctor')).toBe(7);
    expect(statesOf('fail')).toEqual(['fleet']);
    expect(await baton('doctor', 'hub-9')).toBe(7);
    expect(statesOf('fail')).toEqual(['fleet', 'configuration']);
    expect(await baton('doctor', 'a b')).toBe(2);
  });
  test('of an item that a hand has broken fails, and goes on with the rest', async () => {
    await well();
    await put(keyOf.pause('hub-1'), { by: 5 });
    expect(await baton('doctor', 'hub-1')).toBe(7);
    expect(statesOf('fail')).toEqual(['pause']);
  });
  test('that AWS does not answer knows nothing, and calls nothing well', async () => {
    await stopTable();
    const down = async (): Promise<never> => {
      throw new BatonError('ProbeFailed', 'no answer', { fix: 'Wait.' });
    };
    set({ look: { document: down, keyState: down, alarms: down, subscriptions: down, schedules: down, clockAheadMs: down } });
    expect(await baton('doctor', 'hub-1')).toBe(5);
    expect(statesOf('ok')).toEqual(['caller']);
    expect(statesOf('unknown')).toEqual([
      ...['table', 'fleet', 'breaker', 'alert-test', 'documents', 'custody-key', 'alarms', 'subscriptions', 'schedules', 'clock'],
      'configuration',
    ]);
  });
  test('says what it found in lines for people', async () => {
    await well([amber]);
    expect(await inWords('doctor', 'hub-1')).toBe(7);
    const lines = text.split('\n');
    expect(lines).toContain('ok           hub-1 guard amber             Its guard is alive.');
    expect(lines).toContain('fail         hub-1 guard birch             Its guard is silent: its report does not rise.');
    expect(lines).toContain('             next: On that machine: sudo systemctl restart baton-guard@hub-1.service');
    expect(lines).toContain('not checked  hub-1 key                     Not checked: only a custodian may see whether the key is sealed.');
    expect(lines.slice(-2)).toEqual(['26 ok, 3 warnings, 1 failed, 1 unknown, 1 not checked.', '']);
  });
  test('tells what AWS says of the stack and of the machines', async () => {
    await well();
    set({
      look: {
        keyState: async () => 'PendingDeletion',
        subscriptions: async () => null,
        agents: async () => ({ [amber]: 'ConnectionLost' }),
        machines: async () => ({ [amber]: { state: 'running', tag: null } }),
      },
      head: null,
    });
    await records().writeWatch(hub, 'home', { samples: [], state: 'suspect', episode: 'a', paged: false });
    expect(await baton('doctor', 'hub-1')).toBe(7);
    expect(statesOf('fail')).toEqual(['custody-key', 'agent amber', 'agent birch', 'machine amber', 'machine birch']);
    expect(statesOf('unchecked')).toEqual(['subscriptions', 'key', 'chain']);
  });
  test('of a chain that the watch cannot see fails', async () => {
    await well();
    await records().writeWatch(hub, 'home', { samples: [], state: 'unobservable', episode: 'a', paged: false });
    expect(await baton('doctor', 'hub-1')).toBe(7);
    expect(statesOf('fail')).toEqual(['chain']);
  });
});
