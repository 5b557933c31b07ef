import type { KeyObject } from 'node:crypto';
import { connect } from 'node:net';
import { answer, type Answer, type Question } from '../../core/ask.ts';
import { challengeLine, isSigned, lineOf, Lines, signedLine } from './wire.ts';

export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly publicKey: KeyObject;
}

/** Puts one question to one guard. Rejects when there is no answer that is signed by it, on this connection, before the signal. */
export const ask = async (peer: Peer, put: Question, privateKey: KeyObject, signal: AbortSignal): Promise<Answer> => {
  const socket = connect({ host: peer.host, port: peer.port });
  const end = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', end);
  socket.on('error', () => undefined);
  try {
    const lines = new Lines(socket);
    const { challenge } = await lines.read(challengeLine, signal);
    socket.write(signedLine('question', challenge, put, privateKey));
    const line = await lines.read(lineOf(answer), signal);
    if (!isSigned('answer', challenge, line, peer.publicKey)) throw new Error('the answer is not signed by the guard that was asked');
    return line.said;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
};
