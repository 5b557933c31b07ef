import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RedfishPower } from '../../core/power.ts';
import { selfSigned, type Certificate } from './certificate.ts';
import { TlsServer } from './tls-server.ts';

/**
 * A management controller that speaks Redfish over TLS as DSP0266 has it: sessions with a token, few of them, errors in its own form, a reset that
 * takes its time. What it does wrong, a test says.
 */

export const uuid = '38947555-7742-3448-3784-823347823834';
const path = '/redfish/v1/Systems/437XR1138R2';
const sessions = '/redfish/v1/SessionService/Sessions';

type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown; readonly text?: string };

const failure = (status: number, id: string): Reply => ({
  status,
  body: { error: { code: `Base.1.18.${id}`, message: 'See @Message.ExtendedInfo.', '@Message.ExtendedInfo': [{ MessageId: `Base.1.18.${id}` }] } },
});

export class Bmc {
  readonly user = 'baton';
  readonly password = 'correct horse battery staple';
  readonly certificate: Certificate;
  /** Its states: each look shows the first, and goes on while there is another. */
  states = ['On'];
  /** Its states from an order to cut the power on. */
  afterOrder = ['PoweringOff', 'PoweringOff', 'Off'];
  /** What it answers to a reset. */
  resetStatus = 204;
  /** Changes of the system that it shows. */
  system: Record<string, unknown> = {};
  reset: Record<string, unknown> = { 'ResetType@Redfish.AllowableValues': ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart'] };
  /** Answers in place of its own, by method and path. */
  readonly instead = new Map<string, Reply | 'silence' | 'hang up'>();
  /** Every request, in order. */
  readonly heard: string[] = [];
  readonly tokens = new Set<string>();
  mostSessions = 4;
  basic = false;
  onSilence: () => void = () => undefined;
  readonly #server: TlsServer;
  #count = 0;

  constructor(certificate = selfSigned()) {
    this.certificate = certificate;
    this.#server = new TlsServer(certificate, (request, response) => void this.#answer(request, response));
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  power(of: Partial<RedfishPower> = {}): RedfishPower {
    return {
      kind: 'redfish',
      url: this.#server.url,
      system: '437XR1138R2',
      uuid,
      parameter: 'amber',
      fingerprint: this.certificate.fingerprint,
      ...of,
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const what = `${request.method} ${request.url}`;
    this.heard.push(what);
    const instead = this.instead.get(what);
    if (instead === 'silence') this.onSilence();
    if (instead === 'silence') return;
    if (instead === 'hang up') request.socket.destroy();
    if (instead === 'hang up') return;
    const reply = instead ?? this.#replyTo(what, request, Buffer.concat(chunks).toString('utf8'));
    response.writeHead(reply.status, { 'odata-version': '4.0', 'content-type': 'application/json', ...reply.headers });
    response.end(reply.text ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body)));
  }

  #replyTo(what: string, { headers }: IncomingMessage, text: string): Reply {
    if (what === `POST ${sessions}`) return this.#login(JSON.parse(text) as Record<string, unknown>);
    const basic = `Basic ${Buffer.from(`${this.user}:${this.password}`).toString('base64')}`;
    const known = this.basic ? headers.authorization === basic : this.tokens.has(String(headers['x-auth-token']));
    if (!known) return failure(401, 'NoValidSession');
    if (what.startsWith(`DELETE ${sessions}/`)) {
      this.tokens.delete(String(headers['x-auth-token']));
      return { status: 204 };
    }
    if (what === `GET ${path}`) return { status: 200, headers: { etag: 'W/"1"' }, body: this.#systemNow() };
    if (what === `POST ${path}/Actions/ComputerSystem.Reset`) return this.#resetBy(JSON.parse(text) as Record<string, unknown>);
    return failure(404, 'ResourceMissingAtURI');
  }

  #login({ UserName, Password }: Record<string, unknown>): Reply {
    if (UserName !== this.user || Password !== this.password) return failure(401, 'ResourceAtUriUnauthorized');
    if (this.tokens.size >= this.mostSessions) return failure(503, 'SessionLimitExceeded');
    this.#count += 1;
    const [id, token] = [String(this.#count), `token-${this.#count}`];
    this.tokens.add(token);
    const location = `${this.#server.url}${sessions}/${id}`;
    return { status: 201, headers: { location, 'x-auth-token': token }, body: { '@odata.id': `${sessions}/${id}`, Id: id, UserName } };
  }

  #systemNow(): unknown {
    const [now = 'On', ...later] = this.states;
    if (later.length > 0) this.states = later;
    return {
      '@odata.id': path,
      Id: '437XR1138R2',
      UUID: uuid.toUpperCase(),
      PowerState: now,
      Status: { State: 'Enabled', Health: 'OK' },
      Actions: { '#ComputerSystem.Reset': { target: `${path}/Actions/ComputerSystem.Reset`, ...this.reset } },
      ...this.system,
    };
  }

  #resetBy({ ResetType }: Record<string, unknown>): Reply {
    if (ResetType !== 'ForceOff') return failure(400, 'ActionParameterNotSupported');
    if (this.resetStatus >= 300) return failure(this.resetStatus, this.resetStatus === 409 ? 'ResourceInUse' : 'InternalError');
    this.states = [...this.afterOrder];
    if (this.resetStatus !== 202) return { status: this.resetStatus };
    const task = '/redfish/v1/TaskService/Tasks/545';
    return { status: 202, headers: { location: `${task}/Monitor` }, body: { '@odata.id': task, Id: '545', TaskState: 'Running' } };
  }
}
