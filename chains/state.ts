import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { BatonError } from '../core/errors.ts';
import { watermark, type Watermark } from '../core/watermark.ts';
import { durableDisk, replaceDurably, type DurableDisk } from '../runtime/durable.ts';

/**
 * The durable watermark. Line 1 is the watermark alone, so that the fence document can read it with a shell; line 2 is what is needed to
 * give the same signature again. The file is replaced as a whole and is on the disk before `save` returns.
 */

const detail = z
  .strictObject({
    content: z.string().regex(/^[a-f0-9]{64}$/),
    signature: z.base64(),
    /** Both as the answer's frame can hold them: 64 and 32 bits. */
    seconds: z
      .string()
      .regex(/^-?\d{1,19}$/, { abort: true })
      .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text)),
    nanos: z.int32(),
  })
  .nullable();

export interface SignState {
  readonly watermark: Watermark;
  /** Null when the watermark came from elsewhere: nothing to repeat. */ readonly detail: z.infer<typeof detail>;
}

/** The calls to the disk, so that their order can be tested. */
export interface Disk extends DurableDisk {
  readonly readFileSync: (file: string, encoding: 'utf8') => string;
  readonly rmSync: typeof rmSync;
  readonly mkdirSync: typeof mkdirSync;
}

export const realDisk: Disk = { ...durableDisk, readFileSync: (file, encoding) => readFileSync(file, encoding), rmSync, mkdirSync };

const broken = (file: string, cause: unknown): BatonError =>
  new BatonError('GuardRefused', `the watermark in ${file} cannot be read`, {
    cause,
    fix: 'Do not delete it. Switch over to another node, which raises the watermark, then remove the file.',
  });

/** What the text of a state file says. @throws BatonError GuardRefused. */
export const stateOf = (text: string, file: string): SignState => {
  try {
    const [first = '', second = ''] = text.split('\n');
    return { watermark: watermark.parse(JSON.parse(first)), detail: detail.parse(JSON.parse(second)) };
  } catch (cause) {
    throw broken(file, cause);
  }
};

/** With its parts in the order that the fence document looks for. */
const inOrder = (mark: Watermark): Watermark => {
  if (mark.kind === 'consensus') return { kind: mark.kind, height: mark.height, round: mark.round, step: mark.step };
  if (mark.kind === 'slot') return { kind: mark.kind, slot: mark.slot };
  return { kind: mark.kind, slot: mark.slot, source: mark.source, target: mark.target };
};

export class StateFile {
  readonly #file: string;
  readonly #disk: Disk;

  constructor(file: string, disk: Disk = realDisk) {
    this.#file = file;
    this.#disk = disk;
    disk.mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  }

  /** Null when there is no file. @throws BatonError GuardRefused when there is one that cannot be read: then nothing may be signed. */
  load(): SignState | null {
    let text: string;
    try {
      text = this.#disk.readFileSync(this.#file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw broken(this.#file, cause);
    }
    return stateOf(text, this.#file);
  }

  /** Durable when it returns. @throws when the disk did not take it: then nothing may be signed. */
  save(state: SignState): void {
    const { watermark: mark } = state;
    const temporary = join(dirname(this.#file), `.${String(process.pid)}.tmp`);
    const text = `${JSON.stringify(inOrder(mark))}\n${JSON.stringify(state.detail)}\n`;
    replaceDurably({ file: this.#file, temporary, text, what: 'the watermark' }, this.#disk);
  }

  /** Takes the record away: what it says would no longer be true. */
  remove(): void {
    this.#disk.rmSync(this.#file, { force: true });
  }
}
