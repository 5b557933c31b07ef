import { EC2Client } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import { SNSClient } from '@aws-sdk/client-sns';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Command } from '../../aws/command.ts';
import { whoAmI } from '../../aws/identity.ts';
import { Keys, maxPlaintextBytes } from '../../aws/keys.ts';
import { Notify } from '../../aws/notify.ts';
import { Power } from '../../aws/power.ts';
import { validatorId } from '../../core/ids.ts';
import { durationMs } from '../../core/time.ts';
import { LocalKms } from '../../local/aws/kms.ts';
import { startAwsServer, type AwsServer } from '../../local/aws/server.ts';
import { localEc2, localSns, localSts, type Published } from '../../local/aws/small.ts';
import { lookBySdk } from '../../cli/doctor/aws-look.ts';
import { LocalSsm, readDocument } from '../../local/aws/ssm.ts';
import type { Machine } from '../../local/machines.ts';
import { systemClock } from '../../runtime/clock.ts';
import { amber, birch, cedar, t, v } from '../support/core.ts';

/** The adapters, with the SDK's own clients, against services that enforce. */

const custodian = 'arn:aws:sts::123456789012:assumed-role/custodian/kim';
const nodeArn = (node: string): string => `arn:aws:sts::123456789012:assumed-role/node/${node}`;
const moves = ['ReEncryptFrom', 'ReEncryptTo', 'CreateGrant'];

class TestMachine implements Machine {
  up = true;
  power: 'running' | 'stopped' = 'running';
  runs: Record<string, string>[] = [];
  answer = { exitCode: 0, stdout: 'noise\n{"ok":true}\n', stderr: '' };
  reachable(): boolean {
    return this.up;
  }
  async run(_: string, env: Record<string, string>): Promise<typeof this.answer> {
    this.runs.push(env);
    return this.answer;
  }
  async powerOff(): Promise<void> {
    this.power = 'stopped';
  }
  state(): 'running' | 'stopped' {
    return this.power;
  }
}

let server: AwsServer;
const machines = new Map<string, TestMachine>();
const published: Published[] = [];
const clientOptions = (arn: string) => ({ region: 'us-east-1', endpoint: server.endpoint, credentials: server.principal(arn), maxAttempts: 1 });
const keysOf = (arn: string): Keys => new Keys({ client: new KMSClient(clientOptions(arn)), keyId: 'key' });
const eventually = async <T>(look: () => Promise<T>, done: (value: T) => boolean): Promise<T> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const value = await look();
    if (done(value)) return value;
    await systemClock.sleep(durationMs(10));
  }
  throw new Error('it did not come');
};

beforeAll(async () => {
  for (const node of [amber, birch, cedar]) machines.set(node, new TestMachine());
  const documents = { 'baton-fence': readDocument(join(import.meta.dirname, '..', '..', 'documents', 'fence.yaml')) };
  server = await startAwsServer([
    new LocalKms({ clock: systemClock, keyId: 'key', grantDelayMs: 60_000, policy: { [custodian]: ['GenerateDataKey', ...moves] } }),
    new LocalSsm({ machines, clock: systemClock, documents, visibleAfterMs: 30 }),
    localEc2({ machines, clock: systemClock, settleMs: 30 }),
    localSns((one) => published.push(one)),
    localSts(),
  ]);
});
afterAll(() => server.close());

describe('keys', () => {
  const secret = Buffer.from('the key of hub-1, thirty-two byt');
  const release = async (node = birch, term = t(2)) => {
    const vault = await keysOf(custodian).seal({ validator: v, plaintext: Buffer.from(secret) });
    return { vault, sealed: await keysOf(custodian).releaseTo({ vault, validator: v, node, term, principal: nodeArn(node) }) };
  };
  test('the released node opens it with its grant token, at once', async () => {
    const { vault, sealed } = await release();
    expect((await keysOf(nodeArn(birch)).open({ sealed, validator: v })).equals(secret)).toBe(true);
    expect(JSON.stringify([vault, sealed])).not.toContain(secret.toString('base64'));
  });
  test('no other node opens it', async () => {
    const { sealed } = await release();
    await expect(keysOf(nodeArn(amber)).open({ sealed, validator: v })).rejects.toMatchObject({
      code: 'KeyServiceFailed',
      message: expect.stringContaining('AccessDeniedException') as string,
    });
  });
  test('without its token the grant is not seen yet', async () => {
    const { sealed } = await release(birch, t(9));
    await expect(keysOf(nodeArn(birch)).open({ sealed: { ...sealed, grantToken: 'other' }, validator: v })).rejects.toMatchObject({
      code: 'KeyServiceFailed',
    });
  });
  test('a grant of one term fits no other, and no other validator', async () => {
    const { sealed } = await release(birch, t(3));
    const next = await release(birch, t(4));
    await expect(keysOf(nodeArn(birch)).open({ sealed: { ...next.sealed, grantToken: sealed.grantToken }, validator: v })).rejects.toMatchObject({
      code: 'KeyServiceFailed',
    });
    await expect(keysOf(nodeArn(birch)).open({ sealed: { ...sealed, term: t(4) }, validator: v })).rejects.toMatchObject({
      code: 'KeyServiceFailed',
    });
    await expect(keysOf(nodeArn(birch)).open({ sealed, validator: validatorId.parse('hub-2') })).rejects.toMatchObject({ code: 'KeyServiceFailed' });
  });
  test('a standby cannot decrypt the vault, and a node cannot make a grant for itself', async () => {
    const { vault } = await release();
    await expect(keysOf(nodeArn(birch)).releaseTo({ vault, validator: v, node: birch, term: t(5), principal: nodeArn(birch) })).rejects.toMatchObject(
      { code: 'KeyServiceFailed' },
    );
  });
  test('the same release again is the same grant', async () => {
    const vault = await keysOf(custodian).seal({ validator: v, plaintext: Buffer.from(secret) });
    const of = { vault, validator: v, node: birch, term: t(6), principal: nodeArn(birch) };
    const [one, two] = [await keysOf(custodian).releaseTo(of), await keysOf(custodian).releaseTo(of)];
    expect(two.grantToken).toBe(one.grantToken);
  });
  test('a box that was changed does not open', async () => {
    const { sealed } = await release(birch, t(7));
    const bytes = Buffer.from(sealed.box, 'base64');
    bytes.writeUInt8((bytes[14] ?? 0) ^ 1, 14);
    await expect(keysOf(nodeArn(birch)).open({ sealed: { ...sealed, box: bytes.toString('base64') }, validator: v })).rejects.toMatchObject({
      code: 'KeyInvalid',
    });
  });
  test('a key over the limit is refused before KMS is asked', async () => {
    await expect(keysOf('arn:aws:iam::1:user/nobody').seal({ validator: v, plaintext: Buffer.alloc(maxPlaintextBytes + 1) })).rejects.toMatchObject({
      code: 'KeyTooLarge',
    });
    await expect(keysOf('arn:aws:iam::1:user/nobody').seal({ validator: v, plaintext: Buffer.alloc(0) })).rejects.toMatchObject({
      code: 'KeyTooLarge',
    });
  });
});

describe('the command', () => {
  const command = (): Command => new Command({ client: new SSMClient(clientOptions(custodian)), document: 'baton-fence', deliverySeconds: 30 });
  const send = { node: amber, validator: v, term: t(2), nonce: 'a'.repeat(32) };
  test('is sent once for a nonce, with its parameters in the environment', async () => {
    const first = await command().sendOnce(send);
    expect(await command().sendOnce(send)).toBe(first);
    const result = await eventually(
      () => command().result({ commandId: first, node: amber }),
      ({ outcome }) => outcome !== 'pending',
    );
    expect(result).toEqual({ outcome: 'done', output: { ok: true } });
    expect(machines.get(amber)?.runs).toEqual([{ SSM_Validator: 'hub-1', SSM_Term: '2', SSM_Nonce: 'a'.repeat(32) }]);
  });
  test('is pending while nobody knows it yet, and unknown to another node', async () => {
    const id = await command().sendOnce({ ...send, nonce: 'b'.repeat(32) });
    expect(await command().result({ commandId: id, node: birch })).toEqual({ outcome: 'pending' });
  });
  test('a node that cannot be reached leaves it pending', async () => {
    (machines.get(cedar) as TestMachine).up = false;
    const id = await command().sendOnce({ ...send, node: cedar, nonce: 'c'.repeat(32) });
    await systemClock.sleep(durationMs(150));
    expect(await command().result({ commandId: id, node: cedar })).toEqual({ outcome: 'pending' });
    (machines.get(cedar) as TestMachine).up = true;
    expect(
      await eventually(
        () => command().result({ commandId: id, node: cedar }),
        ({ outcome }) => outcome !== 'pending',
      ),
    ).toMatchObject({ outcome: 'done' });
  });
  test.each([
    ['a failed script', { exitCode: 1, stdout: '{"ok":false}\n', stderr: '' }, { outcome: 'failed', reason: '{"ok":false}' }],
    [
      'an output that is not JSON',
      { exitCode: 0, stdout: 'all fine\n', stderr: '' },
      { outcome: 'unknown', reason: 'the last line of its output is not JSON' },
    ],
    ['no output', { exitCode: 0, stdout: '', stderr: '' }, { outcome: 'unknown', reason: 'the last line of its output is not JSON' }],
  ])('%s proves nothing', async (_, answer, expected) => {
    const machine = machines.get(birch) as TestMachine;
    machine.answer = answer;
    const nonce = Buffer.from(JSON.stringify(expected)).toString('hex').slice(-32);
    const id = await command().sendOnce({ ...send, node: birch, nonce });
    expect(
      await eventually(
        () => command().result({ commandId: id, node: birch }),
        ({ outcome }) => outcome !== 'pending',
      ),
    ).toEqual(expected);
  });
  test('a bad parameter is refused by the document', async () => {
    await expect(command().sendOnce({ ...send, nonce: 'x; reboot' })).rejects.toMatchObject({
      code: 'CommandFailed',
      message: expect.stringContaining('InvalidParameters') as string,
    });
  });
  test('no service is unknown, not pending for ever', async () => {
    const nobody = new Command({
      client: new SSMClient({ ...clientOptions(custodian), endpoint: 'http://127.0.0.1:9' }),
      document: 'baton-fence',
      deliverySeconds: 30,
    });
    expect((await nobody.result({ commandId: 'x', node: amber })).outcome).toBe('unknown');
  });
});

describe('power', () => {
  const power = (): Power => new Power({ client: new EC2Client(clientOptions(custodian)) });
  test('passes through stopping, and only then is stopped', async () => {
    expect(await power().state(amber)).toBe('running');
    await power().off(amber);
    expect(await power().state(amber)).toBe('stopping');
    expect(
      await eventually(
        () => power().state(amber),
        (state) => state !== 'stopping',
      ),
    ).toBe('stopped');
  });
  test('a machine that EC2 does not know is unknown and cannot be stopped', async () => {
    expect(await power().state(cedar)).toBe('unknown');
    await expect(power().off(cedar)).rejects.toMatchObject({ code: 'PowerFailed' });
  });
});

test('people are told, and trouble with that is an answer', async () => {
  const notify = new Notify({ client: new SNSClient(clientOptions(custodian)), topic: 'arn:t' });
  expect(await notify.send({ kind: 'test', subject: 's'.repeat(200), message: 'm', validator: 'hub-1' })).toBe(true);
  expect(published).toEqual([{ topic: 'arn:t', subject: 's'.repeat(100), message: 'm', attributes: { kind: 'test', validator: 'hub-1' } }]);
  const nobody = new Notify({ client: new SNSClient({ ...clientOptions(custodian), endpoint: 'http://127.0.0.1:9' }), topic: 'arn:t' });
  expect(await nobody.send({ kind: 'test', subject: 's', message: 'm' })).toBe(false);
});

test('the caller is who STS says', async () => {
  expect(await whoAmI(new STSClient(clientOptions(custodian)))).toBe(custodian);
  await expect(
    whoAmI(new STSClient({ ...clientOptions(custodian), credentials: { accessKeyId: 'AKNOBODY', secretAccessKey: 'x' } })),
  ).rejects.toMatchObject({ code: 'InputInvalid' });
});

describe('what the doctor asks', () => {
  const lookOf = () => {
    const options = clientOptions(custodian);
    const clients = {
      ssm: new SSMClient(options),
      kms: new KMSClient(options),
      cloudwatch: new CloudWatchClient(options),
      sns: new SNSClient(options),
      scheduler: new SchedulerClient(options),
      sts: new STSClient(options),
      ec2: new EC2Client(options),
    };
    return lookBySdk({ clients, stack: 'baton', keyId: 'key', topic: undefined, clock: systemClock });
  };
  test('is answered on the wire', async () => {
    const [look, signal] = [lookOf(), systemClock.timeout(durationMs(10_000))];
    expect(await look.document('baton-fence', signal)).toEqual(readDocument(join(import.meta.dirname, '..', '..', 'documents', 'fence.yaml')));
    expect(await look.agents([amber, cedar], signal)).toEqual({ [amber]: 'Online', [cedar]: 'Online' });
    expect(await look.machines([birch, 'i-0000000000000000' as typeof birch], signal)).toEqual({
      [birch]: { state: expect.any(String) as string, tag: 'baton' },
      'i-0000000000000000': undefined,
    });
  });
  test('and what is not served is told as no answer', async () => {
    const [look, signal] = [lookOf(), systemClock.timeout(durationMs(10_000))];
    const settled = await Promise.allSettled([look.document('baton-other', signal), look.alarms(signal), look.schedules(signal)]);
    expect(settled).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: expect.objectContaining({ code: 'ProbeFailed' }) as Error })),
    );
  });
});
