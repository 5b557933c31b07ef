import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { request as httpRequest } from 'node:http';
import { Approvals } from '../../aws/approvals.ts';
import { SlackParameter } from '../../aws/slack-settings.ts';
import { SlackThreads } from '../../aws/slack-threads.ts';
import { Slack } from '../../aws/slack.ts';
import type { ApprovalRecord } from '../../core/approval.ts';
import { slack as contract } from '../../functions/contract.ts';
import type { Deps } from '../../functions/shared/deps.ts';
import { httpHandlerOf } from '../../functions/shared/http.ts';
import { read, replyOf, slack } from '../../functions/slack.ts';
import { startApprovalsApi, type ApprovalsApi } from '../../local/aws/approvals-api.ts';
import { startDynamo, type LocalDynamo } from '../../local/dynamo.ts';
import { randomHex, systemClock } from '../../runtime/clock.ts';
import { makersOf, World } from './deps.ts';
import { botToken, channel, signatureOf, signingSecret, SlackStandIn, team } from './slack.ts';

/** Everything between Slack and the table, as it is deployed: the gateway's route, the real handler, a real table, and Slack's stand-in. */

export interface Hostile {
  readonly method?: string;
  readonly path?: string;
  /** In place of the right ones; undefined takes one away, a list sends it more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string | Uint8Array;
  /** What was signed, when it is not what is sent. */
  readonly signed?: string | Uint8Array;
  readonly secret?: string;
  /** Seconds from now, of the time that is signed. */
  readonly atSeconds?: number;
}

export interface Told {
  readonly status: number;
  readonly body: string;
}

export class SlackGateway {
  readonly standIn = new SlackStandIn();
  readonly world = new World();
  #dynamo: LocalDynamo | undefined;
  #client: DynamoDBClient | undefined;
  #api: ApprovalsApi | undefined;
  #deps: Deps | undefined;
  /** Keys that were ever written, by anybody. */
  readonly #written = new Set<string>();
  #writes = 0;
  approvals = undefined as unknown as Approvals;
  /** Nobody has noted yet where messages are. */
  forgetThreads = false;

  /** What every function works with. */
  deps(): Deps {
    if (this.#deps === undefined) throw new Error('not started');
    return this.#deps;
  }

  async start(records: readonly ApprovalRecord[]): Promise<void> {
    await this.standIn.start();
    this.#dynamo = await startDynamo('baton');
    const credentials = { accessKeyId: 'AKLOCAL', secretAccessKey: 'local' };
    this.#client = new DynamoDBClient({ endpoint: this.#dynamo.endpoint, region: 'us-east-1', credentials });
    this.#client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const { Item: item, Key: key } = args.input as { Item?: { pk: { S: string } }; Key?: { pk: { S: string } } };
          if (commandName !== 'GetItemCommand') {
            this.#written.add((item ?? key)?.pk.S ?? '');
            this.#writes += 1;
          }
          return next(args);
        },
      { step: 'initialize' },
    );
    const table = { client: this.#client, table: 'baton' };
    this.approvals = new Approvals(table);
    for (const record of records) await this.approvals.create(record);
    const settings = JSON.stringify({ signingSecrets: [signingSecret], botToken, team, channel });
    const parameter = { send: async () => ({ Parameter: { Value: settings } }) };
    const slackSettings = new SlackParameter({ client: parameter as never, name: '/baton/slack', clock: systemClock });
    const real = new Slack({ settings: slackSettings, clock: systemClock, api: `${this.standIn.url}/api` });
    const threads = new SlackThreads({ table, randomHex });
    const noted = threads.read.bind(threads);
    this.#deps = {
      ...this.world.deps(),
      clock: systemClock,
      approvals: this.approvals,
      slackSettings,
      slackThreads: Object.assign(threads, {
        read: async (execution: string) => (this.forgetThreads ? { messages: [], said: [] } : noted(execution)),
      }),
      slack: {
        post: real.post.bind(real),
        update: real.update.bind(real),
        open: real.open.bind(real),
        // Slack's own host is the only one that a press may name.
        reply: (_, text, signal) => real.reply(`${this.standIn.url}/actions`, text, signal),
      },
    };
    const handler = httpHandlerOf({ name: 'Slack', ...contract }, read, slack, makersOf(this.#deps), replyOf);
    this.#api = await startApprovalsApi({
      region: 'us-east-1',
      clock: systemClock,
      holder: () => undefined,
      invoke: () => Promise.reject(new Error('the other route')),
      invokeSlack: async (event) => ({ ok: true, payload: await handler(event, { getRemainingTimeInMillis: () => 10_000 }, undefined as never) }),
      throttle: { perSecond: 1_000, burst: 1_000 },
    });
  }

  async close(): Promise<void> {
    await this.#api?.close();
    await this.#dynamo?.close();
    await this.standIn.close();
  }

  /** Every item that there is, byte for byte, how often anything was written, and what the execution was told. */
  async state(): Promise<string> {
    const items: unknown[] = [];
    for (const pk of [...this.#written].sort()) {
      const { Item: item } =
        (await this.#client?.send(new GetItemCommand({ TableName: 'baton', Key: { pk: { S: pk } }, ConsistentRead: true }))) ?? {};
      items.push(item);
    }
    return JSON.stringify([items, this.#writes, this.world.handed, this.world.notices]);
  }

  /** The request as it would come over the network, with nothing that a client would mend. */
  async send(of: Hostile): Promise<Told> {
    const timestamp = String(Math.floor(systemClock.epochMs() / 1_000) + (of.atSeconds ?? 0));
    const bodiless = of.method === 'HEAD' || of.method === 'GET';
    const headers = Object.entries({
      ...(bodiless ? {} : { 'content-length': String(Buffer.byteLength(of.body)) }),
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(of.secret ?? signingSecret, timestamp, of.signed ?? of.body),
      ...of.headers,
    }).flatMap(([name, sent]) => (sent === undefined ? [] : [[name, typeof sent === 'string' ? sent : [...sent]] as const]));
    return new Promise((resolve, reject) => {
      const url = new URL(of.path ?? '/slack', this.#api?.url);
      const sent = httpRequest(url, { method: of.method ?? 'POST', headers: Object.fromEntries(headers) }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      sent.on('error', reject);
      sent.end(bodiless ? undefined : of.body);
    });
  }
}
