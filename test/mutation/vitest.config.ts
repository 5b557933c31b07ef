import { defineConfig } from 'vitest/config';
import { targetNamed } from './targets.ts';

// Stryker's workers read this. Which tests belong to the run comes from run.ts by the environment: Stryker passes nothing else on.
export default defineConfig({
  test: {
    include: [...targetNamed(process.env['MUTATION_TARGET'] ?? 'core').tests],
    exclude: ['**/*.slow.test.ts', 'node_modules/**'],
    // One worker and one module graph for all files of a run; each run starts a new one, so that static mutants are loaded afresh.
    // No test may load a module of the target by itself: that module would then count as covered by this one test alone.
    isolate: false,
    testTimeout: 15_000,
  },
});
