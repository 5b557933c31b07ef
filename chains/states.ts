import { BatonError } from '../core/errors.ts';
import type { ValidatorConfig } from '../core/config.ts';
import type { Watermark } from '../core/watermark.ts';
import { chainOf, registry } from './registry.ts';

/** Sign states of other signers, in and out. A state is told by its form: at `baton seal` no chain is configured yet. */

const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const known = Object.values(registry).flatMap(({ states }) => states ?? []);

/** What a signer's own state says may have been signed, rounded up. @throws BatonError InputInvalid. */
export const importState = (text: string): Watermark => {
  const value = valueOf(text);
  const found = known.find(({ reads }) => reads(value));
  if (found) return found.from(text);
  throw new BatonError('InputInvalid', value === undefined ? 'the sign state is not JSON' : 'the sign state is of no format that is known', {
    field: '--state',
    fix: 'Give priv_validator_state.json, the state file of tmkms or horcrux, or an interchange file of EIP-3076.',
  });
};

/** Writes a validator's watermark as the file of another signer. @throws BatonError InputInvalid when its chain has no such format. */
export const stateWriterOf = (config: ValidatorConfig, format: string): ((mark: Watermark) => string) => {
  const to = chainOf(config).states?.to ?? {};
  const make = Object.hasOwn(to, format) ? to[format] : undefined;
  if (make) return (mark) => JSON.stringify(make(mark, config.chain), null, 2);
  const expected = Object.keys(to).join(', ') || `nothing: no format is known for ${config.chain.kind}`;
  throw new BatonError('InputInvalid', `--format is "${format.slice(0, 40)}": expected ${expected}`, {
    field: '--format',
    fix: `baton export-state ${config.id} --format FORMAT, with one of these.`,
  });
};
