import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';

/** Stands in for systemd on one sandbox node: units with restart, BindsTo, mask, and kill by process group. Ends with its parent. */

const unitSchema = z.strictObject({
  argv: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).prefault({}),
  restart: z.enum(['no', 'always']).prefault('no'),
  bindsTo: z.string().optional(),
  stopMs: z.number().int().min(1).prefault(2_000),
});
type UnitFile = z.infer<typeof unitSchema>;

interface Unit {
  readonly name: string;
  child: ChildProcess | null;
  active: 'active' | 'inactive' | 'failed';
  wanted: boolean;
  pgid: number | null;
}

const { root = '' } = parseArgs({ options: { root: { type: 'string' } } }).values;
const folder = join(root, 'etc', 'systemd');
const logs = join(root, 'log');
const pidFile = join(root, 'run', 'pids.json');
const units = new Map<string, Unit>();
const restartMs = durationMs(300);
const pollMs = durationMs(20);

const unitOf = (name: string): Unit => {
  const known = units.get(name) ?? { name, child: null, active: 'inactive' as const, wanted: false, pgid: null };
  units.set(name, known);
  return known;
};
const fileOf = (name: string): UnitFile | null => {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? unitSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
};
const maskOf = (name: string): string => join(folder, `${name}.masked`);
const isMasked = (name: string): boolean => existsSync(maskOf(name));

const groupLives = (pgid: number | null): boolean => {
  if (pgid === null) return false;
  try {
    process.kill(-pgid, 0);
    return true;
  } catch {
    return false;
  }
};
const killGroup = (unit: Unit, signal: NodeJS.Signals): void => {
  if (unit.pgid === null || !groupLives(unit.pgid)) return;
  try {
    process.kill(-unit.pgid, signal);
  } catch {
    // It ended in between.
  }
};
const savePids = (): void => {
  // Whole or not at all: others read it at any moment.
  writeFileSync(`${pidFile}.new`, JSON.stringify([...units.values()].flatMap(({ pgid }) => (pgid === null ? [] : [pgid]))));
  renameSync(`${pidFile}.new`, pidFile);
};

const ended = async (unit: Unit, code: number | null): Promise<void> => {
  unit.child = null;
  unit.active = unit.wanted && code !== 0 ? 'failed' : 'inactive';
  for (const other of units.values()) if (other.wanted && fileOf(other.name)?.bindsTo === unit.name) await stop(other);
  if (!unit.wanted || fileOf(unit.name)?.restart !== 'always') return;
  await systemClock.sleep(restartMs);
  if (unit.wanted && unit.child === null && !isMasked(unit.name)) launch(unit);
};

const launch = (unit: Unit): boolean => {
  const file = fileOf(unit.name);
  if (!file || isMasked(unit.name)) return false;
  const log = openSync(join(logs, `${unit.name}.log`), 'a');
  const [program = '', ...args] = file.argv;
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...file.env }, stdio: ['ignore', log, log], detached: true });
  unit.child = child;
  unit.pgid = child.pid ?? null;
  unit.active = 'active';
  savePids();
  child.once('error', () => {
    void ended(unit, 127);
  });
  child.once('exit', (code) => {
    void ended(unit, code);
  });
  return true;
};

const start = async (unit: Unit): Promise<boolean> => {
  if (unit.active === 'active') return true;
  const needs = fileOf(unit.name)?.bindsTo;
  if (needs !== undefined && !(await start(unitOf(needs)))) return false;
  unit.wanted = true;
  return launch(unit);
};

const stop = async (unit: Unit): Promise<void> => {
  unit.wanted = false;
  const limit = Math.ceil((fileOf(unit.name)?.stopMs ?? 2_000) / pollMs);
  killGroup(unit, 'SIGTERM');
  for (let poll = 0; poll < limit && groupLives(unit.pgid); poll += 1) await systemClock.sleep(pollMs);
  killGroup(unit, 'SIGKILL');
  for (let poll = 0; poll < 100 && groupLives(unit.pgid); poll += 1) await systemClock.sleep(pollMs);
  unit.active = 'inactive';
};

/** A masked unit has no command, as with systemd. */
const commandOf = ({ name }: Unit): string => {
  const argv = isMasked(name) ? undefined : fileOf(name)?.argv;
  return argv === undefined ? '' : `{ path=${argv[0] ?? ''} ; argv[]=${argv.join(' ')} ; ignore_errors=no ; pid=0 }`;
};

const show = (unit: Unit, { properties, named }: { properties: readonly string[]; named: boolean }): string => {
  const values: Record<string, string> = {
    ActiveState: unit.active,
    SubState: unit.active === 'active' ? 'running' : unit.active === 'inactive' ? 'dead' : unit.active,
    LoadState: isMasked(unit.name) ? 'masked' : fileOf(unit.name) ? 'loaded' : 'not-found',
    TasksCurrent: groupLives(unit.pgid) ? '1' : '0',
    MainPID: String(unit.child?.pid ?? 0),
    ControlGroup: '',
    ExecStart: commandOf(unit),
  };
  return properties.map((name) => `${named ? `${name}=` : ''}${values[name] ?? ''}`).join('\n');
};

const request = z.strictObject({
  verb: z.string(),
  unit: z.string().regex(/^[A-Za-z0-9@._-]{1,120}$/),
  properties: z.array(z.string()),
  signal: z.string(),
  named: z.boolean().prefault(false),
});

/** Exit code and output, as systemctl's. */
const serve = async (asked: z.infer<typeof request>): Promise<{ code: number; out: string }> => {
  const unit = unitOf(asked.unit);
  switch (asked.verb) {
    case 'start':
      return { code: (await start(unit)) ? 0 : 1, out: '' };
    case 'stop':
      await stop(unit);
      return { code: 0, out: '' };
    case 'mask':
      writeFileSync(maskOf(unit.name), '');
      return { code: 0, out: '' };
    case 'unmask':
      rmSync(maskOf(unit.name), { force: true });
      return { code: 0, out: '' };
    case 'kill':
      killGroup(unit, (asked.signal || 'SIGTERM') as NodeJS.Signals);
      return { code: 0, out: '' };
    case 'is-active':
      return { code: unit.active === 'active' ? 0 : 3, out: unit.active };
    case 'show':
      return { code: 0, out: show(unit, asked) };
    default:
      return { code: 1, out: `Unknown command verb ${asked.verb}` };
  }
};

const endAll = async (): Promise<void> => {
  for (const unit of units.values()) unit.wanted = false;
  await Promise.all([...units.values()].map(stop));
  process.exit(0);
};

for (const name of ['etc/systemd', 'log', 'run']) mkdirSync(join(root, name), { recursive: true });
savePids();
createServer((socket) => {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (!text.includes('\n')) return;
    const parsed = request.safeParse(JSON.parse(text));
    const answer = parsed.success ? serve(parsed.data) : Promise.resolve({ code: 1, out: 'bad request' });
    answer.then(
      (told) => socket.end(JSON.stringify(told)),
      () => socket.end('{"code":1,"out":"failed"}'),
    );
  });
}).listen(join(root, 'run', 's'), () => {
  process.stdout.write('ready\n');
});
// The parent holds the other end: when it goes away, in whatever way, so does everything here.
process.stdin.resume();
process.stdin.once('end', () => {
  void endAll();
});
process.once('SIGTERM', () => {
  void endAll();
});
