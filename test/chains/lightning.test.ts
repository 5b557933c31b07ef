import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { registry } from '../../chains/registry.ts';
import { parseValidatorsFile } from '../../core/parse.ts';

/** The worked example for lnd: its scripts with stand-ins for what they ask, and its page. */

const examples = join(import.meta.dirname, '..', '..', 'chains', 'systemd', 'examples');
const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'lightning.md'), 'utf8');
const scripts = ['lnd-state-check.sh', 'lnd-health.sh', 'lnd-ready.sh'];
let root = '';
const bin = (name: string, body: string): void => {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
};

/** What each stand-in answers; it refuses every other way of being asked with the exit code of the real one. */
const sql = { recovery: 'f', commit: 'on', late: '0', others: '0' };
const connected =
  "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' " + 'and pid <> pg_backend_pid()';
const psql = (of: typeof sql): string => `
[ "$1 $2 $3" = "--no-psqlrc --tuples-only --no-align" ] && [ "$4" = "--dbname=postgresql://lnd@db/lnd" ] && [ $# = 5 ] || exit 2
case $5 in
  "--command=select pg_is_in_recovery()") echo ${of.recovery} ;;
  "--command=show synchronous_commit") echo ${of.commit} ;;
  "--command=select count(*) from pg_stat_replication where sync_state = 'async'") echo ${of.late} ;;
  "--command=${connected}") echo ${of.others} ;;
  *) exit 1 ;;
esac`;
const lines = [
  '[Application Options]',
  'alias=ln',
  'wallet-unlock-password-file=KEYDIR/key',
  '[db]',
  'db.backend=postgres',
  ' db.postgres.dsn = postgresql://lnd@db/lnd ',
  '[cluster]',
  'cluster.enable-leader-election=1',
  'cluster.id=amber',
];
const conf = (text: readonly string[]): void => {
  writeFileSync(join(root, 'lnd', 'lnd.conf'), `${text.join('\n').replaceAll('KEYDIR', join(root, 'run'))}\n`);
};
const guard = (of: Record<string, unknown> = {}): void => {
  writeFileSync(join(root, 'ln-1.json'), JSON.stringify({ chain: { kind: 'systemd' }, paths: { keyDir: join(root, 'run') }, ...of }));
};
const unit = (execStart: string, code = 0): void => {
  bin('systemctl', `[ "$*" = "show -p ExecStart lnd.service" ] || exit 1\necho 'ExecStart={ path=${execStart} ; }'\nexit ${code}`);
};
const run = (script: string, args: readonly string[] = []) => {
  const env = { ...process.env, PATH: [join(root, 'bin'), process.env['PATH'] ?? ''].join(delimiter) };
  const { status, stdout, stderr } = spawnSync(join(examples, script), args, { env, encoding: 'utf8' });
  return { status, stdout, said: stderr.trim() };
};
const check = () => run('lnd-state-check.sh', [join(root, 'ln-1.json'), join(root, 'lnd', 'lnd.conf')]);
const without = (start: string): string[] => lines.filter((line) => !line.trim().startsWith(start));
const etcd = (): string[] => [...without('db.'), 'db.backend=etcd', 'db.etcd.host=127.0.0.1:2379'];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ln-'));
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'lnd', 'data'), { recursive: true });
  conf(lines);
  guard();
  unit('/usr/local/bin/lnd');
  bin('psql', psql(sql));
  bin('etcdctl', '[ "$*" = "--endpoints=127.0.0.1:2379 endpoint health" ] || exit 128');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('the state check', () => {
  test('passes a shared and fenced store, postgres or etcd', () => {
    expect(check()).toEqual({ status: 0, stdout: '', said: '' });
    conf(etcd());
    expect(check()).toEqual({ status: 0, stdout: '', said: '' });
    conf([...without('cluster.enable'), 'cluster.enable-leader-election']);
    expect(check().status).toBe(0);
  });
  test.each<[string, () => void, string]>([
    ['a bbolt state', () => conf([...without('db.backend'), 'db.backend=bolt']), 'db.backend is bolt'],
    ['no backend, which is bbolt', () => conf(without('db.backend')), 'db.backend is bolt'],
    ['sqlite', () => conf([...lines, 'db.backend=sqlite']), 'db.backend is sqlite'],
    [
      'a backend that is only in a comment',
      () => conf([...without('db.backend'), '; db.backend=postgres', '# db.backend=etcd']),
      'db.backend is bolt',
    ],
    ['a channel.db that is left', () => writeFileSync(join(root, 'lnd', 'data', 'channel.db'), ''), 'channel.db is a channel state in a file'],
    ['no leader election', () => conf(without('cluster.enable')), 'cluster.enable-leader-election is not set'],
    ['leader election that is off', () => conf([...lines, 'cluster.enable-leader-election=false']), 'cluster.enable-leader-election is not set'],
    ['no name in the election', () => conf(without('cluster.id')), 'cluster.id is not set'],
    ['custody gate', () => guard({ custody: 'gate' }), 'custody is gate: expected release'],
    ['another kind of chain', () => guard({ chain: { kind: 'cometbft' } }), 'chain.kind is cometbft'],
    ['a guard file without a chain', () => guard({ chain: null }), 'names no chain'],
    ['a guard file that is not there', () => rmSync(join(root, 'ln-1.json')), 'cannot be read'],
    ['a password on the disk', () => conf([...lines, 'wallet-unlock-password-file=/home/lnd/pw']), 'wallet-unlock-password-file is /home/lnd/pw'],
    ['no password file', () => conf(without('wallet')), 'wallet-unlock-password-file is not set'],
    ['options in the unit', () => unit('/usr/local/bin/lnd --db.backend=bolt'), 'passes options of db, cluster or wallet'],
    ['a unit of something else', () => unit('/usr/bin/clightning'.replace('clightning', 'cln')), 'does not start lnd'],
    ['a systemd that does not tell', () => unit('/usr/local/bin/lnd', 1), 'systemd does not tell'],
    ['no dsn', () => conf(without('db.postgres.dsn')), 'db.postgres.dsn is not set'],
    ['a postgres that is gone', () => bin('psql', 'exit 2'), 'postgres gives no answer'],
    ['a replica', () => bin('psql', psql({ ...sql, recovery: 't' })), 'postgres is a replica'],
    ['commits that may be lost', () => bin('psql', psql({ ...sql, commit: 'off' })), 'synchronous_commit is off'],
    ['a replica that may be behind', () => bin('psql', psql({ ...sql, late: '1' })), 'postgres has 1 replicas that may be behind'],
    ['another client', () => bin('psql', psql({ ...sql, others: '2' })), '2 other clients are connected'],
    ['an etcd that is not well', () => (conf(etcd()), bin('etcdctl', 'exit 1')), 'etcd at 127.0.0.1:2379 is not well'],
    ['no host of etcd', () => conf(etcd().filter((line) => !line.includes('host'))), 'db.etcd.host is not set'],
  ])('refuses %s', (_, change, message) => {
    change();
    const { status, said } = check();
    expect(said).toContain(message);
    expect(said.startsWith('LndUnsafe: ')).toBe(true);
    expect(status).toBe(1);
  });
  test('refuses to be asked in another way', () => {
    expect(run('lnd-state-check.sh').status).toBe(1);
    expect(run('lnd-state-check.sh', ['a', 'b', 'c', 'd']).said).toContain('usage:');
  });
});

test('health is the one of bitcoind; ready is lnd that serves', () => {
  bin(
    'bitcoin-cli',
    '[ "$*" = getblockchaininfo ] || exit 1\necho \'{"chain":"main","blocks":880001,"headers":880001,"initialblockdownload":false}\'',
  );
  expect(run('lnd-health.sh')).toMatchObject({ status: 0, stdout: '{"synced":true,"height":880001}\n' });
  bin('bitcoin-cli', 'exit 28');
  expect(run('lnd-health.sh').status).not.toBe(0);
  bin('lncli', '[ "$*" = state ] || exit 1\necho \'{"state":"SERVER_ACTIVE"}\'');
  expect(run('lnd-ready.sh').status).toBe(0);
  bin('lncli', 'echo \'{"state":"WAITING_TO_START"}\'');
  expect(run('lnd-ready.sh').status).not.toBe(0);
});

test.each(scripts)('%s is clean by shellcheck, where that is installed', (script) => {
  const { status, stdout, error } = spawnSync('shellcheck', ['-s', 'sh', join(examples, script)], { encoding: 'utf8' });
  if (error === undefined) expect([status, stdout]).toEqual([0, '']);
});

describe('the page', () => {
  const block = (language: string): string => (new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '').replace(/^ {3}/gm, '');
  test('has a validators.yaml that is accepted', () => {
    const [one] = parseValidatorsFile(parse(block('yaml')), registry).validators;
    expect(one).toMatchObject({ id: 'ln-1', custody: 'release', policy: { evidence: ['stopped', 'powered-off'] } });
  });
  test('has a chain for the guard that is accepted, with the scripts that are there', () => {
    const chain = registry['systemd']?.node.parse(JSON.parse(block('json'))) as unknown as { stateCheckCommand: string[] };
    expect(chain.stateCheckCommand[0]).toBe('/usr/local/lib/baton/lnd-state-check.sh');
  });
  test('has an lnd.conf that passes', () => {
    const text = block('ini')
      .replace('/run/baton/ln-1', join(root, 'run'))
      .replace('postgresql://lnd@db.internal/lnd?sslmode=verify-full', 'postgresql://lnd@db/lnd');
    conf(text.trim().split('\n'));
    expect(check()).toEqual({ status: 0, stdout: '', said: '' });
  });
});
