import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs, type Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import { Ledger } from '../ticker/ledger.ts';
import type { ChainView, DrillChain, DrillNode, Findings } from './chain.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';

/** The ticker chain under the generic systemd driver: needs nothing but Node. */

const tickerDir = join(import.meta.dirname, '..', 'ticker');
const unitName = 'tickd.service';
const heightsToTell = 8;
const pollMs = durationMs(50);
const maxPolls = 2_000;

const findingsOf = (ledger: Ledger, { from, newNode, oldNode }: Parameters<ChainView['findings']>[0]): Findings => {
  const firstNew = newNode === null ? undefined : ledger.landed.find(({ node, height }) => node === newNode && height > from);
  const late = firstNew === undefined ? 0 : ledger.landed.filter(({ node, height }) => node === oldNode && height >= firstNew.height).length;
  const signed = new Set(ledger.landed.map(({ height }) => height));
  const missed = Array.from({ length: Math.max(0, ledger.height - 1 - from) }, (_, index) => from + 1 + index).filter(
    (height) => !signed.has(height),
  ).length;
  return {
    doubleSigned: ledger.equivocations.length,
    late,
    missed,
    how: `the ledger keeps two different signed messages of one height as proof; it compared every duty up to height ${ledger.height}`,
  };
};

export interface TickerView {
  readonly view: ChainView;
  readonly seed: Buffer;
  /** Where the daemons of the nodes ask and sign. */
  readonly url: string;
}

export const tickerView = async (clock: Clock): Promise<TickerView> => {
  const ledger = new Ledger({ clock });
  const urls = await ledger.start(3);
  const seed = createHash('sha256').update(randomHex(32)).digest();
  const view: ChainView = {
    config: {
      kind: 'systemd',
      progressPath: `/progress/${rawPublicKeyOf(privateKeyOf(seed)).toString('hex')}`,
      progressPointer: '/lastSigned',
      headPath: '/head',
      headPointer: '/height',
    },
    vantages: [
      { name: 'east', url: urls[0] ?? '' },
      { name: 'west', url: urls[1] ?? '' },
    ],
    keyFile: seed.toString('base64'),
    unitName,
    start: async () => undefined,
    head: async () => ledger.height,
    firstSignedAbove: async (height) => {
      const found = ledger.landed.find((one) => one.height > height);
      return found ? { height: found.height, atMs: found.atMs } : null;
    },
    waitUntilTold: async (height) => {
      for (let poll = 0; poll < maxPolls && ledger.height < height + heightsToTell; poll += 1) await clock.sleep(pollMs);
    },
    findings: async (of) => findingsOf(ledger, of),
    close: () => ledger.close(),
  };
  return { view, seed, url: urls[2] ?? '' };
};

export const tickerChain = async (clock: Clock): Promise<DrillChain> => {
  const { view, seed, url } = await tickerView(clock);
  const folderOf = (node: DrillNode): string => join(node.sandbox.root, 'var', 'tick');
  return {
    ...view,
    setUp: async (node, { withKey }) => {
      const keyDir = withKey ? join(node.sandbox.root, 'var', 'keys') : join(node.sandbox.root, 'run', 'baton', 'drill');
      mkdirSync(folderOf(node), { recursive: true });
      if (withKey) {
        mkdirSync(keyDir, { recursive: true });
        node.sandbox.write('var/keys/key', seed.toString('base64'), 0o400);
      }
      const env = { TICK_URL: url, TICK_NODE: node.name, TICK_KEY_DIR: keyDir, TICK_DIR: folderOf(node) };
      const tickctl = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), process.execPath, join(tickerDir, 'tickctl.mjs')];
      return {
        unit: { argv: [process.execPath, join(tickerDir, 'tickd.ts')], env, restart: 'always', stopMs: 1_000 },
        guardChain: {
          kind: 'systemd',
          healthCommand: [...tickctl, 'health'],
          readinessCommand: [...tickctl, 'ready'],
          watermarkCommand: [...tickctl, 'slot'],
          stateCheckCommand: null,
        },
        alwaysRuns: false,
      };
    },
    breakProcess: async (node) => {
      node.sandbox.write('var/tick/broken', '');
      await node.sandbox.killUnit(unitName);
    },
    mend: (node) => {
      rmSync(join(folderOf(node), 'broken'), { force: true });
    },
  };
};
