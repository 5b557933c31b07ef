import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { durationMs } from '../../core/time.ts';
import { systemClock } from '../../runtime/clock.ts';

/** Beside the runner, in a thread of its own: ends the process when one input holds it for ever, and says which one it was. */

const everyMs = durationMs(1_000);
const looksUntilStuck = 30;
const { cells, names, seed } = workerData as { cells: Int32Array; names: readonly string[]; seed: number };

for (let last = -1, looks = 0; ;) {
  await systemClock.sleep(everyMs);
  const beat = Atomics.load(cells, 0);
  looks = beat === last ? looks + 1 : 0;
  last = beat;
  if (looks < looksUntilStuck) continue;
  const name = names[Atomics.load(cells, 1)] ?? '?';
  writeSync(1, `HANG for ever: npm run fuzz -- --target ${name} --seed ${seed} --only ${Atomics.load(cells, 2)}\n`);
  writeSync(1, `${JSON.stringify({ targets: names.length, hangs: 1, stuck: name })}\n`);
  process.kill(process.pid, 'SIGKILL');
}
