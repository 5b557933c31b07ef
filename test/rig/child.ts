import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { control } from './control.ts';
import { runScenario } from './run.ts';
import type { Removal, RigScenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { withoutWatchdog } from './scenarios/faults.ts';
import { makeWorld, type RigWorld } from './world.ts';

/** One run of one scenario, as the first process in its own namespaces. Writes what it found as JSON into `result`. */

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: '' },
    dir: { type: 'string', default: '' },
    rootfs: { type: 'string', default: '' },
    group: { type: 'string', default: '' },
    control: { type: 'boolean', default: false },
  },
});
const { dir, rootfs, group } = values;

const journals = async (world: RigWorld | null): Promise<void> => {
  if (world === null) return;
  for (const node of [world.amber, world.birch]) writeFileSync(join(dir, `${node.name}.journal`), await node.journal());
};

/** The fence document of a control. */
const fenceOf = (removed: readonly Removal[]): ((script: string) => string) | null => {
  if (removed.includes('stop')) return control.stop;
  return removed.includes('search') ? control.search : null;
};

const main = async (scenario: RigScenario): Promise<unknown> => {
  const removed = values.control ? scenario.control : [];
  const guarded = !removed.includes('proof');
  // Where the command's word is what is false, no other proof may come before it on a slow machine.
  const power = scenario.power && fenceOf(removed) === null;
  const world = await makeWorld({ dir, rootfs, group, clock: systemClock, scenario: { ...scenario, power }, guarded, fence: fenceOf(removed) });
  try {
    if (!guarded) return await control.naive(world, scenario);
    world.amber.powerLies = removed.includes('power');
    // A fence command that comes late would stop what the gate does not.
    if (removed.includes('gate')) world.amber.agent = false;
    // A node that wrongly signs on looks healthy to the watch: a person asks.
    const by = values.control && scenario.by === 'watch' ? 'person' : scenario.by;
    const before = async (): Promise<void> => {
      await scenario.before?.(world);
      // A guard that was frozen for long, or whose clock stands still, would be ended by it, and forget what it must not.
      if (removed.includes('gate') || removed.includes('clock')) await withoutWatchdog(world);
    };
    return await runScenario(world, { ...scenario, by, before }, removed);
  } finally {
    await journals(world).catch(() => undefined);
    await world.close().catch(() => undefined);
  }
};

const scenario = scenarios.find(({ name }) => name === values.scenario);
if (!scenario) throw new Error(`no scenario ${values.scenario}`);
const result = await main(scenario).catch((error: unknown) => ({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }));
writeFileSync(join(dir, 'result.json'), JSON.stringify(result));
process.exit(readFileSync(join(dir, 'result.json')).length > 0 ? 0 : 1);
