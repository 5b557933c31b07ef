import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploymentOf } from '../deployment.ts';
import { bundleFunctions, templateFile, type Bundle } from './bundle.ts';

/** What is not in a function's bundle it cannot do, whatever its role may. */

let dir = '';
let bundles: Bundle[] = [];
const holding = (text: string): string[] => bundles.filter(({ file }) => readFileSync(file, 'utf8').includes(text)).map(({ name }) => name);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bundles-'));
  bundles = await bundleFunctions(deploymentOf(templateFile, {}).functions, dir);
}, 60_000);
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('no bundle holds the messages of zod in other languages: zod is imported as a namespace, so that what is not used is left out', () => {
  const sourcesOf = ({ file }: Bundle): readonly string[] => (JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] }).sources;
  expect(bundles.flatMap((one) => sourcesOf(one).filter((source) => /zod\/v4\/locales\/(?!en\.|index\.)/.test(source)))).toEqual([]);
});

test('only the function that counts answers can wake an execution', () => {
  expect(holding('SendTaskSuccess')).toEqual(['baton-answer']);
});
