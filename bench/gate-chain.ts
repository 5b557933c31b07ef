import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { durationMs, elapsedMs } from '../core/time.ts';
import { NodeSandbox } from '../local/node/sandbox.ts';
import { cometbftBinary } from '../local/testnet/binary.ts';
import { Testnet } from '../local/testnet/testnet.ts';
import { systemClock } from '../runtime/clock.ts';
import { faults, phasesOf, type Phase } from './gate/faults.ts';
import { names, nodeUnit, startWorld, type Name, type World } from './gate/world.ts';

/**
 * Active-active on a real CometBFT chain: one validator on three nodes with three guards, each signature decided by the arbiter, while each signer,
 * node and way to the arbiter is killed in turn, and two at once. `npm run bench:gate-chain` prints a table, and at last one line of JSON; it
 * fails when a duty was signed twice, or a block was missed under a single fault. `--quick` is shorter; `--control` runs the nodes without a
 * gate, each with the key on its disk, and must find evidence.
 */

const clock = systemClock;
const startedMs = clock.steadyMs();
const tell = (line: string): void => {
  process.stderr.write(`${(elapsedMs(startedMs, clock.steadyMs()) / 1_000).toFixed(1).padStart(6)}  ${line}\n`);
};

/** Blocks until a vote that was there in time has landed in one, and blocks that a node has to come back. */
const settleBlocks = 3;
const backMs = 90_000;
const lookMs = durationMs(100);

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const round = (value: number): number => Math.round(value * 10) / 10;

interface Row {
  readonly fault: string;
  readonly blocks: number;
  readonly missed: number;
  readonly spared: boolean;
  readonly refused: number;
}

/** Until the signer of each has answered for a height above this one. */
const backAbove = async ({ recorder }: World, who: readonly Name[], height: number): Promise<void> => {
  const isBack = (name: Name): boolean => recorder.answers.some((one) => one.name === name && one.height > height && one.signature !== null);
  for (let waitedMs = 0; waitedMs < backMs; waitedMs += lookMs) {
    if (who.every(isBack)) return;
    await clock.sleep(lookMs);
  }
  throw new Error(`${who.filter((name) => !isBack(name)).join(', ')} did not come back within ${backMs / 1_000} s`);
};

const runPhase = async (world: World, phase: Phase): Promise<Row> => {
  const { net, nodes, recorder } = world;
  const [from, before] = [await net.head(), recorder.answers.length];
  await Promise.all(phase.hits.map(([part, name]) => faults[part].begin(nodes[name], world, name)));
  await net.waitHeight(from + phase.blocks);
  await Promise.all(phase.hits.map(([part, name]) => faults[part].end(nodes[name], world, name)));
  const healed = await net.head();
  await backAbove(
    world,
    phase.hits.map(([, name]) => name),
    healed,
  );
  await net.waitHeight((await net.head()) + settleBlocks);
  const to = (await net.head()) - 1;
  const refused = recorder.answers.slice(before).filter(({ signature }) => signature === null).length;
  const row = { fault: phase.name, blocks: to - from, missed: await net.missed(from + 1, to), spared: phase.spared, refused };
  tell(`${row.fault}: ${row.blocks} blocks, ${row.missed} missed, ${row.refused} requests refused`);
  if (process.env['BATON_BENCH_REASONS']) for (const a of recorder.answers.slice(before)) if (a.signature === null) tell(`   ${a.name} ${a.duty} ${a.reason} ${a.tookMs.toFixed(0)}`);
  return row;
};

const table = (rows: readonly Row[]): string =>
  [
    '| fault | blocks | missed | refused requests |',
    '|---|---|---|---|',
    ...rows.map(({ fault, blocks, missed, refused }) => `| ${fault} | ${blocks} | ${missed} | ${refused} |`),
  ].join('\n');

const gated = async (quick: boolean): Promise<boolean> => {
  const world = await startWorld(clock, tell);
  try {
    const { net, recorder } = world;
    await backAbove(world, names, await net.head());
    tell('Three nodes sign for one validator; each signature is decided by the arbiter.');
    const [from, writesBefore, answersBefore] = [await net.head(), world.writes(), recorder.answers.length];
    const rows: Row[] = [];
    for (const phase of phasesOf(quick)) rows.push(await runPhase(world, phase));
    const to = (await net.head()) - 1;
    const answers = recorder.answers.slice(answersBefore);
    const took = answers.flatMap(({ signature, tookMs }) => (signature === null ? [] : [tookMs])).toSorted((a, b) => a - b);
    const [evidence, conflicts] = [await net.evidence(1, to), recorder.conflicts()];
    const missed = (spared: boolean): number => rows.filter((one) => one.spared === spared).reduce((sum, one) => sum + one.missed, 0);
    const figures = {
      bench: 'gate-chain',
      quick,
      signers: names.length,
      blocks: to - from,
      evidence,
      conflicts: conflicts.length,
      missedUnderSingleFaults: missed(true),
      missedUnderMore: missed(false),
      signatures: took.length,
      refused: answers.length - took.length,
      signingMs: { p50: round(percentile(took, 0.5)), p99: round(percentile(took, 0.99)), max: round(took.at(-1) ?? 0) },
      writesPerBlock: round((world.writes() - writesBefore) / Math.max(1, to - from)),
      seconds: Math.round(elapsedMs(startedMs, clock.steadyMs()) / 1_000),
      rows: rows.map(({ fault, blocks, missed: of, refused }) => ({ fault, blocks, missed: of, refused })),
    };
    process.stdout.write(`${table(rows)}\n${JSON.stringify(figures)}\n`);
    return evidence === 0 && conflicts.length === 0 && missed(true) === 0;
  } finally {
    await world.close();
  }
};

const controlMs = 120_000;

/** The same nodes with the key on each disk, and nothing that decides between them. */
const control = async (): Promise<boolean> => {
  const dir = mkdtempSync(join(tmpdir(), 'gate-'));
  const net = new Testnet({ dir: join(dir, 'c'), binary: await cometbftBinary(tell), clock, standbys: 1 });
  const sandboxes: NodeSandbox[] = [];
  try {
    await net.prepare({ guarded: false });
    net.startPeers();
    for (const [index, home] of net.own.entries()) {
      const sandbox = new NodeSandbox({ root: join(dir, String(index)), clock, endpoints: {}, env: {} });
      sandboxes.push(sandbox);
      await sandbox.prepare();
      sandbox.unit(nodeUnit, { argv: net.argvOf(home) });
      await sandbox.powerOn();
      await sandbox.systemctl('start', nodeUnit);
    }
    tell('Without a gate: two nodes sign with the same key.');
    const beganMs = clock.steadyMs();
    let evidence = 0;
    while (evidence === 0 && elapsedMs(beganMs, clock.steadyMs()) < controlMs) {
      await clock.sleep(durationMs(500));
      const head = await net.head();
      evidence = head < 1 ? 0 : await net.evidence(1, head);
    }
    const seconds = Math.round(elapsedMs(beganMs, clock.steadyMs()) / 1_000);
    process.stdout.write(`${JSON.stringify({ bench: 'gate-chain-control', signers: net.own.length, evidence, head: await net.head(), seconds })}\n`);
    return evidence > 0;
  } finally {
    for (const sandbox of sandboxes) await sandbox.close();
    await net.close();
    rmSync(dir, { recursive: true, force: true });
  }
};

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, control: { type: 'boolean', default: false } } });
process.exitCode = (await (values.control ? control() : gated(values.quick))) ? 0 : 1;
