import { lookup, type LookupAddress } from 'node:dns';
import { request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Answer, Request } from './destination.ts';
import type { Reach } from './index.ts';
import { isPublic } from './public-address.ts';

/**
 * One POST to an address that somebody wrote into a parameter. The address is looked at when the connection is made, so that no name can lead
 * elsewhere afterwards; no redirect is followed; of an answer no more is read than anybody needs. What failed is told without the address.
 */

const maxBodyBytes = 16_384;
const maxHeaderBytes = 16_384;

export interface Posted extends Answer {
  /** As in the header; undefined when there is none that can be read. */
  readonly retryAfterSeconds: number | undefined;
}

/** Why there is no answer, in words that hold nothing of the request. */
export class Unanswered extends Error {}

class Inside extends Error {}
const inside = (): Error => new Inside('it leads to an address that is not public');

/** Looks a name up, and gives no address when one of those found may not be called. */
export const lookupWithin =
  (mayCallAddress: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const [first] = found ?? [];
      if (error || first === undefined) callback(error ?? inside(), []);
      else if (!found.every(({ address }) => mayCallAddress(address))) callback(inside(), []);
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
const publicLookup = lookupWithin(isPublic);

const mayCall = (url: URL, reach: Reach): boolean => {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (reach === 'loopback') return url.protocol === 'http:' && host === '127.0.0.1';
  // A name is looked at by publicLookup, which a bare address does not pass.
  return url.protocol === 'https:' && (isIP(host) === 0 || isPublic(host));
};

/** Names of system and TLS errors, for example ECONNREFUSED. Their messages may quote what was sent. */
const knownError = /^[A-Z][A-Z_]{2,60}$/;

/** What failed, in words that hold nothing of the request. */
export const whyOf = (error: unknown, signal: AbortSignal): Unanswered => {
  if (error instanceof Unanswered) return error;
  if (signal.aborted) return new Unanswered('no answer in time');
  if (error instanceof Inside) return new Unanswered(error.message);
  const { code } = error as { code?: unknown };
  return new Unanswered(typeof code === 'string' && knownError.test(code) ? code : 'the connection failed');
};

const secondsIn = (header: string | undefined): number | undefined => (/^\d{1,6}$/.test(header ?? '') ? Number(header) : undefined);

/** @throws Unanswered when there was no whole answer before `signal` ended it, or the address may not be called. */
export const post = async (request: Request, of: { readonly reach: Reach; readonly signal: AbortSignal }): Promise<Posted> => {
  const { reach, signal } = of;
  const url = new URL(request.url);
  if (!mayCall(url, reach)) throw new Unanswered('it leads to an address that is not public');
  const body = Buffer.from(request.body, 'utf8');
  const headers = { ...request.headers, 'content-length': String(body.length) };
  const send = reach === 'public' ? requestByHttps : requestByHttp;
  try {
    return await new Promise<Posted>((resolve, reject) => {
      const options = { method: 'POST', headers, agent: false as const, signal, maxHeaderSize: maxHeaderBytes };
      const call = send(url, reach === 'public' ? { ...options, lookup: publicLookup } : options, (response) => {
        const { statusCode: status = 0, headers: given } = response;
        const chunks: Buffer[] = [];
        let size = 0;
        const done = (): void => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status, body: size > maxBodyBytes ? '' : text, retryAfterSeconds: secondsIn(given['retry-after']) });
        };
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= maxBodyBytes) chunks.push(chunk);
          else {
            done();
            call.destroy();
          }
        });
        response.once('end', done);
        response.once('error', reject);
      });
      call.once('error', reject);
      call.end(body);
    });
  } catch (error) {
    throw whyOf(error, signal);
  }
};
