import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertTest } from '../cli/commands/alert-test.ts';
import { outputFor } from '../cli/output.ts';
import { systemClock } from '../runtime/clock.ts';
import { everySecret, hookSecret, oldHookSecret, Receivers } from '../test/support/relay.ts';
import { people, startCloud, type Cloud } from './cloud.ts';
import { deploymentOf } from './deployment.ts';
import { bundleFunctions, templateFile } from './lambda/bundle.ts';

/** An alert through the local cloud as it is deployed: topic, subscription, the bundle of the function, the parameter, a receiver. */

const receivers = new Receivers();
const dir = mkdtempSync(join(tmpdir(), 'baton-relay-'));
let cloud: Cloud;

beforeAll(async () => {
  await receivers.start();
  const whole = deploymentOf(templateFile, { DryRun: 'false', RelayEnabled: 'true' });
  const functions = whole.functions.filter(({ name }) => ['baton-relay', 'baton-alert-test'].includes(name));
  const relay = JSON.stringify({
    destinations: [
      { name: 'hook', kind: 'webhook', url: `${receivers.url}/hook/hookpathSECRET`, secrets: [hookSecret] },
      { name: 'other', kind: 'webhook', url: `${receivers.url}/hook/hookpathSECRET`, secrets: [oldHookSecret] },
    ],
  });
  const artifacts = { deployment: { ...whole, functions }, bundles: await bundleFunctions(functions) };
  cloud = await startCloud({ dir, clock: systemClock, machines: { get: () => undefined }, artifacts, relay });
}, 60_000);
afterAll(async () => {
  await cloud.close();
  await receivers.close();
  rmSync(dir, { recursive: true, force: true });
});

const streams = { out: () => undefined, err: () => undefined, setExitCode: () => undefined, terminal: false };
const context = () => cloud.contextFor(people.requester, outputFor({ json: true, verbose: false }, streams));

test('baton alert-test --wait tells what each destination made of it', async () => {
  const answer = await alertTest(context(), { wait: true });
  expect(answer.lines.slice(1, 4)).toEqual(['  topic: taken', '  hook (webhook): taken', '  other (webhook): refused it (status 401)']);
  expect(answer.exitCode).toBe(6);
  const [body = ''] = [...receivers.hooks.values()];
  const [, code = ''] = /--ack ([a-f0-9]{8})/.exec(body) ?? [];
  expect(await alertTest(context(), { ack: code })).toMatchObject({ json: { acknowledged: true, by: people.requester } });
});

test('the schedule’s function sends one that comes too', async () => {
  const before = receivers.hooks.size;
  expect(await cloud.lambda.invoke('baton-alert-test', {})).toMatchObject({ ok: true });
  const until = systemClock.steadyMs() + 20_000;
  while (receivers.hooks.size === before && systemClock.steadyMs() < until) await new Promise((next) => setTimeout(next, 50));
  expect(receivers.hooks.size).toBe(before + 1);
});

test('no secret is in what the functions wrote', () => {
  const log = readFileSync(join(dir, 'functions.log'), 'utf8');
  expect(log).toContain('not taken by other (webhook): refused it (status 401)');
  for (const secret of everySecret) expect(log).not.toContain(secret);
});
