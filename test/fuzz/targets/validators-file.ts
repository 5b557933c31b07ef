import { registry } from '../../../chains/registry.ts';
import { parseValidatorsFile } from '../../../core/parse.ts';
import * as check from '../check.ts';
import { filePlain, keeps } from '../examples.ts';
import { mutate, noise, type Plain } from '../mutate.ts';
import { hold, target } from '../target.ts';

/** The values of validators.yaml, after its text was read. */

const isName = check.isValidatorId;
const isUrl: (value: unknown) => boolean = (value) =>
  typeof value === 'string' && value.length <= 500 && URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
const isPath = (value: unknown): boolean => typeof value === 'string' && value.startsWith('/') && value.length <= 300;

const isPrincipal = (value: unknown): boolean => {
  if (typeof value !== 'string') return false;
  const [arn, partition = '', service = '', region, account = '', resource = '', ...more] = value.split(':');
  if (arn !== 'arn' || region !== '' || more.length > 0 || !partition.startsWith('aws') || !['iam', 'sts'].includes(service)) return false;
  const [kind = '', ...rest] = resource.split('/');
  const path = rest.join('/');
  return (
    account.length === 12 &&
    [...account].every((letter) => letter >= '0' && letter <= '9') &&
    ['role', 'assumed-role', 'user'].includes(kind) &&
    path.length >= 1 &&
    path.length <= 200 &&
    [...path].every((letter) => letter.charCodeAt(0) > 32 && letter.charCodeAt(0) < 127)
  );
};
const isNode = check.isShape({ name: isName, id: check.isNodeId, principal: isPrincipal, power: check.isBool, url: check.maybe(isUrl) });
const isKey = (value: unknown): boolean =>
  typeof value === 'string' && value.length === 44 && Buffer.from(value, 'base64').toString('base64').slice(0, 42) === value.slice(0, 42);
const isChain = (value: unknown): boolean =>
  check.isShape({ kind: check.isOneOf('cometbft'), chainId: check.isText(1, 50), publicKey: isKey })(value) ||
  check.isShape({ kind: check.isOneOf('systemd'), progressPath: isPath, progressPointer: isPath, headPath: isPath, headPointer: isPath })(value);

const isTime = (value: unknown): boolean => {
  if (typeof value !== 'string' || value.length !== 5 || value[2] !== ':') return false;
  const [hour, minute] = [Number(value.slice(0, 2)), Number(value.slice(3))];
  return Number.isInteger(hour) && Number.isInteger(minute) && hour < 24 && minute < 60 && value.trim() === value && !/[eE.+-]/.test(value);
};
const isPolicy = check.isShape({
  mode: check.isOneOf('watch', 'approve', 'auto'),
  approvers: check.listOf(check.isText(1, 200), 0, 50),
  quorum: check.isInt(1, 10),
  approvalMs: check.isInt(1_000, 86_400_000),
  evidence: check.listOf(check.isEvidenceKind, 1),
  assumptions: check.isShape({ lapsed: check.maybe(check.isText(20, 500)), attested: check.maybe(check.isText(20, 500)) }),
  onControlPlaneLoss: check.isOneOf('stop', 'hold', 'ask'),
  maxPerDay: check.isInt(1, 100),
  maxLag: check.isInt(0, 100_000),
  watermarkMargin: check.isInt(1, 100_000),
  haltAfterMs: check.isInt(1_000, 3_600_000),
  minDiskFreeBytes: check.isInt(0),
  drill: check.maybe(check.isShape({ everyDays: check.isInt(1, 365), window: check.isShape({ from: isTime, to: isTime }) })),
  verdict: check.isShape({
    failing: check.isInt(1, 20),
    window: check.isInt(1, 20),
    healthy: check.isInt(1, 20),
    vantages: check.isInt(1, 10),
  }),
});

const times = ['probeMs', 'pollMs', 'movingPollMs', 'readTimeoutMs', 'stopMs', 'marginMs', 'leaseMs', 'fencePollMs', 'softFenceMs'];
const longTimes = ['powerOffAfterMs', 'fenceDeadlineMs', 'verifyDeadlineMs', 'quarantineMs', 'coolDownMs'];
export const isTiming = check.isShape({
  ...Object.fromEntries([...times, ...longTimes].map((name) => [name, check.isInt(1, 86_400_000)])),
  promiseMs: check.isInt(1, 60_000),
  quietWaitMs: check.isInt(0, 3_600_000),
  drift: check.isFinite(0, 0.2),
});
const isConfigShape = check.isShape({
  id: check.isValidatorId,
  chain: isChain,
  custody: check.isOneOf('release', 'gate'),
  holder: isName,
  nodes: check.listOf(isNode, 1, 20),
  vantages: check.listOf(check.isShape({ name: isName, url: isUrl }), 1, 10),
  policy: isPolicy,
  timing: isTiming,
});
export const isConfig = (value: unknown): boolean => isConfigShape(value);

interface Config {
  readonly id: string;
  readonly holder: string;
  readonly chain: { readonly kind: string; readonly chainId?: string; readonly publicKey?: string };
  readonly custody: string;
  readonly nodes: readonly { readonly name: string; readonly id: string; readonly principal: string; readonly power: boolean }[];
  readonly vantages: readonly { readonly name: string; readonly url: string }[];
  readonly policy: {
    readonly mode: string;
    readonly approvers: readonly string[];
    readonly quorum: number;
    readonly approvalMs: number;
    readonly drill?: { readonly window: { readonly from: string; readonly to: string } };
    readonly evidence: readonly string[];
    readonly assumptions: Readonly<Record<string, string>>;
    readonly onControlPlaneLoss: string;
    readonly verdict: { readonly failing: number; readonly window: number; readonly vantages: number };
  };
  readonly timing: Readonly<Record<string, number>>;
}

/** A read fails and a round is answered while the lease, and while a promise, is still good. */
export const canAsk = (timing: Readonly<Record<string, number>>): boolean => {
  const of = (name: string): number => timing[name] ?? NaN;
  const goodMs = Math.floor((of('promiseMs') * (1 - of('drift'))) / (1 + of('drift')));
  return of('pollMs') + 2 * of('readTimeoutMs') + of('stopMs') + of('marginMs') < Math.min(goodMs, of('leaseMs'));
};

export const safeTiming = (timing: Readonly<Record<string, number>>): boolean => {
  const at = (name: string): number => timing[name] ?? NaN;
  return at('pollMs') + at('readTimeoutMs') + at('stopMs') + at('marginMs') < at('leaseMs') && at('movingPollMs') <= at('pollMs');
};

const distinct = (list: readonly string[]): boolean => new Set(list).size === list.length;

const openMinutes = ({ from, to }: { readonly from: string; readonly to: string }): number => {
  const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return minutes(to) >= minutes(from) ? minutes(to) - minutes(from) : 1_440 - minutes(from) + minutes(to);
};

/** What must hold between the fields of one validator, in words of the design. */
const sound = ({ holder, custody, chain, nodes, vantages, policy, timing }: Config): string | null => {
  const lapsed = policy.evidence.includes('lapsed');
  const attested = policy.evidence.includes('attested');
  if (nodes.filter(({ name }) => name === holder).length !== 1) return 'the holder is not one of the nodes';
  if (!distinct(nodes.map(({ id }) => id)) || !distinct(nodes.map(({ name }) => name)) || !distinct(nodes.map(({ principal }) => principal)))
    return 'two nodes share something';
  if (nodes.some(({ id, power }) => power && id.startsWith('mi-'))) return 'power on a machine that EC2 does not know';
  if (!distinct(vantages.map(({ name }) => name)) || !distinct(vantages.map(({ url }) => url))) return 'two vantages are one';
  if (policy.verdict.vantages < 2 || vantages.length < policy.verdict.vantages) return 'a verdict of too few vantages';
  if (policy.verdict.failing > policy.verdict.window) return 'a verdict that is never reached';
  if (lapsed && (policy.assumptions['lapsed'] === undefined || chain.kind === 'systemd' || policy.onControlPlaneLoss === 'hold')) return 'lapsed';
  if (policy.onControlPlaneLoss === 'ask' && (chain.kind === 'systemd' || nodes.length < 2 || !canAsk(timing)))
    return 'nobody that can be asked in time';
  if (attested && (policy.assumptions['attested'] === undefined || policy.approvers.length === 0)) return 'attested';
  if (policy.mode === 'approve' && policy.approvers.length < policy.quorum) return 'nobody can approve';
  if (
    policy.drill !== undefined &&
    (policy.mode === 'watch' || nodes.length < 2 || openMinutes(policy.drill.window) * 60_000 < policy.approvalMs + 1_800_000)
  )
    return 'a drill that cannot be';
  if (custody === 'gate' && (chain.kind === 'systemd' || nodes.length < 2 || policy.onControlPlaneLoss !== 'stop' || policy.drill !== undefined))
    return 'custody gate without what it needs';
  return safeTiming(timing) ? null : 'the timing is not safe';
};

/** @throws Wrong unless `found` is a sound fleet that says what `given` says. */
export const checkFleet = (found: unknown, given: unknown): void => {
  check.must(check.isShape({ version: check.isOneOf(1), validators: check.listOf(isConfig, 1, 1_000) }), found, 'a file');
  hold(keeps(found, given), 'the file says something else than what was read');
  const { validators } = found as { validators: readonly Config[] };
  hold(distinct(validators.map(({ id }) => id)), 'one validator stands twice');
  const keys = validators.flatMap(({ chain }) => (chain.kind === 'cometbft' ? [`${chain.chainId}/${chain.publicKey}`] : []));
  hold(distinct(keys), 'two validators have one key');
  for (const config of validators) hold(sound(config) === null, `accepted, although: ${sound(config)}`);
};

/** A change that keeps every field valid by itself, so that the checks between the fields are reached. */
const unsound = (value: Plain): Plain[] => {
  const [one] = value['validators'] as Plain[];
  const set = (fields: Plain): Plain => ({ ...value, validators: [{ ...one, ...fields }] });
  const nodes = (one?.['nodes'] ?? []) as Plain[];
  return [
    set({ holder: 'zebra' }),
    set({ nodes: nodes.map((node) => ({ ...node, id: nodes[0]?.['id'] })) }),
    set({ nodes: nodes.map((node) => ({ ...node, principal: nodes[0]?.['principal'] })) }),
    set({ policy: { approvers: [] } }),
    set({ policy: { approvers: ['role/a'], evidence: ['lapsed'], assumptions: { lapsed: 'Clocks are good within five percent.' } } }),
    set({ policy: { approvers: ['role/a'], verdict: { vantages: 3 } } }),
    set({ timing: { leaseMs: 8_000 } }),
    set({ timing: { movingPollMs: 1_001 } }),
    { ...value, validators: [one, one] },
    { ...value, validators: [one, { ...one, id: 'hub-9' }] },
    set({ custody: 'gate' }),
  ];
};

export const validatorsFile = target<{ value: unknown }>({
  name: 'validators-file',
  about: 'core/parse.ts parseValidatorsFile, core/check.ts',
  make: (random, valid) => {
    const value = filePlain(random);
    if (valid) return { value };
    if (random.once(60)) return { value: noise(random) };
    return { value: mutate(random, random.once(5) ? random.pick(unsound(value)) : value) };
  },
  run: ({ value }) => {
    checkFleet(parseValidatorsFile(value, registry), value);
    return 'accepted';
  },
});
