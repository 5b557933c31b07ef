import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { WebhookPower } from '../../core/power.ts';
import { signatureOf } from '../../relay/webhook.ts';
import { selfSigned } from './certificate.ts';
import { TlsServer } from './tls-server.ts';

/** What an operator would put in front of a provider's API, as docs/fences.md tells it. What it does wrong, a test says. */

export const secretOne = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
export const secretTwo = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;

export interface Question {
  readonly type: string;
  readonly validator: string;
  readonly node: string;
  readonly term: number;
  readonly nonce: string;
  readonly at: string;
}

interface Signed {
  status?: number;
  id?: string;
  secret?: string;
  headers?: Record<string, string>;
  text?: string;
}

export class PowerHook {
  readonly #certificate = selfSigned();
  /** The second after which the clock of the receiver stands, and how far a question may be from it. */
  nowSeconds = 1_764_302_400;
  state = 'on';
  able = true;
  /** What an order makes of the state. */
  afterOrder = 'off';
  /** Changes of each answer. */
  change: (answer: Record<string, unknown>, question: Question) => Record<string, unknown> = (answer) => answer;
  /** Changes of how it is sent and signed. */
  send: (question: Question) => Signed = () => ({});
  readonly heard: Question[] = [];
  readonly #seen = new Set<string>();
  readonly #server = new TlsServer(this.#certificate, (request, response) => void this.#answer(request, response));

  start(): Promise<void> {
    return this.#server.start();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  power(of: Partial<WebhookPower> = {}): WebhookPower {
    return { kind: 'webhook', url: `${this.#server.url}/power`, parameter: 'amber', fingerprint: this.#certificate.fingerprint, ...of };
  }

  /** As docs/fences.md asks: signature, time and a name that was not there before. */
  #mayAsk(headers: IncomingHttpHeaders, body: string): boolean {
    const [id, seconds] = [String(headers['webhook-id']), Number(headers['webhook-timestamp'])];
    if (Math.abs(seconds - this.nowSeconds) > 300 || this.#seen.has(id)) return false;
    this.#seen.add(id);
    return String(headers['webhook-signature']).split(' ').includes(signatureOf(secretOne, { id, seconds, body }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    if (!this.#mayAsk(request.headers, text)) {
      response.writeHead(401).end();
      return;
    }
    const question = JSON.parse(text) as Question;
    this.heard.push(question);
    if (question.type === 'fence.off') this.state = this.afterOrder;
    const { validator, node, term, nonce, type } = question;
    const answer = { type: 'fence.answer', validator, node, term, nonce, state: this.state, ...(type === 'fence.test' ? { able: this.able } : {}) };
    const sent = this.send(question);
    const body = sent.text ?? JSON.stringify(this.change(answer, question));
    const id = sent.id ?? `${String(request.headers['webhook-id'])}.answer`;
    const signature = signatureOf(sent.secret ?? secretOne, { id, seconds: this.nowSeconds, body });
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(this.nowSeconds), 'webhook-signature': signature, ...sent.headers };
    response.writeHead(sent.status ?? 200, headers).end(body);
  }
}
