import { describe, expect, test } from 'vitest';
import { makersOf, World } from '../test/support/deps.ts';
import { alex } from '../test/support/core.ts';
import type { Notice } from '../core/notice.ts';
import { alertTest } from './alert-test.ts';
import { alertTest as contract } from './contract.ts';
import { handlerOf } from './shared/handler.ts';

const start = (world: World, sent: Notice[], took = true) => {
  const deps = world.deps();
  const notify = {
    send: async (notice: Notice): Promise<boolean> => {
      sent.push(notice);
      return took;
    },
  };
  const handler = handlerOf({ name: 'AlertTest', ...contract }, alertTest, makersOf({ ...deps, notify }));
  return handler({ any: 'thing' }, { getRemainingTimeInMillis: () => 10_000 }, undefined as never);
};

describe('the schedule', () => {
  test('sends a test whose code stands in the message alone', async () => {
    const [world, sent] = [new World(), [] as Notice[]];
    const acknowledged = { code: 'ffffffff', atMs: 1, by: alex };
    world.alertTest = { code: 'ffffffff', sentAtMs: 0, by: alex, acknowledged };
    expect(await start(world, sent)).toEqual({ sentence: 'Sent the alert test 0000000000000001; it waits for baton alert-test --ack CODE.' });
    expect(sent).toEqual([
      {
        kind: 'test',
        subject: 'Baton: alert test',
        message: 'This is a test of the way that alerts take to you; nothing is wrong. Type what shows that it came: baton alert-test --ack 00000002',
        test: '0000000000000001',
      },
    ]);
    expect(world.alertTest).toEqual({
      id: '0000000000000001',
      code: '00000002',
      sentAtMs: 1_700_000_000_000,
      by: 'the schedule',
      unansweredSinceMs: 1_700_000_000_000,
      acknowledged,
    });
  });
  test('fails when the topic does not take it, so that it is tried again', async () => {
    await expect(start(new World(), [], false)).rejects.toMatchObject({ code: 'AlertFailed' });
  });
  test('sends nothing that could not be noted', async () => {
    const [world, sent] = [new World(), [] as Notice[]];
    world.down.add('alert-test');
    await expect(start(world, sent)).rejects.toMatchObject({ code: 'LeaseUnreachable' });
    expect(sent).toEqual([]);
  });
});
