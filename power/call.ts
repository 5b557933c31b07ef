import { request as requestByHttp, type IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { lookupWithin, Unanswered, whyOf } from '../relay/post.ts';
import { isPublic } from '../relay/public-address.ts';

/**
 * One request over TLS to a machine that the operator configured. Nothing is sent before the server is known to be the right one; no redirect is
 * followed; of an answer no more is read than it may have. What failed is told without the request.
 */

/** Which addresses may be called: the public internet, private networks too, or this machine alone (for tests). */
export type Within = 'public' | 'private' | 'loopback';

/** Where the operator lets this power's switch be called. */
export const reachOf = ({ allowPrivate }: { readonly allowPrivate?: boolean | undefined }, loopback: boolean): Within => {
  if (loopback) return 'loopback';
  return allowPrivate === true ? 'private' : 'public';
};

export interface Call {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface CallOptions {
  readonly within: Within;
  /** SHA-256 of the certificate in hex; without it an authority must vouch for the name. */
  readonly fingerprint: string | undefined;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const privateNets = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateNets.addSubnet(net, bits, 'ipv4');
privateNets.addSubnet('fc00::', 7, 'ipv6');

/** Never link-local: there the metadata of the machine itself would answer. */
export const mayCall = (address: string, within: Within): boolean => {
  if (within === 'loopback') return address === '127.0.0.1';
  if (isPublic(address)) return true;
  const family = isIP(address);
  return within === 'private' && family !== 0 && privateNets.check(address, family === 4 ? 'ipv4' : 'ipv6');
};

const maxHeaderBytes = 16_384;
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');
const otherCertificate = (): Unanswered => new Unanswered('it shows another certificate than the configured one');

const fingerprintOf = (socket: TLSSocket): string | undefined => {
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? {};
  return fingerprint256?.replaceAll(':', '').toLowerCase();
};

/** @throws Unanswered and whatever TLS throws; then nothing was sent. */
const connected = (url: URL, { within, fingerprint, signal }: CallOptions): Promise<TLSSocket> => {
  const host = hostOf(url);
  if (isIP(host) !== 0 && !mayCall(host, within)) throw new Unanswered('it leads to an address that may not be called');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: url.port === '' ? 443 : Number(url.port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      lookup: lookupWithin((address) => mayCall(address, within)),
      minVersion: 'TLSv1.2',
      // With a fingerprint the certificate itself is compared, below, before a byte is sent.
      rejectUnauthorized: fingerprint === undefined,
    });
    const stop = (): void => {
      socket.destroy(new Error('aborted'));
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new Unanswered('the connection failed'));
    });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      if (fingerprint === undefined || fingerprintOf(socket) === fingerprint) resolve(socket);
      else {
        socket.destroy();
        reject(otherCertificate());
      }
    });
  });
};

const answerOn = (socket: TLSSocket, url: URL, { method, headers, body }: Call, mostBytes: number): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body, 'utf8');
    const call = requestByHttp(
      {
        method,
        path: `${url.pathname}${url.search}`,
        headers: { host: url.host, connection: 'close', ...headers, ...(bytes ? { 'content-length': String(bytes.length) } : {}) },
        createConnection: () => socket,
        maxHeaderSize: maxHeaderBytes,
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= mostBytes) chunks.push(chunk);
          else socket.destroy(new Unanswered('its answer is too long'));
        });
        response.once('end', () => {
          if (size > mostBytes) reject(new Unanswered('its answer is too long'));
          else resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') });
        });
        response.once('error', reject);
        response.once('aborted', () => {
          reject(new Unanswered(size > mostBytes ? 'its answer is too long' : 'the connection failed'));
        });
      },
    );
    call.once('error', reject);
    call.end(bytes);
  });

/** @throws Unanswered when there was no whole answer before `signal` ended it, or the server is not the configured one. */
export const call = async (of: Call, options: CallOptions): Promise<Reply> => {
  let socket: TLSSocket | undefined;
  try {
    const url = new URL(of.url);
    if (url.protocol !== 'https:') throw new Unanswered('it is not spoken to over TLS');
    socket = await connected(url, options);
    return await answerOn(socket, url, of, options.mostBytes);
  } catch (error) {
    throw whyOf(error, options.signal);
  } finally {
    socket?.destroy();
  }
};
