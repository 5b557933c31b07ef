import { createHash, createHmac } from 'node:crypto';

/** Signature Version 4 by hand, as its documentation describes it: the oracle for what the SDK's library signs. */

export interface Signed {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The value that the header `authorization` must have. All headers of the request are signed. */
export const authorizationOf = (request: Signed, of: { accessKeyId: string; secretAccessKey: string; region: string; service: string }): string => {
  const names = Object.keys(request.headers).sort();
  const date = request.headers['x-amz-date'] ?? '';
  const day = date.slice(0, 8);
  const scope = `${day}/${of.region}/${of.service}/aws4_request`;
  const lines = names.map((name) => `${name}:${request.headers[name] ?? ''}\n`).join('');
  const canonical = [request.method, request.path, '', lines, names.join(';'), sha256(request.body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [day, of.region, of.service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${of.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${of.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
};
