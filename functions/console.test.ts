import type { Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../test/support/console.ts';
import { amber, birch, leaseOf, proof, recordOf, run } from '../test/support/core.ts';
import { makersOf, type World } from '../test/support/deps.ts';
import { fleetOf, wellWorld } from '../test/support/survey.ts';
import { durationMs } from '../core/time.ts';
import { consolePage } from './console.ts';
import { console as contract } from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { widgetHandlerOf } from './shared/widget.ts';

const endpoint = 'arn:aws:lambda:us-east-1:123456789012:function:baton-console';
const context = (remainingMs = 25_000) => ({ getRemainingTimeInMillis: () => remainingMs, invokedFunctionArn: endpoint }) as unknown as Context;

/** A world whose watch takes a round each second. */
const watched = (): { world: World; deps: Deps } => {
  const world = wellWorld();
  const deps = world.deps();
  deps.records.readWatcher = async () => ({ owner: 'w', generation: 3, round: Math.floor(world.clock.steadyMs() / 1_000) });
  return { world, deps };
};

const show = async (event: unknown, { world, deps }: { world: World; deps: Deps } = watched(), remainingMs?: number): Promise<string> => {
  const handler = widgetHandlerOf({ name: 'Console', ...contract }, consolePage, makersOf(deps)) as unknown as (
    event: unknown,
    context: Context,
  ) => Promise<string>;
  return world.clock.run(handler(event, context(remainingMs)));
};

test('a dashboard that asks is told the parameters', async () => {
  expect(await show({ describe: true, widgetContext: { theme: 'dark' } })).toEqual({ markdown: expect.stringContaining('| page |') as string });
});

describe('the fleet', () => {
  test('is read, watched for a moment, and shown', async () => {
    const at = watched();
    const text = await show({ widgetContext: { theme: 'dark', locale: 'en' } }, at);
    expect(text).toContain('hub-1 signs. It could fail over now. Nothing waits for you.');
    expect(text).toContain('data-theme="dark"');
    expect(text).toContain(`endpoint="${endpoint}"`);
    // The guards of this world rise each second, and so does the watch.
    expect(at.world.clock.steadyMs()).toBe(1_000);
  });
  test('whose watch is dead is unknown, however healthy it was', async () => {
    const world = wellWorld();
    const text = await show({}, { world, deps: world.deps() });
    expect(text).toContain('hub-1 is unknown. It could fail over now.');
    expect(text).toContain('The watch takes no round: runbook WatcherSilent.');
    expect(world.clock.steadyMs()).toBe(8_000);
  });
  test('is shown with what there is when time runs out, and says what is not known', async () => {
    const at = watched();
    at.world.silent = new Set([amber, birch]);
    const text = await show({}, at, 2_400);
    expect(text).toContain('hub-1 is unknown. Nobody knows whether it could fail over.');
    expect(text).toContain('The watch was not looked at long enough.');
    expect(at.world.clock.steadyMs()).toBe(0);
  });
  test('with a silent standby could not fail over', async () => {
    const at = watched();
    at.world.silent = new Set([birch]);
    // A quiet standby may report later than anybody waits for a page.
    expect(await show({}, at, 25_000)).toContain('hub-1 signs. Nobody knows whether it could fail over.');
    expect(at.world.clock.steadyMs()).toBe(13_000);
    await at.world.clock.run(at.world.clock.sleep(durationMs(60_000)));
    expect(await show({}, at, 25_000)).toContain('hub-1 signs. It could not fail over now.');
  });
  test('of a thousand is bounded, and read but twenty at a time', async () => {
    const at = watched();
    const deps = fleetOf(at.world, 1_000);
    deps.records.readWatcher = (vantage) => at.deps.records.readWatcher(vantage);
    let [now, most] = [0, 0];
    const read: Deps['lease']['read'] = (id) => deps.lease.read(id);
    const counted: Deps = {
      ...deps,
      lease: {
        ...deps.lease,
        read: async (id) => {
          most = Math.max(most, (now += 1));
          const found = await read(id);
          now -= 1;
          return found;
        },
      },
    };
    const text = await show({}, { world: at.world, deps: counted });
    expect(text).toContain('All 1000 sign.');
    expect(Buffer.byteLength(text)).toBeLessThan(2_000_000);
    expect(most).toBeLessThanOrEqual(20);
  });
  test('can be asked by the form of the page, which counts before the parameters', async () => {
    const forms = { all: { find: 'birch', show: 'waiting', sort: 'nonsense' } };
    expect(await show({ find: 'hub', widgetContext: { forms } })).toContain('value="birch"');
    expect(await show({ find: 'hub', show: 'stuck' })).toContain('value="hub"');
  });
});

describe('what is never on a page', () => {
  test.each(['fleet', 'validator', 'failover'])('a task token, a grant, or a box: %s', async (page) => {
    const at = watched();
    at.world.lease = leaseOf({
      evidence: proof(),
      sealed: { node: amber, term: 1 as never, box: 'BOX-SECRET', dataKey: 'DATA-SECRET', grantToken: 'GRANT-SECRET' },
    });
    const record = recordOf({ token: 'TASK-TOKEN', expiresAtMs: at.world.clock.epochMs() + 900_000 });
    at.world.approvals.set(record.id, record);
    at.world.execution = { status: 'RUNNING' };
    at.world.events = eventsOf(true).map((one, id) => ({ id, ...one, input: '{"token":"TASK-TOKEN"}' }));
    const text = await show({ page, validator: 'hub-1', execution: 'hub-1.t1.9c2e' }, at);
    expect(text).not.toMatch(/TASK-TOKEN|SECRET/);
    expect(text).toContain(page === 'failover' ? 'It is in Verify' : 'baton approve hub-1 --plan');
  });
});

describe('a failover', () => {
  test('is shown by its history', async () => {
    const at = watched();
    at.world.execution = { status: 'SUCCEEDED', sentence: 'birch signs.' };
    at.world.events = eventsOf(false).map((one, id) => ({ id, ...one }));
    expect(await show({ page: 'failover', execution: run('hub-1.t1.9c2e') }, at)).toContain('Timeline of hub-1.t1.9c2e');
  });
  test('that the service has forgotten is said to be', async () => {
    expect(await show({ page: 'failover', execution: 'hub-1.t1.old' })).toContain('The workflow service does not know it, or has forgotten it');
  });
});

describe('what is wrong is a page that says so', () => {
  test.each([
    ['a parameter that there is not', { pages: 'fleet' }, 'InputInvalid', 'docs/console.md'],
    ['a page that there is not', { page: 'keys' }, 'InputInvalid', 'docs/console.md'],
    ['no validator', { page: 'validator' }, 'InputInvalid', 'Give the widget the parameter validator.'],
    ['no execution', { page: 'failover' }, 'InputInvalid', 'Give the widget the parameter execution.'],
    ['a stranger', { page: 'validator', validator: 'hub-9' }, 'ValidatorUnknown', 'baton status'],
    ['markup', { page: 'validator', validator: '<script>alert(1)</script>' }, 'InputInvalid', 'docs/console.md'],
    ['nothing at all', null, 'InputInvalid', 'docs/console.md'],
  ])('%s', async (_, event, code, next) => {
    const text = await show(event);
    expect(text).toContain(`${code}: this page could not be made.`);
    expect(text).toContain(next);
    expect(text).not.toMatch(/<script/);
  });
  test.each(['fleet', 'watcher', 'executions'])('no answer to %s', async (service) => {
    const world = wellWorld();
    world.down.add(service);
    const text = await show(service === 'executions' ? { page: 'failover', execution: 'one' } : {}, { world, deps: world.deps() });
    expect(text).toContain('LeaseUnreachable: this page could not be made.');
    expect(world.measured.figures).toContain('Failed/Console 1');
  });
  test('an unexpected failure tells nothing of itself', async () => {
    const at = watched();
    at.deps.records.readFleet = () => Promise.reject(new Error('SECRET'));
    const text = await show({}, at);
    expect(text).toContain('Unexpected: this page could not be made.');
    expect(text).not.toContain('SECRET');
  });
  test("one validator's trouble leaves the others their page", async () => {
    const at = watched();
    at.world.broken.add('lease');
    const text = await show({}, at);
    expect(text).toContain('hub-1 is unknown. It could not fail over now.');
    expect(text).toContain('Cannot be read: lease cannot be read.');
  });
  test('an item of the watch that cannot be read is silence', async () => {
    const world = wellWorld();
    world.broken.add('watcher');
    expect(await show({}, { world, deps: world.deps() })).toContain('The watch takes no round');
  });
});

describe('several watchers', () => {
  const withSilent = async (silent: readonly string[], page: object = {}): Promise<string> => {
    const { world, deps } = watched();
    deps.records.readWatcher = async (name) => ({
      owner: 'w',
      generation: 3,
      round: silent.includes(name) ? 7 : Math.floor(world.clock.steadyMs() / 1_000),
    });
    return show(page, { world, deps: { ...deps, watchShards: 3 } });
  };
  test('all alive: nothing is said', async () => {
    const text = await withSilent([]);
    expect(text).toContain('hub-1 signs.');
    expect(text).not.toContain('WatcherSilent');
  });
  test('one silent is named, whichever it is, and health is known by the others', async () => {
    for (const one of ['home', 'home#2']) {
      const text = await withSilent([one]);
      expect(text).toContain(`Silent: ${one}.`);
      expect(text).toContain('hub-1 signs.');
    }
    expect(await withSilent(['home', 'home#1'])).toContain('Silent: home, home#1.');
  });
  test('all silent: health is unknown', async () => {
    const text = await withSilent(['home', 'home#1', 'home#2']);
    expect(text).toContain('The watch takes no round: runbook WatcherSilent.');
    expect(text).toContain('hub-1 is unknown.');
  });
});

test('the watch that took over counts anew, and is alive', async () => {
  const { world, deps } = watched();
  deps.records.readWatcher = async () =>
    world.clock.steadyMs() < 1_000 ? { owner: 'a', generation: 3, round: 11 } : { owner: 'b', generation: 4, round: 0 };
  expect(await show({}, { world, deps })).toContain('hub-1 signs.');
});
