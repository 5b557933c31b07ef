import { build } from 'esbuild';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A function that does nothing and has the same SDK clients: what no function with these clients can be faster than. */

const root = join(import.meta.dirname, '..', '..');

/** The clients of the SDK that a bundle holds, by its source map. */
export const clientsIn = (bundle: string): string[] => {
  const { sources } = JSON.parse(readFileSync(`${bundle}.map`, 'utf8')) as { sources: readonly string[] };
  return [...new Set(sources.flatMap((source) => /node_modules\/@aws-sdk\/client-([a-z0-9-]+)\//.exec(source)?.[1] ?? []))].toSorted();
};

/** The only names that the SDK does not write like this one. */
const classes: Readonly<Record<string, string>> = {
  dynamodb: 'DynamoDBClient',
  ec2: 'EC2Client',
  kms: 'KMSClient',
  sfn: 'SFNClient',
  sns: 'SNSClient',
  ssm: 'SSMClient',
  sts: 'STSClient',
};

export interface Trivial {
  readonly file: string;
  readonly bytes: number;
}

const make = async (clients: readonly string[]): Promise<Trivial> => {
  const folder = join(root, '.cache', 'bench', 'trivial');
  mkdirSync(folder, { recursive: true });
  const name = clients.join('-') || 'none';
  const entry = join(folder, `${name}.ts`);
  const lines = clients.map((client) => {
    const found = classes[client];
    if (found === undefined) throw new Error(`which class is the client of ${client}?`);
    return `import { ${found} } from '@aws-sdk/client-${client}';\n`;
  });
  const made = clients.map((client) => `new ${classes[client]}({})`).join(', ');
  writeFileSync(entry, `${lines.join('')}const clients = [${made}];\nexport const handler = async () => ({ clients: clients.length });\n`);
  const file = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [entry],
    outfile: file,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    sourcemap: true,
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  return { file, bytes: statSync(file).size };
};

const made = new Map<string, Promise<Trivial>>();

/** Built once for the same clients. */
export const trivialWith = (clients: readonly string[]): Promise<Trivial> => {
  const name = clients.join();
  const found = made.get(name) ?? make(clients);
  made.set(name, found);
  return found;
};
