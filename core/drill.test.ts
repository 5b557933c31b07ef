import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amber, birch, cedar, configOf, leaseOf, proof, run, t } from '../test/support/core.ts';
import { judgementOf } from '../test/support/looks.ts';
import { drillsDue, type DrillSeen } from './drill.ts';
import { validatorId, type ValidatorId } from './ids.ts';
import { failoverName } from './names.ts';
import type { Judgement } from './survey.ts';
import { epochMs } from './time.ts';

const day = 86_400_000;
const at = (text: string) => epochMs(Date.parse(`2026-03-04T${text}Z`));
const inWindow = at('03:00:00');
const id = (name: string): ValidatorId => validatorId.parse(name);

interface Of extends Partial<Omit<DrillSeen, 'judgement' | 'config'>> {
  readonly judgement?: Partial<Judgement>;
  readonly policy?: Record<string, unknown>;
  readonly nodes?: number;
}
const policyOf = { approvers: ['role/approver'], drill: { everyDays: 30, window: { from: '02:00', to: '04:00' } } };
const seen = (name = 'hub-1', of: Of = {}): DrillSeen => {
  const { judgement, policy, nodes, ...rest } = of;
  const config = configOf((one) => {
    Object.assign(one, { id: name, policy: { ...policyOf, ...policy } });
    if (nodes !== undefined) one['nodes'] = (one['nodes'] as unknown[]).slice(0, nodes);
  });
  return {
    config,
    lease: leaseOf({ validator: id(name) }),
    verdict: 'healthy',
    history: [],
    judgement: judgementOf({ validator: id(name), ...judgement }),
    ...rest,
  };
};
const ask = (list: readonly DrillSeen[], of: Partial<Parameters<typeof drillsDue>[0]> = {}) =>
  drillsDue({ seen: list, unseen: [], running: [], nowMs: inWindow, ...of });
const ago = (days: number, nowMs: number = inWindow): DrillSeen['history'] => [{ atMs: nowMs - days * day }, { atMs: nowMs - (days + 9) * day }];
/** A drill that went there: birch holds it, amber was fenced. */
const away = (of: Of = {}, name = 'hub-1'): DrillSeen =>
  seen(name, {
    lease: leaseOf({
      validator: id(name),
      term: t(4),
      holder: birch,
      claim: run(`${name}.t3.drill-there-20260304`),
      evidence: proof({ term: t(4) }),
    }),
    history: ago(0),
    ...of,
  });

const there = { validator: 'hub-1', way: 'there', execution: 'hub-1.t1.drill-there-20260304', reason: 'Drill: not moved for 30 days.' };
const back = { validator: 'hub-1', way: 'back', execution: 'hub-1.t4.drill-back-20260304', reason: `Drill: the way back to ${amber}.`, to: amber };

describe('a drill there', () => {
  test('is due for a validator that was never moved', () => {
    expect(ask([seen()])).toStrictEqual({ starts: [there], sentence: 'Due: hub-1.' });
  });
  test.each<[string, Of, boolean]>([
    ['was moved so many days ago', { history: ago(30) }, true],
    ['was moved a moment less ago', { history: [{ atMs: inWindow - 30 * day + 1 }] }, false],
    ['was moved today, and long ago', { history: [...ago(200), { atMs: inWindow }] }, false],
    ['asks for none', { policy: { drill: undefined } }, false],
    ['has one node', { nodes: 1 }, false],
  ])('when it %s', (_, of, due) => {
    const found = ask([seen('hub-1', of)]);
    expect(found).toEqual(due ? { starts: [there], sentence: 'Due: hub-1.' } : { starts: [], sentence: 'No drill is due now.' });
  });
  test.each<[string, string, number, string | null]>([
    ['before its window', '01:59:59', 900_000, null],
    ['at its beginning', '02:00:00', 900_000, '20260304'],
    ['while people have time to answer', '03:44:59', 900_000, '20260304'],
    ['when they no more have', '03:45:00', 900_000, null],
    ['after its window', '04:00:00', 1_000, null],
  ])('%s', (_, now, approvalMs, mark) => {
    const { starts } = ask([seen('hub-1', { policy: { approvalMs } })], { nowMs: at(now) });
    expect(starts.map(({ execution }) => execution)).toEqual(mark === null ? [] : [`hub-1.t1.drill-there-${mark}`]);
  });
  test('is named for the day on which the window opened', () => {
    const policy = { drill: { everyDays: 30, window: { from: '23:00', to: '03:00' } } };
    expect(ask([seen('hub-1', { policy })], { nowMs: at('01:00:00') }).starts[0]?.execution).toBe('hub-1.t1.drill-there-20260303');
    expect(ask([seen('hub-1', { policy })], { nowMs: at('23:10:00') }).starts[0]?.execution).toBe('hub-1.t1.drill-there-20260304');
  });
  test('goes to the one that was moved longest ago first, and never moved before all', () => {
    const list = [seen('hub-1', { history: ago(31) }), seen('hub-2', { history: ago(90) }), seen('hub-3'), seen('hub-4', { history: ago(40) })];
    const found = ask(list);
    expect(found.starts.map(({ validator }) => validator)).toEqual(['hub-3', 'hub-2', 'hub-4', 'hub-1']);
    expect(found.sentence).toBe('Due: hub-3, hub-2, hub-4, hub-1.');
  });
  test('names five at most', () => {
    const list = Array.from({ length: 7 }, (_, index) => seen(`hub-${index}`));
    expect(ask(list)).toMatchObject({ starts: { length: 7 }, sentence: 'Due: hub-0, hub-1, hub-2, hub-3, hub-4.' });
  });
});

describe('the way back', () => {
  test('is due when a drill went there and nobody moved it since', () => {
    expect(ask([away()])).toEqual({ starts: [back], sentence: 'The way back is due: hub-1.' });
  });
  test('comes before every other drill', () => {
    expect(ask([seen('hub-2'), away(), away({}, 'hub-3')])).toMatchObject({
      starts: [back, { validator: 'hub-3', way: 'back' }],
      sentence: 'The way back is due: hub-1, hub-3.',
    });
  });
  test('waits for its window, and every other drill with it', () => {
    const policy = { drill: { everyDays: 30, window: { from: '12:00', to: '14:00' } } };
    expect(ask([seen('hub-2'), away({ policy })])).toEqual({ starts: [], sentence: 'The way back waits for its window: hub-1.' });
  });
  const lease = away().lease;
  test.each<[string, Of]>([
    ['a person moved it', { lease: { ...lease, claim: run('hub-1.t3.by-hand-ab') } }],
    ['a person drills by hand', { lease: { ...lease, claim: run('hub-1.t3.drill-real-ab') } }],
    ['it has come back', { lease: { ...lease, claim: run('hub-1.t3.drill-back-20260304') } }],
    ['it was never away', { lease: { ...lease, holder: amber } }],
    ['the node is gone', { lease: { ...lease, evidence: proof({ node: cedar, term: t(4) }) } }],
    ['it asks for drills no more', { policy: { drill: undefined } }],
  ])('is none when %s', (_, of) => {
    expect(ask([away(of)])).toEqual({ starts: [], sentence: 'No drill is due now.' });
  });
  test('is none without a proof of the way there', () => {
    const { evidence: _, ...bare } = lease;
    expect(ask([away({ lease: bare })])).toEqual({ starts: [], sentence: 'No drill is due now.' });
  });
});

describe('no drill', () => {
  test.each<[string, Of, string]>([
    ['paused', { judgement: { paused: true } }, 'is paused'],
    ['two signers', { judgement: { signers: [amber, birch] } }, 'seems to have two signers'],
    ['one that needs a person', { judgement: { needsPerson: 'term 2 is FENCED' } }, 'needs a person: term 2 is FENCED'],
    ['one that is moved', { lease: leaseOf({ term: t(2), phase: 'FENCING' }) }, 'is being moved: term 2 is FENCING'],
    ['one that waits', { judgement: { approvalWaitingSeconds: 1 } }, 'waits for a person'],
    ['silent guards', { judgement: { guardsSilent: [amber, birch] } }, `has silent guards: ${amber}, ${birch}`],
    ['a guard that is not armed', { judgement: { guardUnarmed: true } }, 'has a guard that is not armed'],
    ['no standby', { judgement: { standbyNotReady: true } }, 'has no standby that is ready'],
    ['a suspicion', { verdict: 'suspect' }, 'is suspect'],
    ['a chain that stands', { verdict: 'halted' }, 'is halted'],
  ])('beside %s, anywhere in the fleet', (_, of, why) => {
    for (const other of [seen(), away()]) {
      const expected = { starts: [], sentence: `No drill: hub-9 ${why}.` };
      expect(ask([other, seen('hub-9', of)])).toEqual(expected);
      expect(ask([seen('hub-9', of), other])).toEqual(expected);
    }
  });
  test('while anything runs', () => {
    const running = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(ask([seen()], { running: ['one'] })).toEqual({ starts: [], sentence: 'No drill: one runs.' });
    expect(ask([away()], { running })).toEqual({ starts: [], sentence: 'No drill: a, b, c, d, e runs.' });
  });
  test('while one is not seen', () => {
    const unseen = ['a', 'b', 'c', 'd', 'e', 'f'].map(id);
    expect(ask([seen()], { unseen })).toEqual({ starts: [], sentence: 'No drill: a, b, c, d, e could not be looked at.' });
    expect(ask([seen()], { unseen: unseen.slice(5) })).toEqual({ starts: [], sentence: 'No drill: f could not be looked at.' });
  });
  test('of an empty fleet', () => {
    expect(ask([])).toEqual({ starts: [], sentence: 'No drill is due now.' });
  });
});

test('it is driven by what it is told alone: the same look gives the same names, and no two ways have one', () => {
  const one = fc.record({ moved: fc.nat(100), isAway: fc.boolean(), minute: fc.nat(1_439) });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), fc.nat(1_439), (list, minute) => {
      const nowMs = epochMs(Date.parse('2026-03-04T00:00:00Z') + minute * 60_000);
      const fleet = list.map(({ moved, isAway }, index) =>
        isAway ? away({}, `hub-${index}`) : seen(`hub-${index}`, { history: ago(moved, nowMs) }),
      );
      const found = ask(fleet, { nowMs });
      expect(ask(fleet, { nowMs })).toEqual(found);
      const names = found.starts.map(({ execution }) => execution);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(found.starts.map(({ way }) => way)).size).toBeLessThanOrEqual(1);
      for (const { validator, way, to } of found.starts) {
        expect(way === 'back').toBe(to !== undefined);
        const { lease } = fleet.find(({ config }) => config.id === validator) as DrillSeen;
        expect(to).not.toBe(lease.holder);
      }
    }),
  );
  expect(failoverName({ validator: id('h'.repeat(40)), term: t(Number.MAX_SAFE_INTEGER), episode: 'drill-there-20260304' }).length).toBe(79);
});
