import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { withSignal } from './signal.ts';

export interface Notice {
  readonly subject: string;
  readonly message: string;
}

const longestSubject = 100;

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
        new PublishCommand({ TopicArn: this.#topic, Subject: notice.subject.slice(0, longestSubject), Message: notice.message }),
        withSignal(signal),
      );
      return true;
    } catch {
      return false;
    }
  }
}
