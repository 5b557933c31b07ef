import * as contract from '../../../functions/contract.ts';
import { variable } from '../../../functions/environment.ts';
import { handlerOf } from '../../../functions/shared/handler.ts';
import type { Deps } from '../../../functions/shared/deps.ts';
import { parseWith } from '../../../core/parse.ts';
import { makersOf, World } from '../../support/deps.ts';
import * as check from '../check.ts';
import { executionOf, nodeOf, planPlain, termOf, validator } from '../examples.ts';
import { mutate, weirdText, type Plain } from '../mutate.ts';
import type { Random } from '../random.ts';
import { canary, hold, same, target, type Outcome, type Target } from '../target.ts';

/** The inputs of every task through the frame that all handlers have, the answer of a person, and the environment. */

interface Verb {
  readonly name: string;
  readonly make: (random: Random) => Plain;
  readonly check: (value: unknown) => boolean;
  readonly call: (input: unknown) => Promise<unknown>;
}
interface Input {
  readonly verb: number;
  readonly value: unknown;
}

const deps: Deps = new World().deps();
const context = { getRemainingTimeInMillis: () => 10_000 } as never;

/** The real frame around an act that tells what it was given. */
const framed = (name: string, input: Parameters<typeof parseWith>[0]): Verb['call'] => {
  let given: unknown;
  const handler = handlerOf(
    { name, input, output: contract.settle.output },
    async (found) => {
      given = found;
      return { sentence: 'Done.' };
    },
    makersOf(deps),
  );
  return async (value) => {
    given = undefined;
    await handler(value, context, undefined as never);
    return given;
  };
};

const driven = (random: Random): Plain => ({ validator, term: termOf(random), claim: executionOf(random) });
const isDriven = { validator: check.isValidatorId, term: check.isTerm, claim: check.isExecution };
const pass = check.isInt(1, 10_000);
const waited = check.isFinite(0, 86_400_000);
const kind = check.isOneOf('failover', 'switchover');
const asked = (random: Random): Plain => ({
  validator,
  kind: random.pick(['failover', 'switchover']),
  cause: { kind: 'operator', by: 'x', reason: 'y' },
  ...(random.once(2) ? { to: nodeOf(random) } : {}),
});
const isAsked = { validator: check.isValidatorId, kind, to: check.maybe(check.isNodeId), cause: check.isCause };
const text = check.isText(0, Infinity);

const verbs: readonly Verb[] = [
  { name: 'executionInput', make: asked, check: check.isShape(isAsked), call: framed('Execution', contract.executionInput) },
  {
    name: 'Assess',
    make: (random) => ({ ...asked(random), execution: executionOf(random) }),
    check: check.isShape({ ...isAsked, execution: check.isExecution }),
    call: framed('Assess', contract.assess.input),
  },
  {
    name: 'RequestApproval',
    make: (random) => ({
      plan: planPlain(random),
      planHash: random.hex(64),
      seconds: random.between(1, 900),
      token: canary,
      ...(random.once(2) ? { purpose: 'approval' } : { purpose: 'attestation', term: termOf(random), node: nodeOf(random) }),
    }),
    check: (value) => {
      const shared = { plan: check.isPlan, planHash: check.isHex(64), seconds: check.isInt(1), token: check.isText(1, 2_048) };
      return (
        check.isShape({ ...shared, purpose: check.isOneOf('approval') })(value) ||
        check.isShape({ ...shared, purpose: check.isOneOf('attestation'), term: check.isTerm, node: check.isNodeId })(value)
      );
    },
    call: framed('RequestApproval', contract.requestApproval.input),
  },
  {
    name: 'TakeTerm',
    make: (random) => ({ plan: planPlain(random), planHash: random.hex(64), approvalId: random.once(2) ? null : random.hex(32) }),
    check: check.isShape({ plan: check.isPlan, planHash: check.isHex(64), approvalId: check.orNull(text) }),
    call: framed('TakeTerm', contract.takeTerm.input),
  },
  {
    name: 'Fence',
    make: (random) => ({
      ...driven(random),
      holder: nodeOf(random),
      planHash: random.hex(64),
      pass: random.between(1, 10_000),
      waitedMs: 1.5,
      approvalId: null,
    }),
    check: check.isShape({ ...isDriven, holder: check.isNodeId, planHash: check.isHex(64), pass, waitedMs: waited, approvalId: check.orNull(text) }),
    call: framed('Fence', contract.fence.input),
  },
  {
    name: 'ReleaseKey',
    make: (random) => ({ ...driven(random), candidate: nodeOf(random) }),
    check: check.isShape({ ...isDriven, candidate: check.isNodeId }),
    call: framed('ReleaseKey', contract.releaseKey.input),
  },
  {
    name: 'Verify',
    make: (random) => ({ ...driven(random), holder: nodeOf(random), pass: 1, waitedMs: 0, baseline: random.once(2) ? null : random.below(1e9) }),
    check: check.isShape({ ...isDriven, holder: check.isNodeId, pass, waitedMs: waited, baseline: check.orNull(check.isInt(0)) }),
    call: framed('Verify', contract.verify.input),
  },
  { name: 'Settle', make: driven, check: check.isShape(isDriven), call: framed('Settle', contract.settle.input) },
  {
    name: 'Rejoin',
    make: (random) => ({ ...driven(random), node: nodeOf(random) }),
    check: check.isShape({ ...isDriven, node: check.isNodeId }),
    call: framed('Rejoin', contract.rejoin.input),
  },
  {
    name: 'Reinstate',
    make: (random) => ({ ...driven(random), holder: nodeOf(random) }),
    check: check.isShape({ ...isDriven, holder: check.isNodeId }),
    call: framed('Reinstate', contract.reinstate.input),
  },
  {
    name: 'answer',
    make: (random) => ({ answer: random.pick(['approved', 'denied']), approvalId: random.hex(32), by: ['x'], sentence: 'Approved.' }),
    check: check.isShape({
      answer: check.isOneOf('approved', 'denied'),
      approvalId: check.isHex(32),
      by: check.listOf(text),
      sentence: check.isText(1, 2_000),
    }),
    call: async (value) => parseWith(contract.requestApproval.answer, value, { what: 'answer', code: 'InputInvalid' }),
  },
];

const taskInput = target<Input>({
  name: 'task-input',
  about: 'functions/contract.ts through functions/shared/handler.ts, and the answer of SendTaskSuccess',
  make: (random, valid) => {
    const verb = random.below(verbs.length);
    const value = (verbs[verb] as Verb).make(random);
    return { verb, value: valid ? value : random.once(8) ? weirdText(random) : mutate(random, value) };
  },
  run: async ({ verb, value }): Promise<Outcome> => {
    const { name, call, check: isValid } = verbs[verb] as Verb;
    const found = await call(value);
    check.must(isValid, found, `an input of ${name}`);
    same(found, value, 'the input');
    return 'accepted';
  },
});

const names = ['BATON_TABLE', 'BATON_KMS_KEY', 'BATON_STATE_MACHINE', 'BATON_FENCE_DOCUMENT', 'BATON_REJOIN_DOCUMENT', 'BATON_TOPIC'] as const;
const flags = ['BATON_DRY_RUN', 'BATON_APPROVAL_REQUIRED'] as const;

const env = target<{ values: Record<string, string> }>({
  name: 'environment',
  about: 'functions/environment.ts',
  make: (random, valid) => {
    const values: Record<string, string> = {};
    for (const name of names) {
      const good = name === 'BATON_STATE_MACHINE' || name === 'BATON_TOPIC' ? `arn:aws:x:${random.hex(4)}` : `name-${random.hex(2)}`;
      if (!valid && random.once(6)) {
        if (random.once(2)) values[name] = weirdText(random).replaceAll('\0', '');
      } else values[name] = good;
    }
    for (const name of flags)
      if (valid || !random.once(6)) values[name] = valid ? random.pick(['true', 'false']) : weirdText(random).replaceAll('\0', '');
    return { values };
  },
  run: ({ values }) => {
    for (const name of [...names, ...flags]) delete process.env[name];
    Object.assign(process.env, values);
    const found: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, variable(name)]));
    for (const name of flags) hold(variable(name) === (process.env[name] === 'true'), `${name} is another`);
    for (const name of names) {
      const least = name === 'BATON_KMS_KEY' ? 1 : 3;
      hold(found[name] === process.env[name] && check.isText(least, Infinity)(found[name]), `${name} is another`);
    }
    for (const name of ['BATON_STATE_MACHINE', 'BATON_TOPIC']) hold(String(found[name]).startsWith('arn:'), `${name} is no ARN`);
    return 'accepted';
  },
  close: () => {
    for (const name of [...names, ...flags]) delete process.env[name];
  },
});

export const contractTargets: readonly Target[] = [taskInput, env];
