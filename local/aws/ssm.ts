import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { durationMs, type Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { Machines } from '../machines.ts';
import { ServiceError, textOf, type Service } from './server.ts';

/** SSM Run Command: holds parameters to the document, runs the document's script on the machine, and tells no more than the service would. */

const documentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string(),
  parameters: z.record(z.string(), z.strictObject({
    type: z.literal('String'), description: z.string(), allowedPattern: z.string(), interpolationType: z.literal('ENV_VAR'),
  })),
  mainSteps: z.tuple([z.strictObject({
    name: z.string(), action: z.literal('aws:runShellScript'),
    precondition: z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) }),
    inputs: z.strictObject({ timeoutSeconds: z.number().int().min(5).max(3_600), runCommand: z.array(z.string()).min(1) }),
  })]),
});
export type SsmDocument = z.infer<typeof documentSchema>;

/** A document file, checked: the agent itself would let many of its mistakes pass. */
export const readDocument = (file: string): SsmDocument => documentSchema.parse(parse(readFileSync(file, 'utf8')));

/** @throws ServiceError InvalidParameters as SendCommand does; unknown and missing parameters are refused too. */
export const checkParameters = (document: SsmDocument, given: Readonly<Record<string, readonly string[]>>): Record<string, string> => {
  const wrong = (message: string): never => { throw new ServiceError('InvalidParameters', message); };
  for (const name of Object.keys(given)) if (!document.parameters[name]) wrong(`parameter ${name} is not of this document`);
  return Object.fromEntries(Object.entries(document.parameters).map(([name, { allowedPattern }]) => {
    const value = given[name]?.[0] ?? wrong(`parameter ${name} is missing`);
    if (!new RegExp(allowedPattern).test(value)) wrong(`parameter ${name} does not match ${allowedPattern}`);
    return [name, value];
  }));
};

type Status = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Undeliverable';

interface Sent {
  readonly id: string; readonly document: string; readonly node: string; readonly comment: string; readonly sentMs: number;
  status: Status; stdout: string; stderr: string; exitCode: number;
}

export interface LocalSsmOptions {
  readonly machines: Machines;
  readonly clock: Clock;
  readonly documents: Readonly<Record<string, SsmDocument>>;
  /** How long GetCommandInvocation does not know a new command, in milliseconds. */
  readonly visibleAfterMs: number;
}

const maxOutput = 24_000;
const waitReachableMs = durationMs(100);

export const localSsm = (options: LocalSsmOptions): Service => {
  const sent: Sent[] = [];
  const { clock, machines } = options;
  const run = async (one: Sent, script: string, env: Record<string, string>, limits: { deliveryMs: number; runMs: number }): Promise<void> => {
    const machine = machines.get(one.node);
    while (!machine?.reachable()) {
      if (clock.steadyMs() - one.sentMs > limits.deliveryMs) {
        one.status = 'Undeliverable';
        return;
      }
      await clock.sleep(waitReachableMs);
    }
    one.status = 'InProgress';
    const result = await machine.run(script, env, limits.runMs).catch(() => undefined);
    // A machine that went away while it ran never answers: the service only knows that time has passed.
    if (!result || !machine.reachable()) {
      one.status = 'TimedOut';
      return;
    }
    one.stdout = result.stdout.slice(0, maxOutput);
    one.stderr = result.stderr.slice(0, maxOutput);
    one.exitCode = result.exitCode;
    one.status = result.exitCode === 0 ? 'Success' : 'Failed';
  };
  const sendCommand = (input: Record<string, unknown>): unknown => {
    const name = String(input['DocumentName']);
    const document = options.documents[name];
    if (!document) throw new ServiceError('InvalidDocument', `document ${name} does not exist`);
    const nodes = (input['InstanceIds'] ?? []) as string[];
    const node = nodes[0];
    if (nodes.length !== 1 || node === undefined || !machines.get(node)) throw new ServiceError('InvalidInstanceId', `instance ${nodes.join(', ')} is not registered`);
    const parameters = checkParameters(document, (input['Parameters'] ?? {}) as Record<string, string[]>);
    const one: Sent = {
      id: [8, 4, 4, 4, 12].map((length) => randomHex(16).slice(0, length)).join('-'), document: name, node, comment: textOf(input, 'Comment'),
      sentMs: clock.steadyMs(), status: 'Pending', stdout: '', stderr: '', exitCode: -1,
    };
    sent.push(one);
    const env = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [`SSM_${key}`, value]));
    const [step] = document.mainSteps;
    void run(one, step.inputs.runCommand.join('\n'), env, { deliveryMs: Number(input['TimeoutSeconds'] ?? 3_600) * 1_000, runMs: step.inputs.timeoutSeconds * 1_000 });
    return { Command: { CommandId: one.id, DocumentName: name, InstanceIds: [node], Comment: one.comment, Status: one.status } };
  };
  const listCommands = (input: Record<string, unknown>): unknown => {
    const filters = (input['Filters'] ?? []) as { key: string; value: string }[];
    const wanted = filters.find(({ key }) => key === 'DocumentName')?.value;
    const found = sent.filter((one) => (wanted === undefined || one.document === wanted) && (input['InstanceId'] === undefined || one.node === input['InstanceId']));
    const max = Number(input['MaxResults'] ?? 50);
    const from = Number(input['NextToken'] ?? 0);
    const page = found.toReversed().slice(from, from + max);
    return {
      Commands: page.map((one) => ({ CommandId: one.id, DocumentName: one.document, InstanceIds: [one.node], Comment: one.comment, Status: one.status })),
      ...(from + max < found.length ? { NextToken: String(from + max) } : {}),
    };
  };
  const getInvocation = (input: Record<string, unknown>): unknown => {
    const one = sent.find(({ id, node }) => id === input['CommandId'] && node === input['InstanceId']);
    if (!one || clock.steadyMs() - one.sentMs < options.visibleAfterMs) throw new ServiceError('InvocationDoesNotExist', 'the command ID and managed node ID you specified did not match any invocations');
    return { CommandId: one.id, InstanceId: one.node, Comment: one.comment, DocumentName: one.document, Status: one.status, StatusDetails: one.status, ResponseCode: one.exitCode, StandardOutputContent: one.stdout, StandardErrorContent: one.stderr };
  };
  return {
    target: 'AmazonSSM',
    handle: async (action, input) => {
      if (action === 'SendCommand') return sendCommand(input);
      if (action === 'ListCommands') return listCommands(input);
      if (action === 'GetCommandInvocation') return getInvocation(input);
      throw new ServiceError('UnknownOperationException', `ssm:${action} is not served here`);
    },
  };
};
