import { sign, verify } from 'node:crypto';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { ArbiterStore } from '../../aws/arbiter.ts';
import { keyOf } from '../../aws/items.ts';
import type { AskOnce } from '../../chains/ask-arbiter.ts';
import { markOf } from '../../chains/cometbft/privval/duty.ts';
import type { Vote } from '../../chains/cometbft/privval/read.ts';
import { signBytes, type Signed } from '../../chains/cometbft/privval/write.ts';
import { attemptId, validatorId } from '../../core/ids.ts';
import { compare, dutyOf, type Watermark } from '../../core/watermark.ts';
import { privateKeyOf, publicKeyOf, rawPublicKeyOf } from '../../runtime/ed25519.ts';
import { block, vote } from '../support/privval.ts';
import { clientsFor, type Services } from './clients.ts';
import { familyKinds, Faults, readPlanned } from './faults.ts';
import { hostKinds, strikeMember, type After } from './gate-faults.ts';
import { Member } from './gate-member.ts';
import { Prng } from './prng.ts';
import { Proc } from './proc.ts';
import { Scheduler } from './scheduler.ts';
import { Table } from './table.ts';
import { whole, Wire } from './wire.ts';

/**
 * Active-active in the simulator: three members with one key, in memory or in KMS, ask one arbiter on the simulated table, while requests and replies
 * are lost, doubled and late, processes are paused and killed, disks are torn, filled and restored from an earlier day, and a copied machine signs along.
 * What must hold: one signature for one duty; the closed arbiter's watermark covers all that left; and with one member down and the rest healed, every
 * height is signed.
 */

export type Plant = (ask: AskOnce) => AskOnce;
export interface GateOptions {
  readonly seed: number;
  /** Requests that go wrong, beside what is drawn from the seed. */
  readonly planned?: readonly string[];
  readonly plant?: Plant;
}
export interface GateOutcome {
  readonly violations: readonly string[];
  readonly lines: readonly string[];
  readonly struck: readonly string[];
  readonly hash: string;
  readonly events: number;
  readonly left: number;
  readonly inKms: boolean;
}

const validator = validatorId.parse('hub-1');
const floor: Watermark = { kind: 'consensus', height: 3, round: 2_147_483_647, step: 3 };
const ids = { amber: 'i-0a11ce0000000001', birch: 'i-0b0b000000000002', cedar: 'mi-0ceda00000000003' } as const;
const blockMs = 1_000;
const stormMs = 60_000;
const calmMs = 40_000;
/** After that what hung before the calm has ended: from then on every height must be signed. */
const settledMs = 20_000;
const firstHeight = 4;
const steps = [1, 2] as const;
const seedOfKey = Buffer.alloc(32, 11);
const publicKey = rawPublicKeyOf(privateKeyOf(seedOfKey));
const verifier = publicKeyOf(publicKey);

class GateWorld {
  readonly scheduler = new Scheduler();
  readonly random: Prng;
  readonly faults: Faults;
  readonly wire: Wire;
  readonly table = new Table(() => undefined);
  readonly services: Services;
  readonly members: Member[];
  readonly lines: string[] = [];
  readonly violations: string[] = [];
  readonly inKms: boolean;
  readonly #plant: Plant;
  /** What left, by duty: the signatures in hex. */
  readonly #left = new Map<string, Set<string>>();
  readonly #signedHeights = new Set<number>();
  #highest: Watermark | null = null;
  #copy: Member | null = null;
  #calm = false;
  left = 0;

  constructor({ seed, planned = [], plant = (ask) => ask }: GateOptions) {
    this.random = new Prng(seed);
    this.#plant = plant;
    this.inKms = this.random.chance(0.5);
    const chances = Object.fromEntries(
      familyKinds.sdk.flatMap((kind) => (this.random.chance(0.5) ? [[`sdk.${kind}`, 0.12 * this.random.next() ** 2]] : [])),
    );
    this.faults = new Faults({ planned: planned.map(readPlanned), chances, random: this.random });
    this.wire = new Wire({ scheduler: this.scheduler, random: this.random, faults: this.faults });
    const none = (): never => {
      throw new Error('it is not asked here');
    };
    this.services = {
      dynamo: (action, input, caller) => this.table.handle(action, input, caller.actor, null),
      kms: (_action, input) => ({ Signature: sign(null, input['Message'] as Uint8Array, privateKeyOf(seedOfKey)) }),
      ssm: none,
      ec2: none,
      sfn: none,
      sns: none,
    };
    this.members = Object.entries(ids).map(([name, id]) => this.#member(name, id));
  }

  #member(name: string, id: string): Member {
    const { scheduler, random, wire, services } = this;
    return new Member({
      name,
      id,
      validator,
      scheduler,
      random,
      wire,
      services,
      publicKey,
      seed: this.inKms ? null : seedOfKey,
      plant: this.#plant,
      say: (sentence) => {
        this.say(sentence);
      },
    });
  }

  say(sentence: string): void {
    this.scheduler.mix(sentence);
    this.lines.push(`${(this.scheduler.nowMs / 1_000).toFixed(3)} s  ${sentence}`);
  }

  violate(sentence: string): void {
    this.violations.push(sentence);
    this.say(`Violated: ${sentence}.`);
  }

  /** By a person whose line is whole. */
  arbiter(): ArbiterStore {
    const proc = new Proc(this.scheduler, 'person', { rate: 1, aheadMs: 0 });
    const caller = { proc, actor: 'person', arn: 'person', timeoutMs: 2_000, line: () => whole };
    return new ArbiterStore({ client: clientsFor(this.wire, this.services, caller).dynamo, table: 'baton' });
  }

  /** What a node of CometBFT asks its signer for at this height: its own view of the block, at its own time, sometimes again, sometimes for a round more. */
  #askFor(member: Member, height: number): void {
    const { random } = this;
    const round = !this.#calm && random.chance(0.1) ? 1 : 0;
    // Nodes may be led to two blocks: that is when a second signature would be a double one.
    const fill = random.chance(0.25) ? 2 : 1;
    for (const type of steps) {
      const seconds = BigInt(1_700_000_000 + Math.floor(this.scheduler.nowMs / 1_000) + random.int(3));
      const duty = vote({ type, height: BigInt(height), round, blockId: block(fill), timestamp: { seconds, nanos: random.int(1_000) } });
      for (const again of random.chance(0.15) ? [0, random.between(200, 3_000)] : [0])
        this.scheduler.after(again + random.between(0, 120) + (type === 2 ? 150 : 0), `${member.options.name} is asked`, () => {
          member.ask(
            duty,
            (signed) => {
              this.#onLeft(member, duty, signed);
            },
            (reason) => {
              this.say(`${member.options.name} refuses ${dutyOf(markOf(duty))}: ${reason}.`);
            },
          );
        });
    }
  }

  #onLeft(member: Member, duty: Vote, { signature, timestamp }: Signed): void {
    this.left += 1;
    const mark = markOf(duty);
    const what = dutyOf(mark);
    const hex = Buffer.from(signature).toString('hex');
    this.say(`${member.options.name} signs ${what}: ${hex.slice(0, 8)}.`);
    if (!verify(null, signBytes(duty, 'hub', timestamp), verifier, signature)) this.violate(`what left for ${what} is no signature of it`);
    const known = this.#left.get(what) ?? new Set<string>();
    known.add(hex);
    this.#left.set(what, known);
    if (known.size === 2) this.violate(`two signatures left for ${what}`);
    if (this.#highest === null || compare(mark, this.#highest) > 0) this.#highest = mark;
    if (duty.type === 2) this.#signedHeights.add(Number(duty.height));
  }

  /** A copy of the machine runs beside it, with the same identity. */
  #clone(member: Member, after: After): void {
    if (this.#copy !== null) return;
    const copy = this.#member(`copy of ${member.options.name}`, member.options.id);
    copy.disk.copyOf(member.disk);
    copy.boot();
    this.#copy = copy;
    after(() => {
      copy.kill();
      this.#copy = null;
    });
  }

  #blocks(height: number, untilMs: number): void {
    if (this.scheduler.nowMs > untilMs) return;
    const all = this.#copy === null ? this.members : [...this.members, this.#copy];
    for (const member of all) {
      member.reopen();
      // One that lags asks for what the others had long ago.
      const behind = !this.#calm && this.random.chance(0.1) ? this.random.int(4) : 0;
      this.#askFor(member, Math.max(firstHeight, height - behind));
    }
    this.scheduler.after(blockMs, 'a block', () => {
      this.#blocks(height + 1, untilMs);
    });
  }

  #storm(): void {
    if (this.scheduler.nowMs > stormMs) return;
    strikeMember(this.random.pick(this.members), this.random.pick(hostKinds), {
      scheduler: this.scheduler,
      random: this.random,
      say: (sentence) => {
        this.say(sentence);
      },
      clone: (member, after) => {
        this.#clone(member, after);
      },
    });
    this.scheduler.after(this.random.between(1_000, 9_000), 'storm', () => {
      this.#storm();
    });
  }

  /** Everything is mended but one member, which stays down. */
  #heal(): void {
    this.#calm = true;
    this.faults.enabled = false;
    const down = this.random.pick(this.members);
    this.say(`All is mended but ${down.options.name}, which is down.`);
    for (const member of this.members) {
      if (member !== down) continue;
      down.kill();
      down.boot = () => undefined;
    }
  }

  async live(): Promise<void> {
    const arbiter = this.arbiter();
    this.faults.enabled = false;
    let opened = false;
    void arbiter.open({ validator, floor, attempt: attemptId.parse('open') }).then(() => (opened = true));
    await this.scheduler.run(
      5_000,
      () => opened,
      () => undefined,
    );
    this.faults.enabled = true;
    for (const member of this.members) member.boot();
    this.#blocks(firstHeight, stormMs + calmMs);
    this.#storm();
    this.scheduler.at(stormMs, 'heal', () => {
      this.#heal();
    });
    await this.scheduler.run(
      stormMs + calmMs,
      () => false,
      () => undefined,
    );
    const [from, to] = [stormMs + settledMs, stormMs + calmMs - 5_000].map((atMs) => firstHeight + Math.round(atMs / blockMs));
    for (let height = Number(from); height <= Number(to); height += 1)
      if (!this.#signedHeights.has(height)) this.violate(`nobody signed height ${height} while one alone was down`);
    let closed = false;
    void this.arbiter()
      .close({ validator, attempt: attemptId.parse('close') })
      .then(() => (closed = true));
    await this.scheduler.run(
      this.scheduler.nowMs + 30_000,
      () => false,
      () => undefined,
    );
    if (!closed) this.violate('the arbiter was not closed');
    const item = unmarshall(this.table.items.get(keyOf.arbiter(validator)) ?? {}) as { watermark: Watermark };
    if (this.#highest !== null && compare(this.#highest, item.watermark) > 0)
      this.violate(`${dutyOf(this.#highest)} left, and the closed arbiter says ${dutyOf(item.watermark)}`);
    this.scheduler.end();
  }
}

/** One run, named by its seed. */
export const liveGate = async (options: GateOptions): Promise<GateOutcome> => {
  const world = new GateWorld(options);
  await world.live();
  const { violations, lines, faults, scheduler, left, inKms } = world;
  return { violations, lines, struck: faults.struck, hash: scheduler.hash, events: scheduler.events, left, inKms };
};
