import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Notice } from '../core/notice.ts';
import { withSignal } from './signal.ts';

const longestSubject = 100;

/** Who passes a notice on reads what it is about here, never in its words. */
const attributesOf = ({ kind, validator, execution, test }: Notice): Record<string, { DataType: 'String'; StringValue: string }> =>
  Object.fromEntries(
    Object.entries({ kind, validator, execution, test }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, { DataType: 'String' as const, StringValue: value }]],
    ),
  );

/** Tells people. A notice that cannot be sent never stops the work it is about: the answer says whether it left. */
export class Notify {
  readonly #client: SNSClient;
  readonly #topic: string;

  constructor(options: { client: SNSClient; topic: string }) {
    this.#client = options.client;
    this.#topic = options.topic;
  }

  async send(notice: Notice, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#client.send(
        new PublishCommand({
          TopicArn: this.#topic,
          Subject: notice.subject.slice(0, longestSubject),
          Message: notice.message,
          MessageAttributes: attributesOf(notice),
        }),
        withSignal(signal),
      );
      return true;
    } catch {
      return false;
    }
  }
}
