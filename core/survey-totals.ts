import type { Judgement } from './survey.ts';

/** The whole fleet in figures and in one sentence. */

/** What is not of one validator. */
export interface Whole {
  /** Validators that could not be looked at: the table or the workflow service gave no answer, or time ran out. */
  readonly unseen: readonly string[];
  readonly alertTestAgeDays: number;
  /** What freezes the fleet, or null. A pause of no validator silences it. */
  readonly frozen: string | null;
  readonly table: { readonly state: 'safe' | 'unsafe' | 'unknown'; readonly sentence: string };
}

/** By the names of the metrics. */
export interface Totals {
  /** 0 when a validator was not seen: an alarm on silence must not be quieted by half a survey. */
  readonly SurveyDone: number;
  readonly Validators: number;
  readonly ValidatorsPaused: number;
  readonly FleetPaused: number;
  readonly GuardsSilent: number;
  readonly GuardsUnarmed: number;
  readonly StandbysNotReady: number;
  readonly TwoSigners: number;
  readonly NeedsPerson: number;
  readonly ApprovalWaitingSeconds: number;
  readonly DrillAgeDays: number;
  readonly AlertTestAgeDays: number;
  readonly TableUnsafe: number;
}

const longest = (values: readonly number[]): number => Math.max(0, ...values);

/** A table of which nobody knows counts as safe here, for it was when it was enrolled into; the sentence says that it is not known. */
export const totalsOf = (judged: readonly Judgement[], whole: Whole): Totals => {
  const count = (is: (one: Judgement) => boolean): number => judged.filter(is).length;
  const paused = count((one) => one.paused);
  const validators = judged.length + whole.unseen.length;
  return {
    SurveyDone: whole.unseen.length === 0 ? 1 : 0,
    Validators: validators,
    ValidatorsPaused: paused,
    FleetPaused: validators > 0 && paused === validators ? 1 : 0,
    GuardsSilent: judged.reduce((sum, one) => sum + one.guardsSilent.length, 0),
    GuardsUnarmed: count((one) => one.guardUnarmed),
    StandbysNotReady: count((one) => one.standbyNotReady),
    TwoSigners: count((one) => one.signers.length > 0),
    NeedsPerson: count((one) => one.needsPerson !== null) + (whole.frozen === null ? 0 : 1),
    ApprovalWaitingSeconds: longest(judged.map((one) => one.approvalWaitingSeconds)),
    DrillAgeDays: longest(judged.map((one) => one.drillAgeDays)),
    AlertTestAgeDays: whole.alertTestAgeDays,
    TableUnsafe: whole.table.state === 'unsafe' ? 1 : 0,
  };
};

const mostNamed = 5;
const longestSentence = 2_000;

const named = (what: string, names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return [`${what}: ${names.slice(0, mostNamed).join(', ')}${more}.`];
};

/** What was found, the worst first. */
export const sentenceOf = (judged: readonly Judgement[], whole: Whole): string => {
  const where = (is: (one: Judgement) => boolean): string[] => judged.filter(is).map((one) => one.validator);
  const of = (list: readonly string[], one: Judgement): string => `${one.validator} (${list.join(', ')})`;
  const found = [
    ...named(
      'Two signers suspected',
      judged.filter(({ signers }) => signers.length > 0).map((one) => of(one.signers, one)),
    ),
    ...(whole.frozen === null ? [] : [whole.frozen]),
    ...(whole.table.state === 'safe' ? [] : [whole.table.sentence]),
    ...named(
      'Needs a person',
      judged.flatMap((one) => (one.needsPerson === null ? [] : [of([one.needsPerson], one)])),
    ),
    ...named('Could not be looked at', whole.unseen),
    ...named(
      'Guards silent',
      judged.filter(({ guardsSilent }) => guardsSilent.length > 0).map((one) => of(one.guardsSilent, one)),
    ),
    ...named(
      'Guard not armed',
      where((one) => one.guardUnarmed),
    ),
    ...named(
      'No standby ready',
      where((one) => one.standbyNotReady),
    ),
    ...named(
      'Waiting for a person',
      judged.flatMap((one) => (one.approvalWaitingSeconds > 0 ? [of([`${one.approvalWaitingSeconds} s`], one)] : [])),
    ),
  ];
  const seen = `Looked at ${judged.length} of ${judged.length + whole.unseen.length} validators`;
  const paused = where((one) => one.paused).length;
  return [`${seen}${paused === 0 ? '' : `, ${paused} paused`}.`, ...found].join(' ').slice(0, longestSentence);
};
