import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LeaseStore } from '../../aws/lease.ts';
import type { Prospect } from '../../core/outlook.ts';
import { recordProof, release, settle, takeTerm } from '../../core/lease.ts';
import {
  baton,
  client,
  dir,
  enrolled,
  executions,
  file,
  hub,
  inputs,
  inWords,
  listed,
  records,
  set,
  started,
  text,
  told,
  useCli,
} from '../support/cli-bench.ts';
import { amber, attempt, birch, cedar, proof, reportOf, robin, run, yaml } from '../support/core.ts';

/** `baton recover`: a validator of one node whose machine is lost, and a fresh machine. */

useCli();

const principal = `arn:aws:sts::123456789012:assumed-role/node/${birch}`;
const person = (role: string, name: string): string => `arn:aws:sts::123456789012:assumed-role/baton-${role}/${name}`;
const fresh = ['--id', birch, '--principal', principal, '--power'];
const path = (): string => join(dir, 'validators.yaml');
const leases = (): LeaseStore => new LeaseStore({ client, table: 'baton' });
const recover = (...more: string[]): Promise<number> => baton('recover', 'hub-1', '--to', 'birch', '--file', path(), ...more);

/** amber is the only node, and what else the test says. */
const alone =
  (change: (one: Record<string, unknown>) => void = () => undefined) =>
  (one: Record<string, unknown>): void => {
    one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1);
    change(one);
  };
const amberIs = (of: Record<string, unknown>) => (one: Record<string, unknown>) => {
  one['nodes'] = (one['nodes'] as Record<string, unknown>[]).map((node) => ({ ...node, ...of }));
};
const ec2Says = (state: string | undefined) => ({
  agents: async () => ({}),
  machines: async () => ({ [amber]: state === undefined ? undefined : { state, tag: 'baton' } }),
});

let sequence = 7;
const birchReports = async (of: Partial<ReturnType<typeof reportOf>> = {}): Promise<void> => {
  sequence += 1;
  const { armedTerm: _none, ...report } = reportOf({ node: birch, sequence, signing: false, armed: false, ...of });
  await records().writeReport(report);
};

/** amber has reported and is terminated; birch's guard lives. */
const lost = async (change?: Parameters<typeof alone>[0]): Promise<void> => {
  await enrolled(alone(change));
  await records().writeReport(reportOf({ sequence: 7 }));
  set({ onSleep: () => birchReports(), look: ec2Says('terminated') });
};
/** Of the text in the file: the comment of a person stays. */
const commented = (): void => {
  file('validators.yaml', `# ours\n${readFileSync(path(), 'utf8')}`);
};
const evidence = (): Prospect[] => told['evidence'] as Prospect[];
const nothingStarted = async (): Promise<void> => {
  expect(started).toEqual([]);
  expect(await leases().read(hub)).toMatchObject({ term: 1, holder: amber, phase: 'HELD' });
};

describe('one person who may do everything', () => {
  beforeEach(() => lost());
  test('adds the machine, applies it, and starts what failover starts', async () => {
    commented();
    expect(await recover(...fresh, '--yes', '--reason', 'amber burnt')).toBe(0);
    expect(readFileSync(path(), 'utf8')).toMatch(/^# ours\n/);
    expect((await records().readConfig(hub))?.config.nodes.map(({ name, power }) => [name, power])).toEqual([
      ['amber', true],
      ['birch', true],
    ]);
    expect(started).toHaveLength(1);
    expect(started[0]).toMatch(/^hub-1\.t1\.by-hand-[0-9a-f]{8}$/);
    expect(inputs[0]).toEqual({ validator: 'hub-1', kind: 'failover', to: birch, cause: { kind: 'operator', by: robin, reason: 'amber burnt' } });
    expect(told).toMatchObject({ at: 'running', wrote: true, applied: true, status: 'RUNNING', floor: { height: 102 } });
    expect(evidence().map(({ kind, outlook }) => [kind, outlook])).toEqual([
      ['relinquished', 'never'],
      ['stopped', 'never'],
      ['powered-off', 'expected'],
    ]);
  });
  test('follows it to its end with --wait, whatever end that is', async () => {
    expect(await recover(...fresh, '--yes', '--wait')).toBe(6);
    expect(told).toMatchObject({ at: 'ended', status: 'FAILED', error: 'Unfenceable', execution: started[0] });
    set({
      onStart: async (name) => {
        executions.set(name, { found: { status: 'SUCCEEDED', sentence: 'birch signs.' }, events: [] });
      },
    });
    expect(await recover('--wait')).toBe(0);
    expect(told).toMatchObject({ at: 'ended', status: 'SUCCEEDED', wrote: false, applied: false });
  });
  test('tells what is known, in words', async () => {
    await inWords('recover', 'hub-1', '--to', 'birch', '--file', path(), ...fresh, '--yes');
    for (const line of [
      `birch (${birch}) is a node of hub-1.`,
      `birch (${birch}) is ready to take over.`,
      'EC2 shows it as terminated: proof, once the term is taken.',
      'birch will sign nothing at or below height 102,',
      'Those duties are missed on purpose.',
      `Started ${String(started[0])}.`,
    ])
      expect(text).toContain(line);
  });
  test('without a yes nothing is written, and nothing starts', async () => {
    const before = readFileSync(path(), 'utf8');
    expect(await recover(...fresh)).toBe(4);
    expect(told).toMatchObject({ at: 'add', wrote: false, applied: false });
    expect(text).toContain('+ nodes.birch.id');
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect((await records().readConfig(hub))?.config.nodes).toHaveLength(1);
    await nothingStarted();
  });
});

describe('separate hands', () => {
  beforeEach(() => lost());
  test('a requester adds it to the file, a custodian applies exactly that, and only then it is started', async () => {
    set({ me: person('requester', 'robin') });
    expect(await recover(...fresh, '--yes')).toBe(10);
    expect(told).toMatchObject({ at: 'apply', wrote: true, applied: false });
    expect((await records().readConfig(hub))?.config.nodes).toHaveLength(1);
    const next = told['next'] as string;
    const [, plan = ''] = /--plan ([0-9a-f]{12}) {3}\(a custodian/.exec(next) ?? [];
    expect(await recover()).toBe(10);
    expect(told).toMatchObject({ at: 'apply', wrote: false, next });
    set({ me: person('custodian', 'kim') });
    expect(await baton('apply', path(), '--plan', plan, '--yes')).toBe(0);
    expect(await recover()).toBe(10);
    expect(told).toMatchObject({ at: 'start', next: expect.stringContaining('a requester types this') as string });
    await nothingStarted();
    set({ me: person('requester', 'robin') });
    expect(await recover()).toBe(0);
    expect(started).toHaveLength(1);
  });
  test.each(['approver', 'deployer'])('of a %s neither apply nor start', async (role) => {
    set({ me: person(role, 'alex') });
    expect(await recover(...fresh, '--yes')).toBe(10);
    expect(told).toMatchObject({ at: 'apply' });
    set({ me: person('custodian', 'kim') });
    expect(await recover('--yes')).toBe(10);
    expect(told).toMatchObject({ at: 'start', wrote: false, applied: true });
    set({ me: person(role, 'alex') });
    expect(await recover()).toBe(10);
    expect(told).toMatchObject({ at: 'start', applied: false });
    await nothingStarted();
  });
  test('whoever is refused by the table hands over, and is told to whom', async () => {
    client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === 'PutItemCommand') throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
          return next(args);
        },
      { step: 'initialize' },
    );
    expect(await recover(...fresh, '--yes')).toBe(10);
    expect(told).toMatchObject({ at: 'apply', wrote: true, next: expect.stringContaining('a custodian types this') as string });
    await nothingStarted();
  });
});

describe('what is not added', () => {
  beforeEach(() => lost());
  test.each<[string, string[], string]>([
    ['nothing but a name', [], '--id'],
    ['no principal', ['--id', birch], '--principal'],
    ['an id that is none', ['--id', 'birch', '--principal', principal], 'id'],
  ])('%s', async (_, args, field) => {
    expect(await recover(...args, '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field } });
    await nothingStarted();
  });
  test('an id in the place of a name', async () => {
    expect(await baton('recover', 'hub-1', '--to', birch, '--file', path(), ...fresh, '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--to' } });
  });
  test.each<[string, string[], string]>([
    ['another id', ['--id', cedar], '--id'],
    ['another principal', ['--principal', `${principal}0`], '--principal'],
    ['other power', ['--power'], '--power'],
  ])('a name that is there already, with %s', async (_, args, field) => {
    expect(await recover('--id', birch, '--principal', principal, '--yes')).toBe(0);
    expect(await recover(...args)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field } });
    expect(started).toHaveLength(1);
  });
  test('a machine of another node, by the rules of every file', async () => {
    expect(await recover('--id', amber, '--principal', principal, '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ConfigInvalid' } });
    await nothingStarted();
  });
  test('a file that says something else too: that is applied by itself, or not at all', async () => {
    const before = stringify(
      yaml(
        alone((one) => {
          one['policy'] = { approvers: ['role/approver', 'user/mallory'] };
        }),
      ),
    );
    file('validators.yaml', before);
    expect(await recover(...fresh, '--yes')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'PlanChanged', field: '--file', fix: expect.stringContaining(`baton plan ${path()}`) as string } });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    await nothingStarted();
  });
  test('to a validator that is not enrolled', async () => {
    expect(await baton('recover', 'hub-2', '--to', 'birch', '--file', path(), ...fresh, '--yes')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'LeaseMissing' } });
  });
});

describe('a machine that is not ready', () => {
  beforeEach(() => lost());
  test('refuses by name, and says what to look at', async () => {
    set({ onSleep: () => birchReports({ synced: false }) });
    expect(await recover(...fresh, '--yes')).toBe(4);
    expect(told).toMatchObject({
      error: {
        code: 'CandidateNotReady',
        message: `birch (${birch}) is not ready: it is not synced; nothing was started`,
        fix: 'Mend that, or type it again with --wait, and look: baton doctor hub-1',
      },
    });
    await nothingStarted();
  });
  test('an old report is no sign of life', async () => {
    await birchReports();
    set({ onSleep: async () => undefined });
    expect(await recover(...fresh, '--yes')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'CandidateNotReady', message: expect.stringContaining('its guard is silent') as string } });
    await nothingStarted();
  });
  test('is waited for with --wait, and told what for', async () => {
    let looks = 0;
    set({
      onSleep: async () => {
        looks += 1;
        await birchReports({ synced: looks > 20 });
      },
    });
    await inWords('recover', 'hub-1', '--to', 'birch', '--file', path(), ...fresh, '--yes', '--wait');
    expect(text).toContain('Waiting until birch is ready: it is not synced.');
    expect(started).toHaveLength(1);
  });
  test('that was fenced and not brought back is none', async () => {
    await records().writeQuarantine(hub, birch, { term: 1 as never, kind: 'stopped', atMs: 1 });
    expect(await recover(...fresh, '--yes')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'CandidateNotReady', message: expect.stringContaining('it was fenced') as string } });
  });
});

describe('when nothing could prove it', () => {
  const refused = async (): Promise<{ message: string; fix: string }> => {
    expect(await recover(...fresh, '--yes')).toBe(4);
    expect(told).toMatchObject({ error: { code: 'EvidenceImpossible' } });
    await nothingStarted();
    return (told as { error: { message: string; fix: string } }).error;
  };
  test('nothing starts, and the changes that would help are named, the strongest first', async () => {
    await lost(amberIs({ power: false }));
    const { message, fix } = await refused();
    expect(message).toBe(
      `as things are, nothing could prove that ${amber} cannot sign: a failover would end with nobody signing, so none was started`,
    );
    expect(fix).toMatch(/power: true for amber.* Or: lapsed in policy.* Or: attested in policy/);
  });
  test('while the machine is not ready either, that is said before anybody waits', async () => {
    await lost(amberIs({ power: false }));
    set({ onSleep: () => birchReports({ synced: false }) });
    await refused();
  });
  test('a machine that EC2 has forgotten is proven off by nobody', async () => {
    await lost();
    set({ look: ec2Says(undefined) });
    expect((await refused()).fix).not.toContain('power: true');
  });
  test('with attested accepted a second person could: it starts', async () => {
    const assumptions = { attested: 'Whoever attests has cut the power and seen it dark.' };
    await lost((one) => {
      amberIs({ power: false })(one);
      one['policy'] = { approvers: ['role/approver'], evidence: ['stopped', 'attested'], assumptions };
    });
    expect(await recover(...fresh, '--yes')).toBe(0);
    expect(evidence().map(({ outlook }) => outlook)).toEqual(['never', 'people']);
  });
});

describe('typed again', () => {
  const there = { name: 'hub-1.t1.by-hand-1', status: 'RUNNING', startedMs: 1 };
  const began = (input: Record<string, unknown>) => {
    listed.push({ ...there, name: 'hub-2.t1.one' }, there);
    const details = { input: JSON.stringify({ validator: 'hub-1', ...input }) };
    executions.set(there.name, {
      found: { status: 'SUCCEEDED', sentence: 'birch signs.' },
      events: [],
      full: [{ id: 1, type: 'ExecutionStarted', atMs: 1, before: 0, details }],
    });
  };
  beforeEach(async () => {
    await lost();
    await enrolled();
  });
  test.each<[string, Record<string, unknown>]>([
    ['to it', { to: birch }],
    ['to whom Assess chooses', {}],
  ])('follows the execution %s, and starts no second one', async (_, input) => {
    began(input);
    expect(await recover('--wait')).toBe(0);
    expect(told).toMatchObject({ at: 'ended', execution: there.name, status: 'SUCCEEDED' });
    expect(await recover()).toBe(0);
    expect(told).toMatchObject({ at: 'running', execution: there.name, status: 'RUNNING' });
    expect(started).toEqual([]);
  });
  test('leaves one to another node alone', async () => {
    began({ to: cedar });
    expect(await recover()).toBe(4);
    expect(told).toMatchObject({ error: { code: 'RecoverRefused', fix: `baton explain ${there.name}` } });
    expect(started).toEqual([]);
  });
  test('is not kept back by a move that waits for its window', async () => {
    began({ to: birch, notBefore: '2026-01-01T00:00:00Z' });
    expect(await recover()).toBe(0);
    expect(started).toHaveLength(1);
  });
  test('a pause is ended by a person first', async () => {
    await baton('pause', 'hub-1', '--reason', 'looking');
    expect(await recover()).toBe(4);
    expect(told).toMatchObject({ error: { code: 'Paused', fix: 'baton resume hub-1' } });
    expect(started).toEqual([]);
  });
  test('takes an abandoned term over, and says when it is done', async () => {
    const seen = await leases().read(hub);
    if (!seen) throw new Error('not enrolled');
    const claim = run('hub-1.t1.by-hand-0');
    const taken = await leases().mustWrite(takeTerm(seen, { claim, candidate: birch, attempt: attempt('1') }));
    expect(await recover()).toBe(0);
    expect(started[0]).toMatch(/^hub-1\.t2\.by-hand-/);
    const driven = { validator: hub, term: taken.term, claim };
    await leases().mustWrite(recordProof(driven, { evidence: proof({ term: taken.term }), attempt: attempt('2') }));
    await leases().mustWrite(release(driven, { candidate: birch, attempt: attempt('3') }));
    expect(await recover()).toBe(4);
    expect(told).toMatchObject({ error: { code: 'RecoverRefused' } });
    await leases().mustWrite(settle(driven, { attempt: attempt('4') }));
    expect(await recover()).toBe(0);
    expect(told).toMatchObject({ at: 'done' });
    expect(started).toHaveLength(1);
  });
});
