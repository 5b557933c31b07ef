import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { loadBls } from '../../../chains/ethereum/signer/bls.ts';
import type { EthereumNode } from '../../../chains/ethereum/config.ts';
import { node as nodeSchema } from '../../../chains/ethereum/config.ts';
import type { ArbiterStore } from '../../../aws/arbiter.ts';
import { EthereumGateDriver } from '../../../chains/ethereum/gate-driver.ts';
import { lanesOf } from '../../../chains/ethereum/lanes.ts';
import { KeymanagerDriver } from '../../../chains/ethereum/driver-keymanager.ts';
import { SignerDriver } from '../../../chains/ethereum/driver-signer.ts';
import type { Driver, DriverConfig } from '../../../chains/driver.ts';
import { StateFile } from '../../../chains/state.ts';
import { attemptId, validatorId, type NodeId } from '../../../core/ids.ts';
import { timing } from '../../../core/timing.ts';
import type { Watermark } from '../../../core/watermark.ts';
import type { LodestarNet } from '../../../local/lodestar/net.ts';
import { slotsPerEpoch } from '../../../local/lodestar/net.ts';
import { RecordingProxy } from '../../../local/lodestar/proxy.ts';
import { freePort } from '../../../local/ports.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { interopSecret } from './keys.ts';

/** A set of keys and two machines that may hold them: each a validator client behind its recorder, with the driver of a guard. */

export interface Machine {
  readonly name: string;
  readonly driver: Driver;
  readonly proxy: RecordingProxy;
  /** The hold rule of its guard. */
  maySign: boolean;
  /** Ends client and driver at once, as when its power is cut. */
  readonly crash: () => Promise<void>;
}

export interface Team {
  readonly indices: readonly number[];
  readonly machines: readonly [Machine, Machine];
}

export const keyFileOf = (indices: readonly number[]): Buffer => Buffer.from(indices.map(interopSecret).join('\n'));

export const publicKeysOf = async (indices: readonly number[]): Promise<string[]> => {
  const bls = await loadBls();
  return indices.map((index) => bls(Buffer.from(interopSecret(index), 'hex')).publicKey);
};

const configOf = (net: LodestarNet, name: string, chain: EthereumNode): DriverConfig<EthereumNode> => ({
  chain,
  unit: `${name}.service`,
  paths: { keyDir: join(net.folder, name, 'keys'), stateDir: join(net.folder, name, 'state') },
  timing: timing.parse({}),
});

const feeRecipient = ['--suggestedFeeRecipient', `0x${'11'.repeat(20)}`];

interface Places {
  readonly net: LodestarNet;
  readonly owed: Map<string, number>;
  readonly indices: readonly number[];
}

const proxyOf = async ({ net, owed }: Places, name: string): Promise<{ proxy: RecordingProxy; url: string }> => {
  const proxy = new RecordingProxy({ name, target: net.url, owed });
  return { proxy, url: await proxy.start() };
};

const nodeOf = async (of: Places, more: Record<string, unknown>): Promise<EthereumNode> =>
  nodeSchema.parse({
    kind: 'ethereum',
    publicKeys: await publicKeysOf(of.indices),
    genesisValidatorsRoot: of.net.genesisValidatorsRoot,
    slotsPerEpoch,
    beacon: of.net.url,
    genesisForkVersion: '0x00000001',
    ...more,
  });

/** Mode signer: the client asks the guard for each signature. */
export const signerMachine = async (of: Places, name: string): Promise<Machine> => {
  const { proxy, url } = await proxyOf(of, name);
  const signerPort = await freePort();
  const config = configOf(of.net, name, await nodeOf(of, { mode: 'signer', signerPort }));
  const stop = new AbortController();
  const driver = new SignerDriver({
    config,
    state: new StateFile(join(config.paths.stateDir, 'watermark.json')),
    clock: systemClock,
    maySign: () => machine.maySign,
  });
  const running = driver.run(stop.signal);
  await driver.demote();
  const client = of.net.client(name, {
    url,
    args: ['--externalSigner.url', `http://127.0.0.1:${signerPort}`, '--externalSigner.fetch', ...feeRecipient],
  });
  const machine: Machine = {
    name,
    driver,
    proxy,
    maySign: false,
    crash: async () => {
      await of.net.kill(client);
      stop.abort();
      await running;
    },
  };
  return machine;
};

/** Custody gate: the same keys on every machine, and each block or vote claimed from the arbiter. */
export interface GateMachine {
  readonly name: string;
  readonly driver: EthereumGateDriver;
  readonly proxy: RecordingProxy;
  /** Its way to the arbiter is there. */
  reaches: boolean;
  readonly crash: () => Promise<void>;
}

export const gateMachine = async (of: Places & { readonly arbiter: ArbiterStore; readonly node: NodeId }, name: string): Promise<GateMachine> => {
  const { proxy, url } = await proxyOf(of, name);
  const signerPort = await freePort();
  const config = configOf(of.net, name, await nodeOf(of, { mode: 'signer', signerPort }));
  const stop = new AbortController();
  const driver = new EthereumGateDriver({
    config: { validator: gateValidator, node: of.node, chain: config.chain, paths: config.paths },
    state: new StateFile(join(config.paths.stateDir, 'watermark.json')),
    clock: systemClock,
    maySign: () => true,
    claim: async (claim, signal) =>
      machine.reaches ? of.arbiter.claim(claim, signal) : { outcome: 'unknown', cause: new Error('there is no way to the arbiter') },
  });
  const running = driver.run(stop.signal);
  const client = of.net.client(name, {
    url,
    args: ['--externalSigner.url', `http://127.0.0.1:${signerPort}`, '--externalSigner.fetch', '--graffiti', name, ...feeRecipient],
  });
  const machine: GateMachine = {
    name,
    driver,
    proxy,
    reaches: true,
    crash: async () => {
      await of.net.kill(client);
      stop.abort();
      await running;
    },
  };
  return machine;
};

export const gateValidator = validatorId.parse('eth-1');

/** Opens every lane of these keys with nothing signed before. */
export const openLanes = async (arbiter: ArbiterStore, indices: readonly number[], floor: Watermark): Promise<void> => {
  for (const { lane, part } of lanesOf(await publicKeysOf(indices)).all) {
    const opened = await arbiter.open({ validator: gateValidator, lane, floor: part(floor), attempt: attemptId.parse('open') });
    if (opened.outcome !== 'done') throw new Error(`lane ${lane} was not opened`);
  }
};

/** What systemd is to a client on a node, of a process on this machine. */
const unitOf = (start: () => ChildProcess, kill: (child: ChildProcess) => Promise<void>) => {
  let child: ChildProcess | null = null;
  const end = async (): Promise<void> => {
    if (child !== null) await kill(child);
    child = null;
  };
  return {
    start: async () => {
      child ??= start();
      return true;
    },
    stop: end,
    kill: end,
    isDown: async () => child === null,
    property: async () => (child === null ? 'inactive' : 'active'),
  };
};

/** Mode keymanager: keys are put into the client, and taken out of it. */
export const keymanagerMachine = async (of: Places, name: string): Promise<Machine> => {
  const { proxy, url } = await proxyOf(of, name);
  const port = await freePort();
  const data = join(of.net.folder, name, 'data');
  const keymanager = {
    url: `http://127.0.0.1:${port}`,
    tokenFile: null,
    restartProves: true,
    keystoreDirs: [join(data, 'keystores'), join(data, 'secrets')],
  };
  const config = configOf(of.net, name, await nodeOf(of, { mode: 'keymanager', keymanager }));
  const args = ['--keymanager', '--keymanager.authEnabled', 'false', '--keymanager.port', String(port), '--force'];
  const unit = unitOf(
    () => of.net.client(name, { url, args: [...args, ...feeRecipient] }),
    (child) => of.net.kill(child),
  );
  const driver = new KeymanagerDriver({
    config,
    state: new StateFile(join(config.paths.stateDir, 'watermark.json')),
    clock: systemClock,
    systemctl: unit,
  });
  await driver.demote();
  await unit.start();
  await of.net.until(`the keymanager of ${name} answers`, async () => (await fetch(`${keymanager.url}/eth/v1/keystores`)).ok, 120_000);
  return { name, driver, proxy, maySign: false, crash: unit.kill };
};

/** No guard: the client has the keys itself. Two machines that were set up by hand differ in something. */
export const plainMachine = async (of: Places, name: string): Promise<{ proxy: RecordingProxy }> => {
  const { proxy, url } = await proxyOf(of, name);
  const indices = `${of.indices[0]}..${of.indices.at(-1)}`;
  of.net.client(name, { url, args: ['--interopIndexes', indices, '--graffiti', name, ...feeRecipient] });
  return { proxy };
};

const signal = new AbortController().signal;

/** As the guard opens a gate. */
export const open = async (machine: Machine, of: { indices: readonly number[]; floor: Watermark }): Promise<void> => {
  const key = keyFileOf(of.indices);
  machine.driver.prepare(of.floor);
  machine.maySign = true;
  await machine.driver.activate({ key, floor: of.floor }, signal);
  key.fill(0);
};

/** As the guard relinquishes. @returns the exact mark. */
export const relinquish = async (machine: Machine): Promise<Watermark | null> => {
  machine.maySign = false;
  machine.driver.closeGate();
  await machine.driver.demote(signal);
  return machine.driver.watermark();
};
