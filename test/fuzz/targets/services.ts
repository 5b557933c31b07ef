import { createCipheriv } from 'node:crypto';
import { Keys } from '../../../aws/keys.ts';
import { Power } from '../../../aws/power.ts';
import { Workflow } from '../../../aws/workflow.ts';
import { stepsOf } from '../../../cli/commands/explain.ts';
import { decide, type ApprovalRecord } from '../../../core/approval.ts';
import { executionName, nodeId, term, validatorId } from '../../../core/ids.ts';
import { proofOfPowerOff } from '../../../core/proofs.ts';
import { CometbftDriver, type CometbftOptions } from '../../../chains/cometbft/driver.ts';
import { fencing, recordOf, robin } from '../../support/core.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import * as check from '../check.ts';
import { amber, validator } from '../examples.ts';
import { mutate, mutateBytes, mutateText, weirdText, type Plain } from '../mutate.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, same, target, type Outcome, type Target } from '../target.ts';
import { headIn } from './cometbft-probe.ts';

/** What AWS services and the node's own RPC answer, and who AWS says a person is. */

const node = nodeId.parse(amber);
const lease = fencing();

const power = target<{ answer: unknown }>({
  name: 'ec2-state',
  about: 'aws/power.ts state, core/proofs.ts proofOfPowerOff',
  make: (random, valid) => {
    const name = random.pick(valid ? ['stopped', 'terminated'] : ['stopped', 'stopping', 'running', 'Stopped', 'unknown', 'terminated']);
    const answer = { Reservations: [{ Instances: [{ InstanceId: amber, State: { Name: name, Code: 80 } }] }] };
    return { answer: valid || random.once(3) ? answer : mutate(random, answer) };
  },
  run: async ({ answer }) => {
    const state = await new Power({ client: { send: async () => answer } as never }).state(node);
    const proof = proofOfPowerOff(lease, { node, state, atMs: 1 });
    if (proof.outcome === 'none') return 'refused';
    const list = (answer as { Reservations: { Instances?: { InstanceId?: unknown; State?: { Name?: unknown } }[] }[] }).Reservations;
    const found = list.flatMap(({ Instances = [] }) => Instances).filter(({ InstanceId }) => InstanceId === amber);
    hold(found.length === 1 && ['stopped', 'terminated'].includes(found[0]?.State?.Name as string), 'proof of a power-off that EC2 does not show');
    check.must(check.isEvidence, proof.evidence, 'evidence');
    return 'accepted';
  },
});

const types = ['TaskStateEntered', 'TaskStateExited', 'LambdaFunctionFailed', 'ExecutionStarted', 'ExecutionFailed', ''];
const workflow = target<{ events: Plain[]; output: string }>({
  name: 'workflow-history',
  about: 'aws/workflow.ts describe and history, cli/commands/explain.ts stepsOf',
  make: (random, valid) => ({
    output: valid ? '{"sentence":"x"}' : random.once(2) ? weirdText(random) : mutateText(random, '{"sentence":{"toString":1,"valueOf":2}}'),
    events: Array.from({ length: random.below(6) }, (_, index) => {
      const output = JSON.stringify({ sentence: 'Done.' });
      const event = {
        id: index,
        type: random.pick(types),
        timestamp: new Date(index * 1_000),
        stateEnteredEventDetails: { name: 'Fence' },
        stateExitedEventDetails: { name: 'Fence', output: valid ? output : random.once(2) ? weirdText(random) : mutateText(random, output) },
        ...(random.once(4) ? { taskFailedEventDetails: { error: 'E', cause: valid ? 'c' : weirdText(random) } } : {}),
      };
      return event;
    }),
  }),
  run: async ({ events, output }): Promise<Outcome> => {
    const client = { send: async () => ({ status: 'SUCCEEDED', output, events }) } as never;
    const found = new Workflow({ client, stateMachine: 'arn:aws:states:x:1:stateMachine:baton' });
    const name = executionName.parse('one');
    const { sentence } = await found.describe(name);
    hold(sentence === undefined || output.includes('sentence'), 'a sentence that nobody said');
    const steps = stepsOf(await found.history(name));
    hold(steps.length <= events.length && steps.every((step) => typeof step.sentence === 'string' && Number.isFinite(step.tookMs)), 'a broken step');
    return 'accepted';
  },
});

const dataKey = Buffer.alloc(32, 5);
const boxOf = (plaintext: Buffer): Buffer => {
  const nonce = Buffer.alloc(12, 1);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(validator));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
};
const secret = Buffer.from('a secret of thirty-two bytes ...');

const sealedKey = target<{ box: string }>({
  name: 'sealed-key',
  about: 'aws/keys.ts open',
  make: (random, valid) => {
    const box = boxOf(secret);
    if (valid || random.once(8)) return { box: box.toString('base64') };
    return {
      box: random.once(8) ? weirdText(random) : (random.once(6) ? random.bytes(random.below(60)) : mutateBytes(random, box)).toString('base64'),
    };
  },
  run: async ({ box }): Promise<Outcome> => {
    const keys = new Keys({ client: { send: async () => ({ Plaintext: new Uint8Array(dataKey) }) } as never, keyId: 'k' });
    const sealed = { node, term: term.parse(2), box, dataKey: 'a2V5', grantToken: 'g' };
    const opened = await keys.open({ sealed, validator: validatorId.parse(validator) });
    hold(opened.equals(secret), 'something else was opened');
    return 'accepted';
  },
});

const approvers = ['role/approver', 'user/team/pat', 'arn:aws:iam::123456789012:role/other', 'boss/kim'];
/** Whether an ARN is among the approvers, by cutting it up. */
const allowed = (arn: string, account = /^[0-9]{12}$/): boolean => {
  if (approvers.includes(arn)) return true;
  const [start, partition = '', service, region, number = '', ...rest] = arn.split(':');
  const [kind, ...path] = rest.join(':').split('/');
  if (start !== 'arn' || partition === '' || region !== '' || !account.test(number)) return false;
  if (service === 'sts' && kind === 'assumed-role' && path.length === 2)
    return path[0] === 'approver' || (path[0] === 'other' && number === '123456789012') || path.join('/') === 'boss/kim';
  return service === 'iam' && ((kind === 'user' && path.join('/') === 'team/pat') || (kind === 'role' && path.join('/') === 'approver'));
};

const person = target<{ by: string; requester: string; statement: string }>({
  name: 'approver-arn',
  about: 'core/approval.ts decide: who a caller is, by the ARN that STS tells',
  make: (random, valid) => {
    const good = random.pick([
      'arn:aws:sts::123456789012:assumed-role/approver/alex',
      'arn:aws:sts::123456789012:assumed-role/other/kim',
      'arn:aws-cn:iam::123456789012:user/team/pat',
      'arn:aws:sts::000000000000:assumed-role/boss/kim',
    ]);
    const long = (text: string): string => text.repeat(random.between(1, 600));
    const odd = random.pick([
      () => mutateText(random, good),
      () => `arn:aws:sts::123456789012:assumed-role/${long('approver')}/${long('a.')}!`,
      () => `arn:${long('aws-')}:iam::123456789012:user/${long('team/')}`,
      () => `arn:aws:sts::123456789012:assumed-role/requester/${random.pick(['approver/alex', 'robin'])}`,
      () => weirdText(random),
    ]);
    return { by: valid ? good : odd(), requester: robin, statement: 'x' };
  },
  run: ({ by, requester, statement }) => {
    const record: ApprovalRecord = recordOf({ purpose: 'attestation', approvers, requester });
    const outcome = decide(record, { by, answer: 'approve', statement, atMs: 1 });
    if (outcome.outcome === 'refused') return 'refused';
    hold(allowed(by), `${by} was taken for an approver`);
    hold(by.split('/').at(-1) !== 'robin', 'who asks for it has approved it');
    same(outcome.record.decisions.length, 1, 'the decisions');
    return 'accepted';
  },
});

const clock = new VirtualClock();
const rpc = target<{ status: string; http: number }>({
  name: 'guard-status',
  about: 'chains/cometbft/driver.ts health',
  make: (random, valid) => {
    const value = {
      result: { node_info: { network: 'hub' }, sync_info: { latest_block_height: String(random.below(1e9)), catching_up: !valid && random.once(4) } },
    };
    const changed = valid ? value : mutate(random, value);
    const text = JSON.stringify(changed) ?? '';
    return { status: valid || random.once(2) ? text : mutateText(random, text), http: valid || !random.once(10) ? 200 : 500 };
  },
  run: async ({ status, http }) => {
    answerWith(() => ({ status: http, body: status }));
    const config = { chain: { kind: 'cometbft', chainId: 'hub', rpc: 'http://127.0.0.1:1' } } as unknown as CometbftOptions['config'];
    const driver = new CometbftDriver({ config, state: {} as CometbftOptions['state'], clock, maySign: () => false });
    const found = await driver.health(false, new AbortController().signal);
    check.must(check.orNull(check.isInt(0)), found.height, 'a height');
    if (found.synced) {
      const body = JSON.parse(status) as { result: Plain };
      const named = JSON.stringify({ result: { ...body.result, node_info: { network: 'hub' } } });
      same(found.height, headIn(named, http, 'hub'), 'the height');
    }
    return found.synced ? 'accepted' : 'refused';
  },
  close: restore,
});

export const serviceTargets: readonly Target[] = [power, workflow, sealedKey, person, rpc];
