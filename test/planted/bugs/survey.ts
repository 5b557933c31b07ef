import { bugsOf, type Bug } from '../bug.ts';

/** What people are told, and how an alarm starts a failover. */

const rules = 'core/survey.ts';
const read = 'functions/shared/survey-read.ts';
const alarm = 'functions/start-on-alarm.ts';
const handOver = 'core/survey.handover.test.ts';

const of = bugsOf('functions');

export const surveyBugs: readonly Bug[] = [
  of(
    'two-signers-from-one-look',
    'Two reports that say `signing` are two signers; that one of them may be what a node said before it was fenced is not thought of.',
    [{ file: rules, find: 'const signing = signingThrough(nodes, looks);', replace: 'const signing = signingThrough(nodes, looks.slice(-1));' }],
    handOver,
    'is never taken for two signers, however it and the survey interleave',
  ),
  of(
    'two-signers-from-two-looks',
    'Both have risen, so both are alive and sign: that a look is not one instant, and that a last word may come late, is left out.',
    [{ file: rules, find: 'const signing = signingThrough(nodes, looks);', replace: 'const signing = signingThrough(nodes, looks.slice(-2));' }],
    handOver,
    'is never taken for two signers, however it and the survey interleave',
  ),
  of(
    'survey-counts-paused-validators',
    'A figure is a figure, so a validator that is paused for maintenance rings all night, and its alarms are switched off.',
    [{ file: rules, find: '  if (of.paused) return shared;\n', replace: '' }],
    'core/survey.test.ts',
    'a pause silences all but two signers',
  ),
  of(
    'half-a-survey-is-done',
    'The survey has run, so it is done; that the table gave no answer for some validators is only in the log.',
    [{ file: 'core/survey-totals.ts', find: 'SurveyDone: whole.unseen.length === 0 ? 1 : 0', replace: 'SurveyDone: 1' }],
    'core/survey-totals.test.ts',
    'of a survey that did not see all',
  ),
  of(
    'settled-while-it-was-read',
    'The execution has ended and the lease said RELEASED, so it is stuck; that it was settled between the two reads is not seen.',
    [{ file: read, find: '(await deps.lease.read(lease.validator, signal))?.version !== lease.version', replace: '(false as boolean)' }],
    'functions/survey.test.ts',
    'a term that was settled after it was read needs nobody',
  ),
  of(
    'alarm-start-not-idempotent',
    'Each execution needs a name of its own, so it gets a random one; EventBridge delivers an event at least once.',
    [
      { file: alarm, find: 'import { createHash }', replace: 'import { randomUUID }' },
      { file: alarm, find: "createHash('sha256').update(input.id).digest('hex').slice(0, 12)", replace: 'randomUUID().slice(24)' },
    ],
    'functions/start-on-alarm.test.ts',
    'delivered twice starts one execution',
  ),
  of(
    'alarm-starts-again-in-its-own-term',
    'The name holds term and event, so a second delivery is refused; after the first has taken the next term the name is another one.',
    [{ file: alarm, find: 'if (lease.claim.endsWith(`.${episode}`))', replace: "if (lease.claim === '')" }],
    'functions/start-on-alarm.test.ts',
    'delivered again when its own term is in motion starts nothing more',
  ),
  of(
    'alert-test-with-an-old-code',
    'Whoever knows a code has got a message; that it may be last month’s, and that alerts reach nobody since, is not looked at.',
    [{ file: 'aws/alert-test.ts', find: "[known, unacknowledged].join(' AND ')", replace: 'unacknowledged' }],
    'test/cli/alert-test.test.ts',
    'only the code of the newest message counts',
  ),
  of(
    'last-writer-wins-is-a-lock',
    'A table with copies in three Regions outlives a Region, so it must be a good place for the lease.',
    [{ file: 'aws/table.ts', find: "if (found.MultiRegionConsistency === 'STRONG')", replace: 'if (regions.length > 0)' }],
    'aws/table.test.ts',
    'with replicas it is no lock',
  ),
  of(
    'enrol-into-what-nobody-knows',
    'DescribeTable is not allowed to this role, and enrolling must not fail for that: no answer is taken for a good one.',
    [{ file: 'cli/commands/apply.ts', find: "if (state === 'unknown')", replace: "if (state === ('never' as string))" }],
    'test/cli/apply.test.ts',
    'a table that is unknown as a lock enrols nobody',
  ),
];
