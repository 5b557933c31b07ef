import { configOf, nodeOf } from '../../chains/cometbft/config.ts';
import { dirname } from 'node:path';
import { Keys } from '../../aws/keys.ts';
import { LeaseStore } from '../../aws/lease.ts';
import { Records } from '../../aws/records.ts';
import { BatonError } from '../../core/errors.ts';
import { durationMs } from '../../core/time.ts';
import { guardConfig, type GuardConfig } from '../../guard/config.ts';
import { CometbftDriver } from '../../chains/cometbft/driver.ts';
import { Guard } from '../../guard/guard.ts';
import { MemoryFile } from '../../guard/memory.ts';
import { refusalCodes } from '../../chains/cometbft/privval/write.ts';
import { voteTypes, type Proposal, type Vote } from '../../chains/cometbft/privval/read.ts';
import { Signer } from '../../chains/cometbft/privval/signer.ts';
import { Reporter } from '../../guard/report.ts';
import { StateFile } from '../../chains/state.ts';
import { clientsFor, type Clients } from './clients.ts';
import type { Machine } from './machine.ts';
import { Proc } from './proc.ts';
import type { Caller } from './wire.ts';

/** One run of the real guard, with the real driver, signer, reporter and state file, on a simulated machine. */

export const markFile = '/var/lib/baton/hub-1/watermark.json';
export const statementFile = '/var/lib/baton/hub-1/ended';
export const chainId = 'hub';
export const tableName = 'baton';
export const keyId = 'key-1';

const configs = new WeakMap<object, GuardConfig>();

const guardConfigOf = (machine: Machine): GuardConfig => {
  const { config, node } = machine.options;
  const known = configs.get(node);
  if (known) return known;
  const made = guardConfig.parse({
    validator: config.id,
    node: node.id,
    table: tableName,
    keyId,
    unit: 'gaiad.service',
    paths: { keyDir: '/run/baton/hub-1', stateDir: '/var/lib/baton/hub-1' },
    build: 'sim',
    timing: config.timing,
    onControlPlaneLoss: config.policy.onControlPlaneLoss,
    chain: { kind: 'cometbft', chainId, publicKey: configOf(config.chain).publicKey, socket: 'unix:///s', rpc: 'http://127.0.0.1:26657' },
  });
  configs.set(node, made);
  return made;
};

const noBlock = { hash: new Uint8Array(), parts: { total: 0, hash: new Uint8Array() } };
/** A duty below every floor: asked for only to see whether the gate is open. It can never be signed. */
const probeDuty: Vote = {
  kind: 'vote',
  type: voteTypes.prevote,
  height: 1n,
  round: 0,
  blockId: noBlock,
  timestamp: { seconds: 0n, nanos: 0 },
  address: new Uint8Array(20),
  index: 0,
  extension: new Uint8Array(),
};

const deadlineTickMs = durationMs(1_000);

export class GuardRun {
  readonly proc: Proc;
  maySign: () => boolean = () => false;
  /** It stays closed until it is started anew. */
  displaced = false;
  /** The guard before it, which has not provably ended. */
  unproven: string | null = null;
  readonly #machine: Machine;
  readonly #stopper = new AbortController();
  #signer: Signer | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
    const { scheduler, rate, aheadMs } = machine.options;
    this.proc = new Proc(scheduler, `guard ${machine.name}`, { rate, aheadMs });
  }

  /** The gate itself is asked, with a duty that it can only refuse. */
  canSign(): boolean {
    if (!this.maySign() || this.#signer === null) return false;
    const asked = this.#signer.sign(probeDuty, chainId);
    if (asked.ok) throw new Error('a duty below the floor was signed');
    return asked.code === refusalCodes.watermark;
  }

  ask(duty: Vote | Proposal, onSigned: () => void): void {
    this.proc.deliver(() => {
      if (this.#signer?.sign(duty, chainId).ok === true && !this.proc.dead) onSigned();
    });
  }

  stop(): void {
    this.#stopper.abort();
  }

  start(onEnd: () => void): void {
    const { scheduler } = this.#machine.options;
    const end = (): void => {
      scheduler.after(0, `${this.proc.name} ended`, () => {
        if (!this.proc.dead) onEnd();
        this.proc.kill();
      });
    };
    this.#build().run(this.#stopper.signal).then(end, end);
  }

  #clients(config: GuardConfig): Clients {
    const { options } = this.#machine;
    const caller: Caller = {
      proc: this.proc,
      actor: `guard ${this.#machine.name}`,
      arn: options.node.principal,
      timeoutMs: config.timing.readTimeoutMs,
      line: () => this.#machine.line,
    };
    return clientsFor(options.wire, options.services(), caller);
  }

  #build(): Guard {
    const config = guardConfigOf(this.#machine);
    const { clock } = this.proc;
    const clients = this.#clients(config);
    const table = { client: clients.dynamo, table: tableName };
    const [lease, records] = [new LeaseStore(table), new Records(table)];
    const keys = new Keys({ client: clients.kms, keyId });
    const reporter = new Reporter({
      config,
      clock,
      writer: this.#machine.options.random.hex(16),
      memory: new MemoryFile({ stateDir: dirname(markFile), place: this.#machine.place, disk: this.#machine.disk.asDisk() }),
      forget: () => {
        new StateFile(markFile, this.#machine.disk.asDisk()).remove();
      },
      read: (signal) => records.readReport(config.validator, config.node, signal),
      write: (report, over, signal) => records.writeReport(report, over, signal),
      mark: (report, rival, signal) => records.markRival(report, rival, signal),
      diskFreeBytes: () => (this.#machine.disk.full ? 0 : 5_000_000_000),
      pause: (signal) => clock.sleep(durationMs(500), signal),
      timeout: () => clock.timeout(config.timing.readTimeoutMs),
    });
    return new Guard({
      config,
      clock,
      reporter,
      deadlineTickMs,
      say: (sentence) => {
        if (sentence.startsWith('NodeCloned: another guard has this node identity')) this.displaced = true;
        this.unproven = /^NodeUnproven: .* the end of ([0-9a-f]{32}) here/.exec(sentence)?.[1] ?? this.unproven;
        this.#machine.options.say(`Guard of ${this.#machine.name}: ${sentence}`);
      },
      driver: (maySign) => this.#driver(config, maySign),
      readLease: (signal) => lease.read(config.validator, signal),
      peekLease: (signal) => lease.peek(config.validator, signal),
      openKey: (found, signal) => {
        if (!found.sealed || found.sealed.node !== config.node || found.sealed.term !== found.term) {
          throw new BatonError('KeyMissing', `no key is sealed for this node in term ${found.term}`, { fix: 'baton failover' });
        }
        return keys.open({ sealed: found.sealed, validator: config.validator }, signal);
      },
    });
  }

  #driver(config: GuardConfig, maySign: () => boolean): CometbftDriver {
    this.maySign = maySign;
    const machine = this.#machine;
    const state = new StateFile(markFile, machine.disk.asDisk());
    return new CometbftDriver({
      config: { ...config, chain: nodeOf(config.chain) },
      state,
      clock: this.proc.clock,
      maySign,
      dial: ({ signer, signal }) => {
        if (!(signer instanceof Signer)) throw new Error('the simulated guard signs by its lease');
        this.#signer = signer;
        const ended = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            resolve();
          });
        });
        return {
          get connected() {
            return machine.nodeUp;
          },
          run: () => ended,
        };
      },
      ask: async () => {
        if (!machine.nodeUp) throw new Error('the node is down');
        const height = machine.synced ? machine.options.head() : Math.max(1, machine.options.head() - 10);
        return { result: { sync_info: { latest_block_height: String(height), catching_up: !machine.synced } } };
      },
    });
  }
}
