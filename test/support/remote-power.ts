import type { Deps } from '../../functions/shared/deps.ts';

/** No machine behind a controller or a webhook: whoever asks is told so. */
export const noRemotePower = (): Deps['remotePower'] => {
  const none = {
    off: async () => false,
    state: async () => ({ kind: 'unknown' as const, reason: 'nothing is there' }),
    test: async () => ({ works: false, code: 'PowerUnreachable' as const, how: 'Nothing is there.' }),
  };
  return { redfish: none, webhook: none };
};
