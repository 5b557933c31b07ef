import type { Driver } from '../chains/driver.ts';
import { BatonError } from '../core/errors.ts';
import type { GuardConfig } from './config.ts';

/** `--restart quietly` and `--restart cancel`: planned work on the node that the validator does by itself, while its guard runs on. */

export interface Restart {
  readonly config: Pick<GuardConfig, 'validator' | 'chain'>;
  /** As it was typed. */
  readonly how: string;
  readonly driver: Pick<Driver, 'restartQuietly' | 'cancelRestart'>;
}

/** @returns what will happen. @throws BatonError GuardRefused when it will not. */
export const restart = async ({ config, how, driver }: Restart, signal: AbortSignal): Promise<string> => {
  const fix = `baton switchover ${config.validator}, then restart it as a standby.`;
  if (how !== 'quietly' && how !== 'cancel')
    throw new BatonError('GuardRefused', `--restart ${how.slice(0, 40)}: expected quietly or cancel`, { field: 'restart', fix: '--restart quietly' });
  const act = how === 'quietly' ? driver.restartQuietly?.(signal) : driver.cancelRestart?.();
  if (act === undefined)
    throw new BatonError('GuardRefused', `a validator of kind ${config.chain.kind} does not restart by itself at a height`, {
      field: 'restart',
      fix,
    });
  try {
    return await act;
  } catch (cause) {
    throw new BatonError('GuardRefused', `no restart is planned: ${(cause as Error).message.slice(0, 300)}`, { field: 'restart', cause, fix });
  }
};
