import { describe, expect, test } from 'vitest';
import { holdsRows, type Row } from '../test/support/schema.ts';
import { BatonError } from './errors.ts';
import { durationMs } from './time.ts';
import { askArithmetic, checkAsk, checkTiming, lapseMs, timing, timingArithmetic, usablePromiseMs, type Timing } from './timing.ts';

const defaults = (): Timing => timing.parse({});
const refusal = (of: Partial<Timing>): unknown => {
  try {
    return checkTiming({ ...defaults(), ...of });
  } catch (error) {
    return error instanceof BatonError ? { ...error.toJSON() } : error;
  }
};

test('the defaults', () => {
  expect(defaults()).toStrictEqual({
    probeMs: 5_000,
    pollMs: 3_000,
    movingPollMs: 200,
    readTimeoutMs: 2_000,
    stopMs: 3_000,
    marginMs: 2_000,
    leaseMs: 15_000,
    promiseMs: 15_000,
    drift: 0.05,
    fencePollMs: 250,
    softFenceMs: 2_000,
    powerOffAfterMs: 10_000,
    fenceDeadlineMs: 120_000,
    verifyDeadlineMs: 120_000,
    quarantineMs: 1_000,
    coolDownMs: 600_000,
  });
});

describe('limits', () => {
  const most = {
    probeMs: 60_000,
    pollMs: 60_000,
    movingPollMs: 60_000,
    readTimeoutMs: 60_000,
    stopMs: 120_000,
    marginMs: 60_000,
    leaseMs: 600_000,
    promiseMs: 60_000,
    fencePollMs: 10_000,
    softFenceMs: 60_000,
    powerOffAfterMs: 600_000,
    fenceDeadlineMs: 3_600_000,
    verifyDeadlineMs: 3_600_000,
    quarantineMs: 86_400_000,
    coolDownMs: 86_400_000,
  };
  holdsRows(timing, () => ({}), [
    ...Object.entries(most).map(([field, max]): Row => [field, [1, max], [0, max + 1, 1.5]]),
    ['drift', [0, 0.2], [-0.01, 0.21]],
  ]);
  test('a field too many is refused', () => {
    expect(timing.safeParse({ lease: 1 }).success).toBe(false);
  });
});

describe('the guard’s duty', () => {
  test('the defaults are safe', () => {
    expect(timingArithmetic(defaults())).toStrictEqual({
      usedMs: 10_000,
      safe: true,
      sentence: 'poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms < lease 15000 ms; a silent guard has stopped after 18579 ms',
    });
    const same = defaults();
    expect(checkTiming(same)).toBe(same);
  });
  test('a lease equal to the sum is refused; one millisecond more is not', () => {
    expect(refusal({ leaseMs: durationMs(10_000) })).toStrictEqual({
      code: 'TimingUnsafe',
      field: 'timing.leaseMs',
      message:
        'unsafe timing: poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms ≥ lease 10000 ms; a silent guard has stopped after 13053 ms',
      fix: 'Raise timing.leaseMs, or lower pollMs, readTimeoutMs, stopMs or marginMs, until the sum is below the lease.',
    });
    expect(refusal({ leaseMs: durationMs(10_001) })).toMatchObject({ leaseMs: 10_001 });
  });
  test('the moving poll is at most the poll', () => {
    expect(refusal({ movingPollMs: durationMs(3_001) })).toStrictEqual({
      code: 'TimingUnsafe',
      field: 'timing.movingPollMs',
      message: 'timing.movingPollMs 3001 is above timing.pollMs 3000',
      fix: 'Set movingPollMs to at most pollMs.',
    });
    expect(refusal({ movingPollMs: durationMs(3_000) })).toMatchObject({ movingPollMs: 3_000 });
  });
  test('a silent guard has stopped after lease × (1 + drift) + margin, rounded up', () => {
    expect(lapseMs(durationMs(15_000), { drift: 0.05, marginMs: durationMs(2_000) })).toBe(18_579);
    expect(lapseMs(durationMs(1), { drift: 0.05, marginMs: durationMs(0) })).toBe(2);
  });
});

describe('policy ask', () => {
  const of = (more: Partial<Timing> = {}): Timing => ({ ...defaults(), ...more });
  test('a promise is good for less than it says', () => {
    expect(usablePromiseMs(durationMs(15_000), of())).toBe(8_571);
    expect(usablePromiseMs(durationMs(5_000), of())).toBe(0);
    expect(usablePromiseMs(durationMs(4), of({ drift: 0.33, stopMs: durationMs(0), marginMs: durationMs(0) }))).toBe(2);
  });
  test('the defaults leave time to ask', () => {
    expect(askArithmetic(of())).toEqual({
      safe: true,
      sentence:
        'poll 3000 + 2 × read timeout 2000 = 7000 ms; lease − stop − margin = 10000 ms; a promise of 15000 ms is good for 8571 ms: both are longer',
    });
    expect(checkAsk(of())).toEqual(of());
  });
  test.each<Partial<Timing>>([{ leaseMs: durationMs(12_000) }, { promiseMs: durationMs(13_264) }, { pollMs: durationMs(4_571) }])(
    'what leaves none is refused: %o',
    (more) => {
      expect(askArithmetic(of(more)).safe).toBe(false);
      expect(askArithmetic(of(more)).sentence).toContain('both must be longer');
      expect(() => checkAsk(of(more))).toThrow(
        expect.objectContaining({
          code: 'TimingUnsafe',
          field: 'timing.promiseMs',
          message: expect.stringContaining('unsafe timing for onControlPlaneLoss ask: poll') as string,
          fix: 'Raise timing.promiseMs or leaseMs, or lower pollMs, readTimeoutMs, stopMs or marginMs, until there is time to ask.',
        }) as Error,
      );
    },
  );
  test('one millisecond more is enough', () => {
    expect(askArithmetic(of({ leaseMs: durationMs(12_001) })).safe).toBe(true);
    expect(askArithmetic(of({ promiseMs: durationMs(13_265) })).safe).toBe(true);
    expect(askArithmetic(of({ pollMs: durationMs(4_570) })).safe).toBe(true);
  });
});
