import { describe, expect, test } from 'vitest';
import { amber, configOf, yaml } from '../test/support/core.ts';
import { holdsRows, long, many } from '../test/support/schema.ts';
import { validatorsFile } from '../chains/registry.ts';
import { nodeLabel, policy, validatorConfig } from './config.ts';

const base = (): Record<string, unknown> => {
  const [one] = (yaml() as { validators: Record<string, unknown>[] }).validators;
  if (!one) throw new Error('no validator');
  return one;
};
const night = { from: '22:00', to: '02:00' };
const assumption = 'Twenty characters of';
const messageAt = (of: Record<string, unknown>): string | undefined => validatorConfig.safeParse({ ...base(), ...of }).error?.issues[0]?.message;

describe('one validator', () => {
  holdsRows(validatorConfig, base, [
    ['id', ['hub-2'], ['']],
    ['chain.kind', ['cometbft', 'a-chain-of-another-version'], ['', 'A', 3]],
    ['custody', ['release', 'gate', undefined], ['both', '']],
    ['holder', ['a', `a${'b'.repeat(39)}`, '0-a'], ['', `a${'b'.repeat(40)}`, '-a', 'A', 'a_b', '!a', 'a!']],
    ['nodes.0.name', ['a'], ['A']],
    ['nodes.0.id', ['mi-0123456789abcdef0'], ['server-1']],
    ['nodes.0.power', [true, false, undefined], ['yes']],
    ['nodes.0.url', ['http://127.0.0.1:1', undefined], ['ftp://127.0.0.1']],
    ['vantages.0.name', ['a'], ['A']],
    [
      'vantages.0.url',
      ['http://127.0.0.1', 'https://rpc.example:443/path', `http://h/${'x'.repeat(491)}`],
      ['', 'ftp://127.0.0.1', 'httpss://h', 'xhttp://h', 'h', `http://h/${'x'.repeat(492)}`, undefined],
    ],
  ]);
  test('a principal is the ARN of one role, user or session', () => {
    const valid = (principal: string): boolean => {
      const [first, ...rest] = base()['nodes'] as Record<string, unknown>[];
      return validatorConfig.safeParse({ ...base(), nodes: [{ ...first, principal }, ...rest] }).success;
    };
    for (const principal of [
      'arn:aws:iam::123456789012:role/node',
      'arn:aws-cn:iam::123456789012:user/ops/kim',
      `arn:aws-us-gov:sts::123456789012:assumed-role/node/${amber}`,
      'arn:aws:iam::123456789012:role/Az09_+=,.@-',
      `arn:aws:iam::123456789012:role/${long(200)}`,
    ])
      expect(valid(principal), principal).toBe(true);
    for (const principal of [
      'x arn:aws:iam::123456789012:role/node',
      'arn:aws:iam::123456789012:role/node x',
      'arn:aws2:iam::123456789012:role/node',
      'arn:aws:s3::123456789012:role/node',
      'arn:aws:iam::12345678901:role/node',
      'arn:aws:iam::12345678901x:role/node',
      'arn:aws:iam::123456789012:group/node',
      'arn:aws:iam::123456789012:role/',
      'arn:aws:iam::123456789012:role/*',
      `arn:aws:iam::123456789012:role/${long(201)}`,
    ])
      expect(valid(principal), principal).toBe(false);
  });
  test('a wrong name or principal says what was expected', () => {
    expect(messageAt({ holder: 'A' })).toBe('expected 1–40 of a–z, 0–9 and -');
    expect(messageAt({ nodes: [{ name: 'amber', id: amber, principal: 'x' }] })).toBe('expected the ARN of a role or of an assumed-role session');
  });
  test.each([
    ['nodes', 1, 20],
    ['vantages', 1, 10],
  ] as const)('%s: %d to %d', (field, least, most) => {
    const [item] = base()[field] as unknown[];
    const valid = (length: number): boolean => validatorConfig.safeParse({ ...base(), [field]: many(length, item) }).success;
    expect([least - 1, least, most, most + 1].map(valid)).toEqual([false, true, true, false]);
  });
  test('a node has no power unless it says so', () => {
    const found = validatorConfig.parse({ ...base(), nodes: [{ name: 'amber', id: amber, principal: 'arn:aws:iam::123456789012:role/node' }] });
    expect(found.nodes[0]?.power).toBe(false);
    expect(found.custody).toBe('release');
  });
  test('fields too many are refused at every level', () => {
    const [node, vantage] = [base()['nodes'] as object[], base()['vantages'] as object[]].map((list) => ({ ...list[0], extra: 1 }));
    for (const of of [{ extra: 1 }, { nodes: [node] }, { vantages: [vantage] }]) expect(messageAt(of)).toBe('Unrecognized key: "extra"');
  });
});

describe('policy', () => {
  holdsRows(policy, () => ({}), [
    ['mode', ['watch', 'approve', 'auto', undefined], ['', 'off']],
    ['approvers', [[], many(50, long(200)), ['x']], [many(51, 'x'), [''], [long(201)]]],
    ['quorum', [1, 10], [0, 11, 1.5]],
    ['approvalMs', [1_000, 86_400_000], [999, 86_400_001, 1_000.5]],
    ['evidence', [['relinquished'], ['stopped', 'powered-off', 'lapsed', 'attested']], [[], ['timeout'], ['']]],
    ['assumptions.lapsed', [assumption, long(500), undefined], [assumption.slice(1), long(501)]],
    ['assumptions.attested', [assumption, long(500), undefined], [assumption.slice(1), long(501)]],
    ['assumptions', [{}, undefined], [{ stopped: assumption }]],
    ['onControlPlaneLoss', ['stop', 'hold', 'ask'], ['', 'go']],
    ['maxPerDay', [1, 100], [0, 101, 1.5]],
    ['maxLag', [0, 100_000], [-1, 100_001, 1.5]],
    ['watermarkMargin', [1, 100_000], [0, 100_001, 1.5]],
    ['haltAfterMs', [1_000, 3_600_000], [999, 3_600_001, 1_000.5]],
    ['minDiskFreeBytes', [0, 1], [-1, 0.5]],
    ['drill', [undefined, { everyDays: 1, window: night }, { everyDays: 365, window: night }], [{}, { everyDays: 30 }, { window: night }]],
    ['drill', [], [0, 366, 1.5].map((everyDays) => ({ everyDays, window: night }))],
    [
      'drill',
      [],
      [
        { everyDays: 30, window: night, cron: 'x' },
        { everyDays: 30, window: { from: '3', to: '05:00' } },
      ],
    ],
    ['verdict.failing', [1, 20], [0, 21, 1.5]],
    ['verdict.window', [1, 20], [0, 21, 1.5]],
    ['verdict.healthy', [1, 20], [0, 21, 1.5]],
    ['verdict.vantages', [1, 10], [0, 11, 1.5]],
    ['verdict', [{}, undefined], [{ rounds: 1 }]],
  ]);
  test('the defaults', () => {
    expect(policy.parse({})).toStrictEqual({
      mode: 'approve',
      approvers: [],
      quorum: 1,
      approvalMs: 900_000,
      evidence: ['relinquished', 'stopped', 'powered-off'],
      assumptions: {},
      onControlPlaneLoss: 'stop',
      maxPerDay: 3,
      maxLag: 5,
      watermarkMargin: 2,
      haltAfterMs: 60_000,
      minDiskFreeBytes: 1_000_000_000,
      verdict: { failing: 3, window: 4, healthy: 3, vantages: 2 },
    });
  });
  test('a validator without policy and timing has the defaults', () => {
    const { policy: _, ...rest } = base();
    expect(validatorConfig.parse(rest)).toMatchObject({ policy: { mode: 'approve' }, timing: { leaseMs: 15_000 } });
  });
  test('a field too many is refused', () => {
    expect(policy.safeParse({ approver: [] }).success).toBe(false);
  });
});

test('a file has version 1 and 1 to 1,000 validators', () => {
  const valid = (of: unknown): boolean => validatorsFile.safeParse(of).success;
  expect(valid({ version: 1, validators: [base()] })).toBe(true);
  expect(valid({ version: 1, validators: many(1_000, base()) })).toBe(true);
  expect(valid({ version: 1, validators: many(1_001, base()) })).toBe(false);
  expect(valid({ version: 1, validators: [] })).toBe(false);
  expect(valid({ version: 2, validators: [base()] })).toBe(false);
  expect(valid({ version: 1, validators: [base()], extra: 1 })).toBe(false);
});

test('a node is named for people with its identity', () => {
  expect([nodeLabel(configOf(), amber), nodeLabel(configOf(), 'i-0f')]).toEqual([`amber (${amber})`, 'i-0f']);
});
