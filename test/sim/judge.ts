import { isDeepStrictEqual } from 'node:util';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { ApprovalRecord } from '../../core/approval.ts';
import { personOf } from '../../core/approval.ts';
import type { ValidatorConfig } from '../../core/config.ts';
import type { Lease } from '../../core/lease.ts';
import { compare, type Watermark } from '../../core/watermark.ts';
import { voteTypes, type Proposal, type Vote } from '../../chains/cometbft/privval/read.ts';
import type { NodeReport } from '../../core/report.ts';
import type { RunResult } from '../../local/asl/interpreter.ts';
import { Freeze } from './breaker.ts';
import type { Machine } from './machine.ts';
import type { Scheduler } from './scheduler.ts';
import type { Execution } from './states.ts';
import type { TableWrite } from './table.ts';

/** What must hold, whatever happens. It sees the whole world, and is asked after every event. */

export interface JudgeOptions {
  readonly scheduler: Scheduler;
  readonly config: () => ValidatorConfig;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly endStates: ReadonlySet<string>;
  readonly secrets: readonly string[];
  readonly say: (sentence: string) => void;
  /** Whether a function went on after its time in this run. */
  readonly hasZombies: () => boolean;
  /** What the node's own item says. */
  readonly reportOf: (node: string) => NodeReport | undefined;
}

const maxViolations = 5;
const lookEveryMs = 1_000;
const mostMuteMs = 12_000;
/** How old a reading of EC2 may be when it becomes evidence. */
const mostStaleMs = 6_000;
/** How long a function may have read the breaker before it writes: its requests, and what a zombie sleeps. */
const mostFrozenMs = { usual: 12_000, zombie: 80_000 };

export class Judge {
  readonly violations: string[] = [];
  /** The term for which each node was released last, and the terms in which it signed. */
  readonly #releasedTerm = new Map<string, number>();
  readonly #signedTerms = new Set<string>();
  /** When the present term was taken. */
  #takenMs = 0;
  signatures = 0;
  readonly #options: JudgeOptions;
  readonly #duties = new Map<string, string>();
  readonly #published = new Set<string>();
  readonly #marks = new Map<string, Watermark>();
  readonly #freeze = new Freeze();
  readonly #usedApprovals = new Map<string, string>();
  /** Who truly answered yes to which record. */
  readonly #yes = new Map<string, Set<string>>();
  readonly #records = new Map<string, ApprovalRecord>();
  #overlapped = false;
  /** The recorded active, and whether it is proven fenced now. */
  #holder = '';
  #fenced = false;
  #lookedMs = 0;
  /** Since when the holder believes that it signs, and does not. */
  #muteSinceMs: number | null = null;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  violate(what: string): void {
    if (this.violations.length >= maxViolations) return;
    this.violations.push(what);
    this.#options.say(`VIOLATION: ${what}`);
  }

  /** Asked after every event: never two nodes whose gates are open, and never one that is proven fenced. */
  afterEvent(): void {
    if (this.#options.scheduler.nowMs - this.#lookedMs > lookEveryMs) this.#lookForSilence();
    if (this.#fenced) {
      const proven = this.#options.machines.get(this.#holder);
      if (proven?.canSign() === true) {
        this.#fenced = false;
        this.violate(`${proven.name} is proven fenced and can sign`);
      }
    }
    let may = 0;
    for (const machine of this.#options.machines.values()) if (machine.guard && machine.up && machine.guard.maySign()) may += 1;
    if (may < 2) {
      this.#overlapped = false;
      return;
    }
    const open = [...this.#options.machines.values()].filter((machine) => machine.canSign()).map(({ name }) => name);
    if (open.length > 1 && !this.#overlapped) {
      this.#overlapped = true;
      this.violate(`${open.join(' and ')} could sign at the same instant`);
    }
  }

  /** A holder that cannot sign although nothing holds it back must say so: else nobody knows. */
  #lookForSilence(): void {
    const { nowMs } = this.#options.scheduler;
    this.#lookedMs = nowMs;
    const machine = this.#options.machines.get(this.#holder);
    const guard = machine?.guard;
    const free = machine?.reachable === true && guard && !guard.proc.paused && guard.maySign();
    if (!free || machine.canSign()) {
      this.#muteSinceMs = null;
      return;
    }
    this.#muteSinceMs ??= nowMs;
    if (nowMs - this.#muteSinceMs < mostMuteMs || this.#options.reportOf(machine.id)?.distress !== null) return;
    this.violate(`${machine.name} holds the term and signs nothing, and its guard tells nobody`);
  }

  onSigned(node: Machine, duty: Vote | Proposal): void {
    this.signatures += 1;
    const step = duty.kind === 'proposal' ? 1 : duty.type === voteTypes.prevote ? 2 : 3;
    const key = `${duty.height}/${duty.round}/${step}`;
    const content = Buffer.from(duty.blockId.hash).toString('hex');
    const known = this.#duties.get(key);
    if (known !== undefined && known !== `${node.name} ${content}`)
      this.violate(`${node.name} signed ${key} with ${content}; before it was ${known}`);
    this.#duties.set(key, `${node.name} ${content}`);
    if (node.id !== this.#holder) this.violate(`${node.name} signed ${key}, and ${this.#nameOf(this.#holder)} is the recorded active`);
    this.#signedTerms.add(`${node.id}/${this.#releasedTerm.get(node.id) ?? 1}`);
  }

  onDurable(node: string, text: string): void {
    const mark = JSON.parse(text.split('\n')[0] ?? 'null') as Watermark;
    const before = this.#marks.get(node);
    if (before && compare(mark, before) < 0)
      this.violate(`the durable watermark of ${node} fell from ${JSON.stringify(before)} to ${JSON.stringify(mark)}`);
    this.#marks.set(node, mark);
  }

  /** A node got the key. */
  onDecrypt(arn: string, context: Readonly<Record<string, string>>): void {
    const node = this.#options.config().nodes.find(({ principal }) => principal === arn);
    if (!node || context['node'] !== node.id || !this.#published.has(`${node.id}/${context['term'] ?? ''}`))
      this.violate(`${arn} opened a key that was not released to it: ${JSON.stringify(context)}`);
  }

  onWrite(write: TableWrite): void {
    if (write.pk.startsWith('approval#')) this.#onApproval(write);
    this.#freeze.onWrite(write, this.#options.scheduler.nowMs);
    if (!write.pk.startsWith('lease#')) return;
    const before = write.before && (unmarshall(write.before) as Lease);
    const after = write.after && (unmarshall(write.after) as Lease);
    if (after) {
      this.#holder = after.holder;
      this.#fenced = after.phase === 'FENCED';
    }
    if (!before || !after) return;
    // A call is no transition.
    if (isDeepStrictEqual({ ...before, call: after.call }, after)) return;
    this.#options.say(`Lease: term ${after.term} ${after.phase}, holder ${this.#nameOf(after.holder)}, claim ${after.claim} (${write.by}).`);
    if (after.version !== before.version + 1) this.violate('the version of the lease did not rise by one');
    if (after.term < before.term || after.term > before.term + 1) this.violate(`the term went from ${before.term} to ${after.term}`);
    if (before.watermark && (!after.watermark || compare(after.watermark, before.watermark) < 0)) this.violate('the watermark of the lease fell');
    if (after.phase === 'FENCING' && after.term > before.term) this.#onTaken(after);
    if (after.phase === 'FENCED') this.#onFenced(before, after);
    if (after.phase === 'RELEASED') this.#onReleased(before, after);
    if (after.holder !== before.holder && after.phase !== 'RELEASED') this.violate(`the holder changed in ${after.phase}`);
  }

  #nameOf(id: string): string {
    return this.#options.machines.get(id)?.name ?? id;
  }

  #onApproval({ before, after }: TableWrite): void {
    const [old, now] = [before && (unmarshall(before) as ApprovalRecord), after && (unmarshall(after) as ApprovalRecord)];
    if (!now) return;
    this.#records.set(now.id, now);
    if (old && old.state !== 'pending' && JSON.stringify(old) !== JSON.stringify(now)) this.violate(`an answered ${now.purpose} was changed`);
    for (const { by, answer } of now.decisions) {
      if (answer !== 'approve') continue;
      if (personOf(by) === personOf(now.requester)) this.violate(`${by} approved what they asked for`);
      this.#yes.set(now.id, (this.#yes.get(now.id) ?? new Set()).add(personOf(by)));
    }
  }

  /** Who is frozen takes no term and releases nobody. What was read before counts for a function that is on its way. */
  #mustBeThawed(what: string): void {
    const forMs = this.#freeze.forMs(this.#options.scheduler.nowMs);
    if (forMs !== null && forMs > mostFrozenMs[this.#options.hasZombies() ? 'zombie' : 'usual'])
      this.violate(`${what}, and the fleet is frozen for ${Math.floor(forMs)} ms`);
  }

  #onTaken(after: Lease): void {
    this.#mustBeThawed(`term ${after.term} was taken`);
    this.#takenMs = this.#options.scheduler.nowMs;
    const { policy } = this.#options.config();
    if (policy.mode === 'auto') return;
    const used = [...this.#records.values()].find(
      ({ purpose, execution, state }) => purpose === 'approval' && execution === after.claim && state === 'approved',
    );
    if (!used || (this.#yes.get(used.id)?.size ?? 0) < policy.quorum) {
      this.violate(`term ${after.term} was taken by ${after.claim} without approval`);
      return;
    }
    const before = this.#usedApprovals.get(used.id);
    if (before !== undefined) this.violate(`one approval served twice: ${before} and term ${after.term}`);
    this.#usedApprovals.set(used.id, `term ${after.term}`);
  }

  /** The proof must be true in the world now. */
  #onFenced(before: Lease, after: Lease): void {
    const { evidence } = after;
    if (!evidence || evidence.term !== after.term || evidence.node !== before.holder) {
      this.violate(`FENCED without evidence of term ${after.term} for ${before.holder}`);
      return;
    }
    if (!this.#options.config().policy.evidence.includes(evidence.kind)) this.violate(`evidence ${evidence.kind} is not accepted by the policy`);
    const machine = this.#options.machines.get(before.holder);
    if (!machine) return;
    if (machine.canSign()) this.violate(`${machine.name} is said to be fenced (${evidence.kind}) and can sign`);
    if (evidence.kind === 'attested') this.#onAttested(after);
    if (evidence.kind === 'powered-off' && !machine.wasStoppedSince(this.#takenMs - mostStaleMs))
      this.violate(`${machine.name} is said to be powered off and is ${machine.power}`);
  }

  #onAttested(after: Lease): void {
    const found = [...this.#records.values()].find(
      ({ purpose, term, node, state }) => purpose === 'attestation' && term === after.term && node === after.holder && state === 'approved',
    );
    if (!found || (this.#yes.get(found.id)?.size ?? 0) < found.quorum) this.violate('attested, but no quorum of others attested this term and node');
  }

  #onReleased(before: Lease, after: Lease): void {
    this.#mustBeThawed(`${after.holder} was released in term ${after.term}`);
    const reinstated = after.term === before.term + 1 && after.holder === before.holder;
    if (!reinstated) {
      if (before.phase !== 'FENCED' || after.term !== before.term || before.evidence?.term !== after.term)
        this.violate(`released in term ${after.term} from ${before.phase} without proof of this term`);
      const old = this.#options.machines.get(before.holder);
      if (old && before.holder !== after.holder && old.canSign()) this.violate(`released while ${old.name} can sign`);
    }
    if (after.sealed?.node !== after.holder || after.sealed.term !== after.term) this.violate('the key is sealed for another node or term');
    if (!after.watermark) this.violate('released without a floor');
    this.#published.add(`${after.holder}/${after.term}`);
    this.#releasedTerm.set(after.holder, after.term);
  }

  /** Keys that were published before the world began. */
  publish(node: string, term: number): void {
    this.#published.add(`${node}/${term}`);
  }

  onEnd(execution: Execution, result: RunResult): void {
    if (result.status === 'SUCCEEDED') {
      const { holder, term } = result.output as { holder: string; term: number };
      this.#options.say(`Execution ${execution.name} succeeds: ${this.#nameOf(holder)} signs.`);
      if (!this.#signedTerms.has(`${holder}/${term}`))
        this.violate(`${execution.name} succeeded, and ${this.#nameOf(holder)} has signed nothing in term ${term}`);
      return;
    }
    this.#options.say(`Execution ${execution.name} ends: ${result.error}.`);
    if (result.status === 'ABORTED') return;
    if (!this.#options.endStates.has(result.error))
      this.violate(`${execution.name} ended in ${result.error}, which is no named end: ${result.cause.slice(0, 300)}`);
    this.onTold(result.cause);
  }

  /** Everything that is logged or sent to people. */
  onTold(text: string): void {
    for (const secret of this.#options.secrets) if (text.includes(secret)) this.violate(`a secret was told: …${secret.slice(0, 12)}…`);
  }
}
