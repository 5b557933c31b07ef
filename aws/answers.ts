import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';
import { answerFailure, answerReply, type AnswerReply, type AnswerRequest, type Answers } from '../core/answer.ts';
import { BatonError } from '../core/errors.ts';
import { durationMs, type Clock, type DurationMs } from '../core/time.ts';
import { nobodyKnown } from './identity.ts';
import { jsonIn, textOf } from '../runtime/reply.ts';

/** The approvals endpoint, as the command line calls it: signed by the caller's own credentials, which is how it knows who answers. */

/** More than the function behind it may take, so that a try is given up only when nothing will come. */
const tryMs = durationMs(20_000);
/** Before each further try. More than one is safe: an answer is counted once per person. */
const pauses: readonly DurationMs[] = [durationMs(500), durationMs(2_000)];
/** Throttled, or a service behind it gave no answer. */
const mayPass: readonly number[] = [429, 503];
const maxReplyBytes = 32_768;
const longestShown = 300;

const again = 'Answer again: an answer is counted once per person.';

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AnswersOptions {
  /** As the stack's outputs give it. */
  readonly url: string;
  /** For a URL that does not name its Region. */
  readonly region: string | undefined;
  readonly clock: Clock;
  /** Who answers; the SDK's own chain by default. */
  readonly credentials?: () => Promise<Credentials>;
}

type Heard = { readonly reply: AnswerReply } | { readonly error: BatonError; readonly again: boolean };

const notUsable = (reason: string): BatonError =>
  new BatonError('InputInvalid', `BATON_APPROVALS_URL ${reason}`, {
    field: 'BATON_APPROVALS_URL',
    fix: 'export BATON_APPROVALS_URL=… (ApprovalsUrl in the outputs of the deployed stack)',
  });

const loopback = ['127.0.0.1', '[::1]', 'localhost'];

const endpointOf = (text: string): URL => {
  const url = URL.parse(text);
  if (url === null) throw notUsable('is not a URL');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.includes(url.hostname))) throw notUsable('does not begin with https://');
  if (url.href !== `${url.origin}/`) throw notUsable('is more than https:// and a host');
  return new URL('/answers', url);
};

const regionOf = (url: URL, otherwise: string | undefined): string => {
  const region = /\.execute-api\.([a-z0-9-]+)\./.exec(url.hostname)?.[1] ?? otherwise;
  if (region !== undefined) return region;
  throw new BatonError('InputInvalid', `${url.host} does not name its Region`, {
    field: 'AWS_REGION',
    fix: 'export AWS_REGION=… (where the stack is deployed)',
  });
};

const gatewaysWord = z.object({ message: z.string() });

/** What API Gateway itself answers, or whoever else stands at that address. */
const strange = (status: number, body: unknown): BatonError => {
  const word = gatewaysWord.safeParse(body);
  const said = `the approvals endpoint answers ${status}${word.success ? ` ${JSON.stringify(word.data.message.slice(0, longestShown))}` : ''}`;
  if (status === 401 || status === 403)
    return new BatonError('ApproverNotAllowed', said, {
      fix: 'Answer in a role that may (aws sts get-caller-identity shows yours), and check the clock of this machine.',
    });
  if (status === 404) return notUsable(`is not the approvals endpoint: ${said}`);
  return new BatonError('WorkflowFailed', said, { fix: again });
};

const heardOf = (status: number, text: string, request: AnswerRequest): Heard => {
  const body = jsonIn(text);
  if (status === 200) {
    const reply = answerReply.safeParse(body);
    return reply.success && reply.data.validator === request.validator ? { reply: reply.data } : { error: strange(status, body), again: false };
  }
  const failure = answerFailure.safeParse(body);
  if (!failure.success) return { error: strange(status, body), again: mayPass.includes(status) };
  const { code, message, ...parts } = failure.data;
  return { error: new BatonError(code, message, parts), again: mayPass.includes(status) };
};

export class HttpAnswers implements Answers {
  readonly #url: URL;
  readonly #region: string;
  readonly #clock: Clock;
  readonly #credentials: () => Promise<Credentials>;

  /** @throws BatonError InputInvalid when the URL is not that of an endpoint. */
  constructor(options: AnswersOptions) {
    this.#url = endpointOf(options.url);
    this.#region = regionOf(this.#url, options.region);
    this.#clock = options.clock;
    this.#credentials = options.credentials ?? defaultProvider();
  }

  give(request: AnswerRequest): Promise<AnswerReply> {
    return this.#give(request, pauses);
  }

  async #give(request: AnswerRequest, [pause, ...later]: readonly DurationMs[]): Promise<AnswerReply> {
    const heard = await this.#try(request);
    if ('reply' in heard) return heard.reply;
    if (!heard.again || pause === undefined) throw heard.error;
    await this.#clock.sleep(pause);
    return this.#give(request, later);
  }

  async #try(request: AnswerRequest): Promise<Heard> {
    const body = JSON.stringify(request);
    const headers = await this.#signed(body);
    try {
      // A redirect is an answer like any other: what was signed for one host is sent to no other.
      const response = await fetch(this.#url, { method: 'POST', headers, body, redirect: 'manual', signal: this.#clock.timeout(tryMs) });
      return heardOf(response.status, await textOf(response, maxReplyBytes), request);
    } catch (cause) {
      const { name, message } = cause as Error;
      return {
        error: new BatonError('LeaseUnreachable', `the approvals endpoint gives no answer: ${name}: ${message}`, { cause, fix: again }),
        again: true,
      };
    }
  }

  async #signed(body: string): Promise<Record<string, string>> {
    const credentials = await this.#whoAnswers();
    const signer = new SignatureV4({ service: 'execute-api', region: this.#region, credentials, sha256: Sha256 });
    const { protocol, hostname, pathname: path, host } = this.#url;
    const headers = { host, 'content-type': 'application/json' };
    const signed = await signer.sign(new HttpRequest({ method: 'POST', protocol, hostname, path, headers, body }), {
      signingDate: new Date(this.#clock.epochMs()),
    });
    return signed.headers;
  }

  async #whoAnswers(): Promise<Credentials> {
    try {
      return await this.#credentials();
    } catch (cause) {
      throw nobodyKnown(cause);
    }
  }
}
