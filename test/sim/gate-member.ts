import { join } from 'node:path';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { KmsKey } from '../../aws/kms-key.ts';
import type { AskOnce } from '../../chains/ask-arbiter.ts';
import { GatedSigner } from '../../chains/cometbft/privval/gated-signer.ts';
import type { Vote } from '../../chains/cometbft/privval/read.ts';
import type { Signed } from '../../chains/cometbft/privval/write.ts';
import type { MemberKey } from '../../chains/gate-driver.ts';
import { StateFile } from '../../chains/state.ts';
import { nodeId, type NodeId, type ValidatorId } from '../../core/ids.ts';
import { kmsKeyArn } from '../../core/kms-key.ts';
import { clientsFor, type Services } from './clients.ts';
import { SimDisk } from './disk.ts';
import type { Prng } from './prng.ts';
import { Proc } from './proc.ts';
import type { Scheduler } from './scheduler.ts';
import type { Wire } from './wire.ts';

/** One member of custody gate: the real signer, its state on a simulated disk, its way to the arbiter and to KMS through the simulated wire. */

export const chainId = 'hub';
export const arn = kmsKeyArn.parse('arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab');
const file = join('/var/lib/baton/hub-1', 'watermark.json');
const requestMs = 2_000;

export interface MemberOptions {
  readonly name: string;
  readonly id: string;
  readonly validator: ValidatorId;
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly wire: Wire;
  readonly services: Services;
  readonly publicKey: Buffer;
  /** The key itself, or null when it lies in KMS. */
  readonly seed: Buffer | null;
  /** Replaces the way to the arbiter: for negative controls. */
  readonly plant: (ask: AskOnce) => AskOnce;
  readonly say: (sentence: string) => void;
}

export class Member {
  readonly options: MemberOptions;
  readonly id: NodeId;
  readonly disk: SimDisk;
  readonly line = { out: true, back: true };
  isMember = true;
  up = false;
  #proc: Proc;
  #signer: GatedSigner | null = null;

  constructor(options: MemberOptions) {
    this.options = options;
    this.id = nodeId.parse(options.id);
    this.#proc = this.#fresh();
    this.disk = new SimDisk({
      random: options.random,
      onTear: () => {
        this.crash();
      },
      onDurable: () => undefined,
    });
  }

  #fresh(): Proc {
    const { scheduler, name, random } = this.options;
    return new Proc(scheduler, name, { rate: 1 + random.between(-0.05, 0.05), aheadMs: random.between(-2_000, 2_000) });
  }

  /** A new life, with what the disk holds. */
  boot(): void {
    if (this.up) return;
    this.#proc = this.#fresh();
    this.#signer = this.#build(this.#proc);
    this.up = true;
    this.reopen();
  }

  #build(proc: Proc): GatedSigner {
    const { wire, services, name, validator, publicKey, plant } = this.options;
    const clients = clientsFor(wire, services, { proc, actor: name, arn: name, timeoutMs: requestMs, line: () => this.line });
    const arbiter = new ArbiterStore({ client: clients.dynamo, table: 'baton' });
    return new GatedSigner({
      chainId,
      validator,
      node: this.id,
      publicKey,
      state: new StateFile(file, this.disk.asDisk()),
      isOpen: () => this.isMember,
      claim: plant((claim, signal) => arbiter.claim(claim, signal)),
      look: ({ validator: of, lane }, signal) => arbiter.read(of, signal, lane),
      clock: proc.clock,
    });
  }

  /** As the guard does when the signer has dropped its key. */
  reopen(): void {
    if (!this.up || this.#signer === null || this.#signer.loaded) return;
    try {
      this.#signer.load(this.#key());
    } catch {
      this.options.say(`${this.options.name} cannot read its state.`);
    }
  }

  #key(): MemberKey {
    const { seed, wire, services, name, publicKey } = this.options;
    if (seed !== null) return Buffer.from(seed);
    const clients = clientsFor(wire, services, { proc: this.#proc, actor: name, arn: name, timeoutMs: requestMs, line: () => this.line });
    return new KmsKey({ client: clients.kms, arn, publicKey: publicKey.toString('base64') });
  }

  /** What left for this vote, if anything did. A process that died meanwhile gives nothing. */
  ask(vote: Vote, onLeft: (signed: Signed) => void, onRefused: (reason: string) => void): void {
    const [signer, proc] = [this.#signer, this.#proc];
    if (!this.up || signer === null) return;
    proc.deliver(() => {
      void signer.sign(vote, chainId).then((outcome) => {
        if (proc.dead) return;
        if (outcome.ok) onLeft(outcome.signed);
        else onRefused(outcome.reason);
      });
    });
  }

  pause(lengthMs: number): void {
    const proc = this.#proc;
    proc.pause();
    this.options.scheduler.after(lengthMs, `${this.options.name} goes on`, () => {
      proc.resume();
    });
  }

  /** The process is gone; the disk stays as it is. */
  kill(): void {
    this.up = false;
    this.#proc.kill();
    this.#signer = null;
  }

  /** The power goes. */
  crash(): void {
    this.kill();
    this.disk.crash();
  }
}
