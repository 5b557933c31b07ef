import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { BatonError } from '../core/errors.ts';
import type { WebhookPower } from '../core/power.ts';
import type { PowerAsk, PowerSaid, PowerSubject, PowerTest } from '../core/power-proof.ts';
import type { Clock } from '../core/time.ts';
import { signatureOf, webhookSecrets } from '../relay/webhook.ts';
import { call, reachOf, type Reply } from './call.ts';
import { mostMs, Orders, type PowerSwitch, type ReadSecret } from './switch.ts';
import { readJson, Trouble, troubleOf } from './trouble.ts';

/** Anything that can cut the power: a question signed by the scheme of Standard Webhooks, and an answer signed by the same secret. */

const mostBytes = 4_096;
const nonceBytes = 16;
const mostSignatures = 10;

/** What the parameter holds: two secrets while one replaces the other. */
export const webhookPowerSecret = z.strictObject({ secrets: webhookSecrets });
export type WebhookPowerSecret = z.output<typeof webhookPowerSecret>;

const words = z.string().min(1).max(100);
/** What the receiver answers. Its `type` is none of a question: a question sent back is no answer. */
export const fenceAnswer = z.strictObject({
  type: z.literal('fence.answer'),
  validator: words,
  node: words,
  term: z.number().int().min(1),
  nonce: words,
  /** `off` alone counts. */
  state: z.enum(['on', 'off', 'unknown']),
  /** To `fence.test`: whether it could cut the power now. */
  able: z.boolean().optional(),
});
export type FenceAnswer = z.output<typeof fenceAnswer>;

export type FenceQuestion = 'fence.off' | 'fence.state' | 'fence.test';

const one = (header: string | string[] | undefined): string => (typeof header === 'string' ? header : '');

const isSame = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Whether one of the signatures is made with one of the secrets over exactly this answer. Its second is signed, and compared with no clock. */
const isSigned = ({ headers, body }: Pick<Reply, 'headers' | 'body'>, secrets: readonly string[], id: string): boolean => {
  const [given, seconds] = [one(headers['webhook-id']), one(headers['webhook-timestamp'])];
  if (given !== id || !/^\d{1,12}$/.test(seconds)) return false;
  const signatures = one(headers['webhook-signature']).split(' ').slice(0, mostSignatures);
  const expected = secrets.map((secret) => signatureOf(secret, { id, seconds: Number(seconds), body }));
  return expected.some((made) => signatures.some((signature) => isSame(signature, made)));
};

/** Each question has a name of its own; the answer is signed under `ID.answer`. */
export const answerId = (id: string): string => `${id}.answer`;

/** What a signed answer says. @throws Trouble for anything else. */
export const readAnswer = (reply: Reply, of: { readonly secrets: readonly string[]; readonly id: string }): FenceAnswer => {
  if (reply.status === 401 || reply.status === 403) throw new Trouble('PowerNotAllowed', `it refuses the signature (status ${reply.status})`);
  if (reply.status !== 200) throw new Trouble(reply.status >= 500 ? 'PowerUnreachable' : 'PowerUnusable', `it answers with status ${reply.status}`);
  if (!isSigned(reply, of.secrets, answerId(of.id))) throw new Trouble('PowerNotAllowed', 'its answer is not signed with the secret');
  return readJson(reply.body, fenceAnswer, { what: 'its answer', wanted: 'as it must be' });
};

export interface WebhookOptions {
  readonly clock: Clock;
  readonly randomHex: (bytes: number) => string;
  readonly secret: ReadSecret<WebhookPowerSecret>;
  /** For tests: this machine alone may be called. */
  readonly loopback: boolean;
}

const isAbout = (asked: PowerSubject, answered: PowerSubject): boolean =>
  asked.nonce === answered.nonce && asked.node === answered.node && asked.validator === answered.validator && asked.term === answered.term;

export class WebhookSwitch implements PowerSwitch<WebhookPower> {
  readonly #options: WebhookOptions;
  readonly #orders: Orders;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#orders = new Orders(options.clock);
  }

  /** @throws Trouble. */
  async #ask(type: FenceQuestion, ask: PowerAsk<WebhookPower>, outer: AbortSignal): Promise<{ asked: PowerSubject; answered: FenceAnswer }> {
    const { clock, randomHex, secret, loopback } = this.#options;
    const { power, validator, node, term } = ask;
    const signal = AbortSignal.any([outer, clock.timeout(mostMs)]);
    try {
      const { secrets } = await secret(power.parameter, signal);
      // A new one for each question, so that no earlier answer fits, be it of this very term.
      const asked = { validator, node, term, nonce: randomHex(nonceBytes) };
      const at = clock.epochMs();
      const [id, seconds] = [`msg_${asked.nonce}`, Math.floor(at / 1_000)];
      const body = JSON.stringify({ type, ...asked, at: new Date(at).toISOString() });
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Baton',
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': secrets.map((one) => signatureOf(one, { id, seconds, body })).join(' '),
      };
      const reply = await call(
        { url: power.url, method: 'POST', headers, body },
        { within: reachOf(power, loopback), fingerprint: power.fingerprint, mostBytes, signal },
      );
      return { asked, answered: readAnswer(reply, { secrets, id }) };
    } catch (error) {
      throw troubleOf(error, 'it');
    }
  }

  /** What the answer says of the state is not believed: the receiver may have taken the order and not yet done it. */
  async off(ask: PowerAsk<WebhookPower>, signal: AbortSignal): Promise<boolean> {
    if (this.#orders.isYoung(ask)) return true;
    try {
      const { asked, answered } = await this.#ask('fence.off', ask, signal);
      if (!isAbout(asked, answered)) throw new Trouble('PowerOtherMachine', 'its answer is about something else');
      this.#orders.note(ask);
      return true;
    } catch (cause) {
      throw new BatonError('PowerFailed', `the webhook did not take the order to cut the power of ${ask.node}: ${(cause as Error).message}`, {
        cause,
        fix: `baton fence-test ${ask.validator}`,
      });
    }
  }

  async state(ask: PowerAsk<WebhookPower>, signal: AbortSignal): Promise<PowerSaid> {
    try {
      const { asked, answered } = await this.#ask('fence.state', ask, signal);
      const { validator, node, term, nonce, state } = answered;
      return { kind: 'webhook', host: new URL(ask.power.url).host, asked, answered: { validator, node, term, nonce, state } };
    } catch (error) {
      return { kind: 'unknown', reason: `the webhook: ${(error as Error).message}` };
    }
  }

  async test(ask: PowerAsk<WebhookPower>, signal: AbortSignal): Promise<PowerTest> {
    try {
      const { asked, answered } = await this.#ask('fence.test', ask, signal);
      if (!isAbout(asked, answered)) throw new Trouble('PowerOtherMachine', 'its answer is about something else');
      if (answered.able !== true) throw new Trouble('PowerUnusable', 'it says that it could not cut the power now');
      if (answered.state === 'unknown') throw new Trouble('PowerUnusable', 'it does not know the state of the power');
      return { works: true, code: 'works', how: `The webhook says that the power is ${answered.state} and that it could cut it.` };
    } catch (error) {
      const { code, message } = error as Trouble;
      return { works: false, code, how: `The webhook: ${message}.` };
    }
  }
}
