import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { baton, client, executions, file, hub, inWords, inputs, records, set, started, text, told, useCli } from '../support/cli-bench.ts';
import { amber, birch, cedar, robin, yaml } from '../support/core.ts';
import { alone, evidence, fresh, lost, nothingStarted, path, person, principal, recover } from '../support/recover-bench.ts';

/** `baton recover`: what one person does, what separate hands do, and what is not added. */

useCli();

/** Of the text in the file: the comment of a person stays. */
const commented = (): void => {
  file('validators.yaml', `# ours\n${readFileSync(path(), 'utf8')}`);
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
      '1 of role/approver must approve it, and who asks may not: baton approve hub-1',
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
