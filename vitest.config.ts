import { defineConfig } from 'vitest/config';

/** What they set would be met by other files: a silent logger, a clock of their own. */
const apart = ['test/fuzz/fuzz.test.ts', 'test/sim/*.test.ts'];

// `quick` and `apart` are what `npm test` runs; `slow` needs Java, Go or minutes, `browser` needs Chromium, `rig` root and systemd-nspawn:
// .ci/run runs all of them.
export default defineConfig({
  test: {
    // All of the cores: most files wait for processes and timers of their own.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'quick',
          // Files keep nothing in modules that another file could meet; loading them anew for each file took as long as the tests.
          isolate: false,
          include: ['{core,chains,functions,aws,console,relay,power,guard,cli,local,runtime,test}/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/*.browser.test.ts', '**/*.rig.test.ts', ...apart, 'node_modules/**'],
          testTimeout: 120_000,
        },
      },
      { test: { name: 'apart', include: apart, testTimeout: 120_000 } },
      {
        test: {
          name: 'slow',
          include: ['{core,chains,functions,aws,console,relay,power,guard,cli,local,runtime,test}/**/*.slow.test.ts'],
          exclude: ['node_modules/**'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          exclude: ['node_modules/**'],
          // One browser at a time: each page is measured.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      // One machine at a time: what waits for systemd is not to wait for another machine too.
      { test: { name: 'rig', include: ['test/rig/*.rig.test.ts'], exclude: ['node_modules/**'], fileParallelism: false } },
    ],
  },
});
