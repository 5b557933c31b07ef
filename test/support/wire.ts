/** The SDK's own clients against answers made in this process: what they put on the wire is noted, and nothing leaves. */

export interface Sent {
  readonly action: string;
  /** The JSON that was sent, or the form fields of the query protocol. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly signal: unknown;
}

/** An error as the service would answer it. */
export class Refusal {
  readonly code: string;
  readonly more: Readonly<Record<string, unknown>>;
  constructor(code: string, more: Readonly<Record<string, unknown>> = {}) {
    this.code = code;
    this.more = more;
  }
}

/** JSON of the answer, XML of the answer, an error of the service, or an error of the line, which is thrown. */
export type Answer = Readonly<Record<string, unknown>> | string | Refusal | Error;

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const noteOf = ({ headers, body }: Request, signal: unknown): Sent => {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const target = headers['x-amz-target'];
  if (target !== undefined) return { action: target.split('.')[1] ?? '', input: JSON.parse(text) as Record<string, unknown>, signal };
  const { Action = '', Version: _version, ...input } = Object.fromEntries(new URLSearchParams(text));
  return { action: Action, input, signal };
};

const xmlError = (code: string): string =>
  `<Response><Errors><Error><Code>${code}</Code></Error></Errors><Error><Code>${code}</Code></Error></Response>`;

const bodyOf = (answer: Exclude<Answer, Error>, json: boolean): string => {
  if (typeof answer === 'string') return answer;
  if (!(answer instanceof Refusal)) return JSON.stringify(answer);
  return json ? JSON.stringify({ __type: answer.code, message: 'as told', ...answer.more }) : xmlError(answer.code);
};

/** Options for a client, and what it sent. One try each. */
export const wired = (answer: (sent: Sent, index: number) => Answer) => {
  const sent: Sent[] = [];
  const handle = async (request: Request, { abortSignal }: { abortSignal?: unknown } = {}) => {
    const note = noteOf(request, abortSignal);
    sent.push(note);
    const given = answer(note, sent.length - 1);
    if (given instanceof Error) throw given;
    const body = new TextEncoder().encode(bodyOf(given, request.headers['x-amz-target'] !== undefined));
    return { response: { statusCode: given instanceof Refusal ? 400 : 200, headers: {}, body } };
  };
  const requestHandler = { handle, updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}), destroy: () => undefined };
  const credentials = { accessKeyId: 'AKLOCALROOT', secretAccessKey: 'local' };
  return { sent, options: { region: 'us-east-1', credentials, maxAttempts: 1, requestHandler } };
};

/** A signal that two calls cannot share by chance. */
export const someSignal = (): AbortSignal => new AbortController().signal;
