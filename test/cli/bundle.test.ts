import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { programFor } from '../../cli/baton.ts';
import { outputFor } from '../../cli/output.ts';
import { bundleOf, type BundleRecord } from '../../core/bundle.ts';
import { hashOf } from '../../core/plan.ts';
import { alex, amber, birch, proof, robin, t } from '../support/core.ts';
import { atMs, happened, longSecret, made, name, of, planFor, token } from '../support/incident.ts';
import { baton, contextFor, dir, enrolled, hub, inWords, records, text, told, useCli } from '../support/cli-bench.ts';

useCli();

describe('bundle', () => {
  test('holds everything that is known of the execution', async () => {
    await happened();
    const { records: all, file, last } = await made();
    expect(told).toEqual({ validator: 'hub-1', execution: name, file, records: all.length, last });
    expect(of(all, 'bundle')).toEqual([{ madeBy: robin, madeAtMs: expect.any(Number) as number, version: '0.1.0' }]);
    expect(of(all, 'execution')[0]).toMatchObject({ validator: 'hub-1', execution: name, status: 'SUCCEEDED', startedMs: atMs });
    expect(of(all, 'input')[0]).toMatchObject({ kind: 'switchover', cause: { by: robin } });
    expect(of(all, 'plan')[0]).toMatchObject({ planHash: hashOf(await planFor()) });
    expect(of(all, 'config')[0]).toMatchObject({ hash: (await records().readConfig(hub))?.hash });
    expect(of(all, 'gate').map(({ gate, verdict }) => `${String(gate)} ${String(verdict)}`)).toEqual([
      'Assess proceed',
      'RequestApproval approved',
      'TakeTerm done',
      'Fence fenced',
      'ReleaseKey done',
      'Verify signing',
    ]);
    expect(of(all, 'people')).toMatchObject([{ purpose: 'approval', quorum: 1, decisions: [{ by: alex, answer: 'approve', atMs: atMs + 6_000 }] }]);
    expect(of(all, 'evidence')).toEqual([{ source: 'workflow', kind: 'relinquished', atMs: atMs + 10_000, how: 'It stopped.' }]);
    expect(of(all, 'lease')).toMatchObject([{ term: 1, holder: amber, sealedFor: { node: amber, term: 1 } }]);
    expect(of(all, 'node')).toMatchObject([{ node: birch, build: 'b1' }]);
    expect(of(all, 'timings')).toEqual([
      {
        startedMs: atMs,
        approvedMs: 7_000,
        termTakenMs: 8_000,
        fencedMs: 10_000,
        releasedMs: 11_000,
        signedMs: 12_000,
        endedMs: 13_000,
        askedMs: 3_000,
      },
    ]);
    expect(of(all, 'request')).toEqual([
      { event: 3, requestId: '11111111-2222-3333-4444-555555555555', trace: null, version: '$LATEST' },
      { event: 10, requestId: '99999999-2222-3333-4444-555555555555', trace: null, version: null },
    ]);
    expect(of(all, 'event').length).toBe(14);
    expect(of(all, 'event')[5]).toMatchObject({ parameters: { Payload: { purpose: 'approval', token: '(removed)' } } });
  });
  test('holds no token and no key material', async () => {
    await happened();
    const lease = await contextFor(outputFor({ json: false, verbose: false })).lease.read(hub);
    const { content } = await made();
    const secrets = [token, longSecret, String(lease?.sealed?.box), String(lease?.sealed?.dataKey), '"grantToken"', '"sealed"'];
    expect(secrets.filter((one) => content.includes(one))).toEqual([]);
    expect(lease?.sealed?.box).toBe('Ym94');
  });
  test('is for its owner alone, and never covers a file by accident', async () => {
    await happened();
    const file = join(dir, 'two.jsonl');
    writeFileSync(file, 'mine', { mode: 0o644 });
    expect(await baton('bundle', name, '--out', file)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--out', message: `${file} is there already` } });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await baton('bundle', name, '--out', file, '--force')).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await baton('bundle', name, '--out', join(dir, 'no', 'such', 'folder'))).toBe(2);
    expect(existsSync(join(dir, 'no'))).toBe(false);
  });
  test('of an execution that says not whose it is, or that is none', async () => {
    await enrolled();
    expect(await baton('bundle', 'nobody-knows', '--out', join(dir, 'three'))).toBe(6);
    expect(await baton('bundle', 'a b', '--out', join(dir, 'three'))).toBe(2);
    expect(existsSync(join(dir, 'three'))).toBe(false);
  });
  test('has the whole proof while the lease still holds it', async () => {
    await happened();
    const table = contextFor(outputFor({ json: false, verbose: false })).lease;
    const driven = { validator: hub, term: t(2), claim: name };
    const { takeTerm, recordProof } = await import('../../core/lease.ts');
    await table.mustWrite(takeTerm((await table.read(hub))!, { claim: name, candidate: birch, attempt: 'a/1' as never }));
    await table.mustWrite(recordProof(driven, { evidence: proof({ by: 'guard', how: 'The gate is closed.' }), attempt: 'a/2' as never }));
    const { records: all } = await made();
    expect(of(all, 'evidence')[0]).toEqual({
      source: 'lease',
      kind: 'relinquished',
      node: amber,
      term: 2,
      by: 'guard',
      atMs: 1,
      how: 'The gate is closed.',
    });
  });
});

describe('verify-bundle', () => {
  const states = (): string[] => (told['claims'] as { claim: string; state: string }[]).map(({ claim, state }) => `${claim} ${state}`);
  /** The file with other records, all hashes right. */
  const rewritten = (list: readonly BundleRecord[]): string => {
    const file = join(dir, 'rewritten.jsonl');
    writeFileSync(file, bundleOf(list).text);
    return file;
  };
  const withEvent = (list: readonly BundleRecord[], state: string, change: (one: BundleRecord) => BundleRecord | null): BundleRecord[] =>
    list.flatMap((one) => (one.kind === 'event' && one.content['name'] === state ? (change(one) ?? []) : [one]));

  test('says what it proves and what not', async () => {
    await happened();
    const { file, last } = await made();
    expect(await inWords('verify-bundle', file)).toBe(0);
    expect(text).toContain('It proves that the records agree with each other, and nothing more');
    expect(text).toContain('It does not prove who wrote it');
    expect(await inWords('verify-bundle', file, '--expect', last)).toBe(0);
    expect(text).toContain('It proves that these are the very records that had this last hash');
    expect(await baton('verify-bundle', file, '--expect', last)).toBe(0);
    expect(states()).toEqual([
      'records holds',
      'plan holds',
      'configuration holds',
      'history holds',
      'approval holds',
      'release holds',
      'evidence holds',
    ]);
  });
  test('needs no AWS and none of its variables', async () => {
    await happened();
    const { file } = await made();
    let exitCode = -1;
    const streams = { out: () => undefined, err: () => undefined, setExitCode: (code: number) => (exitCode = code), terminal: false };
    const make = (): never => {
      throw new Error('it asked for AWS');
    };
    await programFor(make, (options) => outputFor(options, streams)).parseAsync(['node', 'baton', 'verify-bundle', file]);
    expect(exitCode).toBe(0);
  });
  test('finds what was changed, and another last hash', async () => {
    await happened();
    const { file, content } = await made();
    expect(await baton('verify-bundle', file, '--expect', '0'.repeat(64))).toBe(8);
    expect(told).toMatchObject({ ok: false, expected: false });
    writeFileSync(file, content.replace('"by":"arn:', '"by":"xrn:'));
    expect(await baton('verify-bundle', file)).toBe(8);
    expect(told).toMatchObject({ ok: false, broken: { why: 'its content does not have the hash that it gives' }, claims: [] });
    expect(await inWords('verify-bundle', file)).toBe(8);
    expect(text).toMatch(/^BROKEN: .* is not what was written\.\n {2}Line \d+: its content/);
    expect(await baton('verify-bundle', join(dir, 'nowhere'))).toBe(2);
    expect(await baton('verify-bundle', dir)).toBe(2);
    expect(await baton('verify-bundle', file, '--expect', 'abc')).toBe(2);
  });
  test.each<[string, (list: readonly BundleRecord[]) => readonly BundleRecord[], string]>([
    [
      'a release without a fence',
      (list) => withEvent(list, 'Fence', ({ kind, content }) => ({ kind, content: { ...content, output: {} } })),
      'release broken',
    ],
    [
      'a fence after the release',
      (list) => {
        const fence = list.find(({ content }) => content['name'] === 'Fence')?.content['output'];
        const swapped = withEvent(list, 'Fence', ({ kind, content }) => ({ kind, content: { ...content, output: {} } }));
        return withEvent(swapped, 'Verify', ({ kind, content }) => ({ kind, content: { ...content, name: 'Fence', output: fence } }));
      },
      'release broken',
    ],
    ['an event that is gone', (list) => withEvent(list, 'TakeTerm', () => null), 'history broken'],
    [
      'evidence that the plan does not accept',
      (list) => list.map((one) => (one.kind === 'evidence' ? { ...one, content: { ...one.content, kind: 'lapsed' } } : one)),
      'evidence broken',
    ],
    [
      'a plan of another hash',
      (list) => list.map((one) => (one.kind === 'plan' ? { ...one, content: { ...one.content, planHash: 'f'.repeat(64) } } : one)),
      'plan broken',
    ],
    [
      'an execution of another name',
      (list) => list.map((one) => (one.kind === 'execution' ? { ...one, content: { ...one.content, execution: 'other' } } : one)),
      'plan broken',
    ],
    [
      'a configuration of another content',
      (list) => list.map((one) => (one.kind === 'config' ? { ...one, content: { ...one.content, config: {} } } : one)),
      'configuration broken',
    ],
    [
      'an approval by who asked for it',
      (list) =>
        list.map((one) =>
          one.kind === 'people' ? { ...one, content: { ...one.content, decisions: [{ by: robin, answer: 'approve', atMs: 1 }] } } : one,
        ),
      'approval broken',
    ],
    ['two executions', (list) => [...list, list.find(({ kind }) => kind === 'execution') as BundleRecord], 'records broken'],
    ['no timings', (list) => list.filter(({ kind }) => kind !== 'timings'), 'records broken'],
    ['a plan that is none', (list) => list.map((one) => (one.kind === 'plan' ? { ...one, content: { plan: {} } } : one)), 'plan broken'],
  ])('finds %s, though every hash is right', async (_, change, state) => {
    await happened();
    const { records: all } = await made();
    expect(await baton('verify-bundle', rewritten(change(all)))).toBe(8);
    expect(states()).toContain(state);
  });
  test('tells what it cannot know', async () => {
    await happened();
    const { records: all } = await made();
    expect(await baton('verify-bundle', rewritten(all.filter(({ kind }) => kind !== 'people' && kind !== 'config')))).toBe(0);
    expect(states()).toEqual([
      'records holds',
      'plan holds',
      'configuration unknown',
      'history holds',
      'approval unknown',
      'release holds',
      'evidence holds',
    ]);
    const refused = all.filter(({ kind }) => ['bundle', 'execution', 'timings'].includes(kind));
    expect(await baton('verify-bundle', rewritten(refused))).toBe(0);
    expect(states()).toEqual([
      'records holds',
      'plan unknown',
      'configuration unknown',
      'history unknown',
      'approval holds',
      'release holds',
      'evidence holds',
    ]);
  });
});
