import { describe, expect, test } from 'vitest';
import { amber, birch } from '../test/support/core.ts';
import { judgementOf } from '../test/support/looks.ts';
import type { ValidatorId } from './ids.ts';
import { sentenceOf, totalsOf, type Whole } from './survey-totals.ts';

const whole = (of: Partial<Whole> = {}): Whole => ({
  unseen: [],
  alertTestAgeDays: 3,
  frozen: null,
  table: { state: 'safe', sentence: 'The table has one Region.' },
  ...of,
});
const loud = judgementOf({
  guardsSilent: [amber, birch],
  guardUnarmed: true,
  standbyNotReady: true,
  signers: [amber, birch],
  needsPerson: 'term 2 is FENCED and one has ended',
  approvalWaitingSeconds: 61,
  drillAgeDays: 12,
});
const hub2 = 'hub-2' as ValidatorId;

describe('the figures', () => {
  test('of a fleet that is well', () => {
    expect(totalsOf([judgementOf(), judgementOf()], whole())).toStrictEqual({
      SurveyDone: 1,
      Validators: 2,
      ValidatorsPaused: 0,
      FleetPaused: 0,
      GuardsSilent: 0,
      GuardsUnarmed: 0,
      StandbysNotReady: 0,
      TwoSigners: 0,
      NeedsPerson: 0,
      ApprovalWaitingSeconds: 0,
      DrillAgeDays: 0,
      AlertTestAgeDays: 3,
      TableUnsafe: 0,
    });
  });
  test('count guards one by one, validators once, and take the longest wait', () => {
    const other = judgementOf({ guardsSilent: [amber], approvalWaitingSeconds: 70, drillAgeDays: 5 });
    expect(totalsOf([loud, other], whole({ table: { state: 'unsafe', sentence: 'x' } }))).toStrictEqual({
      SurveyDone: 1,
      Validators: 2,
      ValidatorsPaused: 0,
      FleetPaused: 0,
      GuardsSilent: 3,
      GuardsUnarmed: 1,
      StandbysNotReady: 1,
      TwoSigners: 1,
      NeedsPerson: 1,
      ApprovalWaitingSeconds: 70,
      DrillAgeDays: 12,
      AlertTestAgeDays: 3,
      TableUnsafe: 1,
    });
  });
  test('of no validators are no pause', () => {
    expect(totalsOf([], whole())).toMatchObject({ Validators: 0, FleetPaused: 0, SurveyDone: 1, ApprovalWaitingSeconds: 0, DrillAgeDays: 0 });
  });
  test('of a fleet that is paused, wholly and in part', () => {
    const paused = judgementOf({ paused: true });
    expect(totalsOf([paused, paused], whole())).toMatchObject({ ValidatorsPaused: 2, FleetPaused: 1 });
    expect(totalsOf([paused, judgementOf()], whole())).toMatchObject({ ValidatorsPaused: 1, FleetPaused: 0 });
  });
  test('of a survey that did not see all: it is not done, and nobody is called paused unseen', () => {
    expect(totalsOf([judgementOf({ paused: true })], whole({ unseen: ['hub-2'] }))).toMatchObject({
      SurveyDone: 0,
      Validators: 2,
      ValidatorsPaused: 1,
      FleetPaused: 0,
    });
  });
  test('a table that nobody knows is not called unsafe', () => {
    expect(totalsOf([], whole({ table: { state: 'unknown', sentence: 'x' } })).TableUnsafe).toBe(0);
  });
});

describe('the sentence', () => {
  test('of a fleet that is well is short', () => {
    expect(sentenceOf([judgementOf(), judgementOf()], whole())).toBe('Looked at 2 of 2 validators.');
  });
  test('says everything, the worst first', () => {
    const table = { state: 'unsafe', sentence: 'The table is no lock.' } as const;
    expect(sentenceOf([judgementOf({ validator: hub2, paused: true }), loud], whole({ unseen: ['hub-3'], table }))).toBe(
      [
        'Looked at 2 of 3 validators, 1 paused.',
        `Two signers suspected: hub-1 (${amber}, ${birch}).`,
        'The table is no lock.',
        'Needs a person: hub-1 (term 2 is FENCED and one has ended).',
        'Could not be looked at: hub-3.',
        `Guards silent: hub-1 (${amber}, ${birch}).`,
        'Guard not armed: hub-1.',
        'No standby ready: hub-1.',
        'Waiting for a person: hub-1 (61 s).',
      ].join(' '),
    );
  });
  test('says that nobody knows the table', () => {
    expect(sentenceOf([], whole({ table: { state: 'unknown', sentence: 'Nobody knows.' } }))).toBe('Looked at 0 of 0 validators. Nobody knows.');
  });
  test('names five of a kind and counts the others', () => {
    const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `hub-${index}`);
    expect(sentenceOf([], whole({ unseen: many(5) }))).toBe(
      'Looked at 0 of 5 validators. Could not be looked at: hub-0, hub-1, hub-2, hub-3, hub-4.',
    );
    expect(sentenceOf([], whole({ unseen: many(7) }))).toContain('hub-3, hub-4 and 2 more.');
  });
  test('is never longer than the contract takes', () => {
    expect(sentenceOf([judgementOf({ needsPerson: 'x'.repeat(3_000) })], whole())).toMatch(
      /^Looked at 1 of 1 validators\. Needs a person: hub-1 \(x{1900,}$/,
    );
    expect(sentenceOf([judgementOf({ needsPerson: 'x'.repeat(3_000) })], whole()).length).toBe(2_000);
  });
});
