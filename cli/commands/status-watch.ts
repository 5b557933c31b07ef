import { BatonError } from '../../core/errors.ts';
import { durationMs, utcOf } from '../../core/time.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Answer } from '../output.ts';
import { status } from './status.ts';

const everyMs = durationMs(2_000);
/** Half a day: a look that somebody has forgotten ends. */
const maxLooks = 21_600;

/** A table that gives no answer for a while is told, and does not end the watch: it is what somebody watches for. */
const lookOnce = async (context: Context, name: string | undefined): Promise<Answer> => {
  try {
    return await status(context, name);
  } catch (error) {
    if (!(error instanceof BatonError) || error.code !== 'LeaseUnreachable') throw error;
    return { lines: [`${error.code}: ${error.message}`], json: { error: error.toJSON() }, exitCode: exitCodes.unreachable };
  }
};

/** Status again and again, until it is interrupted or the limit is reached. The exit code is that of the last look. */
export const watchStatus = async (context: Context, name: string | undefined): Promise<Answer> => {
  const { clock, output } = context;
  const interrupted = context.interrupted();
  for (let looks = 1; ; looks += 1) {
    const seen = await lookOnce(context, name);
    output.show(seen, utcOf(clock.epochMs()));
    if (looks < maxLooks) await clock.sleep(everyMs, interrupted).catch(() => undefined);
    if (looks >= maxLooks || interrupted.aborted) {
      const { exitCode = exitCodes.done } = seen;
      return { lines: [`Looked ${looks} times.`], json: { looks }, exitCode };
    }
  }
};
