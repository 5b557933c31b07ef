// What the README of dynamodb-lock-client shows, around the signer: it runs while the lock is held. Bundled with the client for the nodes.
import { spawn } from 'node:child_process';
import DynamoDB from 'aws-sdk/clients/dynamodb.js';
import locks from 'dynamodb-lock-client';

const { LOCK_ENDPOINT: endpoint, LOCK_TABLE: lockTable, LOCK_PROGRAM: program } = process.env;
const credentials = { accessKeyId: 'node', secretAccessKey: 'node' };
const dynamodb = new DynamoDB.DocumentClient({ region: 'us-east-1', endpoint, ...credentials });
const client = new locks.FailOpen({ dynamodb, lockTable, partitionKey: 'pk', heartbeatPeriodMs: 3e3, leaseDurationMs: 1e4 });

const hold = (lock) => {
  const child = spawn(program, { stdio: 'inherit' });
  lock.on('error', (error) => {
    console.error('failed to heartbeat', error);
    child.kill('SIGKILL');
  });
  child.once('exit', () => lock.release((error) => process.exit(error ? 1 : 0)));
  process.once('SIGTERM', () => child.kill('SIGTERM'));
};

const acquire = () =>
  client.acquireLock('signer', (error, lock) => {
    if (error) acquire();
    else hold(lock);
  });
acquire();
