import { verify } from 'node:crypto';
import { chownSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyOf } from '../../runtime/ed25519.ts';
import { fromBase58 } from '../base58.ts';

/**
 * The tower: what a validator remembers of its own votes and their lockouts. Agave writes it before each vote leaves, signed with the identity:
 * 4 bytes 1 (`SavedTowerVersions::Current`), 64 bytes signature, 8 bytes length, and the data, which begins with the identity (bincode).
 */

/** A tower has 31 votes; files are about 1 KB. */
export const maxTowerBytes = 16_384;
const headBytes = 4 + 64 + 8;

export const towerFile = (ledger: string, identity: string): string => join(ledger, `tower-1_9-${identity}.bin`);

/** True when these bytes are a tower that the holder of this identity signed. A wrong one is of no use, an old one is worse than none. */
export const isTower = (bytes: Buffer, identity: string): boolean => {
  if (bytes.length > maxTowerBytes || bytes.length < headBytes + 32 || bytes.readUInt32LE(0) !== 1) return false;
  const data = bytes.subarray(headBytes);
  if (bytes.readBigUInt64LE(68) !== BigInt(data.length)) return false;
  const key = fromBase58(identity);
  return key.length === 32 && data.subarray(0, 32).equals(key) && verify(null, data, publicKeyOf(key), bytes.subarray(4, 68));
};

/** Null when there is none that holds. */
export const readTower = (ledger: string, identity: string): Buffer | null => {
  try {
    const file = towerFile(ledger, identity);
    if (statSync(file).size > maxTowerBytes) return null;
    const bytes = readFileSync(file);
    return isTower(bytes, identity) ? bytes : null;
  } catch {
    return null;
  }
};

export const hasTower = (ledger: string, identity: string): boolean => existsSync(towerFile(ledger, identity));

/** Puts a tower where the validator looks for it, for the validator's user. Durable when it returns. */
export const writeTower = (ledger: string, identity: string, bytes: Buffer): void => {
  const file = towerFile(ledger, identity);
  const temporary = `${file}.baton`;
  const fd = openSync(temporary, 'w', 0o600);
  try {
    if (writeSync(fd, bytes) !== bytes.length) throw new Error('the disk took only a part of the tower');
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  const { uid, gid } = statSync(ledger);
  chownSync(temporary, uid, gid);
  renameSync(temporary, file);
};

/** A tower of an earlier time of this node: votes of other nodes since then are not in it. It is kept aside for people. */
export const setAside = (ledger: string, identity: string): void => {
  if (hasTower(ledger, identity)) renameSync(towerFile(ledger, identity), `${towerFile(ledger, identity)}.old`);
};
