import { applyWrite, recordProof, reinstate, release, settle, takeTerm, type Lease, type LeaseWrite } from '../../core/lease.ts';
import { compare, heightOf, floorAfter, highest, judgeDuty, type LastDuty, type Watermark } from '../../core/watermark.ts';
import { attempt, leaseOf, proof, run } from '../support/core.ts';
import type { Model, Step } from './explorer.ts';
import { idOf, indexOf, nameOf, nodeNames } from './fence/world.ts';
import { replaced } from './intern.ts';

/**
 * Who signed which duty. Here the fence works (the other scope shows it): only the holder signs, and it is asked for any duty near the head, in
 * any content, as a lagging node asks. What must hold is that no later holder signs a duty that an earlier one may have signed.
 */

export interface WatermarkScope {
  readonly nodes: 2 | 3;
  readonly terms: number;
  readonly heights: number;
  readonly chain: 'cometbft' | 'systemd';
  /** How far the vantages may be behind the head, and what the policy adds to what they show. In heights. */
  readonly lag: number;
  readonly margin: number;
  /** `floor`: a new term has none. `record-lost`: a holder whose record is gone goes on in the same term. */
  readonly broken: 'floor' | 'record-lost' | null;
}

interface Signer {
  /** The last duty as the disk has it; null when nothing is there. */
  readonly disk: LastDuty | null;
  readonly open: boolean;
  /** It has signed in the present term. */
  readonly began: boolean;
}

interface World {
  readonly lease: Lease;
  readonly signers: readonly Signer[];
  /** The highest height that has a block. */
  readonly head: number;
  /** Who signed each height, in which content. */
  readonly signed: Readonly<Record<number, string>>;
}

const first = 10;
const markOf = (scope: WatermarkScope, height: number): Watermark =>
  scope.chain === 'cometbft' ? { kind: 'consensus', height, round: 0, step: 3 } : { kind: 'slot', slot: height };

const one = run('one');
const named = (lease: Lease, what: string) => attempt(`one/${what}/${lease.term}`);
const drivenOf = (lease: Lease) => ({ validator: lease.validator, term: lease.term, claim: one });

const written = (world: World, write: LeaseWrite): { lease: Lease; wrong: string | null } => {
  const outcome = applyWrite(world.lease, write);
  if (outcome.outcome !== 'done') throw new Error(`${write.transition} was refused: the model sends only what the lease allows`);
  const [before, after] = [world.lease.watermark, outcome.lease.watermark];
  const fell = before && (!after || compare(after, before) < 0);
  return { lease: outcome.lease, wrong: fell ? `The watermark of the lease fell from ${heightOf(before)} in ${write.transition}.` : null };
};

/** What a new term may be given as its floor: one for each head that the vantages may show. */
const floors = (world: World, scope: WatermarkScope): (Watermark | null)[] => {
  if (scope.broken === 'floor') return [null];
  // The last: too few vantages answer.
  const heads = [...Array.from({ length: scope.lag + 1 }, (_, lag) => world.head - lag), null];
  const before = world.lease.watermark ?? null;
  const made = heads.map((head) =>
    floorAfter({
      before,
      duty: { kind: scope.chain === 'cometbft' ? 'consensus' : 'slot' },
      evidence: world.lease.evidence ?? {},
      head,
      margin: scope.margin,
    }),
  );
  return made.filter((mark, at) => mark !== null && made.findIndex((other) => other !== null && compare(other, mark) === 0) === at);
};

const closedAll = (world: World): readonly Signer[] => world.signers.map((signer) => ({ ...signer, open: false, began: false }));

const leaseSteps = (world: World, scope: WatermarkScope): Step<World>[] => {
  const { lease } = world;
  const steps: Step<World>[] = [];
  const add = (say: string, write: LeaseWrite, signers = world.signers): void => {
    const { lease: after, wrong } = written(world, write);
    steps.push({ say: () => say, to: { ...world, lease: after, signers }, wrong });
  };
  if (lease.phase !== 'FENCING' && lease.phase !== 'FENCED' && lease.term < scope.terms) {
    for (const index of world.signers.keys()) {
      const candidate = idOf(index);
      if (candidate === lease.holder) continue;
      add(
        `Term ${lease.term + 1} is taken: from ${nameOf(lease.holder)} to ${nameOf(candidate)}.`,
        takeTerm(lease, { claim: one, candidate, attempt: named(lease, 'TakeTerm') }),
      );
    }
  }
  if (lease.phase === 'FENCING') {
    const holder = indexOf(lease.holder);
    const own = world.signers[holder]?.disk?.watermark ?? null;
    const exact = own === null ? null : highest(own, lease.watermark ?? null);
    const closed = closedAll(world);
    const fenced = { node: lease.holder, term: lease.term };
    const by = (watermark: Watermark | null) => ({
      evidence: proof({ ...fenced, ...(watermark === null ? {} : { watermark }) }),
      attempt: named(lease, 'RecordProof'),
    });
    // While a daemon signs by itself its guard has no record of the last duty; under CometBFT the record is the guard's own.
    if (exact !== null && scope.chain === 'cometbft')
      add(`${nameOf(lease.holder)} is fenced, and tells its last duty: ${heightOf(exact)}.`, recordProof(drivenOf(lease), by(exact)), closed);
    add(`${nameOf(lease.holder)} is fenced; nobody knows its last duty.`, recordProof(drivenOf(lease), by(null)), closed);
  }
  for (const floor of lease.phase === 'FENCED' || lease.phase === 'FENCING' ? floors(world, scope) : []) {
    const shown = floor === null ? 'no floor' : `floor ${heightOf(floor)}`;
    const mark = floor === null ? {} : { watermark: floor };
    if (lease.phase === 'FENCED')
      add(
        `The key is released to ${nameOf(lease.candidate)} with ${shown}.`,
        release(drivenOf(lease), { candidate: lease.candidate, ...mark, attempt: named(lease, 'Release') }),
      );
    if (lease.term < scope.terms)
      add(
        `${nameOf(lease.holder)} is reinstated with ${shown}.`,
        reinstate(drivenOf(lease), { holder: lease.holder, ...mark, attempt: named(lease, 'Reinstate') }),
        closedAll(world),
      );
  }
  if (lease.phase === 'RELEASED' && lease.term > 1) add('The lease is settled.', settle(drivenOf(lease), { attempt: named(lease, 'Settle') }));
  return steps;
};

const signSteps = (world: World, scope: WatermarkScope): Step<World>[] => {
  const { lease } = world;
  const index = indexOf(lease.holder);
  const signer = world.signers[index];
  if (!signer || (lease.phase !== 'HELD' && lease.phase !== 'RELEASED')) return [];
  const name = nodeNames[index] ?? '';
  const steps: Step<World>[] = [];
  const withSigner = (after: Signer): readonly Signer[] => replaced(world.signers, index, after);
  const floor = lease.watermark ?? null;
  // A daemon keeps no record that outlives its stop: only the floor holds it back.
  const known = scope.chain === 'systemd' && !signer.began ? null : signer.disk;
  const refusesAnew = signer.began && signer.disk === null && scope.broken !== 'record-lost';
  if (!signer.open && !refusesAnew) {
    const raised = highest(known?.watermark ?? null, floor);
    const disk = raised === null ? null : raised === known?.watermark ? known : { watermark: raised, content: '' };
    steps.push({ say: () => `${name} opens its gate.`, to: { ...world, signers: withSigner({ ...signer, disk, open: true }) } });
  }
  if (signer.open) {
    for (let height = Math.max(first, world.head - 1); height <= world.head + 1; height += 1) {
      for (const content of ['x', 'y']) {
        const duty: LastDuty = { watermark: markOf(scope, height), content: `${name} ${content}` };
        if (judgeDuty({ last: signer.disk, floor, duty }) !== 'sign') continue;
        const before = world.signed[height];
        const wrong =
          before !== undefined && before !== duty.content ? `Height ${height} is signed twice: ${before}, and now ${duty.content}.` : null;
        const after: Signer = { ...signer, disk: duty, began: true };
        steps.push({
          say: () => `${name} signs height ${height} (content ${content}).`,
          to: { ...world, signers: withSigner(after), signed: { ...world.signed, [height]: duty.content } },
          wrong,
        });
      }
    }
    steps.push({ say: () => `${name} closes and starts anew.`, to: { ...world, signers: withSigner({ ...signer, open: false }) } });
  }
  // A daemon keeps its own record; that it keeps it is an assumption about the daemon.
  if (signer.disk !== null && scope.chain === 'cometbft')
    steps.push({
      say: () => `${name} loses its record of the last duty.`,
      to: { ...world, signers: withSigner({ ...signer, disk: null, open: false }) },
    });
  return steps;
};

export const watermarkModel = (name: string, scope: WatermarkScope): Model<World> => ({
  name,
  initial: {
    lease: leaseOf({ phase: 'RELEASED', watermark: markOf(scope, first + 1) }),
    signers: Array.from({ length: scope.nodes }, () => ({ disk: null, open: false, began: false })),
    head: first,
    signed: {},
  },
  steps: (world) => [
    ...leaseSteps(world, scope),
    ...signSteps(world, scope),
    ...(world.head < first + scope.heights ? [{ say: () => `Block ${world.head + 1} is made.`, to: { ...world, head: world.head + 1 } }] : []),
  ],
  wrong: () => null,
  encode: ({ lease, signers, head, signed }) =>
    [
      lease.term,
      lease.holder,
      lease.phase,
      lease.candidate,
      lease.watermark ? heightOf(lease.watermark) : '',
      lease.evidence?.watermark ? heightOf(lease.evidence.watermark) : '',
      ...signers.map(({ disk, open, began }) => `${disk ? `${heightOf(disk.watermark)}${disk.content}` : ''}/${open}/${began}`),
      head,
      JSON.stringify(signed),
    ].join(';'),
});
