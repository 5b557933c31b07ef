import { describe, expect, test } from 'vitest';
import { fleetOf, nowMs, seenOf, states } from '../test/support/console.ts';
import { amber, birch, reportOf } from '../test/support/core.ts';
import { fleetView, rowOf } from './fleet-view.ts';
import type { Row } from './view.ts';

const of = { watchAlive: true as boolean | null, atMs: nowMs, dryRun: false };
const rowIn = (state: string, change: Partial<typeof of> = {}): Row => {
  const make = states[state];
  if (!make) throw new Error(`there is no state ${state}`);
  return rowOf(make('hub-1'), { ...of, ...change });
};

describe('a row says', () => {
  test.each([
    ['healthy', 'amber', 'signs, gate open', 'healthy', 'yes', 'to birch', 'calm'],
    ['suspect', 'amber', 'may sign, gate open', 'suspect', 'yes', 'to birch', 'look'],
    ['failing', 'amber', 'may sign, gate open', 'failing', 'yes', 'to birch', 'act'],
    ['halted', 'amber', 'may sign, gate open', 'halted', 'no', 'The whole chain stands still: moving the right to sign would not help.', 'look'],
    ['unobservable', 'amber', 'may sign, gate open', 'unobservable', 'yes', 'to birch', 'look'],
    ['unknown', null, 'not read', 'unknown', 'unknown', 'Not everything could be read.', 'look'],
    ['paused', 'amber', 'signs, gate open', 'healthy', 'no', 'It is paused by robin.', 'note'],
    ['fencing', null, 'nobody new: amber is being fenced', 'failing', 'no', 'hub-1.t1.9c2e is driving term 2.', 'act'],
    ['fenced', null, 'nobody: amber is fenced', 'failing', 'no', 'hub-1.t1.9c2e is driving term 2.', 'act'],
    ['released', 'birch', 'may sign, gate closed', 'suspect', 'no', 'hub-1.t1.9c2e is driving term 2.', 'look'],
    ['dead', 'amber', 'signs, gate open', 'healthy', 'no', 'No standby is ready: birch: its guard is silent.', 'look'],
    ['never', 'amber', 'signs, gate open', 'healthy', 'no', 'No standby is ready: birch: its guard has never reported.', 'look'],
    ['broken', null, 'cannot be read', 'unknown', 'no', 'It cannot be read: lease#hub-1: it holds a value that cannot be read.', 'act'],
  ])('of one that is %s, who signs, its health, and whether it could move', (state, holder, signs, health, answer, reason, level) => {
    // What the watch said of an item that cannot be read counts for nothing.
    const row =
      state === 'broken' ? rowOf({ ...seenOf({ lease: undefined }), verdict: null, trouble: states['broken']!('hub-1').trouble }, of) : rowIn(state);
    expect({ ...row, couldMove: { ...row.couldMove } }).toMatchObject({ holder, signs, health, couldMove: { answer, reason }, level });
  });
  test('what waits, with the line to type', () => {
    expect([rowIn('approval').moving, rowIn('fenced').moving, rowIn('healthy').moving]).toEqual(['one', 'hub-1.t1.9c2e', null]);
    expect(rowIn('approval').waits).toMatchObject({ purpose: 'approval', command: 'baton approve hub-1 --plan ffffffffffff' });
    expect(rowIn('attestation').waits).toMatchObject({ purpose: 'attestation', command: 'baton attest hub-1 --statement "what you did"' });
    expect(rowIn('approval').remarks[0]).toMatchObject({ level: 'act', command: 'baton approve hub-1 --plan ffffffffffff' });
    expect(rowIn('approval', { atMs: nowMs + 900_000 }).waits).toBeNull();
  });
  test('that a term whose execution has ended needs a person', () => {
    expect(rowIn('ended').remarks[0]).toEqual({
      level: 'act',
      text: 'Needs a person: term 2 is FENCING and hub-1.t1.9c2e has ended.',
      command: 'baton failover hub-1',
    });
  });
  test('that a guard is silent or not armed, and how to wake it', () => {
    const restart = 'sudo systemctl restart baton-guard@hub-1.service';
    expect(rowIn('dead').remarks[0]).toEqual({ level: 'look', text: 'Guard silent on birch.', command: restart });
    const unarmed = seenOf({ reports: { [amber]: reportOf({ armed: false }), [birch]: reportOf({ node: birch, signing: false }) } });
    expect(rowOf(unarmed, of).remarks).toEqual([{ level: 'look', text: 'The guard of amber is not armed for its term.', command: restart }]);
  });
  test('that two gates are open', () => {
    const both = seenOf({ reports: { [amber]: reportOf(), [birch]: reportOf({ node: birch }) } });
    expect(rowOf(both, of).remarks[0]?.text).toBe('amber and birch report an open gate: so it looks for a moment in a hand-over.');
  });
  test('by name what the active asks help for', () => {
    const distress = seenOf({
      reports: { [amber]: reportOf({ distress: 'KeyMissing: it holds no key.' }), [birch]: reportOf({ node: birch, signing: false }) },
    });
    expect(rowOf(distress, of).remarks[0]).toEqual({
      level: 'act',
      text: 'Needs a person: amber asks for help: KeyMissing: it holds no key.',
      command: 'baton status hub-1',
    });
  });
});

describe('what is not known is never called well', () => {
  test.each([
    ['the watch takes no round', { watchAlive: false }, 'The watch takes no round: what it last said is old.'],
    ['the watch was not looked at long enough', { watchAlive: null }, 'The watch was not looked at long enough.'],
  ])('%s', (_, change, why) => {
    expect(rowIn('healthy', change)).toMatchObject({ health: 'unknown', healthWhy: why, level: 'look' });
    expect(rowIn('failing', change)).toMatchObject({ health: 'unknown' });
  });
  test('the table gave no answer', () => {
    expect(rowOf(seenOf({ trouble: { broken: null, unseen: true } }), of)).toMatchObject({ health: 'unknown', couldMove: { answer: 'unknown' } });
  });
  test('what the watch said cannot be read', () => {
    expect(rowOf(seenOf({ verdict: null }), of)).toMatchObject({ health: 'unknown', healthWhy: 'What the watch last said cannot be read.' });
  });
  test('guards were not watched long enough', () => {
    expect(rowOf(seenOf({ watched: false, silent: [amber, birch] }), of)).toMatchObject({
      signs: 'may sign',
      couldMove: { answer: 'unknown', reason: 'The guards were not looked at long enough.' },
    });
  });
  test('a silent guard says nothing of its gate', () => {
    expect(rowOf(seenOf({ silent: [amber] }), of)).toMatchObject({ holder: 'amber', signs: 'may sign; guard silent' });
  });
});

describe('the headline', () => {
  const headline = (seen: Parameters<typeof fleetView>[0], change: Partial<typeof of> = {}): string => fleetView(seen, { ...of, ...change }).headline;
  test.each([
    ['none', [], 'No validator is configured.'],
    ['one that is well', [seenOf()], 'hub-1 signs. It could fail over now. Nothing waits for you.'],
    ['one that fails and waits', [states['approval']!('hub-1')], 'hub-1 is failing. It could fail over now. It waits for you.'],
    ['one in motion', [states['fenced']!('hub-1')], 'hub-1 is failing. It could not fail over now. Nothing waits for you.'],
    ['one that is not known', [states['unknown']!('hub-1')], 'hub-1 is unknown. Nobody knows whether it could fail over. Nothing waits for you.'],
    ['two that are well', [seenOf(), seenOf({ validator: 'hub-2' })], 'All 2 sign. Each could fail over now. Nothing waits for you.'],
  ])('of %s', (_, seen, words) => {
    expect(headline(seen)).toBe(words);
  });
  test('of many counts all that do not sign', () => {
    expect(headline(fleetOf(12))).toBe(
      [
        '2 of 12 sign; 5 failing, 2 suspect, 1 on a chain that stands still, 1 unobservable, 1 unknown.',
        '7 could not fail over now, 1 could perhaps: not known. 2 wait for you.',
      ].join(' '),
    );
  });
  test('of a fleet whose watch is dead names no signer', () => {
    expect(headline([seenOf(), seenOf({ validator: 'hub-2' })], { watchAlive: false })).toBe(
      '0 of 2 sign; 2 unknown. Each could fail over now. Nothing waits for you.',
    );
  });
  test('does not count who is changing hands', () => {
    const moving = { ...states['fenced']!('hub-2'), verdict: 'healthy' as const };
    expect(headline([seenOf(), moving])).toBe('1 of 2 sign; 1 changing hands. 1 could not fail over now. Nothing waits for you.');
  });
});
