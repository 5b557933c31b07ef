import { createPublicKey, verify } from 'node:crypto';
import type { Watermark } from '../../../core/watermark.ts';
import { readRequest, type Proposal, type Vote } from '../../../chains/cometbft/privval/read.ts';
import { Signer } from '../../../chains/cometbft/privval/signer.ts';
import { signBytes, signedFrame } from '../../../chains/cometbft/privval/write.ts';
import type { SignState, StateFile } from '../../../chains/state.ts';
import { privateKeyOf } from '../../../runtime/ed25519.ts';
import { requestBytes } from '../privval.ts';
import { mutateBytes } from '../mutate.ts';
import { hold, target } from '../target.ts';
import { isFrameRefusal } from './frames.ts';

/** What a signer does with requests read from bytes: nothing below its floor, and never two contents for one duty. */

interface Input {
  readonly requests: readonly Buffer[];
  readonly floorHeight: number;
  /** The signer is made anew from its state before this request. */
  readonly restartAt: number;
}

const seed = Buffer.alloc(32, 3);
const publicKey = createPublicKey(privateKeyOf(seed));

class Memory {
  state: SignState | null = null;
  load(): SignState | null {
    return this.state;
  }
  save(state: SignState): void {
    this.state = JSON.parse(JSON.stringify(state)) as SignState;
  }
}

const signerOn = (memory: Memory, floor: Watermark): Signer => {
  const signer = new Signer({ chainId: 'c', state: memory as unknown as StateFile, isOpen: () => true });
  signer.load(Buffer.from(seed), floor);
  return signer;
};

const stepOf = (duty: Vote | Proposal): number => (duty.kind === 'proposal' ? 1 : duty.type + 1);
const blockOf = ({ blockId }: Vote | Proposal): string =>
  [Buffer.from(blockId.hash).toString('hex'), blockId.parts.total, Buffer.from(blockId.parts.hash).toString('hex')].join('/');
const contentOf = (duty: Vote | Proposal): string => (duty.kind === 'proposal' ? `${duty.polRound} ${blockOf(duty)}` : blockOf(duty));

export const signer = target<Input>({
  name: 'privval-signer',
  about: 'chains/cometbft/privval/signer.ts on what read.ts read, and the answer frames of write.ts',
  refuses: isFrameRefusal,
  make: (random, valid) => ({
    floorHeight: random.pick([0, 4, 5]),
    restartAt: random.below(12),
    requests: Array.from({ length: random.between(1, 3) }, () => {
      const bytes = requestBytes(random, valid);
      return valid || !random.once(4) ? bytes : mutateBytes(random, bytes);
    }),
  }),
  run: ({ requests, floorHeight, restartAt }) => {
    const floor: Watermark = { kind: 'consensus', height: floorHeight, round: 1, step: 2 };
    const memory = new Memory();
    let one = signerOn(memory, floor);
    const signed = new Map<string, string>();
    let highest: readonly [number, number, number] = [floorHeight, 1, 2];
    for (const [index, bytes] of requests.entries()) {
      if (index === restartAt) one = signerOn(memory, floor);
      const request = readRequest(bytes);
      if (request.kind !== 'sign') continue;
      const { duty } = request;
      const outcome = one.sign(duty, request.chainId);
      if (!outcome.ok) continue;
      const mark = [Number(duty.height), duty.round, stepOf(duty)] as const;
      const [height, round, step] = mark;
      const name = mark.join('/');
      hold(request.chainId === 'c', 'signed for another chain');
      hold(duty.kind === 'proposal' ? duty.type === 32 : duty.type === 1 || duty.type === 2, 'signed a duty of no known type');
      hold(Number.isSafeInteger(height) && height > 0 && round >= 0, 'signed at no height');
      const above = height > highest[0] || (height === highest[0] && (round > highest[1] || (round === highest[1] && step > highest[2])));
      const before = signed.get(name);
      hold(above || before !== undefined, `signed ${name} at or below ${highest.join('/')}`);
      hold(before === undefined || before === contentOf(duty), `signed two contents for ${name}`);
      if (above) highest = mark;
      signed.set(name, contentOf(duty));
      // Checking a signature takes longer than all the rest: some of them are checked.
      if (bytes.length % 16 === 0)
        hold(
          verify(null, signBytes(duty, 'c', outcome.signed.timestamp), publicKey, outcome.signed.signature),
          'the signature is not of the duty that was asked',
        );
      hold(memory.state !== null && JSON.stringify(memory.state.watermark).includes(`"height":${highest[0]},`), 'the advance is not in the state');
      hold(signedFrame(duty, outcome.signed).length > 64, 'the answer holds no signature');
    }
    return 'accepted';
  },
});
