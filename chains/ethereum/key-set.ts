import { createHash } from 'node:crypto';

/** A name for a set of keys, whatever their order: what `baton seal` found, and what validators.yaml says, must be the same. */
export const keySetOf = (publicKeys: readonly string[]): string =>
  `sha256:${createHash('sha256')
    .update([...publicKeys].sort().join('\n'))
    .digest('hex')}`;
