import { beforeEach, describe, expect, test } from 'vitest';
import { Approvals } from '../../aws/approvals.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { registerDrill } from '../../cli/drill.ts';
import type { NodeId } from '../../core/ids.ts';
import { recordProof, release, settle, takeTerm } from '../../core/lease.ts';
import { amber, attempt, birch, proof, recordOf, reportOf, robin, run } from '../support/core.ts';
import {
  baton,
  client,
  enrolled,
  executions,
  hub,
  inputs,
  interruptNow,
  inWords,
  listed,
  records,
  set,
  started,
  text,
  told,
  typed,
  useCli,
  useMore,
} from '../support/cli-bench.ts';

/** `baton drill --real` as a person types it: what it refuses, what it starts, and what it says when the way ends early. */

useCli();
useMore(registerDrill);

let sequence = 1;
const leases = (): LeaseStore => new LeaseStore({ client, table: 'baton' });
const reports = async (nodes: readonly NodeId[] = [amber, birch]): Promise<void> => {
  sequence += 1;
  const holder = (await leases().read(hub))?.holder;
  const term = (await leases().read(hub))?.releasedTerm;
  for (const node of nodes)
    await records().writeReport(
      reportOf({
        validator: hub,
        node,
        sequence,
        signing: node === holder,
        armed: node === holder,
        ...(term === undefined ? {} : { armedTerm: term }),
      }),
    );
};

const at = (state: string, atMs: number, output: unknown) => ({ id: atMs, type: 'TaskStateExited', state, atMs, output: JSON.stringify(output) });
const wentWell = [
  { id: 1, type: 'ExecutionStarted', atMs: 1_000 },
  at('Fence', 3_000, { state: 'fenced', kind: 'relinquished' }),
  at('ReleaseKey', 3_500, { holder: birch }),
  at('Verify', 4_000, { state: 'signing' }),
];

/** The execution does what it should: the right to sign goes to the node that is asked for, or to the other one. */
const moves = async (name: string, input: Record<string, unknown>): Promise<void> => {
  const seen = await leases().read(hub);
  if (!seen) throw new Error('not enrolled');
  const candidate = (input['to'] as NodeId | undefined) ?? (seen.holder === amber ? birch : amber);
  const claim = run(name);
  const { term } = await leases().mustWrite(takeTerm(seen, { claim, candidate, attempt: attempt(`${name}/1`) }));
  const driven = { validator: hub, term, claim };
  await leases().mustWrite(recordProof(driven, { evidence: proof({ node: seen.holder, term }), attempt: attempt(`${name}/2`) }));
  await leases().mustWrite(release(driven, { candidate, attempt: attempt(`${name}/3`) }));
  await leases().mustWrite(settle(driven, { attempt: attempt(`${name}/4`) }));
  executions.set(name, { found: { status: 'SUCCEEDED', sentence: 'It signs.' }, events: wentWell });
};
const ends = (error: string) => async (name: string) => {
  executions.set(name, { found: { status: 'FAILED', error, cause: 'As it says.' }, events: [] });
};

const drill = (...more: string[]): Promise<number> => baton('drill', '--real', '--validator', 'hub-1', ...more);

beforeEach(async () => {
  await enrolled();
  await reports();
  set({ onSleep: () => reports(), onStart: moves });
});

describe('there and back', () => {
  test('are two switchovers like every other, and both are timed', async () => {
    expect(await drill('--yes')).toBe(0);
    expect(started.length).toBe(2);
    expect(started[0]).toMatch(/^hub-1\.t1\.drill-real-[0-9a-f]{8}$/);
    expect(started[1]).toMatch(/^hub-1\.t2\.drill-real-[0-9a-f]{8}$/);
    const cause = { kind: 'operator', by: robin, reason: 'drill' };
    expect(inputs).toEqual([
      { validator: 'hub-1', kind: 'switchover', cause },
      { validator: 'hub-1', kind: 'switchover', to: amber, cause },
    ]);
    expect(told).toMatchObject({
      ok: true,
      holder: amber,
      open: null,
      why: null,
      legs: [
        { way: 'there', status: 'SUCCEEDED', fencedMs: 2_000, releasedMs: 2_500, signedMs: 3_000, askedMs: 0 },
        { way: 'back', status: 'SUCCEEDED' },
      ],
    });
  });
  test('say first what will happen, and ask for the name', async () => {
    typed.word = 'hub-1';
    expect(await inWords('drill', '--real', '--validator', 'hub-1', '--to', 'birch')).toBe(0);
    expect(text).toContain('This moves the right to sign of hub-1, which is real, from amber');
    expect(text).toContain('up to 1 missed duty each way');
    expect(text).toContain('there: ');
    expect(text).toContain('amber (i-0a11ce0000000001) may sign (term 3).');
    expect(inputs[0]).toMatchObject({ to: birch });
  });
  test('go on only when the name was typed', async () => {
    for (const word of ['', 'y', 'hub-2']) {
      typed.word = word;
      expect(await drill()).toBe(4);
      expect(told).toMatchObject({ error: { code: 'DrillRefused', message: 'it was not confirmed' } });
    }
    expect(started).toEqual([]);
  });
});

describe('nothing is started', () => {
  const cases: [string, () => unknown, string[], number, string][] = [
    ['while paused', () => baton('pause', 'hub-1', '--reason', 'Upgrade.'), [], 4, `hub-1 is paused by ${robin}: Upgrade.`],
    [
      'while anything runs',
      () => listed.push({ name: 'hub-9.t1.a', status: 'RUNNING', startedMs: 1 }),
      [],
      4,
      'hub-9.t1.a runs; a drill waits until nothing does',
    ],
    [
      'while a person is waited for',
      () => new Approvals({ client, table: 'baton' }).create(recordOf({ validator: hub, expiresAtMs: 9e14 })),
      [],
      4,
      'hub-1 waits for a person: Fence amber.',
    ],
    [
      'of a term that is moving',
      async () => leases().mustWrite(takeTerm((await leases().read(hub))!, { claim: run('one'), candidate: birch, attempt: attempt('x') })),
      [],
      4,
      'term 2 of hub-1 is FENCING, driven by one',
    ],
    [
      'with a silent guard',
      () => set({ onSleep: () => reports([amber]) }),
      [],
      4,
      'a failover could not go well now: guard of birch: Its guard is silent',
    ],
    ['towards the active', () => undefined, ['--to', 'amber'], 4, 'amber is the recorded active already'],
    ['towards a stranger', () => undefined, ['--to', 'zebra'], 2, 'zebra is not a node of this validator'],
    ['outside the window', () => undefined, ['--window', '03:00-03:00'], 4, 'it is not between 03:00 and 03:00 UTC'],
    ['in a window that is none', () => undefined, ['--window', '3-5'], 2, '--window: from is "3": expected a time like 03:30'],
    ['in two windows', () => undefined, ['--window', '03:00-05:00-07:00'], 2, '--window: from is nothing'],
  ];
  test.each(cases)('%s', async (_, before, options, code, message) => {
    await before();
    expect(await drill('--yes', ...options)).toBe(code);
    expect(told).toMatchObject({ error: { message: expect.stringContaining(message) as string } });
    expect(started).toEqual([]);
  });
  test('without the name of a validator, and its options are of --real alone', async () => {
    expect(await baton('drill', '--real')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--validator' } });
    for (const [option, ...value] of [['--yes'], ['--validator', 'hub-1'], ['--to', 'birch'], ['--window', '03:00-05:00']]) {
      expect(await baton('drill', String(option), ...value)).toBe(2);
      expect(told).toMatchObject({ error: { message: `${option} is of --real, which was not given` } });
    }
  });
});

describe('it stops and says where things stand', () => {
  test('when the way there is refused', async () => {
    set({ onStart: ends('Denied') });
    expect(await drill('--yes')).toBe(6);
    expect(told).toMatchObject({
      ok: false,
      holder: amber,
      why: 'The way there was not gone: Denied. As it says.',
      next: `baton explain ${started[0]}`,
    });
    expect(started.length).toBe(1);
  });
  test('when it went there and did not end well', async () => {
    set({
      onStart: async (name, input) => {
        await moves(name, input);
        await ends('RejoinFailed')(name);
      },
    });
    expect(await drill('--yes')).toBe(6);
    expect(told).toMatchObject({ holder: birch, why: 'There it went, but it ended RejoinFailed; it stays there.' });
    expect(started.length).toBe(1);
  });
  test('when the old node does not become a standby again', async () => {
    set({
      onStart: async (name, input) => {
        await moves(name, input);
        set({ onSleep: () => reports([birch]) });
      },
    });
    expect(await inWords('drill', '--real', '--validator', 'hub-1', '--yes')).toBe(6);
    expect(text).toContain('amber has not become a ready standby: its guard is silent. It stays where it is.');
    expect(text).toContain('next: when it is ready: baton switchover hub-1 --to amber --reason drill');
  });
  test('when somebody pauses it between the ways', async () => {
    set({
      onStart: async (name, input) => {
        await moves(name, input);
        await records().pause(hub, { by: 'kim', reason: 'Enough.', atMs: 1 });
      },
    });
    expect(await drill('--yes')).toBe(6);
    expect(told).toMatchObject({
      holder: birch,
      why: 'The way back was not begun: hub-1 is paused by kim: Enough.',
      next: 'baton resume hub-1   (then: baton switchover hub-1 --to amber --reason drill)',
    });
  });
  test('when the way back is refused', async () => {
    set({ onStart: (name, input) => (started.length === 1 ? moves(name, input) : ends('Expired')(name)) });
    expect(await drill('--yes')).toBe(6);
    expect(told).toMatchObject({
      holder: birch,
      legs: [{ status: 'SUCCEEDED' }, { status: 'FAILED', error: 'Expired' }],
      why: 'The way back ended Expired. As it says.',
    });
  });
  test('when it is interrupted: the execution goes on, and nothing more is started', async () => {
    set({
      onStart: async (name) => {
        executions.set(name, { found: { status: 'RUNNING' }, events: [] });
        interruptNow();
      },
      // The guards are looked at before: they wait too.
      onSleep: async () => (started.length === 0 ? reports() : Promise.reject(new Error('aborted'))),
    });
    expect(await drill('--yes')).toBe(6);
    expect(told).toMatchObject({ ok: false, open: started[0], why: 'Interrupted: this command starts nothing more.', holder: amber });
    expect(told['next']).toBe(`baton explain ${started[0]}   (to go back when it has ended: baton switchover hub-1 --to ${amber} --reason drill)`);
    expect(started.length).toBe(1);
  });
});
