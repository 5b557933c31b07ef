/** What `npm run mutate` mutates, which tests must notice it, and the least score that passes. */
export interface Target {
  readonly name: string;
  /** Globs of the files to mutate. */
  readonly mutate: readonly string[];
  /** Globs of the tests that each mutant is run against: these and no others, so that a run stays short. */
  readonly tests: readonly string[];
  /** Least score in percent. */
  readonly least: number;
}

/** What people are told, and what is practised and kept: no right to sign hangs on it. .ci/run leaves it out for time. */
const told = [
  ...[
    'slack',
    'slack-names',
    'slack-message',
    'doctor',
    'doctor-config',
    'finding',
    'survey',
    'survey-totals',
    'bundle',
    'drill',
    'window',
    'notice',
    'errors',
    'history',
    'fence-test',
  ].map((name) => `core/${name}.ts`),
  ...['alert-test', 'fence-tests', 'fence-tester', 'notify', 'parameter', 'relay-log', 'slack', 'slack-threads'].map((name) => `aws/${name}.ts`),
];
const besidesTold = told.map((file) => `!${file}`);

export const targets: readonly Target[] = [
  { name: 'core', mutate: ['core/*.ts', '!core/*.test.ts', ...besidesTold], tests: ['core/*.test.ts'], least: 100 },
  { name: 'told', mutate: told, tests: ['core/*.test.ts', 'aws/*.test.ts'], least: 95 },
  // What the adapters read of a reply lies in runtime/, for the probes of chains read it too.
  {
    name: 'aws',
    mutate: ['aws/*.ts', '!aws/*.test.ts', ...besidesTold, 'runtime/reply.ts'],
    tests: ['aws/*.test.ts', 'runtime/reply.test.ts'],
    least: 95,
  },
];

/** @throws Error when there is no such target. */
export const targetNamed = (name: string): Target => {
  const found = targets.find((target) => target.name === name);
  if (!found) throw new Error(`--only ${name}: expected one of ${targets.map((target) => target.name).join(', ')}`);
  return found;
};
