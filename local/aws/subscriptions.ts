import { durationMs, type Clock } from '../../core/time.ts';
import type { Deployment } from '../deployment.ts';
import type { InvokeResult } from '../lambda/pool.ts';
import { isTree, listOf, onlyKeys, textOf, treeOf, type Tree } from '../template/read.ts';
import type { Published } from './small.ts';

/** SNS and Lambda between a topic and the functions that subscribe to it in the template. */

export interface Subscription {
  readonly arn: string;
  readonly topic: string;
  /** Name of the function. */
  readonly name: string;
  readonly filter: Tree | undefined;
  /** Tries after the first, as Lambda makes them for an event that nobody waits for. */
  readonly retries: number;
}

/** As Lambda waits before the second and the third try. */
const pausesMs = [60_000, 120_000];

/** As far as the template uses it: exact texts, prefixes, and whether there is one at all. Anything else is refused. */
const matchesOne = (wanted: unknown, value: string | undefined): boolean => {
  if (typeof wanted === 'string') return value === wanted;
  const { prefix, exists, ...other } = treeOf('filter', wanted);
  if (Object.keys(other).length > 0 || (typeof prefix === 'string') === (typeof exists === 'boolean'))
    throw new Error(`the filter ${JSON.stringify(wanted)} is not known here`);
  if (typeof exists === 'boolean') return (value !== undefined) === exists;
  return value !== undefined && value.startsWith(String(prefix));
};

/** Whether a filter policy over message attributes lets it through. @throws Error for a filter that is not known here. */
export const passes = (filter: Tree | undefined, attributes: Published['attributes']): boolean =>
  filter === undefined || Object.entries(filter).every(([name, wanted]) => listOf(name, wanted).some((one) => matchesOne(one, attributes[name])));

const known = ['TopicArn', 'Protocol', 'Endpoint', 'FilterPolicy', 'FilterPolicyScope', 'RedrivePolicy'];

/** @throws Error for one that cannot be run here. */
export const subscriptionsOf = ({ resolved, functions }: Deployment): readonly Subscription[] =>
  Object.entries(resolved.resources)
    .filter(([, { Type, Properties }]) => Type === 'AWS::SNS::Subscription' && Properties['Protocol'] === 'lambda')
    .map(([id, { Properties: of }]) => {
      onlyKeys(id, of, known);
      const endpoint = textOf(id, of['Endpoint']);
      const found = functions.find(({ arn }) => arn === endpoint);
      if (!found) throw new Error(`${id}: ${endpoint} is no function of the template`);
      if ((of['FilterPolicyScope'] ?? 'MessageAttributes') !== 'MessageAttributes') throw new Error(`${id}: only attributes are filtered here`);
      const invoked = resolved.resources[found.logicalId]?.Properties['EventInvokeConfig'];
      const retries = isTree(invoked) ? Number(invoked['MaximumRetryAttempts'] ?? pausesMs.length) : pausesMs.length;
      return {
        arn: resolved.ref(id),
        topic: textOf(id, of['TopicArn']),
        name: found.name,
        filter: of['FilterPolicy'] === undefined ? undefined : treeOf(id, of['FilterPolicy']),
        retries,
      };
    });

/** What SNS gives to a function. @param of `at` in ISO 8601 */
export const snsEvent = (one: Published, of: { readonly id: string; readonly at: string; readonly subscription: string }): Tree => ({
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: of.subscription,
      Sns: {
        Type: 'Notification',
        MessageId: of.id,
        TopicArn: one.topic,
        Subject: one.subject === '' ? null : one.subject,
        Message: one.message,
        Timestamp: of.at,
        SignatureVersion: '1',
        Signature: 'local',
        SigningCertUrl: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-local.pem',
        UnsubscribeUrl: `https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${of.subscription}`,
        MessageAttributes: Object.fromEntries(Object.entries(one.attributes).map(([name, Value]) => [name, { Type: 'String', Value }])),
      },
    },
  ],
});

/** A message that no try could hand over, as the dead-letter queue would get it. */
export interface Letter {
  readonly name: string;
  readonly event: Tree;
  readonly errorMessage: string;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly invoke: (name: string, event: unknown) => Promise<InvokeResult>;
  readonly randomHex: (bytes: number) => string;
  readonly signal: AbortSignal;
}

/** Delivers what is published. Nobody waits for it, as with SNS; `settled` does. */
export class Deliveries {
  readonly letters: Letter[] = [];
  readonly #subscriptions: readonly Subscription[];
  readonly #options: DeliveryOptions;
  readonly #open = new Set<Promise<void>>();

  constructor(subscriptions: readonly Subscription[], options: DeliveryOptions) {
    this.#subscriptions = subscriptions;
    this.#options = options;
  }

  /** To every function that subscribes to its topic and whose filter lets it through: each gets the same message id. */
  publish(one: Published): void {
    const { clock, randomHex } = this.#options;
    const of = { id: [4, 2, 2, 2, 6].map((bytes) => randomHex(bytes)).join('-'), at: new Date(clock.epochMs()).toISOString() };
    for (const subscription of this.#subscriptions) {
      if (subscription.topic !== one.topic || !passes(subscription.filter, one.attributes)) continue;
      const event = snsEvent(one, { ...of, subscription: subscription.arn });
      const work = this.#deliver(subscription, event).finally(() => this.#open.delete(work));
      this.#open.add(work);
    }
  }

  /** Resolves when nothing that was published before is still on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }

  async #deliver({ name, retries }: Subscription, event: Tree): Promise<void> {
    const { clock, invoke, signal } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      const result = await invoke(name, event);
      if (result.ok) return;
      if (attempt >= retries) {
        this.letters.push({ name, event, errorMessage: result.errorMessage });
        return;
      }
      await clock.sleep(durationMs(pausesMs[attempt] ?? 0), signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}

/** What one `sns:publish` of the workflow publishes. */
export const publishedBy = (args: Tree): Published => {
  const attributes = isTree(args['MessageAttributes']) ? args['MessageAttributes'] : {};
  return {
    topic: textOf('TopicArn', args['TopicArn']),
    subject: typeof args['Subject'] === 'string' ? args['Subject'] : '',
    message: textOf('Message', args['Message']),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, textOf(name, treeOf(name, value)['StringValue'])])),
  };
};
