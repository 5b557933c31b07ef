import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { countOf, proofFaults, scoreOf, type Count, type Mutant } from './score.ts';
import { targetNamed, targets, type Target } from './targets.ts';

/**
 * Mutation testing: `npm run mutate -- [--only core] [--mutate core/lease.ts] [--concurrency 2] [--without-static]`.
 * Static mutants, in what runs once when a module loads (schemas, tables), are one in seven and take more than half of the time.
 * The last line is one JSON object. Exit code 1 below a target's least score, or with an exception that has no proof.
 */

const root = join(import.meta.dirname, '..', '..');
const { values: asked } = parseArgs({
  options: {
    only: { type: 'string' },
    mutate: { type: 'string', multiple: true },
    concurrency: { type: 'string', default: '2' },
    'without-static': { type: 'boolean', default: false },
  },
});

const mutantsOf = async (target: Target): Promise<Mutant[]> => {
  process.env['MUTATION_TARGET'] = target.name;
  // Each mutant gets a new worker; without this each worker compiles zod and vitest anew.
  process.env['NODE_COMPILE_CACHE'] ??= join(root, '.cache', 'mutation', 'compiled');
  const stryker = new Stryker({
    mutate: [...(asked.mutate ?? target.mutate)],
    testRunner: 'vitest',
    // The target's own list of tests is the choice, not what imports what.
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    coverageAnalysis: 'perTest',
    ignoreStatic: asked['without-static'],
    concurrency: Number(asked.concurrency),
    // The sandbox runs what Node strips; types are another check's business.
    disableTypeChecks: false,
    ignorePatterns: ['.cache', 'dist'],
    tempDirName: '.stryker-tmp',
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: `.cache/mutation/${target.name}.json` },
    allowEmpty: false,
    warnings: { slow: false, unknownOptions: true, preprocessorErrors: true, unserializableOptions: true },
  });
  const found = await stryker.runMutationTest();
  const judged = asked['without-static'] ? found.filter((mutant) => mutant.static !== true) : found;
  return judged.map((mutant) => ({ ...mutant, file: relative(root, mutant.fileName), line: mutant.location.start.line }));
};

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 120);

const tell = (mutants: readonly Mutant[]): void => {
  const files = [...new Set(mutants.map(({ file }) => file))].sort();
  for (const mutant of mutants.filter(({ status }) => ['Survived', 'NoCoverage', 'RuntimeError', 'CompileError'].includes(status)))
    console.log(`${mutant.status} ${mutant.file}:${mutant.line} ${mutant.mutatorName} → ${oneLine(mutant.replacement)}`);
  for (const file of files) {
    const count = countOf(mutants.filter((mutant) => mutant.file === file));
    console.log(`${file.padEnd(28)} ${scoreOf(count).toFixed(2).padStart(6)}  ${count.killed + count.timeout} of ${count.mutants}`);
  }
};

const run = async (target: Target): Promise<{ count: Count; failed: boolean }> => {
  const mutants = await mutantsOf(target);
  tell(mutants);
  const faults = [...new Set(mutants.map(({ file }) => file))].flatMap((file) =>
    proofFaults(
      file,
      readFileSync(join(root, file), 'utf8'),
      mutants.filter((mutant) => mutant.file === file),
    ),
  );
  for (const fault of faults) console.log(fault);
  const count = countOf(mutants);
  return { count, failed: scoreOf(count) < target.least || faults.length > 0 };
};

if (asked.mutate && asked.only === undefined) throw new Error('--mutate needs --only: which tests are to notice it?');
const started = performance.now();
const results = new Map<string, Count & { score: number }>();
let failed = false;
for (const target of asked.only === undefined ? targets : [targetNamed(asked.only)]) {
  const result = await run(target);
  results.set(target.name, { ...result.count, score: Number(scoreOf(result.count).toFixed(2)) });
  failed ||= result.failed;
}
const total = [...results.values()].reduce<Count>(
  (sum, one) => ({
    mutants: sum.mutants + one.mutants,
    killed: sum.killed + one.killed,
    timeout: sum.timeout + one.timeout,
    survived: sum.survived + one.survived,
    equivalent: sum.equivalent + one.equivalent,
    broken: sum.broken + one.broken,
  }),
  countOf([]),
);
const seconds = Math.round((performance.now() - started) / 1_000);
console.log(JSON.stringify({ ...total, score: Number(scoreOf(total).toFixed(2)), seconds, targets: Object.fromEntries(results) }));
process.exitCode = failed ? 1 : 0;
