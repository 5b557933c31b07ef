import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { finding, type Finding } from './finding.ts';

/** What sam build made: how large each function is, and what it carries. */

export interface Built {
  /** Name of the function, as its entry point is named. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** npm packages in the bundle, by its source map. */
  readonly packages: readonly string[];
}

const budgetSchema = z.record(z.string(), z.strictObject({ maxBytes: z.number().int().min(1), clients: z.array(z.string()) }));
export type Budget = z.infer<typeof budgetSchema>;

export const budgetOf = (text: string): Budget => budgetSchema.parse(JSON.parse(text));

/** Above this share of its budget a function is close to it; below, the budget has become loose and would hide a growth. */
const leastShare = 0.8;

const sourceMap = z.object({ sources: z.array(z.string()).min(1) });

const packagesOf = (mapFile: string): string[] => {
  const { sources } = sourceMap.parse(JSON.parse(readFileSync(mapFile, 'utf8')));
  const names = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
  return [...new Set(names)].sort();
};

/** The functions in a build folder. @throws Error when a folder does not hold exactly one bundle and its map. */
export const readBuild = (folder: string): Built[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => {
      const files = readdirSync(join(folder, entry.name));
      const [bundle = '', ...more] = files.filter((file) => /\.m?js$/.test(file));
      const path = join(folder, entry.name, bundle);
      if (bundle === '' || more.length > 0 || !existsSync(`${path}.map`))
        throw new Error(`${entry.name}: expected one bundle and its map: ${files.join(', ')}`);
      return { name: basename(bundle).replace(/\.m?js$/, ''), file: path, bytes: statSync(path).size, packages: packagesOf(`${path}.map`) };
    });

const clientPrefix = '@aws-sdk/client-';
export const clientsOf = ({ packages }: Pick<Built, 'packages'>): string[] =>
  packages.flatMap((name) => (name.startsWith(clientPrefix) ? [name.slice(clientPrefix.length)] : []));

const oneFindings = (built: Built, budget: Budget, development: readonly string[]): Finding[] => {
  const { name, bytes, packages } = built;
  const own = budget[name];
  if (!own) return [finding('BundleWithoutBudget', name, 'give it a budget in bundle-budget.json')];
  const clients = clientsOf(built);
  return [
    ...(bytes > own.maxBytes ? [finding('BundleTooLarge', name, `${bytes} bytes, at most ${own.maxBytes}`)] : []),
    ...(bytes < own.maxBytes * leastShare ? [finding('BudgetTooLoose', name, `${bytes} bytes; lower its budget of ${own.maxBytes}`)] : []),
    ...clients
      .filter((client) => !own.clients.includes(client))
      .map((client) => finding('ClientNotNeeded', name, `it carries the SDK client ${client}`)),
    ...own.clients.filter((client) => !clients.includes(client)).map((client) => finding('ClientGone', name, `it no longer carries ${client}`)),
    ...packages.filter((one) => development.includes(one)).map((one) => finding('DevelopmentPackage', name, `${one} is for development alone`)),
  ];
};

/** @param development packages that may never be shipped. */
export const bundleFindings = (built: readonly Built[], budget: Budget, development: readonly string[]): Finding[] => [
  ...built.flatMap((one) => oneFindings(one, budget, development)),
  ...Object.keys(budget)
    .filter((name) => !built.some((one) => one.name === name))
    .map((name) => finding('BundleMissing', name, 'sam build made no such function')),
];

/** Loads each bundle as Lambda would and tells how many arguments its handler takes, or null when there is none. */
const loader = `
const told = {};
for (const file of process.argv.slice(1)) {
  const { handler } = await import('file://' + file);
  told[file] = typeof handler === 'function' ? handler.length : null;
}
process.stdout.write(JSON.stringify(told));
`;

/** Node 24 on Lambda refuses a handler with a callback. */
const mostArguments = 2;

export const loadFindings = (built: readonly Built[], environment: Readonly<Record<string, string>>): Finding[] => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', loader, ...built.map(({ file }) => file)], {
    encoding: 'utf8',
    env: { ...environment },
    timeout: 60_000,
  });
  if (status !== 0) return [finding('BundleBroken', 'bundles', stderr.trim())];
  const told = JSON.parse(stdout) as Readonly<Record<string, number | null>>;
  return built.flatMap(({ name, file }) => {
    const length = told[file] ?? null;
    if (length === null) return [finding('BundleWithoutHandler', name, 'it exports no handler')];
    return length <= mostArguments ? [] : [finding('HandlerWithCallback', name, `its handler takes ${length} arguments`)];
  });
};
