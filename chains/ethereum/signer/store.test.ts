import * as fs from 'node:fs';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HistoryStore, historiesOf, type StoreDisk } from './store.ts';
import { blockOf, chainRoot, floor, folder, loadedSigner, publicKeys, TestMark, useEthereumFolder, voteOf } from '../../../test/support/ethereum.ts';

/** The record on the disk: what is called in which order, what a crash leaves, and what stops the signer. */

useEthereumFolder();

const [first] = publicKeys;
const fileOf = (): string => join(folder, 'signed.jsonl');
const real: StoreDisk = {
  ...fs,
  writeSync: (fd, text) => fs.writeSync(fd, text),
  readFileSync: (file, encoding) => fs.readFileSync(file, encoding),
};
const watched = (called: string[]): StoreDisk =>
  new Proxy(real, {
    get: (calls, name: keyof StoreDisk) => {
      called.push(name);
      return calls[name];
    },
  });

describe('the order of calls', () => {
  test('a message is on the disk before its signature leaves, the one mark before both', async () => {
    const called: string[] = [];
    const mark = new TestMark();
    let asked = 0;
    const isOpen = (): boolean => {
      asked += 1;
      called.push(asked % 2 === 1 ? 'gate' : 'gate before it leaves');
      return true;
    };
    const signer = await loadedSigner({ disk: watched(called), mark, isOpen });
    mark.onSave = () => called.push('mark');
    called.length = 0;
    expect(signer.sign(first, voteOf(1, 3)).ok).toBe(true);
    expect(called).toEqual(['gate', 'mark', 'writeSync', 'fsyncSync', 'gate before it leaves']);
    called.length = 0;
    // What is below the mark of another key moves only its own record; what is signed again, nothing.
    expect(signer.sign(publicKeys[1], voteOf(1, 3)).ok).toBe(true);
    expect(called).toEqual(['gate', 'writeSync', 'fsyncSync', 'gate before it leaves']);
    called.length = 0;
    expect(signer.sign(first, voteOf(1, 3)).ok).toBe(true);
    expect(called).toEqual(['gate', 'gate before it leaves']);
  });
  test('the whole record is on the disk before it takes the place of the old one', () => {
    const called: string[] = [];
    const store = new HistoryStore({ file: fileOf(), chain: chainRoot, disk: watched(called) });
    called.length = 0;
    store.open({ keys: publicKeys, floor, unknown: floor });
    expect(called).toEqual([
      'readFileSync',
      'openSync',
      'writeSync',
      'fsyncSync',
      'closeSync',
      'renameSync',
      'openSync',
      'fsyncSync',
      'closeSync',
      'openSync',
    ]);
  });
});

describe('a disk that fails', () => {
  test.each(['writeSync', 'fsyncSync'] as const)('in %s: no signature, and none after it', async (name) => {
    let fails = false;
    const disk: StoreDisk = new Proxy(real, {
      get: (calls, asked: keyof StoreDisk) => {
        if (fails && asked === name)
          return () => {
            throw new Error('EIO');
          };
        return calls[asked];
      },
    });
    const signer = await loadedSigner({ disk });
    fails = true;
    expect(signer.sign(first, voteOf(1, 3))).toMatchObject({ ok: false, status: 500 });
    fails = false;
    expect(signer.sign(first, voteOf(1, 4))).toMatchObject({ ok: false, status: 412 });
    expect(signer.loaded).toBe(false);
  });
  test('that takes only a part is one that fails', async () => {
    let short = false;
    const disk: StoreDisk = { ...real, writeSync: (fd, text) => real.writeSync(fd, short ? text.slice(1) : text) };
    const signer = await loadedSigner({ disk });
    short = true;
    expect(signer.sign(first, blockOf(20))).toMatchObject({ ok: false, status: 500 });
  });
  test('for the one mark is one that fails', async () => {
    const mark = new TestMark();
    const signer = await loadedSigner({ mark });
    mark.onSave = () => {
      throw new Error('ENOSPC');
    };
    expect(signer.sign(first, blockOf(20))).toMatchObject({ ok: false, status: 500 });
    expect(readFileSync(fileOf(), 'utf8')).not.toContain('"slot":20');
  });
});

describe('after a crash', () => {
  test('what was signed is refused in another form, wherever the crash fell', async () => {
    const signer = await loadedSigner();
    expect(signer.sign(first, voteOf(1, 3)).ok).toBe(true);
    const whole = readFileSync(fileOf(), 'utf8');
    // A write that was cut at any byte: its signature never left, so nothing of it must be known.
    const torn = whole.split('\n').at(-2) ?? '';
    for (let cut = 1; cut < torn.length; cut += 37) {
      writeFileSync(fileOf(), whole + torn.slice(0, cut));
      const store = new HistoryStore({ file: fileOf(), chain: chainRoot });
      store.open({ keys: publicKeys, floor, unknown: floor });
      expect(store.get(first)?.vote).toMatchObject({ source: 1, target: 3 });
      store.close();
      expect(readFileSync(fileOf(), 'utf8').endsWith('}\n')).toBe(true);
    }
  });
  test('a record that was cut at any line is never above what was signed, and reads', () => {
    const store = new HistoryStore({ file: fileOf(), chain: chainRoot });
    store.open({ keys: publicKeys, floor, unknown: floor });
    store.advance(first, { block: { slot: 40, signingRoot: chainRoot }, vote: { source: 1, target: 5, signingRoot: chainRoot } });
    store.close();
    expect(historiesOf(readFileSync(fileOf(), 'utf8'), { file: 'f', chain: chainRoot }).get(first)).toEqual({
      block: { slot: 40, signingRoot: chainRoot },
      vote: { source: 1, target: 5, signingRoot: chainRoot },
    });
  });
});

describe('a record that is not as it was written stops the signer', () => {
  test.each([
    ['empty', ''],
    ['of another chain', `{"baton":"eip3076","chain":"0x${'0b'.repeat(32)}"}\n`],
    ['of something else', '{"height":"1"}\n'],
    ['with a line that is none', `{"baton":"eip3076","chain":"${chainRoot}"}\nx\n`],
    ['with a line between', `{"baton":"eip3076","chain":"${chainRoot}"}\n\n{"key":"${first}","block":null,"vote":null}\n`],
  ])('%s', (_, text) => {
    writeFileSync(fileOf(), text);
    const store = new HistoryStore({ file: fileOf(), chain: chainRoot });
    expect(() => store.load()).toThrow('cannot be read');
    expect(() => {
      store.open({ keys: publicKeys, floor, unknown: floor });
    }).toThrow('cannot be read');
    expect(store.get(first)).toBe(undefined);
  });
  test('that cannot be read is not the same as none', () => {
    const store = new HistoryStore({ file: fileOf(), chain: chainRoot });
    expect(store.load()).toBe(null);
    mkdirSync(fileOf());
    expect(() => store.load()).toThrow('cannot be read');
  });
  test('a closed one takes nothing', () => {
    const store = new HistoryStore({ file: fileOf(), chain: chainRoot });
    expect(() => {
      store.advance(first, { block: null, vote: null });
    }).toThrow('is closed');
    store.open({ keys: publicKeys, floor, unknown: floor });
    store.close();
    appendFileSync(fileOf(), '');
    expect(store.get(first)).toBe(undefined);
  });
});
