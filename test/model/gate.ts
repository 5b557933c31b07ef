import { applyClaim, applyClosing, claimOf, type Arbiter, type ClaimOutcome, type DutyClaim } from '../../core/gate.ts';
import { compare, heightOf, type Watermark } from '../../core/watermark.ts';
import { attempt, v } from '../support/core.ts';
import type { Model, Step } from './explorer.ts';
import { idOf, nodeNames } from './fence/world.ts';

/**
 * Custody `gate`: several signers, one arbiter. The chain may ask every signer for any duty and any content at any time, as nodes that lag or
 * disagree do. Claims come late, twice or never; replies are lost; signers crash and forget. A person may close the arbiter and release the
 * key to somebody who signs above its last watermark. At most one signature leaves for a duty.
 */

export interface GateScope {
  readonly signers: 2 | 3;
  readonly heights: number;
  readonly contents: 1 | 2 | 3;
  /** Claims on their way at once. */
  readonly wires: number;
  /** The arbiter may be closed, and the next holder signs from the height above what it was closed with. */
  readonly closes: boolean;
  /**
   * `publish-first`: the signer publishes before the arbiter has answered. `own-signature`: a signer whose message is stored already publishes
   * its own signature of it. `claims-after-close`: a closed arbiter still takes claims. `early-mark`: the next holder goes by a watermark that
   * was read before the arbiter was closed.
   */
  readonly broken: 'publish-first' | 'own-signature' | 'claims-after-close' | 'early-mark' | null;
}

interface GateWorld {
  readonly item: Arbiter;
  readonly wires: readonly DutyClaim[];
  /** The claim each signer waits for, or null. */
  readonly waits: readonly (DutyClaim | null)[];
  /** Signatures that left, as `height/signature`. */
  readonly left: readonly string[];
  /** Where the next holder begins: null while nobody has told it. */
  readonly next: number | null;
}

const floor: Watermark = { kind: 'consensus', height: 10, round: 0, step: 3 };
const dutyAt = (height: number): Watermark => ({ ...floor, height: 9 + height });

const claimFor = (signer: number, height: number, content: number): DutyClaim => {
  const claim = claimOf({
    validator: v,
    node: idOf(signer),
    duty: dutyAt(height),
    claimed: { content: String(content).repeat(64), signature: `${nodeNames[signer] ?? ''} signed content ${content}`, time: null },
  });
  return { ...claim, attempt: attempt(`${signer}/${height}/${content}`) };
};

const leave = (world: GateWorld, duty: Watermark, signature: string): readonly string[] =>
  [...new Set([...world.left, `${heightOf(duty)}/${signature}`])].sort();

const tellOf = (claim: DutyClaim): string => `${claim.claimed.signature} for height ${heightOf(claim.duty)}`;

// Height 1 is the floor: it must always be refused.
const askSteps = (world: GateWorld, scope: GateScope): Step<GateWorld>[] => {
  const steps: Step<GateWorld>[] = [];
  for (const [signer, waiting] of world.waits.entries()) {
    const name = nodeNames[signer] ?? '';
    const waits = (claim: DutyClaim | null) => world.waits.map((one, at) => (at === signer ? claim : one));
    // A signer that no longer waits has timed out or has crashed: it forgets, its claim stays on its way.
    if (waiting) steps.push({ say: () => `${name} waits no longer.`, to: { ...world, waits: waits(null) } });
    if (waiting || world.wires.length >= scope.wires) continue;
    for (let height = scope.broken === null ? 1 : 2; height <= scope.heights; height += 1) {
      for (let content = 1; content <= scope.contents; content += 1) {
        const claim = claimFor(signer, height, content);
        const wires = [...world.wires.filter((one) => one.attempt !== claim.attempt), claim].sort((a, b) => (a.attempt < b.attempt ? -1 : 1));
        const left = scope.broken === 'publish-first' ? leave(world, claim.duty, claim.claimed.signature) : world.left;
        steps.push({ say: () => `${name} signs and claims: ${tellOf(claim)}.`, to: { ...world, wires, waits: waits(claim), left } });
      }
    }
  }
  return steps;
};

const wrongAnswer = (item: Arbiter, before: Arbiter, claim: DutyClaim, outcome: ClaimOutcome): string | null => {
  if (compare(item.watermark, before.watermark) < 0) return 'The watermark of the arbiter fell.';
  const given = outcome.outcome === 'refused' ? null : outcome.claimed.signature;
  const content = claim.claimed.content.slice(0, 1);
  return given === null || given.endsWith(`content ${content}`) ? null : `The answer to a claim for content ${content} is: ${given}.`;
};

const judgeClaim = (item: Arbiter, claim: DutyClaim, { broken }: GateScope): ClaimOutcome => {
  if (broken !== 'claims-after-close' || item.phase === 'open') return applyClaim(item, claim);
  const outcome = applyClaim({ ...item, phase: 'open' }, claim);
  return outcome.outcome === 'won' ? { ...outcome, item: { ...outcome.item, phase: 'closed' } } : outcome;
};

const tableSteps = (world: GateWorld, scope: GateScope): Step<GateWorld>[] => {
  const steps: Step<GateWorld>[] = [];
  for (const claim of world.wires) {
    const outcome = judgeClaim(world.item, claim, scope);
    const item = outcome.outcome === 'won' ? outcome.item : world.item;
    const wrong = wrongAnswer(item, world.item, claim, outcome);
    const wires = world.wires.filter((one) => one !== claim);
    const signer = world.waits.findIndex((one) => one?.attempt === claim.attempt);
    if (signer >= 0) {
      const waits = world.waits.map((one, at) => (at === signer ? null : one));
      const told = outcome.outcome === 'refused' ? null : (scope.broken === 'own-signature' ? claim : outcome).claimed;
      const left = told === null ? world.left : leave(world, claim.duty, told.signature);
      steps.push({ say: () => `The arbiter answers: ${outcome.outcome} (${tellOf(claim)}).`, to: { ...world, item, wires, waits, left }, wrong });
    }
    if (outcome.outcome === 'won')
      steps.push({ say: () => `The arbiter takes ${tellOf(claim)}; the reply is lost, the claim may come again.`, to: { ...world, item }, wrong });
    steps.push({ say: () => `A claim is lost: ${tellOf(claim)}.`, to: { ...world, wires } });
  }
  return steps;
};

/** A person closes the arbiter; what it then says last is where the next holder begins, which signs each duty above it once. */
const closeSteps = (world: GateWorld, scope: GateScope): Step<GateWorld>[] => {
  if (!scope.closes) return [];
  const steps: Step<GateWorld>[] = [];
  const closing = applyClosing(world.item, { validator: v, attempt: attempt('close') });
  if (closing.outcome === 'done') {
    const { item, earlier } = closing;
    if (!earlier) steps.push({ say: () => 'The arbiter is closed.', to: { ...world, item } });
    const early = scope.broken === 'early-mark';
    if (world.next === null && earlier !== early)
      steps.push({ say: () => `The next holder begins above height ${heightOf(item.watermark)}.`, to: { ...world, next: heightOf(item.watermark) } });
  }
  if (world.next === null || (scope.broken === 'early-mark' && world.item.phase === 'open')) return steps;
  for (let height = 1; height <= scope.heights; height += 1) {
    const duty = dutyAt(height);
    if (heightOf(duty) <= world.next) continue;
    const left = leave(world, duty, 'the next holder signed');
    if (left.length !== world.left.length) steps.push({ say: () => `The next holder signs height ${heightOf(duty)}.`, to: { ...world, left } });
  }
  return steps;
};

export const gateModel = (name: string, scope: GateScope): Model<GateWorld> => ({
  name,
  initial: {
    item: { validator: v, phase: 'open', watermark: floor, claimed: null, version: 1, attempt: attempt('open') },
    wires: [],
    waits: Array.from({ length: scope.signers }, () => null),
    left: [],
    next: null,
  },
  steps: (world) => [...tableSteps(world, scope), ...askSteps(world, scope), ...closeSteps(world, scope)],
  wrong: (world) => {
    const heights = world.left.map((one) => one.split('/')[0]);
    const twice = heights.find((height, at) => heights.indexOf(height) !== at);
    if (twice !== undefined) return `Two signatures left for height ${twice}: ${world.left.filter((one) => one.startsWith(`${twice}/`)).join(', ')}.`;
    const below = heights.find((height) => Number(height) <= heightOf(floor));
    return below === undefined ? null : `A signature left at height ${below}, not above the floor.`;
  },
  encode: ({ item, wires, waits, left, next }) =>
    [
      item.phase,
      next ?? '',
      heightOf(item.watermark),
      item.claimed?.signature ?? '',
      wires.map((one) => one.attempt).join(','),
      waits.map((one) => one?.attempt ?? '').join(','),
      left.join(','),
    ].join(';'),
});
