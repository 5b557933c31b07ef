import { yaml } from '../support/core.ts';
import type { Plain } from './mutate.ts';
import type { Random } from './random.ts';
import { canary } from './target.ts';

/** Valid examples of everything that Baton reads, each one a little different. Plain values: no schema has touched them. */

export const validator = 'hub-1';
export const amber = 'i-0a11ce0000000001';
export const birch = 'i-0b0b000000000002';
const words = 'It stopped — größer, 日本 😀.';

export const nodeOf = (random: Random): string => random.pick([amber, birch, `i-${random.hex(8)}`, `mi-${random.hex(17)}`]);
export const termOf = (random: Random): number => random.pick([1, 2, random.between(1, 1_000_000), Number.MAX_SAFE_INTEGER]);
export const executionOf = (random: Random): string => random.pick(['enrol', 'one', `hub-1.t${random.between(1, 99)}.by-hand_${random.hex(8)}`]);

export const watermarkOf = (random: Random): Plain =>
  random.once(3)
    ? { kind: 'slot', slot: random.pick([0, random.below(1e9), Number.MAX_SAFE_INTEGER]) }
    : {
        kind: 'consensus',
        height: random.pick([0, random.below(1e9), Number.MAX_SAFE_INTEGER]),
        round: random.pick([0, 1, 2_147_483_647]),
        step: random.between(0, 3),
      };

export const evidenceOf = (random: Random): Plain => ({
  kind: random.pick(['relinquished', 'stopped', 'powered-off', 'lapsed', 'attested']),
  node: nodeOf(random),
  term: termOf(random),
  by: 'guard',
  atMs: random.below(1e12),
  how: random.once(20) ? 'h'.repeat(1_000) : words,
  ...(random.once(2) ? { watermark: watermarkOf(random) } : {}),
});

export const leasePlain = (random: Random): Plain => ({
  validator,
  term: termOf(random),
  holder: nodeOf(random),
  phase: random.pick(['HELD', 'FENCING', 'FENCED', 'RELEASED']),
  claim: executionOf(random),
  candidate: nodeOf(random),
  releasedTerm: termOf(random),
  version: random.between(1, 1e6),
  attempt: `${executionOf(random)}/TakeTerm/1`,
  ...(random.once(2) ? { evidence: evidenceOf(random) } : {}),
  ...(random.once(2) ? { sealed: { node: nodeOf(random), term: termOf(random), box: canary, dataKey: canary, grantToken: canary } } : {}),
  ...(random.once(2) ? { watermark: watermarkOf(random) } : {}),
});

export const reportPlain = (random: Random): Plain => ({
  validator,
  node: amber,
  sequence: random.below(1e6),
  armed: random.once(2),
  leaseMs: random.between(1, 600_000),
  signing: random.once(2),
  floor: random.below(100),
  synced: random.once(2),
  height: random.once(4) ? null : random.below(1e9),
  build: 'b1',
  distress: random.once(2) ? null : words,
  diskFreeBytes: random.once(4) ? null : random.pick([0, 5_000_000_000, 0.5]),
  ...(random.once(2) ? { writer: random.hex(32), after: random.below(1e6) } : {}),
  ...(random.once(4) ? { rival: random.hex(32) } : {}),
  ...(random.once(2) ? { armedTerm: termOf(random) } : {}),
  ...(random.once(2) ? { relinquished: { term: termOf(random), watermark: random.once(3) ? null : watermarkOf(random) } } : {}),
});

export const approvalPlain = (random: Random): Plain => ({
  id: random.hex(32),
  purpose: random.pick(['approval', 'attestation']),
  validator,
  execution: executionOf(random),
  planHash: random.hex(64),
  requester: 'arn:aws:sts::123456789012:assumed-role/requester/robin',
  approvers: ['role/approver', 'user/x'].slice(random.below(3)),
  quorum: random.between(1, 10),
  state: random.pick(['pending', 'approved', 'denied', 'expired']),
  decisions: Array.from({ length: random.below(3) }, () => ({
    by: 'arn:aws:sts::123456789012:assumed-role/approver/alex',
    answer: random.pick(['approve', 'deny']),
    atMs: random.below(1e12),
    ...(random.once(2) ? { statement: words } : {}),
  })),
  expiresAtMs: random.below(1e13),
  sentence: words,
  token: canary,
  version: random.between(1, 99),
  ...(random.once(2) ? { term: termOf(random), node: nodeOf(random) } : {}),
  ...(random.once(2) ? { createdAtMs: random.below(1e13) } : {}),
});

const arn = (id: string): string => `arn:aws:sts::123456789012:assumed-role/node/${id}`;

/** One validator of validators.yaml. */
export const configPlain = (random: Random): Plain => {
  const [one] = (yaml() as { validators: Plain[] }).validators as [Plain];
  if (random.once(3)) one['chain'] = { kind: 'systemd', progressPath: '/p', progressPointer: '/a~1b/0', headPath: '/h', headPointer: '/height' };
  if (random.once(3)) one['nodes'] = [...(one['nodes'] as Plain[]), { name: 'cedar', id: 'mi-0ceda00000000003', principal: arn('c') }];
  if (random.once(3)) one['timing'] = { leaseMs: random.between(8_001, 600_000), drift: random.pick([0, 0.01, 0.2]) };
  if (random.once(3)) {
    one['policy'] = {
      mode: random.pick(['watch', 'approve', 'auto']),
      approvers: ['role/approver', words],
      quorum: random.between(1, 2),
      evidence: random.pick([['relinquished'], ['attested', 'stopped']]),
      assumptions: { attested: 'A person looked at the machine itself.' },
      verdict: { failing: 2, window: random.between(2, 20) },
    };
    const drill = { everyDays: random.between(1, 365), window: { from: '22:00', to: '02:30' } };
    if ((one['policy'] as Plain)['mode'] !== 'watch' && random.once(2)) one['policy'] = { ...(one['policy'] as Plain), drill };
  }
  return one;
};

/** One key is one validator. */
const onAnotherChain = (chain: Plain): Plain => ('chainId' in chain ? { ...chain, chainId: 'zone' } : chain);

export const filePlain = (random: Random): Plain => ({
  version: 1,
  validators: Array.from({ length: random.once(6) ? 2 : 1 }, (_, index) => {
    const one = configPlain(random);
    return index === 0 ? { ...one, id: validator } : { ...one, id: 'hub-2', chain: onAnotherChain(one['chain'] as Plain) };
  }),
});

export const planPlain = (random: Random): Plain => ({
  validator,
  kind: random.pick(['failover', 'switchover']),
  execution: executionOf(random),
  cause: { kind: random.pick(['verdict', 'distress', 'operator', 'alarm', 'drill']), by: 'watch', reason: words },
  term: termOf(random),
  phase: random.pick(['HELD', 'FENCING', 'FENCED', 'RELEASED']),
  holder: nodeOf(random),
  candidate: nodeOf(random),
  accepts: ['relinquished', 'stopped'],
  approval: { required: random.once(2), quorum: 1, approvers: ['role/approver'] },
  config: random.hex(64),
});

// A URL is read without the white space in it that every URL parser skips.
const trimmed = (key: string, found: unknown, given: unknown): boolean =>
  (key === 'url' || key === 'rpc') && typeof given === 'string' && typeof found === 'string' && new URL(given).href === new URL(found).href;

/** Everything that `given` says stands in `found` too: defaults may be added, nothing may be changed. */
export const keeps = (found: unknown, given: unknown): boolean => {
  if (given === null || typeof given !== 'object') return Object.is(found, given) || found === given;
  if (Array.isArray(given)) return Array.isArray(found) && found.length === given.length && given.every((item, index) => keeps(found[index], item));
  if (found === null || typeof found !== 'object') return false;
  return Object.keys(given).every((key) => {
    const value = (given as Plain)[key];
    return value === undefined || (Object.hasOwn(found, key) && (keeps((found as Plain)[key], value) || trimmed(key, (found as Plain)[key], value)));
  });
};
