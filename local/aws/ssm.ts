import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { durationMs, type Clock } from '../../core/time.ts';
import { randomHex } from '../../runtime/clock.ts';
import type { Machines } from '../machines.ts';
import { ServiceError, textOf, type Caller, type Service } from './server.ts';

/**
 * SSM Run Command: holds parameters to the document, runs the document's script on the machine, and tells no more than the service would.
 * And Parameter Store, as far as a function reads a secret from it.
 */

const documentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string(),
  parameters: z.record(
    z.string(),
    z.strictObject({
      type: z.literal('String'),
      description: z.string(),
      allowedPattern: z.string(),
      interpolationType: z.literal('ENV_VAR'),
    }),
  ),
  mainSteps: z.tuple([
    z.strictObject({
      name: z.string(),
      action: z.literal('aws:runShellScript'),
      precondition: z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) }),
      inputs: z.strictObject({ timeoutSeconds: z.number().int().min(5).max(3_600), runCommand: z.array(z.string()).min(1) }),
    }),
  ]),
});
export type SsmDocument = z.infer<typeof documentSchema>;

/** A document, checked: the agent itself would let many of its mistakes pass. @throws ZodError. */
export const documentOf = (content: unknown): SsmDocument => documentSchema.parse(content);
/** @throws ZodError. */
export const documentIn = (text: string): SsmDocument => documentOf(parse(text));

export const readDocument = (file: string): SsmDocument => documentIn(readFileSync(file, 'utf8'));

/** What the document runs on the node. */
export const scriptOf = (document: SsmDocument): string => document.mainSteps[0].inputs.runCommand.join('\n');

/** @throws ServiceError InvalidParameters as SendCommand does; unknown and missing parameters are refused too. */
export const checkParameters = (document: SsmDocument, given: Readonly<Record<string, readonly string[]>>): Record<string, string> => {
  const wrong = (message: string): never => {
    throw new ServiceError('InvalidParameters', message);
  };
  for (const name of Object.keys(given)) if (!document.parameters[name]) wrong(`parameter ${name} is not of this document`);
  return Object.fromEntries(
    Object.entries(document.parameters).map(([name, { allowedPattern }]) => {
      const value = given[name]?.[0] ?? wrong(`parameter ${name} is missing`);
      if (!new RegExp(allowedPattern).test(value)) wrong(`parameter ${name} does not match ${allowedPattern}`);
      return [name, value];
    }),
  );
};

type Status = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Undeliverable';

interface Sent {
  readonly id: string;
  readonly document: string;
  readonly node: string;
  readonly comment: string;
  readonly sentMs: number;
  status: Status;
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** An encrypted parameter, and who may read it. */
export interface SecureParameter {
  readonly name: string;
  readonly value: string;
  readonly readers: readonly string[];
}

export interface LocalSsmOptions {
  readonly machines: Machines;
  readonly clock: Clock;
  readonly documents: Readonly<Record<string, SsmDocument>>;
  /** How long GetCommandInvocation does not know a new command, in milliseconds. */
  readonly visibleAfterMs: number;
  readonly parameters?: readonly SecureParameter[];
}

const maxOutput = 24_000;
const waitReachableMs = durationMs(100);

export class LocalSsm implements Service {
  readonly target = 'AmazonSSM';
  readonly #options: LocalSsmOptions;
  readonly #sent: Sent[] = [];

  constructor(options: LocalSsmOptions) {
    this.#options = options;
  }

  async #run(one: Sent, script: string, env: Record<string, string>, limits: { deliveryMs: number; runMs: number }): Promise<void> {
    const { machines, clock } = this.#options;
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
  }

  #sendCommand(input: Record<string, unknown>): unknown {
    const name = textOf(input, 'DocumentName');
    const document = this.#options.documents[name];
    if (!document) throw new ServiceError('InvalidDocument', `document ${name} does not exist`);
    const nodes = (input['InstanceIds'] ?? []) as string[];
    const node = nodes[0];
    if (nodes.length !== 1 || node === undefined || !this.#options.machines.get(node)) {
      throw new ServiceError('InvalidInstanceId', `instance ${nodes.join(', ')} is not registered`);
    }
    const parameters = checkParameters(document, (input['Parameters'] ?? {}) as Record<string, string[]>);
    const one: Sent = {
      id: [4, 2, 2, 2, 6].map((bytes) => randomHex(bytes)).join('-'),
      document: name,
      node,
      comment: textOf(input, 'Comment'),
      sentMs: this.#options.clock.steadyMs(),
      status: 'Pending',
      stdout: '',
      stderr: '',
      exitCode: -1,
    };
    this.#sent.push(one);
    const env = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [`SSM_${key}`, value]));
    const [step] = document.mainSteps;
    const limits = { deliveryMs: Number(input['TimeoutSeconds'] ?? 3_600) * 1_000, runMs: step.inputs.timeoutSeconds * 1_000 };
    void this.#run(one, scriptOf(document), env, limits);
    return { Command: { CommandId: one.id, DocumentName: name, InstanceIds: [node], Comment: one.comment, Status: one.status } };
  }

  #listCommands(input: Record<string, unknown>): unknown {
    const filters = (input['Filters'] ?? []) as { key: string; value: string }[];
    const wanted = filters.find(({ key }) => key === 'DocumentName')?.value;
    const found = this.#sent.filter(
      (one) => (wanted === undefined || one.document === wanted) && (input['InstanceId'] === undefined || one.node === input['InstanceId']),
    );
    const [from, max] = [Number(input['NextToken'] ?? 0), Number(input['MaxResults'] ?? 50)];
    const page = found.toReversed().slice(from, from + max);
    return {
      Commands: page.map(({ id, document, node, comment, status }) => ({
        CommandId: id,
        DocumentName: document,
        InstanceIds: [node],
        Comment: comment,
        Status: status,
      })),
      ...(from + max < found.length ? { NextToken: String(from + max) } : {}),
    };
  }

  #getInvocation(input: Record<string, unknown>): unknown {
    const one = this.#sent.find(({ id, node }) => id === input['CommandId'] && node === input['InstanceId']);
    if (!one || this.#options.clock.steadyMs() - one.sentMs < this.#options.visibleAfterMs) {
      throw new ServiceError('InvocationDoesNotExist', 'the command ID and managed node ID you specified did not match any invocations');
    }
    return {
      CommandId: one.id,
      InstanceId: one.node,
      Comment: one.comment,
      DocumentName: one.document,
      Status: one.status,
      StatusDetails: one.status,
      ResponseCode: one.exitCode,
      StandardOutputContent: one.stdout,
      StandardErrorContent: one.stderr,
    };
  }

  /** Who may not read is told so before whether it is there. Without WithDecryption there is nothing to be read in it. */
  #getParameter(input: Record<string, unknown>, caller: Caller): unknown {
    const name = textOf(input, 'Name');
    const found = this.#options.parameters?.find((one) => one.name === name);
    if (found && !found.readers.includes(caller.arn))
      throw new ServiceError('AccessDeniedException', `User: ${caller.arn} is not authorized to perform: ssm:GetParameter`);
    if (!found) throw new ServiceError('ParameterNotFound', '');
    const value = input['WithDecryption'] === true ? found.value : Buffer.from(randomHex(64), 'hex').toString('base64');
    return { Parameter: { Name: name, Type: 'SecureString', Value: value, Version: 1, DataType: 'text' } };
  }

  #getDocument(input: Record<string, unknown>): unknown {
    const name = textOf(input, 'Name');
    const document = this.#options.documents[name];
    if (!document) throw new ServiceError('InvalidDocument', `document ${name} does not exist`);
    return { Name: name, DocumentFormat: 'JSON', DocumentVersion: '1', Content: JSON.stringify(document) };
  }

  #describeAgents(input: Record<string, unknown>): unknown {
    const [filter] = (input['Filters'] ?? []) as { Key: string; Values: string[] }[];
    if (filter?.Key !== 'InstanceIds') throw new ServiceError('InvalidInstanceInformationFilterValue', 'only InstanceIds is served here');
    const known = filter.Values.flatMap((id) => {
      const machine = this.#options.machines.get(id);
      return machine ? [{ InstanceId: id, PingStatus: machine.reachable() ? 'Online' : 'ConnectionLost' }] : [];
    });
    return { InstanceInformationList: known };
  }

  async handle(action: string, input: Record<string, unknown>, caller: Caller): Promise<unknown> {
    if (action === 'GetParameter') return this.#getParameter(input, caller);
    if (action === 'SendCommand') return this.#sendCommand(input);
    if (action === 'ListCommands') return this.#listCommands(input);
    if (action === 'GetCommandInvocation') return this.#getInvocation(input);
    if (action === 'GetDocument') return this.#getDocument(input);
    if (action === 'DescribeInstanceInformation') return this.#describeAgents(input);
    throw new ServiceError('UnknownOperationException', `ssm:${action} is not served here`);
  }
}
