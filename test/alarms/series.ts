import type { Datum } from './statistics.ts';

/** What each metric alarm must make of a series: one letter for each minute, O for OK, A for ALARM, I for INSUFFICIENT_DATA. */
export interface Series {
  readonly alarm: string;
  readonly about: string;
  /** Samples by minute and metric; after its end a metric is silent. */
  readonly feed: Readonly<Record<string, readonly Datum[]>>;
  readonly states: string;
}

const times = (count: number, value: Datum): Datum[] => Array.from({ length: count }, () => value);
/** One minute of the watch: twelve rounds, so many of them with the value. */
const rounds = (count: number, value = 1): number[] => Array.from({ length: 12 }, (_, round) => (round < count ? value : 0));

const heartbeat = (alarm: string, metric: string, beat: number): Series[] => [
  { alarm, about: 'it beats', feed: { [metric]: times(6, beat) }, states: 'OOOOOO' },
  { alarm, about: 'one beat a minute suffices', feed: { [metric]: times(6, 1) }, states: 'OOOOOO' },
  { alarm, about: 'it dies: the third empty minute rings', feed: { [metric]: times(3, beat) }, states: 'OOOOOAAAA' },
  { alarm, about: 'two empty minutes are a hiccup', feed: { [metric]: [beat, beat, null, null, beat, beat] }, states: 'OOOOOO' },
  {
    alarm,
    about: 'two beats in a minute and none in the next',
    feed: { [metric]: [beat, [beat, beat], null, beat, null, [beat, beat]] },
    states: 'OOOOOO',
  },
  { alarm, about: 'it dies and comes back', feed: { [metric]: [beat, null, null, null, beat, beat] }, states: 'OOOAOO' },
  { alarm, about: 'it never began', feed: {}, states: 'AAAA' },
  { alarm, about: 'it begins late', feed: { [metric]: [null, null, beat] }, states: 'AAOOO' },
  { alarm, about: 'a beat of nothing is none', feed: { [metric]: times(4, 0) }, states: 'AAAA' },
];

const executions = (alarm: string, metric: string): Series[] => [
  { alarm, about: 'no execution', feed: {}, states: 'OOO' },
  { alarm, about: 'none of them', feed: { [metric]: [0, 0, 0] }, states: 'OOO' },
  { alarm, about: 'one: it rings at once and goes out by itself', feed: { [metric]: [null, 1] }, states: 'OAAAOO' },
  { alarm, about: 'a second one rings anew', feed: { [metric]: [1, null, null, null, 1] }, states: 'AAAOA' },
  { alarm, about: 'two in a minute', feed: { [metric]: [0, [1, 1], 0] }, states: 'OAO' },
];

/** Figures of the survey that must stand for some minutes; silence changes nothing. */
const standing = (alarm: string, metric: string, minutes: number): Series[] => {
  const ok = 'O'.repeat(minutes);
  return [
    { alarm, about: 'none', feed: { [metric]: times(minutes + 2, 0) }, states: `OO${ok}` },
    { alarm, about: 'a minute less than it takes', feed: { [metric]: [0, ...times(minutes - 1, 1), 0, 0] }, states: `OO${ok}` },
    { alarm, about: 'long enough, then gone', feed: { [metric]: [0, ...times(minutes + 1, 1), 0] }, states: `${ok}AAO` },
    { alarm, about: 'several at once', feed: { [metric]: [0, ...times(minutes, 3)] }, states: `${ok}A` },
    { alarm, about: 'the survey falls silent: red stays red', feed: { [metric]: [0, ...times(minutes, 1)] }, states: ok + 'A'.repeat(minutes + 7) },
    { alarm, about: 'the survey falls silent: green stays green', feed: { [metric]: [0, 0] }, states: 'OOOOOOOOO' },
    { alarm, about: 'no survey yet', feed: {}, states: 'IIII' },
  ];
};

const watched = (alarm: string, metric: string, minutes: number): Series[] => {
  const ok = 'O'.repeat(minutes);
  return [
    { alarm, about: 'none', feed: { [metric]: times(minutes + 2, rounds(0)) }, states: `OO${ok}` },
    { alarm, about: 'as long as a failover takes', feed: { [metric]: [rounds(0), rounds(9), rounds(0), rounds(0)] }, states: 'OOOO' },
    { alarm, about: 'most of each minute', feed: { [metric]: [rounds(0), ...times(minutes, rounds(7)), rounds(0)] }, states: `${ok}AO` },
    { alarm, about: 'half of each minute rings', feed: { [metric]: [rounds(0), ...times(minutes, rounds(6)), rounds(0)] }, states: `${ok}AO` },
    { alarm, about: 'less than half does not', feed: { [metric]: [rounds(0), ...times(minutes + 1, rounds(5))] }, states: `OO${ok}` },
    { alarm, about: 'a minute less than it takes', feed: { [metric]: [rounds(0), ...times(minutes - 1, rounds(12)), rounds(0)] }, states: `O${ok}` },
    { alarm, about: 'the watch falls silent: red stays red', feed: { [metric]: [rounds(0), ...times(minutes, rounds(12))] }, states: `${ok}AAAAAAA` },
    { alarm, about: 'no watch yet', feed: {}, states: 'III' },
  ];
};

const overdue = (alarm: string, metric: string, days: number): Series[] => [
  { alarm, about: 'a day less', feed: { [metric]: times(7, days - 1) }, states: 'OOOOOOO' },
  { alarm, about: 'the day itself', feed: { [metric]: [0, ...times(6, days)] }, states: 'OOOOOAA' },
  { alarm, about: 'never: rings within five minutes of the first survey', feed: { [metric]: times(6, 9999) }, states: 'IIIIAA' },
  { alarm, about: 'done: goes out with the next survey', feed: { [metric]: [...times(6, 9999), 0, 0] }, states: 'IIIIAAOO' },
  { alarm, about: 'four minutes are a blip', feed: { [metric]: [0, ...times(4, days), 0, 0] }, states: 'OOOOOOO' },
  { alarm, about: 'the survey falls silent', feed: { [metric]: [0, ...times(5, days)] }, states: 'OOOOOAAAAAAAA' },
];

const messages = 'ApproximateNumberOfMessagesVisible';
const quiet = times(8, 0);

export const series: readonly Series[] = [
  ...heartbeat('WatcherSilent', 'WatchRounds', 12),
  ...heartbeat('SurveySilent', 'SurveyDone', 1),
  ...executions('FailoverFailed', 'ExecutionsFailed'),
  ...executions('FailoverTimedOut', 'ExecutionsTimedOut'),
  ...executions('FailoverAborted', 'ExecutionsAborted'),
  ...standing('NeedsPerson', 'NeedsPerson', 2),
  { alarm: 'NeedsPerson', about: 'a survey left out counts for nothing', feed: { NeedsPerson: [0, 1, null, 1] }, states: 'OOOA' },
  ...standing('GuardSilent', 'GuardsSilent', 3),
  ...standing('GuardUnarmed', 'GuardsUnarmed', 15),
  ...standing('StandbyNotReady', 'StandbysNotReady', 15),
  { alarm: 'TwoSignersSuspected', about: 'none', feed: { TwoSigners: [0, 0, 0] }, states: 'OOO' },
  { alarm: 'TwoSignersSuspected', about: 'one data point rings', feed: { TwoSigners: [0, 1, 0] }, states: 'OAO' },
  { alarm: 'TwoSignersSuspected', about: 'the very first one rings', feed: { TwoSigners: [1] }, states: 'A' },
  { alarm: 'TwoSignersSuspected', about: 'one of two surveys of a minute', feed: { TwoSigners: [0, [1, 0], 0] }, states: 'OAO' },
  { alarm: 'TwoSignersSuspected', about: 'silence turns nothing green', feed: { TwoSigners: [0, 1] }, states: 'OAAAAAAAA' },
  { alarm: 'TwoSignersSuspected', about: 'no survey yet', feed: {}, states: 'III' },
  { alarm: 'ApprovalWaiting', about: 'nothing waits', feed: { ApprovalWaitingSeconds: [0, 0] }, states: 'OO' },
  {
    alarm: 'ApprovalWaiting',
    about: 'five minutes',
    feed: { ApprovalWaitingSeconds: [0, 59, 119, 179, 239, 299, 300, 360, 0] },
    states: 'OOOOOOAAO',
  },
  { alarm: 'ApprovalWaiting', about: 'the survey falls silent', feed: { ApprovalWaitingSeconds: [0, 300] }, states: 'OAAAAAA' },
  { alarm: 'ApprovalWaiting', about: 'no survey yet', feed: {}, states: 'III' },
  ...overdue('DrillOverdue', 'DrillAgeDays', 90),
  ...overdue('AlertDeliveryUntested', 'AlertTestAgeDays', 30),
  ...overdue('AlertDeliveryUntested', 'AlertTestUnansweredHours', 72),
  {
    alarm: 'AlertDeliveryUntested',
    about: 'a test is sent and nobody answers: the older answer does not help',
    feed: { AlertTestAgeDays: times(8, 3), AlertTestUnansweredHours: [0, 71, ...times(6, 72)] },
    states: 'OOOOOOAA',
  },
  {
    alarm: 'AlertDeliveryUntested',
    about: 'somebody answers',
    feed: { AlertTestAgeDays: [...times(6, 9999), 0, 0], AlertTestUnansweredHours: [...times(6, 100), 0, 0] },
    states: 'IIIIAAOO',
  },
  {
    alarm: 'FenceTestFailed',
    about: 'a fence fails, and is mended',
    feed: { FencesFailed: [0, ...times(5, 1), 0, 0], FenceTestAgeHours: times(8, 3) },
    states: 'OOOOOAOO',
  },
  {
    alarm: 'FenceTestFailed',
    about: 'a day and two hours without success',
    feed: { FencesFailed: times(7, 0), FenceTestAgeHours: [25, 25, ...times(5, 26)] },
    states: 'OOOOOOA',
  },
  {
    alarm: 'FenceTestFailed',
    about: 'no figures any more',
    feed: { FencesFailed: [0, 0], FenceTestAgeHours: [3, 3] },
    states: 'OOOOOOA',
  },
  { alarm: 'FenceTestFailed', about: 'no figures ever', feed: {}, states: 'AAA' },
  { alarm: 'FenceTestFailed', about: 'one bad minute', feed: { FencesFailed: [0, 1, 0, 0], FenceTestAgeHours: times(4, 25) }, states: 'OOOO' },
  { alarm: 'DeadLetters', about: 'an empty queue', feed: { [messages]: [0, 0, 0] }, states: 'OOO' },
  { alarm: 'DeadLetters', about: 'a queue that sleeps reports nothing', feed: {}, states: 'OOO' },
  { alarm: 'DeadLetters', about: 'one message, until it is taken out', feed: { [messages]: [0, 1, 1, 0] }, states: 'OAAO' },
  { alarm: 'DeadLetters', about: 'one message, then the queue sleeps', feed: { [messages]: [null, 1] }, states: 'OAAAOO' },
  { alarm: 'FunctionThrottled', about: 'never', feed: { 'Throttles:watch': quiet }, states: 'OOOOOOOO' },
  { alarm: 'FunctionThrottled', about: 'no function runs', feed: {}, states: 'OOO' },
  { alarm: 'FunctionThrottled', about: 'a blip', feed: { 'Throttles:watch': [0, 9, 0, 0, 0] }, states: 'OOOOO' },
  { alarm: 'FunctionThrottled', about: 'two minutes of three', feed: { 'Throttles:watch': [0, 1, 0, 1, 0, 0] }, states: 'OOOAOO' },
  {
    alarm: 'FunctionThrottled',
    about: 'different functions count together',
    feed: { 'Throttles:watch': quiet, 'Throttles:fence': [null, 1], 'Throttles:release-key': [null, null, 1] },
    states: 'OOAAOOOO',
  },
  ...['assess', 'request-approval', 'take-term', 'verify', 'settle', 'reinstate', 'answer'].map((one) => ({
    alarm: 'FunctionThrottled',
    about: one,
    feed: { 'Throttles:watch': quiet, [`Throttles:${one}`]: [null, 1, 1] },
    states: 'OOAAOOOO',
  })),
  { alarm: 'TableThrottled', about: 'never', feed: {}, states: 'OOO' },
  { alarm: 'TableThrottled', about: 'figures of nought', feed: { ReadThrottleEvents: [0, 0, 0] }, states: 'OOO' },
  { alarm: 'TableThrottled', about: 'a blip', feed: { WriteThrottleEvents: [null, 40] }, states: 'OOOOOO' },
  { alarm: 'TableThrottled', about: 'blips five minutes apart', feed: { WriteThrottleEvents: [1, null, null, null, 1] }, states: 'OOOOO' },
  {
    alarm: 'TableThrottled',
    about: 'reads, then writes',
    feed: { ReadThrottleEvents: [null, 1], WriteThrottleEvents: [null, null, 1] },
    states: 'OOAAOO',
  },
  { alarm: 'TableThrottled', about: 'it ends, and the table reports nothing more', feed: { ReadThrottleEvents: [1, 1] }, states: 'OAAOOOOO' },
  { alarm: 'FunctionFailing', about: 'never', feed: { 'Errors:watch': quiet }, states: 'OOOOOOOO' },
  { alarm: 'FunctionFailing', about: 'no function runs', feed: {}, states: 'OOO' },
  {
    alarm: 'FunctionFailing',
    about: 'one failed failover: named errors in two minutes',
    feed: { 'Errors:watch': quiet, 'Errors:fence': [null, 4], 'Errors:release-key': [null, null, 3] },
    states: 'OOOOOOOO',
  },
  { alarm: 'FunctionFailing', about: 'the watch, each minute', feed: { 'Errors:watch': [0, 1, 1, 1, 0, 0, 0, 0] }, states: 'OOOAAAOO' },
  { alarm: 'FunctionFailing', about: 'every other minute', feed: { 'Errors:watch': [1, 0, 1, 0, 1, 0] }, states: 'OOOOAO' },
  { alarm: 'FunctionFailing', about: 'three of six', feed: { 'Errors:watch': [1, 0, 0, 1, 0, 1, 0, 0] }, states: 'OOOOOOOO' },
  ...['assess', 'request-approval', 'take-term', 'fence', 'release-key', 'verify', 'settle', 'reinstate', 'answer'].map((one) => ({
    alarm: 'FunctionFailing',
    about: one,
    feed: { 'Errors:watch': quiet, [`Errors:${one}`]: [null, 1, 1, 1] },
    states: 'OOOAAAOO',
  })),
  { alarm: 'SlackFailing', about: 'never', feed: { 'Errors:announce': quiet }, states: 'OOOOOOOO' },
  { alarm: 'SlackFailing', about: 'nobody presses and nothing happens', feed: {}, states: 'OOO' },
  { alarm: 'SlackFailing', about: 'an event that was tried three times', feed: { 'Errors:announce': [0, 1, 1, 0, 1, 0, 0, 0] }, states: 'OOOOAAOO' },
  { alarm: 'SlackFailing', about: 'every third minute', feed: { 'Errors:announce': [1, 0, 0, 1, 0, 0, 1] }, states: 'OOOOOOO' },
  ...['Errors:slack', 'Errors:announce', 'Throttles:slack', 'Throttles:announce'].map((one) => ({
    alarm: 'SlackFailing',
    about: one,
    feed: { [one]: [0, 1, 1, 1, 0, 0, 0, 0] },
    states: 'OOOAAAOO',
  })),
  ...watched('ValidatorFailing', 'FleetFailing', 2),
  ...watched('ChainUnobservable', 'FleetUnobservable', 3),
  { alarm: 'ValidatorFailing', about: 'two validators, each half of the time', feed: { FleetFailing: times(3, [0, 1, 1, 0]) }, states: 'IAA' },
  { alarm: 'TableUnsafe', about: 'safe', feed: { TableUnsafe: [0, 0] }, states: 'OO' },
  { alarm: 'TableUnsafe', about: 'at once', feed: { TableUnsafe: [0, 1, 1, 0] }, states: 'OAAO' },
  { alarm: 'TableUnsafe', about: 'the survey falls silent', feed: { TableUnsafe: [0, 1] }, states: 'OAAAAAA' },
  { alarm: 'TableUnsafe', about: 'no survey yet', feed: {}, states: 'III' },
  { alarm: 'FleetPaused', about: 'not paused', feed: { FleetPaused: [0, 0, 0] }, states: 'OOO' },
  { alarm: 'FleetPaused', about: 'paused and resumed', feed: { FleetPaused: [0, 1, 1, 0, 0, 0] }, states: 'OAAAAO' },
  { alarm: 'FleetPaused', about: 'a survey left out does not end it', feed: { FleetPaused: [1, null, 1, null, null, 1] }, states: 'AAAAAA' },
  { alarm: 'FleetPaused', about: 'one of two surveys of a minute', feed: { FleetPaused: [[0, 1], 0] }, states: 'OO' },
  { alarm: 'FleetPaused', about: 'the survey falls silent: it does not hide that', feed: { FleetPaused: [0, 1] }, states: 'OAAAOO' },
  { alarm: 'FleetPaused', about: 'no survey yet', feed: {}, states: 'OOO' },
];
