import { Command } from '../../../aws/command.ts';
import { nodeId } from '../../../core/ids.ts';
import { fenceOutput, nonceOf, proofOfStop } from '../../../core/proofs.ts';
import { fencing } from '../../support/core.ts';
import * as check from '../check.ts';
import { amber, birch, watermarkOf } from '../examples.ts';
import { mutate, mutateText, noise, type Plain } from '../mutate.ts';
import { hold, same, target } from '../target.ts';

/** What SSM says of a fence command, up to the proof that is taken from it. */

interface Input {
  readonly answer: Plain;
}

const lease = fencing();
const nonce = nonceOf(lease);
const commandId = 'c-1';

/** A text whose last line, and only that, counts. */
const lastLineOf = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.slice(0, end).trimEnd().length < end) end = text.slice(0, end).trimEnd().length;
  const kept = text.slice(0, end);
  return kept.slice(kept.lastIndexOf('\n') + 1);
};

const isStop = check.isShape({
  baton: check.isOneOf('fence'),
  validator: check.isOneOf(lease.validator),
  term: check.isOneOf(lease.term),
  nonce: check.isOneOf(nonce),
  unit: check.isText(1, 200),
  unitActive: check.isOneOf('inactive', 'failed'),
  unitMasked: check.isOneOf(true),
  guardActive: check.isOneOf('inactive', 'failed'),
  tasks: check.isOneOf(0),
  keyFiles: check.isOneOf(0),
  watermark: check.orNull(check.isWatermark),
  writer: check.orNull((value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)),
  ok: check.isOneOf(true),
});

export const ssm = target<Input>({
  name: 'ssm-output',
  about: 'aws/command.ts result, core/proofs.ts fenceOutput and proofOfStop',
  make: (random, valid) => {
    const line: Plain = {
      baton: 'fence',
      validator: lease.validator,
      term: lease.term,
      nonce,
      unit: random.pick(['validator-hub-1.service', 'x.service', 'u'.repeat(200)]),
      unitActive: random.pick(['inactive', 'failed']),
      unitMasked: true,
      guardActive: random.pick(['inactive', 'failed']),
      tasks: 0,
      keyFiles: 0,
      watermark: random.once(2) ? null : watermarkOf(random),
      writer: random.once(2) ? null : 'ab'.repeat(16),
      ok: true,
    };
    const changed = valid ? line : random.once(3) ? line : mutate(random, line);
    const text = JSON.stringify(changed) ?? 'undefined';
    const before = random.once(3) ? 'Stopping…\nDone\n' : '';
    const output = valid || random.once(2) ? text : random.once(5) ? noise(random) : mutateText(random, text);
    const answer: Plain = {
      Status: 'Success',
      InstanceId: amber,
      CommandId: commandId,
      StandardOutputContent: `${before}${output}${random.pick(['', '\n', '\r\n\n'])}`,
      StandardErrorContent: '',
    };
    if (valid || !random.once(4)) return { answer };
    const status = random.pick(['Failed', 'TimedOut', 'Cancelled', 'Delivery Timed Out', 'InProgress', 'success', 'Undeliverable', '']);
    return {
      answer: random.pick([
        { ...answer, Status: status },
        { ...answer, InstanceId: birch },
        { ...answer, CommandId: 'c-2' },
        { ...answer, StandardOutputContent: undefined },
        { ...answer, Status: undefined },
      ]),
    };
  },
  run: async ({ answer }) => {
    const client = { send: async () => answer } as unknown as ConstructorParameters<typeof Command>[0]['client'];
    const command = new Command({ client, document: 'fence', deliverySeconds: 30 });
    const result = await command.result({ commandId, node: nodeId.parse(amber) });
    if (result.outcome === 'failed' || result.outcome === 'unknown')
      hold(result.reason.length <= 3_000, `the reason has ${result.reason.length} characters`);
    if (result.outcome === 'failed') hold(answer['Status'] === 'Failed', 'failed without that status');
    if (result.outcome !== 'done') return 'refused';
    const line = lastLineOf(String(answer['StandardOutputContent']));
    hold(answer['Status'] === 'Success' && answer['InstanceId'] === amber && answer['CommandId'] === commandId, 'done, though SSM does not say so');
    same(result.output, JSON.parse(line), 'the output');
    const proof = proofOfStop(lease, { instance: lease.holder, nonce, commandId, output: result.output, report: undefined, atMs: 5 });
    hold(isStop(result.output) || proof.outcome === 'none', 'proof from an output that does not show a verified stop');
    if (proof.outcome === 'none') {
      hold(proof.reason.length <= 1_000, `the reason has ${proof.reason.length} characters`);
      return 'refused';
    }
    check.must(check.isEvidence, proof.evidence, 'evidence');
    hold(fenceOutput.safeParse(result.output).success, 'proof without the schema');
    hold(
      proof.evidence.kind === 'stopped' && proof.evidence.term === lease.term && proof.evidence.node === lease.holder,
      'evidence of something else',
    );
    same(proof.evidence.watermark ?? null, (result.output as Plain)['watermark'], 'the watermark of the evidence');
    return 'accepted';
  },
});
