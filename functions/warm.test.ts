import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { deploymentOf } from '../local/deployment.ts';
import { templateFile } from '../local/lambda/bundle.ts';
import { bytesOf, closeServer, listen } from '../local/loopback.ts';
import { run, t, v } from '../test/support/core.ts';
import { makersOf, World } from '../test/support/deps.ts';
import * as contract from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf } from './shared/handler.ts';
import { httpHandlerOf } from './shared/http.ts';

/** A warm-up of each function as it is deployed, and what all of AWS is asked for by it. */

type Handler = (event: unknown, context: object) => Promise<unknown>;

const deployment = deploymentOf(templateFile, { SlackEnabled: 'true', RelayEnabled: 'true', DrillsEnabled: 'true' });
const context = { getRemainingTimeInMillis: (): number => 30_000 };
const warm = { warm: true };
const driven = { validator: v, term: t(2), claim: run('one') };

const asked: string[] = [];
const server = createServer((request, response) => {
  void bytesOf(request, 100_000, () => new Error('too large')).then((body) => {
    const { TableName: _table, ...of } = JSON.parse(body.toString('utf8') || '{}') as Record<string, unknown>;
    asked.push(`${String(request.headers['x-amz-target'])} ${JSON.stringify(of)}`);
    const missing = String(request.headers['x-amz-target']).startsWith('AmazonSSM');
    response.writeHead(missing ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' }).end(missing ? '{"__type":"ParameterNotFound"}' : '{}');
  });
});

beforeAll(async () => {
  const url = await listen(server);
  const services = ['DYNAMODB', 'SFN', 'SSM', 'KMS', 'EC2', 'SNS', 'STS'].map((service) => [`AWS_ENDPOINT_URL_${service}`, url]);
  const credentials = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };
  const all = [...deployment.functions.map(({ variables }) => variables), Object.fromEntries(services) as Record<string, string>, credentials];
  for (const [name, value] of all.flatMap((one) => Object.entries(one))) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await closeServer(server);
});
beforeEach(() => {
  asked.length = 0;
});

const get = (key: string): string => `DynamoDB_20120810.GetItem {"Key":{"pk":{"S":"${key}"}},"ConsistentRead":true}`;
const reads: Readonly<Record<string, string>> = {
  assess: get('config#-'),
  'request-approval': get('config#-'),
  'take-term': get('config#-'),
  fence: get('config#-'),
  'release-key': get('config#-'),
  verify: get('config#-'),
  settle: get('history#-'),
  slack: 'AmazonSSM.GetParameter {"Name":"/baton/slack","WithDecryption":true}',
};

describe('a warm-up', () => {
  const modules = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => readFileSync(join(import.meta.dirname, file), 'utf8').includes('export const handler '))
    .map((file) => file.replace(/\.ts$/, ''));

  test('there is a handler for each function of the template', () => {
    expect(modules.toSorted()).toEqual(deployment.functions.map(({ handler: [stem] }) => stem).toSorted());
  });
  // The console is held to its contract, which knows no such event.
  test.each(modules.filter((name) => name !== 'console'))('of %s reads once at most, tells nobody and does nothing else', async (name) => {
    const { handler } = (await import(join(import.meta.dirname, `${name}.ts`))) as { handler: Handler };
    const written = vi.spyOn(process.stdout, 'write');
    try {
      expect(await handler(warm, context)).toEqual({ warm: true });
      expect(written).not.toHaveBeenCalled();
    } finally {
      written.mockRestore();
    }
    expect(asked).toEqual(reads[name] === undefined ? [] : [reads[name]]);
  });
  test('of the console is no page', async () => {
    const { handler } = (await import('./console.ts')) as unknown as { handler: Handler };
    expect(await handler(warm, context)).toContain('InputInvalid');
    expect(asked).toEqual([]);
  });
});

describe('the template', () => {
  const warmUps = deployment.schedules.filter(({ input }) => JSON.stringify(input) === JSON.stringify(warm));
  test('warms exactly those that read for it, every five minutes', () => {
    const stems = new Map(deployment.functions.map(({ arn, handler: [stem] }) => [arn, stem]));
    expect(warmUps.map(({ target }) => stems.get(target)).toSorted()).toEqual(Object.keys(reads).toSorted());
    expect(new Set(warmUps.map(({ everyMs }) => everyMs))).toEqual(new Set([300_000]));
  });
});

const settleIn = (change: (world: World, deps: Deps) => void = () => undefined) => {
  const world = new World();
  const deps = world.deps();
  change(world, deps);
  const acts: unknown[] = [];
  const act = async (input: unknown) => {
    acts.push(input);
    return { sentence: 'Settled.' };
  };
  const handler = handlerOf({ name: 'Settle', ...contract.settle, warm: 'config' }, act, makersOf(deps)) as unknown as Handler;
  return { handler, acts, figures: world.measured.figures };
};

describe('what goes wrong in a warm-up is nobody’s concern', () => {
  test('a table that refuses', async () => {
    const { handler, figures } = settleIn((world) => world.down.add('config'));
    expect([await handler(warm, context), figures]).toEqual([warm, []]);
  });
  test('a part that cannot be made', async () => {
    const records = () => {
      throw new Error('no variable');
    };
    const makers = { ...makersOf(new World().deps()), records };
    const handler = handlerOf({ name: 'Settle', ...contract.settle, warm: 'config' }, async () => ({ sentence: 'Settled.' }), makers);
    expect(await (handler as unknown as Handler)(warm, context)).toEqual(warm);
  });
  test('a table that does not answer is waited for two seconds', async () => {
    const given: number[] = [];
    const { handler } = settleIn((_, { clock, records }) => {
      vi.spyOn(clock, 'timeout').mockImplementation((lengthMs) => {
        given.push(lengthMs);
        return AbortSignal.abort(new Error('too late'));
      });
      vi.spyOn(records, 'readConfig').mockImplementation((__, signal) => Promise.reject(signal?.reason as Error));
    });
    expect([await handler(warm, context), given]).toEqual([warm, [2_000]]);
  });
});

describe('nothing but the schedule’s event is one', () => {
  test.each<[string, unknown]>([
    ['another field beside it', { ...driven, warm: true }],
    ['another field alone beside it', { warm: true, validator: 'hub-1' }],
    ['not true', { warm: 'true' }],
    ['false', { warm: false }],
    ['text', '{"warm":true}'],
    ['a list', [{ warm: true }]],
    ['nothing', {}],
  ])('%s is held to the contract', async (_, event) => {
    const { handler, acts, figures } = settleIn();
    await expect(handler(event, context)).rejects.toMatchObject({ name: 'InputInvalid' });
    expect([acts, figures[0]]).toEqual([[], 'Failed/Settle 1']);
  });
  test('what the verb is asked for is done', async () => {
    const { handler, acts } = settleIn();
    expect(await handler(driven, context)).toEqual({ sentence: 'Settled.' });
    expect(acts).toEqual([driven]);
  });
  test('the body of a request is none', async () => {
    const read = vi.fn(() => driven);
    const handler = httpHandlerOf({ name: 'Slack', ...contract.settle }, read, async () => ({ sentence: 'Settled.' }), makersOf(new World().deps()));
    const request = { requestContext: {}, body: JSON.stringify(warm) };
    expect(await (handler as unknown as Handler)(request, context)).toMatchObject({ statusCode: 200 });
    expect(read).toHaveBeenCalledWith(request);
  });
});
