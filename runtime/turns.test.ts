import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

/** Takes turns in this order; notes who has one, and gives them back by name. */
const rig = (most: { each: number; all: number }) => {
  const turns = new Turns(most);
  const began: string[] = [];
  const held = new Map<string, () => void>();
  return {
    began,
    take: (name: string) => {
      void turns.take(name.slice(0, 1)).then((done) => {
        began.push(name);
        held.set(name, done);
      });
    },
    giveBack: (name: string) => {
      held.get(name)?.();
    },
  };
};

test('so many for each, and so many in all', async () => {
  const { began, take } = rig({ each: 2, all: 3 });
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) take(name);
  await settled();
  expect(began).toEqual(['a1', 'a2', 'b1']);
});

test('what is given back is the next one’s', async () => {
  const { began, take, giveBack } = rig({ each: 1, all: 10 });
  for (const name of ['a1', 'a2', 'a3']) take(name);
  await settled();
  expect(began).toEqual(['a1']);
  giveBack('a1');
  await settled();
  expect(began).toEqual(['a1', 'a2']);
  giveBack('a2');
  await settled();
  expect(began).toEqual(['a1', 'a2', 'a3']);
});

test('one with many waiting does not delay the others: turns go round', async () => {
  const { began, take, giveBack } = rig({ each: 5, all: 1 });
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) take(name);
  for (let turn = 0; turn < 6; turn += 1) {
    await settled();
    giveBack(began.at(-1) ?? '');
  }
  expect(began).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
});

test('one that holds its turns for ever stops nobody else', async () => {
  const { began, take, giveBack } = rig({ each: 1, all: 2 });
  for (const name of ['a1', 'a2', 'b1', 'b2', 'b3']) take(name);
  await settled();
  expect(began).toEqual(['a1', 'b1']);
  giveBack('b1');
  await settled();
  giveBack('b2');
  await settled();
  expect(began).toEqual(['a1', 'b1', 'b2', 'b3']);
});
