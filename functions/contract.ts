import * as z from 'zod';
import { answerReply, answerRequest } from '../core/answer.ts';
import { assessGate, mostGates } from '../core/assess-gates.ts';
import { evidenceKinds } from '../core/evidence.ts';
import { executionName, nodeId, term, validatorId } from '../core/ids.ts';
import { cause, plan } from '../core/plan.ts';
import { watermark } from '../core/watermark.ts';
import { isPart, part } from '../core/shard.ts';

/** What goes into and comes out of each task of statemachines/failover.asl.json. The state machine and the handlers are both held to it. */

const sentence = z.string().min(1).max(2_000);
const planHash = z.string().regex(/^[a-f0-9]{64}$/);
const token = z.string().min(1).max(2_048);
/** The part every task after TakeTerm works on. */
const driven = { validator: validatorId, term, claim: executionName };
const pass = z.number().int().min(1).max(10_000);
const waitedMs = z.number().min(0).max(86_400_000);

/** A moment as the workflow service reads it, in UTC and to the second. */
const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/, 'expected a moment like 2026-11-28T02:00:00Z')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected a moment that there is');

const asked = z.strictObject({
  validator: validatorId,
  kind: z.enum(['failover', 'switchover']),
  to: nodeId.optional(),
  cause,
  /** A planned move waits until then, and is refused from `notAfter` on. */
  notBefore: instant.optional(),
  notAfter: instant.optional(),
});

const windowIsWhole = ({ kind, to, notBefore, notAfter }: z.output<typeof asked>): boolean => {
  if (notBefore === undefined && notAfter === undefined) return true;
  if (notBefore === undefined || notAfter === undefined || to === undefined) return false;
  return kind === 'switchover' && Date.parse(notBefore) < Date.parse(notAfter);
};
const wholeWindow = { error: 'only a switchover to a named node may be planned, with notBefore before notAfter', path: ['notBefore'] };

/** Input of the execution. */
export const executionInput = asked.refine(windowIsWhole, wholeWindow);

const gates = z.array(assessGate).max(mostGates);

export const assess = {
  input: asked.extend({ execution: executionName }).refine(windowIsWhole, wholeWindow),
  output: z.discriminatedUnion('decision', [
    z.strictObject({
      decision: z.literal('proceed'),
      plan,
      planHash,
      approvalRequired: z.boolean(),
      approvalSeconds: z.number().int().min(1),
      quarantineSeconds: z.number().int().min(0),
      sentence,
      gates,
    }),
    z.strictObject({ decision: z.literal('refused'), code: z.string(), sentence, next: z.string(), gates }),
  ]),
};

/** `waitForTaskToken`: the answer comes from SendTaskSuccess, as `answer`. */
export const requestApproval = {
  input: z.discriminatedUnion('purpose', [
    z.strictObject({ purpose: z.literal('approval'), plan, planHash, seconds: z.number().int().min(1), token }),
    z.strictObject({ purpose: z.literal('attestation'), plan, planHash, term, node: nodeId, seconds: z.number().int().min(1), token }),
  ]),
  output: z.strictObject({ approvalId: z.string(), sentence }),
  answer: z.strictObject({
    answer: z.enum(['approved', 'denied']),
    approvalId: z.string().regex(/^[a-f0-9]{32}$/),
    by: z.array(z.string()),
    sentence,
  }),
};

/** `later`: a switchover waits for a time in which nothing is due of the validator; `waitedMs` adds up what it was told to wait. */
export const takeTerm = {
  input: z.strictObject({
    plan,
    planHash,
    approvalId: z.string().nullable(),
    /** What it was told to wait already, and the end of the window of a planned move. Absent: it never waits. */
    quiet: z.strictObject({ waitedMs, notAfter: instant.nullable() }).optional(),
  }),
  output: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('taken'), ...driven, holder: nodeId, candidate: nodeId, sentence }),
    z.strictObject({ state: z.literal('later'), seconds: z.number().int().min(1).max(3_600), waitedMs, sentence }),
  ]),
};

/**
 * One pass of seconds. `waitedMs` adds up only time that some pass measured on its own machine after TakeTerm was acknowledged:
 * a lower bound of the time since, with no clock of one machine compared with another's.
 */
export const fence = {
  input: z.strictObject({
    ...driven,
    holder: nodeId,
    planHash,
    pass,
    waitedMs,
    /** Set after an attestation was given: the record to take the proof from. */
    approvalId: z.string().nullable(),
  }),
  output: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('fenced'), kind: z.enum(evidenceKinds), pass, waitedMs, sentence }),
    z.strictObject({ state: z.literal('pending'), pass, waitedMs, sentence }),
    z.strictObject({
      state: z.literal('exhausted'),
      attestable: z.boolean(),
      attestSeconds: z.number().int().min(1),
      holderAlive: z.boolean(),
      pass,
      waitedMs,
      sentence,
    }),
  ]),
};

export const releaseKey = {
  input: z.strictObject({ ...driven, candidate: nodeId }),
  output: z.strictObject({ holder: nodeId, watermark: watermark.nullable(), sentence }),
};

/** `baseline` is the chain's head at the first pass: only signatures above it count. */
export const verify = {
  input: z.strictObject({ ...driven, holder: nodeId, pass, waitedMs, baseline: z.number().int().min(0).nullable() }),
  output: z.strictObject({
    state: z.enum(['signing', 'pending', 'exhausted']),
    pass,
    waitedMs,
    baseline: z.number().int().min(0).nullable(),
    sentence,
  }),
};

export const settle = { input: z.strictObject(driven), output: z.strictObject({ sentence }) };

/** `quarantined`: the old node cannot be reached or did not prove a clean state; it stays fenced, which is safe. */
export const rejoin = {
  input: z.strictObject({ ...driven, node: nodeId }),
  output: z.strictObject({ state: z.enum(['rejoined', 'quarantined']), sentence }),
};

export const reinstate = { input: z.strictObject({ ...driven, holder: nodeId }), output: z.strictObject({ ...driven, holder: nodeId, sentence }) };

/** `by` is whom API Gateway found behind the signature, never what the request says. */
export const answer = {
  input: z.strictObject({
    by: z
      .string()
      .regex(/^arn:[^\s]+$/)
      .max(2_048),
    request: answerRequest,
  }),
  output: answerReply.extend({ sentence }),
};

/** The bytes as they came: the signature is over them, and is checked before anything is made of them. */
export const slack = {
  input: z.strictObject({ timestamp: z.string().max(20), signature: z.string().max(100), body: z.instanceof(Uint8Array) }),
  /** `reply` is what Slack does with the dialog that was sent; a press has none. */
  output: z.strictObject({ sentence, reply: z.looseObject({ response_action: z.enum(['errors', 'update', 'clear']) }).optional() }),
};

/** What people are told, by SNS; a CloudWatch alarm has no attributes. */
const noticeEvent = z.looseObject({
  Records: z
    .array(
      z.looseObject({
        Sns: z.looseObject({
          MessageId: z.string().min(1).max(100),
          Subject: z.string().max(1_000).nullish(),
          Message: z.string().max(262_144),
          MessageAttributes: z.record(z.string(), z.looseObject({ Value: z.string().max(1_000) })).default({}),
        }),
      }),
    )
    .min(1)
    .max(10),
});
/** EventBridge's event of an execution that ended. */
const endedEvent = z.looseObject({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.looseObject({
    name: executionName,
    status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
    stopDate: z.number().nullish(),
    input: z.string().nullish(),
  }),
});
export const announce = {
  /** The last is the schedule's. */
  input: z.union([noticeEvent, endedEvent, z.strictObject({ refresh: z.literal(true) })]),
  output: z.strictObject({ posted: z.number().int().min(0), edited: z.number().int().min(0), sentence }),
};
export type NoticeEvent = z.output<typeof noticeEvent>;
export type EndedEvent = z.output<typeof endedEvent>;

/** The schedule's event; `vantage` names the place this watcher looks from, `shard` which of its `shards` watchers it is, from 0. */
export const watch = {
  input: z.looseObject({ vantage: z.string().max(40).optional(), ...part }).refine(isPart, 'expected shard below shards'),
  output: z.strictObject({ rounds: z.number().int().min(0), started: z.array(executionName), sentence }),
};

/** The schedule's event; `vantage` names the watcher whose verdicts are shown. */
export const survey = {
  input: z.looseObject({ vantage: z.string().max(40).optional() }),
  output: z.strictObject({ validators: z.number().int().min(0), sentence }),
};

const fleetPage = { find: z.string().max(80), show: z.enum(['all', 'attention', 'stuck', 'waiting']), sort: z.enum(['attention', 'name', 'last']) };
/** What somebody typed into the page; what is none of ours counts as nothing. */
const typed = z.looseObject({
  find: fleetPage.find.optional().catch(undefined),
  show: fleetPage.show.optional().catch(undefined),
  sort: fleetPage.sort.optional().catch(undefined),
});

/** What a custom widget of CloudWatch sends: the widget's parameters, and where it stands; AWS adds to the latter as it likes. */
export const console = {
  input: z.strictObject({
    /** Asks for the parameters instead of a page. */
    describe: z.boolean().prefault(false),
    page: z.enum(['fleet', 'validator', 'failover']).prefault('fleet'),
    validator: validatorId.optional(),
    execution: executionName.optional(),
    find: fleetPage.find.prefault(''),
    show: fleetPage.show.prefault('all'),
    sort: fleetPage.sort.prefault('attention'),
    widgetContext: z
      .looseObject({ theme: z.enum(['light', 'dark']).catch('light'), forms: z.looseObject({ all: typed.optional() }).optional() })
      .optional(),
  }),
  output: z.strictObject({ shown: z.union([z.string().max(2_000_000), z.strictObject({ markdown: z.string() })]), sentence }),
};

/** The schedule's event. `execution` is the drill that was started, or null. */
export const drill = {
  input: z.looseObject({}),
  output: z.strictObject({ execution: executionName.nullable(), sentence }),
};

/** EventBridge's event of a CloudWatch alarm that changed its state; AWS adds fields as it likes. */
export const startOnAlarm = {
  input: z.looseObject({
    id: z.string().min(1).max(100),
    source: z.literal('aws.cloudwatch'),
    'detail-type': z.literal('CloudWatch Alarm State Change'),
    detail: z.looseObject({
      alarmName: z.string().min(1).max(255),
      state: z.looseObject({ value: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']), reason: z.string().max(10_000).optional() }),
    }),
  }),
  /** `execution` is null when the event asks for none. */
  output: z.strictObject({ execution: executionName.nullable(), sentence }),
};

/** SNS's event; AWS adds fields as it likes. */
export const relay = {
  input: z.looseObject({
    Records: z
      .array(
        z.looseObject({
          EventSource: z.literal('aws:sns'),
          Sns: z.looseObject({
            MessageId: z.string().regex(/^[\w-]{1,90}$/),
            TopicArn: z.string().startsWith('arn:').max(400),
            Subject: z.string().max(400).nullish(),
            Message: z.string().max(300_000),
            Timestamp: z.iso.datetime({ offset: true }),
            MessageAttributes: z.record(z.string(), z.looseObject({ Type: z.string(), Value: z.string() })).optional(),
          }),
        }),
      )
      .min(1)
      .max(10),
  }),
  output: z.strictObject({ sentence }),
};

/** The schedule's event. */
export const alertTest = { input: z.looseObject({}), output: z.strictObject({ sentence }) };

/** The schedule's event, which names nothing, or what a person asked for. */
export const fenceTest = {
  input: z.looseObject({
    validator: validatorId.optional(),
    /** A node's name or id. */
    node: z.string().min(1).max(40).optional(),
    by: z.string().min(1).max(2_048).optional(),
  }),
  output: z.strictObject({ validators: z.number().int().min(0), failed: z.number().int().min(0), sentence }),
};
