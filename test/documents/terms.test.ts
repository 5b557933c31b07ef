import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { factsOf } from '../../local/node/facts.ts';
import type { Ran } from './document.ts';
import { FakeNode } from './fake-node.ts';

/** Commands that come late, and disks that come back old: the documents keep the highest term seen, and compare the watermark. */

let node: FakeNode;
const run = (name: string, term: number, of: Record<string, string> = {}): Ran => node.run(name, { SSM_Term: String(term), ...of });
const at = (file: string): string => join(node.root, file);
const state = 'var/lib/baton/hub-1';
const kept = (): string => readFileSync(at(`${state}/term`), 'utf8');
const masked = (): boolean => existsSync(at('state/x.service.masked'));
const old = { code: 1, last: { ok: false, code: 'OldTerm' } };

beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => {
  node.remove();
});

describe('the highest term seen', () => {
  test('is kept by each command', () => {
    expect(run('fence', 2).code).toBe(0);
    expect(kept()).toBe('2 fenced\n');
    expect(run('rejoin', 2).code).toBe(0);
    expect(kept()).toBe('2 rejoined\n');
    expect(run('fence', 10).code).toBe(0);
    expect(kept()).toBe('10 fenced\n');
  });
  test('a late rejoin of an old term unmasks nothing that a newer one fenced', () => {
    run('fence', 10);
    expect(run('rejoin', 9)).toMatchObject({ ...old, last: { reason: 'this node has seen term 10: term 9 is over' } });
    expect([masked(), kept()]).toEqual([true, '10 fenced\n']);
    expect(run('rejoin', 10)).toMatchObject({ code: 0 });
    expect(masked()).toBe(false);
  });
  test.each([
    ['of an older term', '5 rejoined'],
    ['of the term in which it has rejoined', '4 rejoined'],
    ['of the term that its guard holds', '4 held'],
    ['of a term before the one that its guard holds', '6 held'],
  ])('a late fence %s stops nobody', (_, seen) => {
    writeFileSync(at(`${state}/term`), `${seen}\n`);
    expect(run('fence', 4)).toMatchObject(old);
    expect([masked(), existsSync(at('run/baton/hub-1/key')), kept()]).toEqual([false, true, `${seen}\n`]);
  });
  test('that cannot be read keeps no fence back, and every rejoin', () => {
    writeFileSync(at(`${state}/term`), 'nonsense\n');
    expect(run('rejoin', 9)).toMatchObject(old);
    expect(run('fence', 4)).toMatchObject({ code: 0, last: { ok: true } });
    expect(kept()).toBe('4 fenced\n');
  });
  test('that cannot be kept: everything is stopped, and that is no proof', () => {
    writeFileSync(at('bin/sync'), '#!/bin/sh\nexit 1\n');
    chmodSync(at('bin/sync'), 0o755);
    expect(run('fence', 4)).toMatchObject({ code: 1, last: { ok: false, reason: 'the term cannot be kept on this node' } });
    expect([masked(), existsSync(at('run/baton/hub-1/key'))]).toEqual([true, false]);
    expect(run('rejoin', 4)).toMatchObject({ code: 1, last: { reason: 'the term cannot be kept on this node' } });
    expect(masked()).toBe(true);
  });
  test('two commands at once: the fence stops all the same and proves nothing, the rejoin does nothing', async () => {
    writeFileSync(at('bin/flock'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(run('fence', 4)).toMatchObject({ code: 1, last: { ok: false, reason: expect.stringContaining('another command') as string } });
    expect(masked()).toBe(true);
    expect(run('rejoin', 4)).toMatchObject({ code: 1, last: { reason: 'another command of this validator is at work' } });
    expect(masked()).toBe(true);
    rmSync(at('bin/flock'));
    const other = spawn('flock', [at(`${state}/lock`), 'sleep', '1']);
    await once(other, 'spawn');
    expect(run('rejoin', 4)).toMatchObject({ code: 0 });
  });
});

describe('the watermark of a node that rejoins', () => {
  const mark = (height: number, round = 0, step = 3): void =>
    writeFileSync(at(`${state}/watermark.json`), `${JSON.stringify({ kind: 'consensus', height, round, step })}\n{"content":"x"}\n`);
  const bounds = { SSM_Least: 'consensus-90-0-3', SSM_Most: 'consensus-102-2147483647-3' };
  beforeEach(() => {
    run('fence', 4);
  });
  test.each([
    ['as its fence proved it', 90, 0, 3],
    ['between', 95, 1, 1],
    ['at the floor', 102, 2_147_483_647, 3],
  ])('%s', (_, height, round, step) => {
    mark(height, round, step);
    expect(run('rejoin', 4, bounds)).toMatchObject({ code: 0 });
  });
  test.each([
    ['of a snapshot', 'WatermarkBehind', () => mark(89, 7, 3)],
    ['one step behind', 'WatermarkBehind', () => mark(90, 0, 2)],
    ['above the floor: it signed after its fence', 'WatermarkAhead', () => mark(103, 0, 1)],
    ['that is gone', 'WatermarkUnknown', () => undefined],
    ['that cannot be read', 'WatermarkUnknown', () => writeFileSync(at(`${state}/watermark.json`), '{}\n')],
    ['of another kind', 'WatermarkUnknown', () => writeFileSync(at(`${state}/watermark.json`), '{"kind":"slot","slot":95}\n')],
  ])('%s is refused, and the node stays fenced', (_, code, make) => {
    make();
    expect(run('rejoin', 4, bounds)).toMatchObject({ code: 1, last: { ok: false, code } });
    expect([masked(), kept()]).toEqual([true, '4 fenced\n']);
  });
  test.each(['slot', 'consensus-1-2', 'consensus-1-2-4', 'other-1'])('%s is no watermark to compare with', (Least) => {
    mark(95);
    expect(run('rejoin', 4, { SSM_Least: Least })).toMatchObject({ code: 1, last: { reason: `${Least} is no watermark` } });
    expect(masked()).toBe(true);
  });
  test('a slot is compared too', () => {
    writeFileSync(at(`${state}/watermark.json`), '{"kind":"slot","slot":95}\n');
    expect(run('rejoin', 4, { SSM_Least: 'slot-96', SSM_Most: 'slot-99' })).toMatchObject({ last: { code: 'WatermarkBehind' } });
    expect(run('rejoin', 4, { SSM_Least: 'slot-90', SSM_Most: 'slot-94' })).toMatchObject({ last: { code: 'WatermarkAhead' } });
    expect(run('rejoin', 4, { SSM_Least: 'slot-95', SSM_Most: 'slot-95' })).toMatchObject({ code: 0 });
  });
  test.each([
    ['eip3076-96-3-4', 'eip3076-99-9-9', 'WatermarkBehind'],
    ['eip3076-95-4-4', 'eip3076-99-9-9', 'WatermarkBehind'],
    ['eip3076-95-3-5', 'eip3076-99-9-9', 'WatermarkBehind'],
    ['eip3076-95-3-4', 'eip3076-94-9-9', 'WatermarkAhead'],
    ['eip3076-95-3-4', 'eip3076-99-2-9', 'WatermarkAhead'],
    ['eip3076-95-3-4', 'eip3076-99-9-3', 'WatermarkAhead'],
  ])('of Ethereum every part is compared: least %s, most %s', (Least, Most, code) => {
    writeFileSync(at(`${state}/watermark.json`), '{"kind":"eip3076","slot":95,"source":3,"target":4}\n');
    expect(run('rejoin', 4, { SSM_Least: Least, SSM_Most: Most })).toMatchObject({ code: 1, last: { code } });
    expect(run('rejoin', 4, { SSM_Least: 'eip3076-95-3-4', SSM_Most: 'eip3076-95-3-4' })).toMatchObject({ code: 0 });
  });
  test('a daemon that signs by itself keeps its own record: none is asked of it', () => {
    expect(run('rejoin', 4, { SSM_Most: 'slot-99' })).toMatchObject({ code: 0 });
    writeFileSync(at('etc/baton/hub-1.env'), factsOf({ validator: 'hub-1', unit: 'x.service', standbyRuns: true }));
    expect(run('rejoin', 4, { SSM_Most: 'slot-99' })).toMatchObject({ code: 1, last: { code: 'WatermarkUnknown' } });
  });
});
