import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pairOf } from '../../local/chains/solana/pair.ts';
import { towerOf } from '../../local/chains/solana/server.ts';
import { keysOf } from './keys.ts';
import { hasTower, isTower, readTower, setAside, towerFile, writeTower } from './tower.ts';

const me = pairOf();
const other = pairOf();
const tower = towerOf(me, 5);
let ledger = '';
beforeEach(() => {
  ledger = mkdtempSync(join(tmpdir(), 'tower-'));
});
afterEach(() => {
  rmSync(ledger, { recursive: true });
});
const changed = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(tower);
  change(bytes);
  return bytes;
};

test('a tower that the identity signed holds', () => {
  expect(isTower(tower, me.address)).toBe(true);
});
test.each<[string, Buffer]>([
  ['of another identity', towerOf(other, 5)],
  ['with the signature of another', Buffer.concat([towerOf(other, 5).subarray(0, 68), tower.subarray(68)])],
  ['with another slot', changed((bytes) => bytes.writeUInt8(6, 108))],
  ['of another version', changed((bytes) => bytes.writeUInt32LE(0, 0))],
  ['with another length', changed((bytes) => bytes.writeUInt8(41, 68))],
  ['cut off', tower.subarray(0, 110)],
  ['without data', tower.subarray(0, 76)],
  ['with more behind it', Buffer.concat([tower, Buffer.alloc(1)])],
  ['too large', Buffer.concat([tower, Buffer.alloc(16_384)])],
  ['empty', Buffer.alloc(0)],
])('one %s does not', (_, bytes) => {
  expect(isTower(bytes, me.address)).toBe(false);
  writeFileSync(towerFile(ledger, me.address), bytes);
  expect(readTower(ledger, me.address)).toBe(null);
});
test('is written whole for the owner alone, read back, and set aside', () => {
  expect(readTower(ledger, me.address)).toBe(null);
  setAside(ledger, me.address);
  writeTower(ledger, me.address, tower);
  expect(statSync(towerFile(ledger, me.address)).mode & 0o777).toBe(0o600);
  expect(readTower(ledger, me.address)).toEqual(tower);
  setAside(ledger, me.address);
  expect(hasTower(ledger, me.address)).toBe(false);
  expect(readFileSync(`${towerFile(ledger, me.address)}.old`)).toEqual(tower);
});

test('keys: one for both, or one for each; wiped when dropped', () => {
  const one = keysOf(Buffer.from(me.text));
  expect([one.identity, one.identityText.toString(), one.voterText.toString()]).toEqual([me.address, me.text, me.text]);
  const two = keysOf(Buffer.from(`{"identity":${me.text},"voter":${other.text}}`));
  expect([two.identity, two.voterText.toString()]).toEqual([me.address, other.text]);
  two.drop();
  expect([two.identityText.every((byte) => byte === 0), two.voterText.every((byte) => byte === 0)]).toEqual([true, true]);
});
