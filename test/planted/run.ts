import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { commandOf, patchesOf, plant, type Bug, type Catcher } from './bug.ts';
import { endChildren, runCatcher, type Found } from './catch.ts';
import { newCopy, removeCopies } from './copy.ts';
import { museum } from './museum.ts';
import { notParsed } from './parses.ts';
import { table, type Verdict } from './table.ts';

/**
 * npm run planted -- [--bug NAME]… [--part 1/3] [--list] [--markdown] [--workers N]
 * Plants each bug in a scratch copy and requires a catcher to find it there, and to find nothing without it. The last line is one JSON object.
 */

const { values } = parseArgs({
  options: {
    bug: { type: 'string', multiple: true },
    /** Every third, say, beginning with the first. */
    part: { type: 'string', default: '1/1' },
    list: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
  },
});

const lastRun = join(import.meta.dirname, '..', '..', '.cache', 'planted.json');

const [part = 0, parts = 0] = values.part.split('/').map(Number);
const named = values.bug === undefined ? museum : museum.filter(({ name }) => values.bug?.includes(name));
const chosen = named.filter((_, index) => index % parts === part - 1);
const unknown = values.bug?.find((name) => !museum.some((bug) => bug.name === name));
const workers = Number(values.workers);

const refuse = (why: string): never => {
  console.error(`${why} Next: npm run planted -- --list`);
  process.exit(2);
};
if (unknown !== undefined) refuse(`--bug is "${unknown}": there is no bug of this name.`);
if (!/^\d{1,2}\/\d{1,2}$/.test(values.part) || part < 1 || part > parts) refuse(`--part is "${values.part}": expected 1/3, 2/3 or the like.`);
if (!Number.isInteger(workers) || workers < 1 || workers > 16) refuse(`--workers is "${values.workers}": expected 1 to 16.`);

const known = (): Verdict[] => {
  try {
    return JSON.parse(readFileSync(lastRun, 'utf8')) as Verdict[];
  } catch {
    return [];
  }
};

if (values.list) {
  for (const { name, area, story } of museum) console.log(`${area.padEnd(10)} ${name.padEnd(36)} ${story}`);
  process.exit(0);
}
if (values.markdown && values.bug === undefined && known().length > 0) {
  console.log(table(museum, known()));
  process.exit(0);
}

/** Every catcher is to find nothing where nothing is planted. Each is asked once. */
const healthy = new Map<string, Promise<Found>>();

const onHealthy = (catcher: Catcher, copy: string): Promise<Found> => {
  const key = JSON.stringify(catcher);
  const asked = healthy.get(key) ?? runCatcher(catcher, copy);
  healthy.set(key, asked);
  return asked;
};

const hunt = async (bug: Bug, clean: string, copy: string): Promise<Verdict> => {
  const tried: string[] = [];
  const broken = patchesOf(bug, copy).flatMap(({ file, after }) => notParsed(file, after) ?? []);
  for (const catcher of broken.length > 0 ? [] : bug.catchers) {
    const command = commandOf(catcher);
    const before = await onHealthy(catcher, clean);
    if (before.outcome !== 'passed') {
      tried.push(`${command} does not pass without the bug: ${before.outcome === 'caught' ? before.how : before.why}`);
      continue;
    }
    const takeOut = plant(bug, copy);
    const found = await runCatcher(catcher, copy).finally(takeOut);
    if (found.outcome === 'caught') return { name: bug.name, caught: true, kind: catcher.kind, how: found.how, command, tried };
    tried.push(`${command}: ${found.outcome === 'passed' ? 'passes' : found.why}`);
  }
  return { name: bug.name, caught: false, kind: null, how: '', command: '', tried: [...broken, ...tried] };
};

const startedMs = systemClock.steadyMs();
const left = [...chosen];
const verdicts: Verdict[] = [];

const work = async (): Promise<void> => {
  const [clean, copy] = [newCopy(), newCopy()];
  for (let bug = left.shift(); bug; bug = left.shift()) {
    const verdict = await hunt(bug, clean, copy);
    verdicts.push(verdict);
    for (const line of verdict.tried) console.log(`        ${bug.name}: ${line}`);
    console.log(`${verdict.caught ? 'caught' : 'MISSED'}  ${bug.name.padEnd(36)} ${verdict.command} → ${verdict.how}`);
  }
};

const leave = (): void => {
  endChildren();
  removeCopies();
};
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => {
    leave();
    process.exit(code);
  });

try {
  await Promise.all(Array.from({ length: Math.min(workers, chosen.length) }, work));
} finally {
  leave();
}
const kept = known().filter(({ name }) => !verdicts.some((verdict) => verdict.name === name));
mkdirSync(join(lastRun, '..'), { recursive: true });
writeFileSync(lastRun, `${JSON.stringify([...kept, ...verdicts])}\n`);
if (values.markdown) console.log(table(chosen, verdicts));
const caught = verdicts.filter((verdict) => verdict.caught);
const by = (kind: Catcher['kind']): number => caught.filter((verdict) => verdict.kind === kind).length;
console.log(
  JSON.stringify({
    planted: chosen.length,
    caught: caught.length,
    explorer: by('explore'),
    simulator: by('sim'),
    tests: by('test') + by('asl'),
    seconds: Math.round((systemClock.steadyMs() - startedMs) / 1_000),
  }),
);
process.exitCode = caught.length === chosen.length ? 0 : 1;
