import { BatonError } from '../../core/errors.ts';
import type { NodeId, ValidatorId } from '../../core/ids.ts';
import { isQuarantined } from '../../core/quarantine.ts';
import type { Deps } from './deps.ts';

/** Which of these nodes were fenced and not brought back. A record that cannot be used is no leave. @throws BatonError LeaseUnreachable. */
export const quarantinedOf = async (
  { records }: Pick<Deps, 'records'>,
  validator: ValidatorId,
  nodes: readonly NodeId[],
  signal: AbortSignal,
): Promise<readonly NodeId[]> => {
  const held = await Promise.all(
    nodes.map(async (node) => {
      try {
        return isQuarantined(await records.readQuarantine(validator, node, signal));
      } catch (error) {
        if (error instanceof BatonError && error.code === 'LeaseInvalid') return true;
        throw error;
      }
    }),
  );
  return nodes.filter((_, index) => held[index]);
};
