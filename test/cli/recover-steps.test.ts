import { beforeEach, describe, expect, test } from 'vitest';
import { recordProof, release, settle, takeTerm } from '../../core/lease.ts';
import { baton, enrolled, executions, hub, inWords, listed, records, set, started, text, told, useCli } from '../support/cli-bench.ts';
import { amber, attempt, birch, cedar, proof, run } from '../support/core.ts';
import { amberIs, birchReports, ec2Says, evidence, fresh, leases, lost, nothingStarted, path, recover } from '../support/recover-bench.ts';

/** `baton recover` once the fresh machine is configured: when it starts, when it does not, and what it does when it is typed again. */

useCli();

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
        await birchReports({ synced: looks > 200 });
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
