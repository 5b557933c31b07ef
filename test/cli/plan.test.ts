import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { LeaseStore } from '../../aws/lease.ts';
import { takeTerm } from '../../core/lease.ts';
import { baton, client, enrolled, file, hub, inWords, records, set, statement, text, told, useCli } from '../support/cli-bench.ts';
import { attempt, birch, configOf, run, yaml } from '../support/core.ts';

useCli();

type Change = Parameters<typeof yaml>[0];
const written = (change?: Change): string => file('validators.yaml', stringify(yaml(change)));
const fields = (): { op: string; path: string; risky: boolean; consequence: string | null }[] =>
  (told['changes'] as { fields: { op: string; path: string; risky: boolean; consequence: string | null }[] }[])[0]?.fields ?? [];
const brief = (): string[] => fields().map(({ op, path, risky }) => `${op}${risky ? '!' : ''} ${path}`);
const digits = (): string => String(told['plan']).slice(0, 12);
const everything = async (): Promise<unknown[]> => [
  await new LeaseStore({ client, table: 'baton' }).read(hub),
  await records().readConfig(hub),
  await records().readFleet(),
];

describe('plan', () => {
  test('of a new validator shows what it says beyond the defaults, and writes nothing', async () => {
    expect(await baton('plan', written())).toBe(0);
    expect(told).toMatchObject({ counts: { enrol: 1, change: 0, unchanged: 0, kept: 0 }, kept: [] });
    expect(brief()).toEqual([
      '+ chain.chainId',
      '+ chain.kind',
      '+ chain.publicKey',
      '+ custody',
      '+ holder',
      '+ id',
      '+ nodes.amber.id',
      '+ nodes.amber.name',
      '+ nodes.amber.power',
      '+ nodes.amber.principal',
      '+ nodes.birch.id',
      '+ nodes.birch.name',
      '+ nodes.birch.power',
      '+ nodes.birch.principal',
      '+! policy.approvers',
      '+ vantages.east.name',
      '+ vantages.east.url',
      '+ vantages.west.name',
      '+ vantages.west.url',
    ]);
    expect(await everything()).toEqual([undefined, undefined, []]);
  });
  test('of what is stored already has nothing to do, with either exit code', async () => {
    const path = await enrolled();
    expect(await baton('plan', path)).toBe(0);
    expect(await baton('plan', path, '--detailed-exitcode')).toBe(0);
    expect(told).toMatchObject({ counts: { enrol: 0, change: 0, unchanged: 1, kept: 0 }, risky: 0 });
  });
  test('tells a change like this', async () => {
    await enrolled();
    const path = written((one) => {
      one['policy'] = {
        approvers: ['role/other'],
        mode: 'auto',
        evidence: ['relinquished', 'stopped', 'lapsed'],
        assumptions: { lapsed: 'Our clocks are disciplined by two sources.' },
      };
      one['timing'] = { leaseMs: 20_000 };
      one['holder'] = 'birch';
    });
    const before = await everything();
    expect(await inWords('plan', path, '--detailed-exitcode')).toBe(9);
    const [lines, id] = [text.trimEnd().split('\n'), /Plan ([a-f0-9]{12})\./.exec(text)?.[1] ?? ''];
    expect(lines).toEqual([
      '~ hub-1: change',
      '  ~ holder: "amber" → "birch"',
      '      ! Nothing moves by this: it is read when a validator is enrolled. To move it: baton switchover.',
      '  - policy.approvers: "role/approver"',
      '      role/approver may approve nothing any more.',
      '  + policy.approvers: "role/other"',
      '      ! role/other may approve that the right to sign moves, and with it everybody who may take that role.',
      '  + policy.assumptions.lapsed: "Our clocks are disciplined by two sources."',
      '      ! A release rests on this sentence.',
      '  - policy.evidence: "powered-off"',
      '      powered-off proves nothing any more: when no other proof is to be had, nobody signs and a person is called.',
      '  + policy.evidence: "lapsed"',
      '      ! Waiting alone will be proof that a node stopped. It rests on: Our clocks are disciplined by two sources.',
      '  ~ policy.mode: "approve" → "auto"',
      '      ! Baton moves the right to sign by itself, without a question, unless the stack has ApprovalRequired=true.',
      '  ~ timing.leaseMs: 15000 → 20000',
      '      ! The functions use it from now on. A guard goes by its own file: change the timing there too (guard/install.sh).',
      '  timing: poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms < lease 20000 ms; a silent guard has stopped after 24106 ms',
      '0 to enrol, 1 to change, 0 unchanged, 0 not in the file.',
      'Read twice: 6 lines with an exclamation mark.',
      'A failover that waits for approval ends with PlanChanged when the configuration of its validator changes.',
      `Plan ${id}. Nothing was written.`,
      `  next: baton apply ${path} --plan ${id}`,
    ]);
    expect(await everything()).toEqual(before);
  });
  test.each<[string, Change, string[]]>([
    ['another machine under the same name', (one) => renamed(one, 'id', 'i-0ddd000000000009'), ['~! nodes.birch.id']],
    ['another principal', (one) => renamed(one, 'principal', 'arn:aws:iam::123456789012:role/other'), ['~! nodes.birch.principal']],
    ['power', (one) => renamed(one, 'power', false), ['~ nodes.birch.power']],
    [
      'power by a webhook',
      (one) => renamed(one, 'power', { kind: 'webhook', url: 'https://hooks.example/power', parameter: 'birch' }),
      ['- nodes.birch.power', '+! nodes.birch.power.kind', '+ nodes.birch.power.parameter', '+! nodes.birch.power.url'],
    ],
    ['fewer who must agree', (one) => (one['policy'] = { approvers: ['role/approver'], maxPerDay: 9 }), ['~! policy.maxPerDay']],
    [
      'a standby less',
      (one) => (one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1)),
      ['id', 'name', 'power', 'principal'].map((f) => `- nodes.birch.${f}`),
    ],
    ['the order of the nodes', (one) => (one['nodes'] as unknown[]).reverse(), []],
    ['hold', (one) => (one['policy'] = { approvers: ['role/approver'], onControlPlaneLoss: 'hold' }), ['~! policy.onControlPlaneLoss']],
  ])('weighs %s', async (_, change, expected) => {
    await enrolled();
    expect(await baton('plan', written(change))).toBe(0);
    expect(brief()).toEqual(expected);
  });
  test('of a file without a validator that is configured says that it stays', async () => {
    await enrolled();
    const other = yaml((one) => {
      one['id'] = 'hub-2';
    });
    const path = file('validators.yaml', stringify(other));
    expect(await baton('plan', path)).toBe(0);
    expect(told).toMatchObject({ counts: { enrol: 1, kept: 1 }, kept: ['hub-1'] });
    await inWords('plan', path);
    expect(text).toContain(
      '  hub-1: not in this file; it stays as it is stored, and is watched and moved as before\n      next: baton pause hub-1\n',
    );
    await baton('seal', 'hub-2', '--key-file', file('key', 'secret'));
    expect(await baton('apply', path, '--yes', '--attest', statement)).toBe(0);
    expect(await records().readFleet()).toEqual(['hub-1', 'hub-2']);
    expect(await records().readConfig(hub)).toBeDefined();
  });
  test.each<[string, Change, string]>([
    ['a chain that nobody knows', (one) => (one['chain'] = { kind: 'doge' }), 'ChainUnknown'],
    ['unsafe timing', (one) => (one['timing'] = { leaseMs: 1_000 }), 'TimingUnsafe'],
  ])('of %s says what is wrong', async (_, change, code) => {
    expect(await baton('plan', written(change))).toBe(2);
    expect(told).toMatchObject({ error: { code } });
  });
});

const renamed = (one: Record<string, unknown>, field: string, value: unknown): void => {
  const [, birchNode] = one['nodes'] as Record<string, unknown>[];
  if (birchNode) birchNode[field] = value;
};
const longer: Change = (one) => (one['timing'] = { leaseMs: 20_000 });

describe('apply --plan', () => {
  test('writes what was planned', async () => {
    await enrolled();
    const path = written(longer);
    await baton('plan', path);
    expect(await baton('apply', path, '--yes', '--plan', digits())).toBe(0);
    expect((await records().readConfig(hub))?.config.timing.leaseMs).toBe(20_000);
  });
  test.each<[string, () => Promise<unknown>]>([
    ['the file', async () => written((one) => (one['timing'] = { leaseMs: 30_000 }))],
    ['only a comment of the file', async () => file('validators.yaml', `${stringify(yaml(longer))}# for audit\n`)],
    ['what is stored', () => records().writeConfig(configOf((one) => (one['policy'] = { approvers: ['role/x'] })))],
    [
      'who holds the lease',
      async () => {
        const lease = new LeaseStore({ client, table: 'baton' });
        const seen = await lease.read(hub);
        if (seen) await lease.mustWrite(takeTerm(seen, { claim: run('one'), candidate: birch, attempt: attempt('one') }));
      },
    ],
    ['the fleet', () => records().writeFleet(['hub-7' as typeof hub])],
  ])('is refused when %s has changed, and writes nothing', async (_, meanwhile) => {
    await enrolled();
    const path = written(longer);
    await baton('plan', path);
    const planned = digits();
    await meanwhile();
    const before = await records().readConfig(hub);
    expect(await baton('apply', path, '--yes', '--plan', planned)).toBe(4);
    expect(told).toMatchObject({ error: { code: 'PlanChanged', field: '--plan', fix: `Read what it would change now: baton plan ${path}` } });
    expect(await records().readConfig(hub)).toEqual(before);
  });
  test.each(['abc', 'ABCDEF0123', 'x'.repeat(100)])('of %s, which is no plan, is refused', async (planned) => {
    const path = await enrolled();
    expect(await baton('apply', path, '--yes', '--plan', planned)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--plan' } });
  });
  test('and without: what somebody else writes while a person thinks is not written over', async () => {
    await enrolled();
    const path = written(longer);
    set({ onConfirm: async () => (await records().writeConfig(configOf((one) => (one['policy'] = { approvers: ['role/x'] }))), true) });
    expect(await baton('apply', path)).toBe(4);
    expect(told).toMatchObject({ error: { code: 'PlanChanged' } });
    expect((await records().readConfig(hub))?.config.policy.approvers).toEqual(['role/x']);
  });
  test('a yes at the terminal writes', async () => {
    await enrolled();
    set({ onConfirm: async () => true });
    expect(await baton('apply', written(longer))).toBe(0);
    expect(told).toMatchObject({ applied: true });
  });
});
