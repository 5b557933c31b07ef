import { chainOf } from '../chains/registry.ts';
import type { ValidatorConfig } from '../core/config.ts';
import { durationMs } from '../core/time.ts';
import type { Context } from './context.ts';

/** A validator's own key in KMS, before anything rests on it. */

const readMs = durationMs(10_000);

/** What the key must have: base64. A chain that tells none has no such key, and then no key is the right one. */
export const publicKeyFor = (config: ValidatorConfig): string => String(chainOf(config).publicKeyOf(config.chain));

/** Nothing for a key that is sealed. @throws BatonError KeyInvalid when it is not the validator's key, KeyServiceFailed when KMS does not say. */
export const checkKmsKey = async ({ kmsKeys, clock }: Pick<Context, 'kmsKeys' | 'clock'>, config: ValidatorConfig): Promise<void> => {
  if (config.kmsKey !== undefined) await kmsKeys.check(config.kmsKey, publicKeyFor(config), clock.timeout(readMs));
};
