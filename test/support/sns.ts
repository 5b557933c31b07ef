import type { SnsMessage } from '../../relay/alert.ts';

/** Messages of the topic as SNS gives them to a function. */

export const topicArn = 'arn:aws:sns:eu-central-1:123456789012:baton-Topic-0A1B2C3D4E5F';

export const snsOf = (
  of: { readonly subject?: string | null; readonly message?: string; readonly id?: string },
  attributes: Readonly<Record<string, string>> = {},
): SnsMessage => ({
  MessageId: of.id ?? '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
  TopicArn: topicArn,
  Subject: of.subject === undefined ? 'Baton: hub-1 is halted' : of.subject,
  Message: of.message ?? 'hub-1 is halted. Next: baton status hub-1',
  Timestamp: '2026-11-28T04:00:00.123Z',
  MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, Value]) => [name, { Type: 'String', Value }])),
});

export const eventOf = (...messages: readonly SnsMessage[]): unknown => ({
  Records: messages.map((Sns) => ({
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: `${topicArn}:21be56ed-a058-49f5-8c98-aedd2564c486`,
    Sns: {
      Type: 'Notification',
      SignatureVersion: '1',
      Signature: 'x',
      SigningCertUrl: 'https://sns.example',
      UnsubscribeUrl: 'https://sns.example',
      ...Sns,
    },
  })),
});

/** What CloudWatch publishes for an alarm of the stack `baton`. */
export const alarmOf = (name: string, state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA' = 'ALARM'): SnsMessage =>
  snsOf({
    subject: `${state}: "${name}" in EU (Frankfurt)`,
    message: JSON.stringify({
      AlarmName: name,
      AlarmDescription: 'baton status - Something needs a person now.',
      AWSAccountId: '123456789012',
      AlarmConfigurationUpdatedTimestamp: '2026-11-01T00:00:00.000+0000',
      NewStateValue: state,
      NewStateReason: 'The rule is true.',
      StateChangeTime: '2026-11-28T04:00:00.000+0000',
      Region: 'EU (Frankfurt)',
      AlarmArn: `arn:aws:cloudwatch:eu-central-1:123456789012:alarm:${name}`,
      OldStateValue: state === 'OK' ? 'ALARM' : 'OK',
      OKActions: [],
      AlarmActions: [topicArn],
      InsufficientDataActions: [],
      AlarmRule: 'ALARM("baton-DeadLetters")',
    }),
  });
