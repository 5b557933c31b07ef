import { chains } from '../../../chains/index.ts';
import { watermarkAfter } from '../../../core/watermark.ts';
import { configOf } from '../../support/core.ts';
import * as check from '../check.ts';
import { mutate, mutateText, noise } from '../mutate.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, same, target } from '../target.ts';

/** Numbers found by JSON pointer in whatever a daemon answers, and the floor that is made of the head. */

interface Input {
  readonly progress: string;
  readonly head: string;
  readonly pointer: number;
}

const pointers = ['/a~1b/0', '/deep/x', '/', '/__proto__/x', '/length', '/a/~01'];
const configs = pointers.map((pointer) =>
  configOf((one) => {
    one['chain'] = { kind: 'systemd', progressPath: '/p', progressPointer: pointer, headPath: '/h', headPointer: '/height' };
  }),
);
const never = new AbortController().signal;

/** RFC 6901, section 4, written again. */
const find = (text: string, pointer: string): number | null => {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  for (const token of pointer.slice(1).split('/')) {
    const key = token.split('~1').join('/').split('~0').join('~');
    if (found === null || typeof found !== 'object' || !Object.getOwnPropertyNames(found).includes(key)) return null;
    found = (found as Record<string, unknown>)[key];
  }
  return check.isInt(0)(found) ? (found as number) : null;
};

const documentFor = (pointer: number, value: number): unknown =>
  [
    { 'a/b': [value, 2] },
    { deep: { x: value, y: {} } },
    { '': value },
    JSON.parse(`{"__proto__":{"x":${value}}}`),
    { length: value },
    { a: { '~1': value } },
  ][pointer];

export const systemdProbe = target<Input>({
  name: 'systemd-probe',
  about: 'chains/systemd/probe.ts, core/watermark.ts watermarkAfter',
  make: (random, valid) => {
    const pointer = random.below(pointers.length);
    const head = random.pick([random.below(100), Number.MAX_SAFE_INTEGER, random.below(1e9)]);
    const text = (value: unknown): string => {
      if (valid || random.once(3)) return JSON.stringify(value);
      if (random.once(10)) return noise(random);
      const changed = JSON.stringify(mutate(random, value)) ?? 'undefined';
      return random.once(3) ? mutateText(random, changed) : changed;
    };
    return { pointer, progress: text(documentFor(pointer, Math.max(0, head - random.below(5)))), head: text({ height: head, other: null }) };
  },
  run: async ({ progress, head, pointer }) => {
    answerWith(({ pathname }) => ({ status: 200, body: pathname === '/h' ? head : progress }));
    const config = configs[pointer] as (typeof configs)[number];
    const [duty, top] = [find(progress, pointers[pointer] ?? ''), find(head, '/height')];
    const { result } = await chains.look(config, 'east', null, never);
    const seen = duty === null || top === null ? 'unobservable' : top - duty <= 2 ? 'signing' : 'failing';
    same(result.observation, seen, 'what was seen');
    hold(result.sentence.length <= 300, 'the sentence is too long');
    same(
      await chains.landed(config, 'east', 3, never),
      duty === null || top === null ? { signed: false, head: null, whole: false } : { signed: duty > 3, head: top, whole: true },
      'landed',
    );
    const known = await chains.headOf(config, never);
    same(known, top, 'the head');
    const floor = watermarkAfter({ duty: { kind: 'slot' }, evidence: {}, head: known, margin: 2 });
    if (floor !== null) check.must(check.isWatermark, floor, 'a floor');
    return seen === 'unobservable' ? 'refused' : 'accepted';
  },
  close: restore,
});
