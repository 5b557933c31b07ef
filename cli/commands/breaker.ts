import { BatonError } from '../../core/errors.ts';
import { utcOf } from '../../core/time.ts';
import { frozenBy } from '../../core/breaker.ts';
import { frozenNow } from '../../functions/shared/breaker.ts';
import { parseWords, type Context } from '../context.ts';
import type { Answer } from '../output.ts';

export interface BreakerOptions {
  /** The newest suspicion that was looked into, as it was typed. */
  readonly clear?: string;
  readonly reason?: string;
}

/** For `baton status`: nothing while the breaker is closed. */
export const frozenLines = (frozen: { readonly sentence: string } | null): string[] =>
  frozen === null ? [] : [`${frozen.sentence} No term is taken and no key released. Holders go on signing.`, '  next: baton breaker'];

const show = async (context: Context): Promise<Answer> => {
  const frozen = await frozenNow(context);
  const { clearance } = await context.records.readBreaker().catch(() => ({ clearance: undefined }));
  const history = (clearance?.history ?? []).map(
    ({ through, by, reason, atMs }) => `  cleared through ${through} by ${by}, ${utcOf(atMs)}: ${reason}`,
  );
  const next =
    frozen?.last === null || frozen?.last === undefined
      ? []
      : [
          '  first: docs/runbooks/TwoSignersSuspected.md, for each validator that is named; look on the chain what was signed',
          `  then:  baton breaker --clear ${frozen.last} --reason "what you found, and why it is safe now"`,
        ];
  const lines = frozen === null ? ['The breaker is closed: failovers may start.'] : [...frozenLines(frozen).slice(0, 1), ...next];
  return {
    lines: [...lines, ...history],
    json: {
      frozen: frozen !== null,
      sentence: frozen?.sentence ?? null,
      open: frozen?.open ?? [],
      last: frozen?.last ?? null,
      cleared: clearance?.history ?? [],
    },
  };
};

/** Two steps: what is cleared must be what was shown, so that what was suspected in between stays. */
const clear = async (context: Context, wanted: string, words: string | undefined): Promise<Answer> => {
  const reason = parseWords(words ?? '', '--reason');
  const record = await context.records.readBreaker();
  const frozen = frozenBy(record);
  if (frozen?.last === undefined || frozen.last === null || String(frozen.last) !== wanted)
    throw new BatonError('BreakerChanged', `${wanted} is not the newest open suspicion: ${frozen?.sentence ?? 'the breaker is closed'}`, {
      field: '--clear',
      fix: 'baton breaker',
    });
  const by = await context.whoAmI();
  if (!(await context.records.clearBreaker(record, { through: frozen.last, by, reason, atMs: context.clock.epochMs() })))
    throw new BatonError('BreakerChanged', 'somebody else cleared it in between', { fix: 'baton breaker' });
  const after = await frozenNow(context);
  return {
    lines: [
      `Cleared through ${frozen.last} by ${by}: ${reason}`,
      ...(after === null ? ['The breaker is closed: failovers may start.', '  next: baton status'] : frozenLines(after)),
    ],
    json: { frozen: after !== null, cleared: frozen.last, by, reason },
  };
};

/** What freezes the fleet, and the end of it. */
export const breaker = (context: Context, options: BreakerOptions): Promise<Answer> =>
  options.clear === undefined ? show(context) : clear(context, options.clear, options.reason);
