import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chains } from '../../chains/index.ts';
import { chainOf, registry } from '../../chains/registry.ts';
import { StateFile } from '../../chains/state.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { durationMs } from '../../core/time.ts';
import { guardConfigOf } from '../../guard/config.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Systemctl } from '../../runtime/commands.ts';

/** Run in the copy of the tree that has the chain of docs/adding-a-chain.md: prints what became of it. */

const world = { head: 10, own: 10, counting: false, deaf: false };

const server = createServer((request, response) => {
  if (request.url === '/start') world.counting = true;
  if (request.url === '/stop' && !world.deaf) world.counting = false;
  const said =
    request.url === '/tally' ? { head: world.head, accounts: { me: world.own } } : { counting: world.counting, last: world.own, head: world.head };
  response.end(JSON.stringify(said));
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const fileOf = (of: object = {}, more: object = {}): unknown => ({
  version: 1,
  validators: [
    {
      id: 'hub-1',
      chain: { kind: 'tally', account: 'me', ...more },
      holder: 'amber',
      nodes: [{ name: 'amber', id: 'i-00000000', principal: 'arn:aws:iam::000000000000:role/amber' }],
      vantages: [
        { name: 'one', url },
        { name: 'two', url: `${url}/` },
      ],
      policy: { approvers: ['role/a'], ...of },
    },
  ],
});
const refusal = (value: unknown): string => {
  try {
    parseValidatorsFile(value, registry);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

const [config] = parseValidatorsFile(fileOf(), registry).validators;
if (!config) throw new Error('no validator');
const soon = (): AbortSignal => systemClock.timeout(durationMs(5_000));

const first = await chains.look(config, 'one', null, soon());
Object.assign(world, { head: 14, own: 10 });
const second = await chains.look(config, 'one', { memory: first.memory, agoMs: 1_000 }, soon());
const third = await chains.look({ ...config, vantages: [{ name: 'one', url: 'http://127.0.0.1:1' }] }, 'one', null, soon());
const landed = [await chains.landed(config, 'one', 9, soon()), await chains.landed(config, 'one', 10, soon())];

const dir = mkdtempSync(join(tmpdir(), 'tally-'));
const guard = guardConfigOf(
  JSON.stringify({
    validator: 'hub-1',
    node: 'i-00000000',
    table: 'baton',
    keyId: 'k',
    chain: { kind: 'tally', control: url },
    unit: 'tally.service',
    paths: { keyDir: dir, stateDir: dir },
    build: 'b',
  }),
  'f',
);
const make = await chainOf({ id: 'hub-1', chain: guard.chain }).driver();
const state = new StateFile(join(dir, 'watermark.json'));
const driver = make({ config: guard, state, clock: systemClock, systemctl: new Systemctl({ timeoutMs: 1_000 }), maySign: () => true });
await driver.activate({ key: Buffer.from('k'), floor: { kind: 'slot', slot: 9 } }, soon());
const opened = world.counting;
world.own = 12;
await driver.demote(soon());
const closed = state.load()?.watermark;
Object.assign(world, { counting: true, deaf: true });
const refused = await driver.demote(soon()).then(
  () => 'closed',
  (error: unknown) => (error as Error).message,
);
server.close();

console.log(
  JSON.stringify({
    policy: { mode: config.policy.mode, maxLag: config.policy.maxLag },
    coolDownMs: config.timing.coolDownMs,
    lapsed: refusal(fileOf({ evidence: ['lapsed'], assumptions: { lapsed: 'Twenty characters of it.' } })),
    unknownField: refusal(fileOf({}, { extra: 1 })),
    seen: [first, second, third].map(({ result }) => result.observation),
    landed: landed.map(({ signed }) => signed),
    guard: guard.chain.kind,
    opened,
    closed,
    refused,
  }),
);
