import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { cliJson } from '../../cli/json.ts';
import { validatorsFile } from '../../chains/registry.ts';
import { yaml } from '../support/core.ts';
import { cliFile, cliPageFile, cliPageText, cliText, schemaFile, schemaText, wholeProgram } from './schema.ts';

/** docs/validators.schema.json says of validators.yaml what the schema says that reads it. */

const text = readFileSync(schemaFile, 'utf8');
const schema = JSON.parse(text) as Record<string, unknown>;
const published = z.fromJSONSchema(schema);
const example = readFileSync(join(import.meta.dirname, '..', '..', 'validators.example.yaml'), 'utf8');

test('is what `npm run schema` writes', async () => {
  expect(text).toBe(await schemaText());
});
test('is named in the example, by a path that exists', () => {
  expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=docs/validators.schema.json');
});
test('explains fields in the words of the code', () => {
  const found = JSON.stringify(schema);
  for (const words of [
    'Time between two probes',
    'K of N probes',
    'The IAM principal that is this machine',
    'Who signs at first',
    'Path on each vantage',
  ])
    expect(found).toContain(words);
  expect(found).not.toContain('starts_with');
});

type One = Record<string, unknown>;
const nodes = (one: One): One[] => one['nodes'] as One[];

describe('judges as the file is judged', () => {
  test('the example', () => {
    expect(published.safeParse(parse(example)).success).toBe(true);
  });
  test.each<[string, (one: One) => void, boolean]>([
    ['the least that is needed', () => undefined, true],
    ['a field that nobody knows', (one) => (one['colour'] = 'red'), false],
    ['a chain that nobody knows', (one) => (one['chain'] = { kind: 'doge' }), false],
    ['no chain', (one) => delete one['chain'], false],
    ['a node without an identity', (one) => delete nodes(one)[0]?.['id'], false],
    ['a principal that is none', (one) => nodes(one).forEach((node) => (node['principal'] = 'robin')), false],
    ['a mode that nobody knows', (one) => (one['policy'] = { mode: 'yolo' }), false],
    ['a policy and a timing', (one) => Object.assign(one, { policy: { mode: 'auto', verdict: { failing: 2 } }, timing: { leaseMs: 20_000 } }), true],
    ['a length of time below nothing', (one) => (one['timing'] = { leaseMs: -1 }), false],
    ['a fraction', (one) => (one['policy'] = { quorum: 1.5 }), false],
    ['no node', (one) => (one['nodes'] = []), false],
    [
      'another daemon',
      (one) => (one['chain'] = { kind: 'systemd', progressPath: '/a', progressPointer: '/b', headPath: '/c', headPointer: '/d' }),
      true,
    ],
  ])('%s', (_, change, accepted) => {
    const file = yaml((one) => {
      change(one);
    });
    expect([published.safeParse(file).success, validatorsFile.safeParse(file).success]).toEqual([accepted, accepted]);
  });
});

describe('docs/cli.schema.json', () => {
  test('is what `npm run schema` writes', async () => {
    expect(readFileSync(cliFile, 'utf8')).toBe(await cliText());
  });
  test('describes every command that there is', () => {
    const names = wholeProgram().commands.map((command) => command.name());
    expect(Object.keys(cliJson).sort()).toEqual(['error', ...names].sort());
  });
  test('lets fields be added', () => {
    const open = z.fromJSONSchema(JSON.parse(readFileSync(cliFile, 'utf8')) as Record<string, unknown>);
    const resumed = { validator: 'hub-1', paused: false };
    expect(open.safeParse({ resume: { ...resumed, since: 1 } }).success).toBe(true);
    expect(open.safeParse({ resume: { ...resumed, paused: 'no' } }).success).toBe(false);
    expect(open.safeParse({ resume: { validator: 'hub-1' } }).success).toBe(false);
  });
});

test('docs/cli.md is what `npm run schema` writes', () => {
  expect(readFileSync(cliPageFile, 'utf8')).toBe(cliPageText());
});
