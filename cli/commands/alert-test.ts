import { z } from 'zod';
import type { AlertTest } from '../../aws/alert-test.ts';
import { parseWith } from '../../core/parse.ts';
import { durationMs, utcOf } from '../../core/time.ts';
import { sendTest } from '../../functions/shared/send-test.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';

const typed = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-f0-9]{8}$/, 'expected the 8 letters and digits of the message');

/** A relay tries for half a minute; then Lambda asks it again, later. */
const looks = 30;
const betweenLooksMs = durationMs(2_000);

type Relays = NonNullable<AlertTest['relays']>;

const linesOf = (relays: Relays): string[] =>
  Object.entries(relays)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { kind, how }]) => `  ${name} (${kind}): ${how}`);

const missedBy = (relays: Relays | undefined): boolean => Object.values(relays ?? {}).some(({ taken }) => !taken);

/** What the relay has told of this test; undefined when it has told nothing in the time. */
const toldOf = async (context: Context, id: string): Promise<Relays | undefined> => {
  const signal = context.interrupted();
  for (let look = 0; look < looks; look += 1) {
    const found = await context.alertTests.read(signal);
    if (found?.id !== id || found.relays) return found?.id === id ? found.relays : undefined;
    await context.clock.sleep(betweenLooksMs, signal);
  }
  return undefined;
};

const send = async (context: Context, wait: boolean): Promise<Answer> => {
  const notify = context.notify();
  const by = await context.whoAmI();
  const { id } = await sendTest(by, { clock: context.clock, randomHex, alertTests: context.alertTests, notify });
  const next = '  next: baton alert-test --ack CODE   (CODE stands in the message)';
  const sent = 'A test message is on its way to everybody whom alerts reach.';
  if (!wait) return { lines: [sent, next], json: { sent: true, by, test: id } };
  context.output.progress('The topic took it. Waiting for what the relay makes of it.');
  const relays = await toldOf(context, id);
  const told = relays ? linesOf(relays) : ['  No relay has told anything within a minute: the stack has none, or it fails (docs/alerts.md).'];
  return {
    lines: [sent, '  topic: taken', ...told, next],
    json: { sent: true, by, test: id, relays: relays ?? null },
    ...(missedBy(relays) ? { exitCode: exitCodes.notReached } : {}),
  };
};

const status = async (context: Context): Promise<Answer> => {
  const found = await context.alertTests.read();
  if (!found) return { lines: ['No alert test was sent yet.', '  next: baton alert-test'], json: { newest: null } };
  const { id = null, sentAtMs, by, code, acknowledged, relays } = found;
  const got = acknowledged?.code === code ? acknowledged : undefined;
  return {
    lines: [
      `The newest alert test was sent at ${utcOf(sentAtMs)} by ${by}.`,
      got ? `It was acknowledged at ${utcOf(got.atMs)} by ${got.by}.` : 'Nobody has acknowledged it.',
      ...(acknowledged && !got ? [`The last one that was acknowledged: at ${utcOf(acknowledged.atMs)} by ${acknowledged.by}.`] : []),
      ...(relays ? linesOf(relays) : ['  No relay has told anything of it.']),
    ],
    json: { newest: { test: id, sentAtMs, by, acknowledged: got ? { by: got.by, atMs: got.atMs } : null, relays: relays ?? null } },
    ...(missedBy(relays) ? { exitCode: exitCodes.notReached } : {}),
  };
};

const acknowledge = async (context: Context, text: string): Promise<Answer> => {
  const code = parseWith(typed, text, { what: '--ack', code: 'InputInvalid', fix: 'Type the code as the message shows it.' });
  const mine = { code, atMs: context.clock.epochMs(), by: await context.whoAmI() };
  const noted = await context.alertTests.acknowledge(mine);
  const before = noted.atMs !== mine.atMs || noted.by !== mine.by;
  return {
    lines: [before ? `${noted.by} has acknowledged this test before.` : 'Acknowledged: alerts reach people.'],
    json: { acknowledged: true, by: noted.by, atMs: noted.atMs },
  };
};

export interface AlertTestOptions {
  readonly ack?: string;
  /** Waits for what the relay made of it. */
  readonly wait?: boolean;
  readonly status?: boolean;
}

/** Proves that alerts reach people: a message with a code, and somebody who types it. */
export const alertTest = (context: Context, options: AlertTestOptions): Promise<Answer> => {
  if (options.ack !== undefined) return acknowledge(context, options.ack);
  return options.status === true ? status(context) : send(context, options.wait === true);
};
