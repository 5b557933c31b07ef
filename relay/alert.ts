import { createHash } from 'node:crypto';
import * as z from 'zod';
import { executionName, validatorId } from '../core/ids.ts';
import { jsonBy } from '../core/json.ts';
import { noticeKinds, type NoticeKind } from '../core/notice.ts';

/** What a message of the topic says, whoever published it: a notice of Baton, an alarm of CloudWatch, or neither. No message is dropped. */

export type Severity = 'critical' | 'error' | 'warning' | 'info';

export interface Link {
  readonly href: string;
  readonly text: string;
}

export interface Alert {
  /** Of the message on the topic: the same each time that it is delivered. */
  readonly id: string;
  /** When it was published, in ISO 8601. */
  readonly at: string;
  readonly kind: NoticeKind | 'alarm' | 'other';
  /** What it is about is over: an alarm is green again, an answer was given. */
  readonly over: boolean;
  readonly severity: Severity;
  readonly stack: string;
  readonly subject: string;
  readonly text: string;
  readonly validator?: string;
  readonly execution?: string;
  readonly alarm?: string;
  /** Names the alert test that it belongs to. */
  readonly test?: string;
  /** The same for all that is said about one thing, so that whoever gets it keeps it together; at most 255 letters. */
  readonly key: string;
  readonly links: readonly Link[];
}

/** The part of SNS in its event to a function. */
export interface SnsMessage {
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Subject?: string | null | undefined;
  readonly Message: string;
  readonly Timestamp: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>> | undefined;
}

const longestKey = 255;
const longestAlarm = 255;
const longestSubject = 200;
const longestText = 6_000;

/** All control characters but tab and line feed: no service shows them, and some refuse them. */
const control = /(?![\t\n])\p{Cc}/gu;

/** At most so many UTF-16 units, with no half of a character at its end. */
export const cut = (text: string, longest: number): string => {
  const short = text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
  return short.toWellFormed().replaceAll(control, ' ');
};

const keyOf = (stack: string, what: string, name: string): string => {
  const key = `${stack}:${what}:${name}`;
  if (key.length <= longestKey) return key;
  // Two long names may begin alike.
  return `${key.slice(0, longestKey - 65)}:${createHash('sha256').update(key).digest('hex')}`;
};

const severities: Readonly<Record<NoticeKind, Severity>> = {
  waiting: 'error',
  answered: 'info',
  trouble: 'critical',
  ended: 'critical',
  test: 'info',
};
/** The one alarm that can wait until morning. */
const canWait = 'FleetNeedsCare';
const pages = ['ValidatorNeedsHuman', 'TwoSignersSuspected'];

const alarmMessage = z.looseObject({
  AlarmName: z.string().min(1).max(longestAlarm),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  NewStateReason: z.string().nullish(),
});

const consoleOf = (topic: string): { readonly base: string; readonly arn: (service: string, rest: string) => string } => {
  const [, partition = '', , region = '', account = ''] = topic.split(':');
  return {
    base: `https://${region}.console.aws.amazon.com`,
    arn: (service, rest) => `arn:${partition}:${service}:${region}:${account}:${rest}`,
  };
};

const executionLink = (topic: string, stack: string, execution: string): Link => {
  const { base, arn } = consoleOf(topic);
  const name = encodeURIComponent(arn('states', `execution:${stack}-failover:${execution}`));
  return { href: `${base}/states/home#/v2/executions/details/${name}`, text: 'The execution in the console' };
};
const alarmLink = (topic: string, alarm: string): Link => ({
  href: `${consoleOf(topic).base}/cloudwatch/home#alarmsV2:alarm/${encodeURIComponent(alarm)}`,
  text: 'The alarm in the console',
});

/** An attribute that is not what its name says is none: anybody who may publish can write it. */
const attribute = (sns: SnsMessage, name: string, schema: z.ZodType<string>): string | undefined =>
  schema.safeParse(sns.MessageAttributes?.[name]?.Value).data;
const testId = z.string().regex(/^[a-f0-9]{1,40}$/);

const aboutOf = (of: { stack: string; kind: NoticeKind; id: string; test?: string; execution?: string; validator?: string }): string => {
  if (of.kind === 'test') return keyOf(of.stack, 'test', of.test ?? of.id);
  if (of.execution !== undefined) return keyOf(of.stack, 'execution', of.execution);
  return of.validator === undefined ? keyOf(of.stack, 'message', of.id) : keyOf(of.stack, 'validator', of.validator);
};

// Not every service takes a message without words.
const textOf = (sns: SnsMessage, subject: string): string => cut(sns.Message.trim() === '' ? subject : sns.Message, longestText);

const noticeOf = (sns: SnsMessage, stack: string, kind: NoticeKind, common: Pick<Alert, 'id' | 'at' | 'stack' | 'subject'>): Alert => {
  const [validator, execution] = [attribute(sns, 'validator', validatorId), attribute(sns, 'execution', executionName)];
  const test = attribute(sns, 'test', testId);
  const about = {
    ...(validator === undefined ? {} : { validator }),
    ...(execution === undefined ? {} : { execution }),
    ...(test === undefined ? {} : { test }),
  };
  return {
    ...common,
    ...about,
    kind,
    over: kind === 'answered',
    severity: severities[kind],
    text: textOf(sns, common.subject),
    key: aboutOf({ stack, kind, id: common.id, ...about }),
    links: execution === undefined ? [] : [executionLink(sns.TopicArn, stack, execution)],
  };
};

/** One message as an alert. @param stack name of the stack whose topic it came by. */
export const alertOf = (sns: SnsMessage, stack: string): Alert => {
  const subject = cut((sns.Subject ?? '').trim() || sns.Message.trim().split('\n')[0] || `${stack}: a message without words`, longestSubject);
  const common = { id: sns.MessageId, at: sns.Timestamp, stack, subject };
  const kind = noticeKinds.find((one) => one === sns.MessageAttributes?.['kind']?.Value);
  if (kind !== undefined) return noticeOf(sns, stack, kind, common);
  const found = jsonBy(alarmMessage, sns.Message);
  if (found === undefined) {
    return {
      ...common,
      kind: 'other',
      over: false,
      severity: 'warning',
      text: textOf(sns, subject),
      key: keyOf(stack, 'message', sns.MessageId),
      links: [],
    };
  }
  const { AlarmDescription: about, NewStateValue: state, NewStateReason: why } = found;
  const alarm = cut(found.AlarmName, longestAlarm);
  const name = alarm.startsWith(`${stack}-`) ? alarm.slice(stack.length + 1) : alarm;
  return {
    ...common,
    kind: 'alarm',
    over: state === 'OK',
    severity: name === canWait ? 'warning' : pages.includes(name) ? 'critical' : 'error',
    subject: cut(`${state}: ${alarm}`, longestSubject),
    text: cut([about, why].filter((part) => typeof part === 'string' && part !== '').join('\n\n') || `${alarm} is ${state}.`, longestText),
    alarm,
    key: keyOf(stack, 'alarm', alarm),
    links: [alarmLink(sns.TopicArn, alarm)],
  };
};
