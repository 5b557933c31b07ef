import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { createHash } from 'node:crypto';
import { AlertTests } from '../../../aws/alert-test.ts';
import { Approvals } from '../../../aws/approvals.ts';
import type { Table } from '../../../aws/items.ts';
import { LeaseStore } from '../../../aws/lease.ts';
import { Records } from '../../../aws/records.ts';
import { nodeId, term, validatorId } from '../../../core/ids.ts';
import { attributeOf, itemOf, mutateItem, plainOf, type Item } from '../attributes.ts';
import * as check from '../check.ts';
import * as example from '../examples.ts';
import { keeps } from '../examples.ts';
import { mutate, type Plain } from '../mutate.ts';
import type { Random } from '../random.ts';
import { canary, hold, same, target, type Outcome, type Target } from '../target.ts';
import { isConfig } from './validators-file.ts';

/** Every kind of item in the table, read by the real adapters from what a fake client answers. */

interface Input {
  readonly which: number;
  readonly item: Item;
}
interface Kind {
  readonly make: (random: Random) => Plain;
  /** What the adapter gives for this item. */
  readonly read: (table: Table, item: Item) => Promise<unknown>;
  readonly check: (value: unknown) => boolean;
  /** The stored form of what the adapter gave. */
  readonly stored?: (found: unknown) => unknown;
  readonly withDefaults?: boolean;
  /** Makes what depends on the rest right again after a change, so that the change itself is judged. */
  readonly mend?: (changed: unknown) => unknown;
}

const id = validatorId.parse(example.validator);
const node = nodeId.parse(example.amber);
const tableOf = (answer: (input: Record<string, unknown>) => Record<string, unknown>): Table => ({
  table: 'baton',
  client: { send: async (command: { input: Record<string, unknown> }) => answer(command.input) } as unknown as Table['client'],
});

const run =
  (kinds: readonly Kind[]): Target<Input>['run'] =>
  async ({ which, item }): Promise<Outcome> => {
    const kind = kinds[which] as Kind;
    const found = await kind.read(
      tableOf(() => ({ Item: { ...item, pk: { S: 'key' } } })),
      item,
    );
    const told = kind.stored ? kind.stored(found) : found;
    const meant = plainOf({ M: item })?.plain;
    hold(meant !== undefined, 'an item was accepted that means nothing');
    if (kind.withDefaults) hold(keeps(told, meant), 'the value read is not the value stored');
    else same(told, meant, 'the value read is not the value stored');
    check.must(kind.check, told, 'an item');
    return 'accepted';
  };

const make =
  (kinds: readonly Kind[]): Target<Input>['make'] =>
  (random, valid) => {
    const which = random.below(kinds.length);
    const kind = kinds[which] as Kind;
    const plain = kind.make(random);
    if (valid) return { which, item: itemOf(plain) };
    const mutated = random.once(3) ? plain : mutate(random, plain);
    const changed = kind.mend && !random.once(3) ? kind.mend(mutated) : mutated;
    const attribute = attributeOf(changed);
    const item = attribute.M ?? { value: attribute };
    return { which, item: changed === plain || random.once(4) ? mutateItem(random, item) : item };
  };

// DynamoDB holds no item of more than 400 KB.
const budgetMs = ({ item }: Input): number => Math.max(250, JSON.stringify(item).length / 1_600);

const itemTarget = (name: string, about: string, kinds: readonly Kind[]): Target =>
  target({ name, about, budgetMs, make: make(kinds), run: run(kinds) });

/** As core hashes a stored configuration, written again: JSON with sorted keys. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
};
const hashed = (config: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex');

const transition = { transition: 'Settle', validator: id, attempt: 'x', expect: { absent: true }, set: {}, remove: [] } as unknown as Parameters<
  LeaseStore['write']
>[0];

const lease = itemTarget('item-lease', 'aws/lease.ts read and write, aws/items.ts', [
  { make: example.leasePlain, read: (table) => new LeaseStore(table).read(id), check: check.isLease },
  {
    make: example.leasePlain,
    check: check.isLease,
    // A write never throws: an item that cannot be trusted is the outcome `unknown`.
    read: async (_, item: Item) => {
      const written = await new LeaseStore(tableOf(() => ({ Attributes: { ...item, pk: { S: 'key' } as AttributeValue } }))).write(transition);
      if (written.outcome === 'unknown') throw written.cause;
      hold(written.outcome === 'done', 'an accepted write was told as refused');
      return written.outcome === 'done' ? written.lease : undefined;
    },
  },
]);

const observations = (random: Random): Plain => ({
  east: random.pick(['signing', 'failing', 'halted', 'unobservable']),
  [`v${random.below(9)}`]: 'signing',
});
const isObservation = check.isOneOf('signing', 'failing', 'halted', 'unobservable');
const isObservations = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(isObservation);
const text = check.isText(0, Infinity);
const number = check.isFinite(-Infinity, Infinity);

const records: readonly Kind[] = [
  {
    make: (random) => ({
      samples: Array.from({ length: random.below(5) }, () => ({ observations: observations(random) })),
      state: random.pick(['healthy', 'suspect', 'failing', 'halted', 'unobservable']),
      episode: random.hex(8),
      paged: random.once(2),
    }),
    read: (table) => new Records(table).readWatch(id, 'east'),
    check: check.isShape({
      samples: check.listOf(check.isShape({ observations: isObservations }), 0, 40),
      state: check.isOneOf('healthy', 'suspect', 'failing', 'halted', 'unobservable'),
      episode: check.isText(0, 40),
      paged: check.isBool,
    }),
  },
  {
    make: (random) => ({ owner: random.hex(16), generation: random.below(99), round: random.below(99) }),
    read: (table) => new Records(table).readWatcher('east'),
    check: check.isShape({ owner: text, generation: check.isInt(-Infinity), round: check.isInt(-Infinity) }),
  },
  {
    make: (random) => ({ by: 'x', reason: 'y', atMs: random.below(1e12), ...(random.once(2) ? { untilMs: random.below(1e12) } : {}) }),
    read: (table) => new Records(table).readPause(id),
    check: check.isShape({ by: text, reason: text, atMs: number, untilMs: check.maybe(check.isInt(0)) }),
  },
  {
    make: (random) => ({
      box: canary,
      dataKey: canary,
      ...(random.once(2) ? { publicKey: 'x' } : {}),
      ...(random.once(2) ? { watermark: example.watermarkOf(random) } : {}),
    }),
    read: (table) => new Records(table).readVault(id),
    check: check.isShape({ box: text, dataKey: text, publicKey: check.maybe(text), watermark: check.maybe(check.isWatermark) }),
  },
  {
    make: (random) => ({ nonce: random.hex(32), ...(random.once(2) ? { commandId: 'c-1' } : {}) }),
    read: (table) => new Records(table).readFenceIntent(id, term.parse(2)),
    check: check.isShape({ nonce: check.isHex(32), commandId: check.maybe(check.isText(0, 64)) }),
  },
  {
    make: (random) => ({ failovers: Array.from({ length: random.below(20) }, (_, index) => ({ execution: `e${index}`, atMs: index })) }),
    read: (table) => new Records(table).readHistory(id),
    stored: (failovers) => ({ failovers }),
    check: check.isShape({ failovers: check.listOf(check.isShape({ execution: text, atMs: number }), 0, 20) }),
  },
  {
    make: (random) => ({ validators: Array.from({ length: random.below(4) }, (_, index) => `hub-${index}`) }),
    read: (table) => new Records(table).readFleet(),
    stored: (validators) => ({ validators }),
    check: check.isShape({ validators: check.listOf(check.isValidatorId, 0, 1_000) }),
  },
  {
    make: (random) => ({
      code: random.hex(8),
      sentAtMs: random.below(1e12),
      by: 'x',
      ...(random.once(2) ? { acknowledged: { code: random.hex(8), atMs: random.below(1e12), by: 'y' } } : {}),
    }),
    read: (table) => new AlertTests(table).read(),
    check: check.isShape({
      code: check.isHex(8),
      sentAtMs: check.isInt(0),
      by: check.isText(1, 2_048),
      acknowledged: check.maybe(check.isShape({ code: check.isHex(8), atMs: check.isInt(0), by: check.isText(1, 2_048) })),
    }),
  },
];

const config: readonly Kind[] = [
  {
    make: (random) => {
      const made = example.configPlain(random);
      return { config: made, hash: hashed(made) };
    },
    read: (table) => new Records(table).readConfig(id),
    withDefaults: true,
    mend: (changed) => {
      const made = (changed as Plain | null)?.['config'];
      return made !== null && typeof made === 'object' ? { ...(changed as Plain), hash: hashed(made) } : changed;
    },
    check: check.isShape({ config: (value) => isConfig(value) && (value as Plain)['id'] === example.validator, hash: check.isText(64, 64) }),
  },
];

export const itemTargets: readonly Target[] = [
  lease,
  itemTarget('item-report', 'Records.readReport', [
    { make: example.reportPlain, read: (table) => new Records(table).readReport(id, node), check: check.isReport },
  ]),
  itemTarget('item-approval', 'Approvals.read', [
    {
      make: example.approvalPlain,
      read: (table, item) => new Approvals(table).read(String(item['id']?.S).slice(0, 100), undefined),
      check: check.isApproval,
    },
  ]),
  itemTarget('item-config', 'Records.readConfig', config),
  itemTarget('item-records', 'watch records, watchers, pauses, vaults, fence intents, history, fleet, alert test', records),
];
