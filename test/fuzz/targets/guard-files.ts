import { fromSignState } from '../../../chains/cometbft/sign-state.ts';
import { keyMaterial } from '../../../cli/commands/seal.ts';
import { guardConfigOf } from '../../../guard/config.ts';
import { readHealth, readSlot } from '../../../chains/systemd/driver.ts';
import { signedFrame } from '../../../chains/cometbft/privval/write.ts';
import { stateOf } from '../../../chains/state.ts';
import { vote } from '../../support/privval.ts';
import * as check from '../check.ts';
import { amber, birch, keeps, validator, watermarkOf } from '../examples.ts';
import { mutate, mutateText, noise, type Plain } from '../mutate.ts';
import type { Random } from '../random.ts';
import { hold, target, type Target } from '../target.ts';
import { canAsk, isTiming, safeTiming } from './validators-file.ts';
import { privateKeyOf, rawPublicKeyOf } from '../../../runtime/ed25519.ts';

/** Files and program output on a node, and the files that `baton seal` is given. */

interface Input {
  readonly text: string;
}

const textOf = (random: Random, valid: boolean, value: unknown, tail = ''): string => {
  if (valid) return `${JSON.stringify(value)}${tail}`;
  if (random.once(10)) return noise(random);
  const changed = `${JSON.stringify(random.once(4) ? value : mutate(random, value)) ?? ''}${tail}`;
  return random.once(3) ? mutateText(random, changed) : changed;
};

const argv = check.listOf(check.isText(1, 500), 1, 30);
const absolute = (value: unknown): boolean => check.isText(1, 300)(value) && (value as string).startsWith('/');
const isUnit = (value: unknown): boolean =>
  check.isText(9, 108)(value) && (value as string).endsWith('.service') && !/[^A-Za-z0-9@._-]/.test(value as string);
const isAddress = (value: unknown): boolean => check.isText(3, 300)(value) && /:[0-9]{1,5}$/.test(value as string);
const isPeers = check.isShape({
  listen: isAddress,
  keyFile: absolute,
  nodes: check.listOf(check.isShape({ node: check.isNodeId, address: isAddress, publicKey: check.isText(44, 44) }), 1, 19),
});
interface Asking {
  readonly node: string;
  readonly onControlPlaneLoss: string;
  readonly chain: { readonly kind: string };
  readonly timing: Record<string, number>;
  readonly peers?: { readonly nodes: readonly { readonly node: string; readonly address: string; readonly publicKey: string }[] } | undefined;
}
/** Peers are there exactly where they are asked, each once, and none of them is the node itself. */
const mayAsk = ({ node, onControlPlaneLoss, chain, timing, peers }: Asking): boolean => {
  if (onControlPlaneLoss !== 'ask' || peers === undefined) return onControlPlaneLoss !== 'ask' && peers === undefined;
  const once = (of: 'node' | 'address' | 'publicKey'): boolean => new Set(peers.nodes.map((one) => one[of])).size === peers.nodes.length;
  if (!once('node') || !once('address') || !once('publicKey') || peers.nodes.some((one) => one.node === node)) return false;
  return chain.kind === 'cometbft' && canAsk(timing);
};
/** With custody gate the arbiter is the only way to a signature, and one chain alone has signers that ask it. */
const mayGate = ({ custody, chain, onControlPlaneLoss }: Asking & { readonly custody: string }): boolean =>
  custody === 'release' || (chain.kind === 'cometbft' && onControlPlaneLoss === 'stop');
const isGuardConfig = check.isShape({
  validator: check.isValidatorId,
  node: check.isNodeId,
  table: check.isText(3, 255),
  keyId: check.isText(1, Infinity),
  chain: (value) =>
    check.isShape({
      kind: check.isOneOf('cometbft'),
      chainId: check.isText(1, 50),
      publicKey: check.isText(44, 44),
      socket: (path) => check.isText(7, 110)(path) && (path as string).startsWith('unix://'),
      rpc: (url) => check.isText(1, Infinity)(url) && URL.canParse(url as string) && new URL(url as string).protocol === 'http:',
    })(value) ||
    check.isShape({
      kind: check.isOneOf('systemd'),
      healthCommand: argv,
      readinessCommand: argv,
      watermarkCommand: check.orNull(argv),
      stateCheckCommand: check.orNull(argv),
    })(value),
  custody: check.isOneOf('release', 'gate'),
  unit: isUnit,
  paths: check.isShape({ keyDir: absolute, stateDir: absolute }),
  timing: (value) => isTiming(value) && safeTiming(value as Record<string, number>),
  onControlPlaneLoss: check.isOneOf('stop', 'hold', 'ask'),
  peers: check.maybe(isPeers),
  build: check.isText(1, 80),
});

const guardConfig = target<Input>({
  name: 'guard-config',
  about: 'guard/config.ts guardConfigOf',
  make: (random, valid) => {
    const asks = random.once(4);
    const gates = !asks && random.once(4);
    return {
      text: textOf(random, valid, {
        validator,
        node: amber,
        table: 'baton',
        keyId: 'alias/baton',
        chain:
          asks || gates || random.once(2)
            ? {
                kind: 'cometbft',
                chainId: 'hub',
                publicKey: 'bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=',
                socket: 'unix:///run/s',
                rpc: 'http://127.0.0.1:1',
              }
            : {
                kind: 'systemd',
                healthCommand: ['/bin/h', '-x'],
                readinessCommand: ['r'],
                watermarkCommand: random.once(2) ? null : ['w'],
                stateCheckCommand: null,
              },
        ...(gates ? { custody: 'gate' } : {}),
        unit: 'x@1.service',
        paths: { keyDir: '/run/baton/k', stateDir: '/var/lib/baton' },
        ...(asks
          ? {
              onControlPlaneLoss: 'ask',
              peers: { listen: '0.0.0.0:7946', keyFile: '/k', nodes: [{ node: birch, address: 'birch:7946', publicKey: `${'A'.repeat(43)}=` }] },
            }
          : {}),
        ...(!asks && random.once(2) ? { timing: { leaseMs: random.between(8_001, 60_000) } } : {}),
        build: 'b1',
      }),
    };
  },
  run: ({ text }) => {
    const found = guardConfigOf(text, 'guard.json');
    check.must(isGuardConfig, found, 'a configuration');
    hold(mayAsk(found), 'a guard that asks where it must not or cannot');
    hold(mayGate(found), 'a guard of custody gate that could sign without the arbiter, or not at all');
    hold(keeps(found, JSON.parse(text)), 'the configuration says something else than its file');
    return 'accepted';
  },
});

const int64 = (text: unknown): boolean =>
  typeof text === 'string' && /^-?[0-9]{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
const isState = check.isShape({
  watermark: check.isWatermark,
  detail: check.orNull(
    check.isShape({
      content: check.isHex(64),
      signature: check.isText(0, Infinity),
      seconds: int64,
      nanos: check.isInt(-2_147_483_648, 2_147_483_647),
    }),
  ),
});

const stateFile = target<Input>({
  name: 'guard-state',
  about: 'chains/state.ts stateOf, and the answer that is given again from it',
  make: (random, valid) => {
    const detail = {
      content: random.hex(64),
      signature: random.bytes(64).toString('base64'),
      seconds: random.pick(['0', '-62135596800', '1700000000']),
      nanos: random.below(1e9),
    };
    const first = textOf(random, valid || random.once(2), watermarkOf(random), '\n');
    return { text: `${first}${textOf(random, valid || random.once(2), random.once(3) ? null : detail, '\n')}` };
  },
  run: ({ text }) => {
    const found = stateOf(text, 'watermark.json');
    check.must(isState, found, 'a state');
    const [first, second] = text
      .split('\n')
      .slice(0, 2)
      .map((line) => JSON.parse(line) as unknown);
    hold(keeps(found, { watermark: first, detail: second }), 'the state says something else than its file');
    if (found.detail) {
      const { seconds, nanos, signature } = found.detail;
      // What is remembered must be an answer that can be given again.
      signedFrame(vote(), { signature: Buffer.from(signature, 'base64'), timestamp: { seconds: BigInt(seconds), nanos }, extensionSignature: null });
    }
    return 'accepted';
  },
});

const number = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : NaN;
  if (typeof value === 'string') return /^[0-9]{1,15}$/.test(value) ? Number(value) : NaN;
  return value === undefined ? undefined : NaN;
};

const signState = target<Input>({
  name: 'sign-state',
  about: 'chains/cometbft/sign-state.ts fromSignState',
  make: (random, valid) => {
    const whole = (most: number): unknown => (random.once(2) ? random.below(most) : String(random.below(most)));
    const state = { height: whole(1e9), round: whole(5), step: random.below(4), signature: 'x', signbytes: 'y' };
    return { text: textOf(random, valid, random.once(3) ? { ...state, step: random.below(3), block_id: null } : state) };
  },
  run: ({ text }) => {
    const found = fromSignState(text);
    check.must(check.isWatermark, found, 'a watermark');
    const given = JSON.parse(text) as Plain;
    const own = (key: string): unknown => (Object.hasOwn(given, key) ? given[key] : undefined);
    const [height, round, step] = [number(own('height')), number(own('round')), number(own('step'))];
    hold(found.kind === 'consensus' && found.height === height, 'another height');
    // Never lower than any reading of what the other signer wrote.
    hold(found.kind === 'consensus' && found.round >= Math.min(round ?? 2_147_483_647, 2_147_483_647), 'a lower round');
    hold(found.kind === 'consensus' && found.step >= Math.min((step ?? 3) + (Object.hasOwn(given, 'block_id') ? 1 : 0), 3), 'a lower step');
    return 'accepted';
  },
});

const pairs = [1, 2, 3].map((fill) =>
  Buffer.concat([Buffer.alloc(32, fill), rawPublicKeyOf(privateKeyOf(Buffer.alloc(32, fill)))]).toString('base64'),
);
const keyOf = (random: Random): { file: Plain } => {
  const both = random.pick(pairs);
  return {
    file: { address: 'A', pub_key: { type: 'tendermint/PubKeyEd25519', value: 'x' }, priv_key: { type: 'tendermint/PrivKeyEd25519', value: both } },
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const keyFile = target<Input>({
  name: 'key-file',
  about: 'cli/commands/seal.ts keyMaterial',
  make: (random, valid) => {
    const { file } = keyOf(random);
    if (valid) return { text: random.once(2) ? JSON.stringify(file) : random.pick(['a passphrase', '{"crypto":{}}', '[1]', 'null']) };
    return { text: textOf(random, false, file) };
  },
  run: ({ text }) => {
    const content = Buffer.from(text);
    const before = Buffer.from(content);
    const { plaintext, publicKey } = keyMaterial(content);
    const priv = (parsed(text) as { priv_key?: { type?: unknown; value?: unknown } } | null | undefined)?.priv_key;
    if (priv?.type !== 'tendermint/PrivKeyEd25519') {
      hold(publicKey === null && plaintext.equals(before), 'a file of another kind was changed');
      return 'accepted';
    }
    const value = typeof priv.value === 'string' ? Buffer.from(priv.value, 'base64') : Buffer.alloc(0);
    hold(value.length === 64, 'a CometBFT key file without a key was sealed as it is');
    hold(plaintext.equals(value.subarray(0, 32)) && publicKey === value.subarray(32).toString('base64'), 'another key was sealed');
    hold(pairs.includes(value.toString('base64')), 'the halves do not belong together');
    return 'accepted';
  },
});

const health = target<Input>({
  name: 'health-output',
  about: 'chains/systemd/driver.ts readHealth and readSlot',
  make: (random, valid) => {
    if (random.once(2))
      return { text: textOf(random, valid, { synced: random.once(2), height: random.once(3) ? null : random.below(1e9), x: 1 }, '\n') };
    const text = `${random.pick(['', ' '])}${random.below(1e9)}\n`;
    return { text: valid ? text : mutateText(random, text) };
  },
  run: ({ text }) => {
    const slot = readSlot(text);
    const digits = text.trim();
    hold((slot !== null) === (digits.length >= 1 && digits.length <= 15 && [...digits].every((one) => one >= '0' && one <= '9')), 'another slot');
    if (slot !== null) hold(slot.kind === 'slot' && BigInt(slot.slot) === BigInt(digits), 'another slot');
    const found = readHealth(text);
    if (found !== null) {
      const given = JSON.parse(text) as Plain;
      hold(check.isBool(found.synced) && given['synced'] === found.synced, 'another synced');
      hold(check.orNull(check.isInt(0))(found.height) && given['height'] === found.height, 'another height');
    }
    return slot === null && found === null ? 'refused' : 'accepted';
  },
});

export const fileTargets: readonly Target[] = [guardConfig, stateFile, signState, keyFile, health];
