import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryFile, placeOf } from './memory.ts';
import { realDisk } from '../chains/state.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'baton-memory-'));
const writer = 'a'.repeat(32);

test('what was saved is there for the next guard of this machine, with its place', () => {
  const stateDir = folder();
  const file = new MemoryFile({ stateDir, place: 'boot 1' });
  expect(file.last).toBe(null);
  file.save({ writer, acked: 7, sent: 7 });
  expect(new MemoryFile({ stateDir, place: 'boot 2' }).last).toEqual({ writer, acked: 7, sent: 7, place: 'boot 1' });
  expect(readFileSync(join(stateDir, 'writer.json'), 'utf8')).toBe(`{"writer":"${writer}","acked":7,"sent":7,"place":"boot 1"}`);
});

test('a statement is a writer, as a person wrote it', () => {
  const stateDir = folder();
  expect(new MemoryFile({ stateDir, place: null }).stated).toBe(null);
  writeFileSync(join(stateDir, 'ended'), `${writer}\n`);
  expect(new MemoryFile({ stateDir, place: null }).stated).toBe(writer);
});

test.each(['', '{', 'null', '{"writer":"a"}', '{"writer":"a","acked":1,"sent":1,"place":"p","more":1}'])('of %j nothing is remembered', (text) => {
  const stateDir = folder();
  writeFileSync(join(stateDir, 'writer.json'), text);
  expect(new MemoryFile({ stateDir, place: 'boot 1' }).last).toBe(null);
});

test('a disk that takes nothing keeps what it had: the next guard waits', () => {
  const stateDir = folder();
  new MemoryFile({ stateDir, place: 'boot 1' }).save({ writer, acked: 7, sent: 7 });
  const full = {
    ...realDisk,
    openSync: () => {
      throw new Error('ENOSPC');
    },
  };
  new MemoryFile({ stateDir, place: 'boot 1', disk: full }).save({ writer, acked: 8, sent: 8 });
  expect(new MemoryFile({ stateDir, place: 'boot 1' }).last).toMatchObject({ acked: 7 });
});

test('a place is this boot and this network namespace', () => {
  expect(placeOf()).toMatch(/^[0-9a-f-]{36} net:\[\d+\]$/);
  expect(placeOf()).toBe(placeOf());
});
