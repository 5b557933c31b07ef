import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { judge } from './judge.ts';
import type { ProfileName } from './profile.ts';
import type { Outcome } from './result.ts';
import { play, scenarios } from './scenarios.ts';
import { tools } from './tools.ts';
import { makeBench, type Bench } from './world.ts';
import type { Running } from './tool.ts';

/** One run of one tool through one scenario, as the first process in its own namespaces. Writes what it found as JSON into `result.json`. */

const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({
  options: { tool: text, scenario: text, dir: text, rootfs: text, group: text, built: text, profile: text, fence: text, pause: text, limit: text },
});

const stories = async (bench: Bench, running: Running | null): Promise<void> => {
  for (const node of bench.nodes) writeFileSync(join(bench.dir, `${node.name}.journal`), await node.journal());
  writeFileSync(join(bench.dir, 'lines'), bench.record.lines.map(({ atMs, node, height }) => `${atMs} ${node} ${height}`).join('\n'));
  if (running?.story) writeFileSync(join(bench.dir, 'story'), await running.story());
};

const main = async (): Promise<Outcome> => {
  const tool = tools.find(({ name }) => name === values.tool);
  const scenario = scenarios.find(({ name }) => name === values.scenario);
  if (!tool || !scenario) throw new Error(`no tool ${values.tool} or scenario ${values.scenario}`);
  const { dir, rootfs, group, built } = values;
  const bench = await makeBench({
    ...{ dir, rootfs, group, built, clock: systemClock, profile: values.profile as ProfileName },
    fenceMs: Number(values.fence),
  });
  let running: Running | null = null;
  try {
    running = await tool.start(bench);
    const { faultMs, endMs } = await play(scenario, bench, running, { pauseMs: Number(values.pause), limitMs: Number(values.limit) });
    const steps = (await running.steps?.()) ?? [];
    const judged = judge(bench.record.lines, { active: 'amber', faultMs, endMs });
    return { ...judged, faultMs, steps: steps.map(({ name, atMs }) => ({ name, atMs: atMs - faultMs })) };
  } finally {
    await stories(bench, running).catch(() => undefined);
    for (const node of bench.nodes) await node.close().catch(() => undefined);
  }
};

const result = await main().catch((error: unknown) => ({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }));
writeFileSync(join(values.dir, 'result.json'), JSON.stringify(result));
process.exit(0);
