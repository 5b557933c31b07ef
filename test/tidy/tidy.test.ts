import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/** Walks the tree and holds layout, sizes, banned calls and the inward dependency rule. */

const root = join(import.meta.dirname, '..', '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const folderOf = (file: string): string => file.split('/')[0] ?? '';
const sources = tracked.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const shipped = sources.filter((file) => !file.endsWith('.test.ts'));

const folders = [
  'core',
  'chains',
  'functions',
  'statemachines',
  'documents',
  'aws',
  'console',
  'relay',
  'power',
  'guard',
  'cli',
  'local',
  'runtime',
  'test',
  'bench',
  'docs',
  '.ci',
];
const topFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  '.npmrc',
  '.gitignore',
  'eslint.config.js',
  '.prettierrc.json',
  '.prettierignore',
  'vitest.config.ts',
  'validators.example.yaml',
  'template.yaml',
  'samconfig.toml',
];

/** What each folder may import, besides itself. `test` and tests may import everything. */
const inward: Record<string, readonly string[]> = {
  core: [],
  runtime: ['core'],
  chains: ['core', 'runtime'],
  aws: ['core', 'runtime'],
  console: ['core'],
  relay: ['core', 'runtime'],
  // How the public internet is told from the inside, and how webhooks are signed.
  power: ['core', 'runtime', 'relay'],
  functions: ['core', 'runtime', 'chains', 'aws', 'console', 'relay', 'power'],
  guard: ['core', 'runtime', 'chains', 'aws'],
  cli: ['core', 'runtime', 'chains', 'aws', 'console', 'functions', 'local'],
  local: ['core', 'runtime', 'chains', 'aws', 'console', 'functions', 'guard', 'cli'],
  bench: ['core', 'runtime', 'chains', 'aws', 'cli', 'console', 'functions', 'guard', 'local', 'test'],
};
const mayUseSdk = ['aws', 'guard', 'cli', 'local', 'test', 'bench'];

interface Import {
  readonly file: string;
  readonly from: string;
}
const importsOf = (file: string): Import[] =>
  ts.preProcessFile(read(file), true, true).importedFiles.map(({ fileName }) => ({ file, from: fileName }));

const longFunctions = (file: string, limit: number): string[] => {
  const tree = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const first = tree.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = tree.getLineAndCharacterOfPosition(node.getEnd()).line;
      if (last - first + 1 > limit) found.push(`${file}:${first + 1} has ${last - first + 1} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
};

const matches = (files: readonly string[], pattern: RegExp): string[] =>
  files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim().slice(0, 100)}`] : [])),
  );

describe('layout', () => {
  test('every file lies in a folder of the design or is a known top file', () => {
    expect(tracked.filter((file) => (file.includes('/') ? !folders.includes(folderOf(file)) : !topFiles.includes(file)))).toEqual([]);
  });
  test('dependencies point inward', () => {
    const wrong = shipped.flatMap(importsOf).filter(({ file, from }) => {
      const allowed = inward[folderOf(file)];
      if (!from.startsWith('.') || allowed === undefined) return false;
      const target = folderOf(normalize(join(dirname(file), from)));
      return target !== folderOf(file) && !allowed.includes(target);
    });
    expect(wrong).toEqual([]);
  });
  test('core imports only itself, zod and node:crypto', () => {
    const wrong = shipped
      .filter((file) => folderOf(file) === 'core')
      .flatMap(importsOf)
      .filter(({ from }) => !from.startsWith('./') && from !== 'zod' && from !== 'node:crypto');
    expect(wrong).toEqual([]);
  });
  test('only the adapters, the guard and the command line import an SDK', () => {
    const wrong = sources
      .flatMap(importsOf)
      .filter(({ file, from }) => from.startsWith('@aws-sdk/') && !mayUseSdk.includes(folderOf(file)) && !file.endsWith('.test.ts'));
    expect(wrong).toEqual([]);
  });
  test('what judges policies is under the AGPL: no code but its own tests imports it, and nothing ships it', () => {
    const users = sources.flatMap(importsOf).filter(({ from }) => from.startsWith('@cloud-copilot/'));
    expect(users.filter(({ file }) => !file.startsWith('test/iam/'))).toEqual([]);
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    expect(Object.keys(dependencies ?? {}).filter((name) => name.startsWith('@cloud-copilot/'))).toEqual([]);
    expect(devDependencies?.['@cloud-copilot/iam-simulate']).toMatch(/^\d+\.\d+\.\d+$/);
  });
  test('what runs on one machine is reached only from the drill and the cost', () => {
    const wrong = shipped
      .flatMap(importsOf)
      .filter(
        ({ file, from }) =>
          folderOf(normalize(join(dirname(file), from))) === 'local' && folderOf(file) === 'cli' && !/^cli\/(drill|cost|baton)/.test(file),
      );
    expect(wrong).toEqual([]);
  });
});

describe('sizes', () => {
  test('files have at most 300 lines', () => {
    const long = sources.map((file) => ({ file, lines: read(file).split('\n').length - 1 })).filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });
  test('functions have at most 70 lines', () => {
    expect(shipped.filter((file) => folderOf(file) !== 'test').flatMap((file) => longFunctions(file, 70))).toEqual([]);
  });
  test('handlers have at most 80 lines', () => {
    const long = shipped
      .filter((file) => /^functions\/[a-z-]+\.ts$/.test(file) && !/contract|environment/.test(file))
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > 80);
    expect(long).toEqual([]);
  });
  test('lines have at most 160 characters', () => {
    expect(matches(sources, /^.{161,}$/)).toEqual([]);
  });
});

describe('banned calls', () => {
  const timed = shipped.filter((file) => file !== 'runtime/clock.ts' && folderOf(file) !== 'test');
  test('time comes from the Clock', () => {
    expect(
      matches(
        timed,
        /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bAbortSignal\.timeout\(|\bprocess\.hrtime|\bperformance\.now\(|node:timers/,
      ),
    ).toEqual([]);
  });
  test('randomness comes from runtime/clock.ts', () => {
    expect(matches(timed, /\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/)).toEqual([]);
  });
  test('no table scan, transaction or TTL', () => {
    expect(
      matches(
        shipped.filter((file) => folderOf(file) !== 'local'),
        /\b(ScanCommand|TransactWriteItemsCommand|UpdateTimeToLiveCommand)\b/,
      ),
    ).toEqual([]);
  });
  test('no disabled test and no switched-off check', () => {
    expect(
      matches(
        sources.filter((file) => !file.startsWith('test/tidy/')),
        /\b(test|it|describe)\.(only|todo|skip)\(|@ts-ignore|@ts-nocheck|eslint-disable(?!-next-line [\w@/-]+ -- )/,
      ),
    ).toEqual([]);
  });
  test('nothing names a machine path or a registry host', () => {
    const texts = tracked.filter((file) => !file.startsWith('test/tidy/') && !/\.(png|ico)$/.test(file));
    expect(matches(texts, /\/work\/(main|shared|\.library)|\/tmp\/bash_jobs|"resolved": "http/)).toEqual([]);
  });
});
