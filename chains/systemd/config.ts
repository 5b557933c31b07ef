import * as z from 'zod';
import type { ChainConfig } from '../../core/config.ts';

const path = z.string().startsWith('/').max(300);

/** `chain` in validators.yaml. Any daemon: progress and head are numbers in JSON documents, found by JSON pointer (RFC 6901). */
export const config = z.strictObject({
  kind: z.literal('systemd'),
  progressPath: path.describe('Path on each vantage of the document that shows its own last duty'),
  progressPointer: path.describe('JSON pointer to that number'),
  // When it stands still too, it is not this validator's failure.
  headPath: path.describe('Path of the document that shows the head of the whole chain'),
  headPointer: path.describe('JSON pointer to that number'),
});
export type SystemdConfig = z.infer<typeof config>;

const argv = z.array(z.string().min(1).max(500)).min(1).max(30);

/** `chain` in the guard's configuration. */
export const node = z.strictObject({
  kind: z.literal('systemd'),
  /** Prints {"synced": boolean, "height": number}; asked on active and standby alike. */
  healthCommand: argv,
  /** Exits 0 once the daemon is ready to sign. */
  readinessCommand: argv,
  /** Prints the last duty's number after the stop, or null when the daemon cannot tell. */
  watermarkCommand: argv.nullable(),
  /** Must exit 0 before activation: a shared state store is fenced, a channel state is whole. */
  stateCheckCommand: argv.nullable(),
});
export type SystemdNode = z.infer<typeof node>;

export const configOf = (chain: ChainConfig): SystemdConfig => config.parse(chain);
export const nodeOf = (chain: ChainConfig): SystemdNode => node.parse(chain);
