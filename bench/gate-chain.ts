import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { durationMs, elapsedMs } from '../core/time.ts';
import { NodeSandbox } from '../local/node/sandbox.ts';
import { cometbftBinary } from '../local/testnet/binary.ts';
import { Testnet } from '../local/testnet/testnet.ts';
import { systemClock } from '../runtime/clock.ts';
import { percentile } from './figures.ts';
import { backAbove } from './gate/back.ts';
import { faults, phasesOf, type Phase } from './gate/faults.ts';
import { names, nodeUnit, startWorld, type World } from './gate/world.ts';

/**
 * Active-active on a real CometBFT chain: one validator on three nodes with three guards, each signature decided by the arbiter, while each signer,
 * node and way to the arbiter is killed in turn, and two at once. `npm run bench:gate-chain` prints a table, and at last one line of JSON. It fails
 * when a duty was signed twice, or when more blocks were missed under a single fault than a validator missed that had none. `--quick` is shorter,
 * and fails for the first alone; `--kms` has the key in the KMS of this machine, which takes `--kms-ms` for a signature;
 * `--control` runs the nodes without a gate, each with the key on its disk, and must find evidence.
 */

const clock = systemClock;
const startedMs = clock.steadyMs();
const tell = (line: string): void => {
  process.stderr.write(`${(elapsedMs(startedMs, clock.steadyMs()) / 1_000).toFixed(1).padStart(6)}  ${line}\n`);
};

/** Blocks until a vote that was there in time has landed in one. */
const settleBlocks = 3;

const round = (value: number): number => Math.round(value * 10) / 10;

interface Row {
  readonly fault: string;
  readonly blocks: number;
  readonly missed: number;
  /** The most that one of the other validators missed of the same blocks: with a key on their disk and no fault, so by the machine's load. */
  readonly othersMissed: number;
  readonly spared: boolean;
  readonly refused: number;
}

/** What was asked for a height that was missed, in order: for whoever wants to know why. */
const storyOf = ({ recorder }: World, height: number): string[] => {
  const asked = recorder.answers.filter((one) => one.height === height).toSorted((a, b) => a.atMs - b.atMs);
  const first = asked[0]?.atMs ?? clock.steadyMs();
  return [
    `missed ${height}:`,
    ...asked.map(({ name, duty, atMs, tookMs, signature, reason }) => {
      const became = signature === null ? reason : `signed ${signature.slice(0, 8)}`;
      return `${Math.round(elapsedMs(first, atMs))} ms ${name}: ${duty}: ${became} (${Math.round(tookMs)} ms)`;
    }),
  ];
};

const missedIn = async ({ net }: World, from: number, to: number): Promise<{ missed: number[]; othersMissed: number }> => {
  const missed: number[] = [];
  const others = new Map<string, number>();
  for (let height = from; height <= to; height += 1) {
    const signers = await net.signersAt(height);
    if (!signers.includes(net.address)) missed.push(height);
    for (const one of signers) if (one !== net.address) others.set(one, (others.get(one) ?? 0) + 1);
  }
  return { missed, othersMissed: to - from + 1 - Math.min(...others.values()) };
};

const runPhase = async (world: World, phase: Phase): Promise<Row> => {
  const { net, nodes, recorder } = world;
  const [from, before] = [await net.head(), recorder.answers.length];
  await Promise.all(phase.hits.map(([part, name]) => faults[part].begin(nodes[name], world, name)));
  await net.waitHeight(from + phase.blocks);
  await Promise.all(phase.hits.map(([part, name]) => faults[part].end(nodes[name], world, name)));
  const healed = await net.head();
  await backAbove(
    clock,
    world,
    phase.hits.map(([, name]) => name),
    healed,
  );
  await net.waitHeight((await net.head()) + settleBlocks);
  const to = (await net.head()) - 1;
  const refused = recorder.answers.slice(before).filter(({ signature }) => signature === null).length;
  const { missed, othersMissed } = await missedIn(world, from + 1, to);
  const row = { fault: phase.name, blocks: to - from, missed: missed.length, othersMissed, spared: phase.spared, refused };
  tell(`${row.fault}: ${row.blocks} blocks, ${row.missed} missed (${row.othersMissed} by another validator), ${row.refused} requests refused`);
  for (const height of missed) for (const line of storyOf(world, height)) tell(`    ${line}`);
  return row;
};

/** Requests that were refused, by why. */
const whyRefused = (reasons: readonly string[]): Record<string, number> => {
  const kinds = { behind: 'the arbiter refuses', silent: 'the arbiter does not answer', noMember: 'this node is no member' };
  const count = (start: string): number => reasons.filter((reason) => reason.startsWith(start)).length;
  const counted = Object.fromEntries(Object.entries(kinds).map(([name, start]) => [name, count(start)]));
  return { ...counted, other: reasons.length - Object.values(counted).reduce((sum, one) => sum + one, 0) };
};

const table = (rows: readonly Row[]): string =>
  [
    '| fault | blocks | missed | missed by another validator | refused requests |',
    '|---|---|---|---|---|',
    ...rows.map(({ fault, blocks, missed, othersMissed, refused }) => `| ${fault} | ${blocks} | ${missed} | ${othersMissed} | ${refused} |`),
  ].join('\n');

const gated = async (quick: boolean, signMs: number | null): Promise<boolean> => {
  const world = await startWorld(clock, tell, signMs);
  try {
    const { net, recorder } = world;
    await backAbove(clock, world, names, await net.head());
    tell('Three nodes sign for one validator; each signature is decided by the arbiter.');
    const [from, answersBefore] = [await net.head(), recorder.answers.length];
    const [writesBefore, readsBefore, signedBefore] = [world.writes(), world.reads(), world.signatures()];
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
      missedByOthers: rows.reduce((sum, one) => sum + one.othersMissed, 0),
      signatures: took.length,
      refused: whyRefused(answers.flatMap(({ signature, reason }) => (signature === null ? [reason] : []))),
      signingMs: { p50: round(percentile(took, 0.5)), p99: round(percentile(took, 0.99)), max: round(took.at(-1) ?? 0) },
      writesPerBlock: round((world.writes() - writesBefore) / Math.max(1, to - from)),
      readsPerBlock: round((world.reads() - readsBefore) / Math.max(1, to - from)),
      ...(signMs === null ? {} : { kmsSignMs: signMs, kmsSignaturesPerBlock: round((world.signatures() - signedBefore) / Math.max(1, to - from)) }),
      seconds: Math.round(elapsedMs(startedMs, clock.steadyMs()) / 1_000),
      rows: rows.map(({ spared: _, ...row }) => row),
    };
    process.stdout.write(`${table(rows)}\n${JSON.stringify(figures)}\n`);
    // What a validator without any fault misses too is the machine's doing. A few blocks on a busy machine show the one thing that may never be.
    return evidence === 0 && conflicts.length === 0 && (quick || rows.every((one) => !one.spared || one.missed <= one.othersMissed));
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

/** AWS states no latency for Sign: this one is assumed, several times a round trip within a Region. */
const assumedSignMs = '50';
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { quick: flag, control: flag, kms: flag, 'kms-ms': { type: 'string', default: assumedSignMs } } });
const signMs = values.kms ? durationMs(Number(values['kms-ms'])) : null;
process.exitCode = (await (values.control ? control() : gated(values.quick, signMs))) ? 0 : 1;
