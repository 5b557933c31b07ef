import { describe, expect, test } from 'vitest';
import { amber, yaml } from '../test/support/core.ts';
import { BatonError } from './errors.ts';
import { failoverName } from './names.ts';
import { term } from './ids.ts';
import { parseValidatorsFile, parseWith } from './parse.ts';
import { canonicalJson, hashOf } from './plan.ts';
import { durationMs, elapsedMs, steadyMs } from './time.ts';
import { checkTiming, lapseMs, timing, timingArithmetic } from './timing.ts';
import { t, v } from '../test/support/core.ts';

const codeOf = (act: () => unknown): BatonError => {
  try {
    act();
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};
type Node = Record<string, unknown>;
const nodes = (one: Record<string, unknown>): Node[] => one['nodes'] as Node[];

test('the example is valid, with the defaults filled in', () => {
  const [config] = parseValidatorsFile(yaml()).validators;
  expect(config).toMatchObject({
    custody: 'release',
    timing: { leaseMs: 15_000, probeMs: 5_000 },
    policy: { mode: 'approve', quorum: 1, evidence: ['relinquished', 'stopped', 'powered-off'] },
  });
});

describe('bad input says the field and the fix', () => {
  test.each<[string, (one: Record<string, unknown>) => void, string, RegExp]>([
    [
      'an unknown chain',
      (one) => {
        one['chain'] = { kind: 'dogecoin' };
      },
      'ChainUnknown',
      /chain\.kind is "dogecoin": expected cometbft or systemd/,
    ],
    [
      'a holder who is no node',
      (one) => {
        one['holder'] = 'zebra';
      },
      'HolderUnknown',
      /holder is "zebra": expected one of its nodes amber, birch/,
    ],
    [
      'unsafe timing',
      (one) => {
        one['timing'] = { leaseMs: 8_000 };
      },
      'TimingUnsafe',
      /poll 1000 \+ read timeout 2000 \+ stop 3000 \+ margin 2000 = 8000 ms ≥ lease 8000 ms/,
    ],
    [
      'a moving poll above the poll',
      (one) => {
        one['timing'] = { movingPollMs: 2_000 };
      },
      'TimingUnsafe',
      /movingPollMs 2000 is above/,
    ],
    [
      'a field too many',
      (one) => {
        one['primary'] = 'amber';
      },
      'ConfigInvalid',
      /Unrecognized key: "primary"/,
    ],
    [
      'a bad node id',
      (one) => {
        (nodes(one)[0] as Node)['id'] = 'server-1';
      },
      'ConfigInvalid',
      /nodes\.0\.id is "server-1": expected an EC2 instance id/,
    ],
    [
      'two nodes of one principal',
      (one) => {
        (nodes(one)[1] as Node)['principal'] = (nodes(one)[0] as Node)['principal'];
      },
      'ConfigInvalid',
      /two nodes share/,
    ],
    [
      'two nodes of one id',
      (one) => {
        (nodes(one)[1] as Node)['id'] = amber;
      },
      'ConfigInvalid',
      /two nodes share/,
    ],
    [
      'one vantage',
      (one) => {
        one['vantages'] = [{ name: 'east', url: 'http://127.0.0.1:1' }];
      },
      'ConfigInvalid',
      /1 vantages, but 2 must agree/,
    ],
    [
      'a verdict from one vantage',
      (one) => {
        one['policy'] = { approvers: ['role/a'], verdict: { vantages: 1 } };
      },
      'ConfigInvalid',
      /expected at least 2/,
    ],
    [
      'a verdict that cannot be reached',
      (one) => {
        one['policy'] = { approvers: ['role/a'], verdict: { failing: 5 } };
      },
      'ConfigInvalid',
      /can never be reached/,
    ],
    [
      'lapsed without its assumption',
      (one) => {
        one['policy'] = { approvers: ['role/a'], evidence: ['lapsed'] };
      },
      'ConfigInvalid',
      /evidence lapsed is accepted, but its assumption is not stated/,
    ],
    [
      'lapsed with hold',
      (one) => {
        one['policy'] = {
          approvers: ['role/a'],
          evidence: ['lapsed'],
          onControlPlaneLoss: 'hold',
          assumptions: { lapsed: 'Clocks run within five percent.' },
        };
      },
      'ConfigInvalid',
      /hold gives up lapsed/,
    ],
    [
      'approval without approvers',
      (one) => {
        one['policy'] = {};
      },
      'ConfigInvalid',
      /0 approvers for a quorum of 1/,
    ],
    [
      'power on a machine EC2 does not know',
      (one) => {
        Object.assign(nodes(one)[1] as Node, { id: 'mi-0123456789abcdef0' });
      },
      'ConfigInvalid',
      /EC2 cannot power it off/,
    ],
    [
      'a url that is none',
      (one) => {
        one['vantages'] = [
          { name: 'east', url: 'ftp://x' },
          { name: 'west', url: 'http://127.0.0.1:2' },
        ];
      },
      'ConfigInvalid',
      /vantages\.0\.url/,
    ],
  ])('%s', (_, change, code, message) => {
    const error = codeOf(() => parseValidatorsFile(yaml(change)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.fix.length).toBeGreaterThan(10);
  });
  test('one id twice', () => {
    const file = yaml() as { validators: unknown[] };
    expect(() => parseValidatorsFile({ ...file, validators: [...file.validators, ...file.validators] })).toThrow('validator hub-1 stands twice');
  });
  test.each([undefined, null, 3, 'x', [], {}, { version: 2, validators: [] }])('%j is no file', (value) => {
    expect(codeOf(() => parseValidatorsFile(value)).code).toBe('ConfigInvalid');
  });
});

test('a number too large for JSON is shown, not thrown over', () => {
  const error = codeOf(() => parseWith(term, 12_345_678_901_234_567_890n, { what: 'term', code: 'LeaseInvalid' }));
  expect(error.message).toBe('term: is 12345678901234567890: Invalid input: expected number, received bigint');
});

test('an unknown key of any length makes a short message', () => {
  const error = codeOf(() => parseValidatorsFile({ ...(yaml() as object), ['k'.repeat(50_000)]: 1 }));
  expect(error.message.length).toBeLessThan(1_500);
  const deep = yaml((one) => {
    one['policy'] = { ['p'.repeat(50_000)]: { x: 1 } };
  });
  expect(codeOf(() => parseValidatorsFile(deep)).field?.length).toBeLessThan(400);
});

describe('timing', () => {
  const defaults = timing.parse({});
  test('the defaults are safe', () => {
    expect(timingArithmetic(defaults)).toEqual({
      usedMs: 8_000,
      safe: true,
      sentence: 'poll 1000 + read timeout 2000 + stop 3000 + margin 2000 = 8000 ms < lease 15000 ms; a silent guard has stopped after 17750 ms',
    });
    expect(checkTiming(defaults)).toBe(defaults);
  });
  test('one millisecond above the sum is the least lease', () => {
    expect(() => checkTiming({ ...defaults, leaseMs: durationMs(8_000) })).toThrow('unsafe timing');
    expect(checkTiming({ ...defaults, leaseMs: durationMs(8_001) }).leaseMs).toBe(8_001);
  });
  test('lapse is lease × (1 + drift) + margin, rounded up', () => {
    expect(lapseMs(durationMs(15_000), defaults)).toBe(17_750);
    expect(lapseMs(durationMs(1), { drift: 0.05, marginMs: durationMs(0) })).toBe(2);
  });
});

test('durations are finite and not negative', () => {
  expect(() => durationMs(-1)).toThrow(RangeError);
  expect(() => durationMs(Number.NaN)).toThrow(RangeError);
  expect(() => durationMs(Infinity)).toThrow(RangeError);
  expect(elapsedMs(steadyMs(5), steadyMs(3))).toBe(0);
});

test('canonical JSON is one text for one meaning', () => {
  expect(canonicalJson({ b: [1, undefined, { d: null, c: undefined }], a: 'x' })).toBe('{"a":"x","b":[1,null,{"d":null}]}');
  expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }));
});

test('an execution’s name is deterministic and bounded', () => {
  expect(failoverName({ validator: v, term: t(3), episode: 'ab12' })).toBe('hub-1.t3.ab12');
  expect(() => failoverName({ validator: v, term: t(3), episode: 'x'.repeat(80) })).toThrow('is not valid');
});
