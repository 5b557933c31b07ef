import type { CommandResult } from '../../aws/command.ts';
import type { FenceTestRecord } from '../../core/fence-test.ts';
import type { PowerTest } from '../../core/power-proof.ts';
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

/** What a test of the fences meets: the document `inspect` and EC2, both well until a test says otherwise. */
export class FencesWorld {
  powerTest: PowerTest = { works: true, code: 'works', how: 'EC2 would take the order.' };
  record: FenceTestRecord | undefined;
  /** What becomes of the command, by its nonce. */
  inspect: (nonce: string) => CommandResult = (nonce) => ({ outcome: 'done', output: inspectOutputOf({ nonce }) });
  /** Every send, as NODE/NONCE. */
  readonly sent: string[] = [];

  parts(mustBeUp: (what: string) => void): Pick<Deps, 'remotePower' | 'inspectCommand' | 'fenceTests'> {
    return {
      remotePower: noRemotePower(),
      inspectCommand: {
        sendOnce: async ({ node, nonce }) => {
          mustBeUp('ssm');
          this.sent.push(`${node}/${nonce}`);
          return nonce;
        },
        result: async ({ commandId }) => this.inspect(commandId),
      },
      fenceTests: {
        read: async () => {
          mustBeUp('fence-tests');
          return this.record;
        },
        write: async (record) => {
          this.record = record;
        },
      },
    };
  }
}

/** What the document `inspect` prints. */
export const inspectOutputOf = (of: Record<string, unknown> = {}): Record<string, unknown> => ({
  baton: 'inspect',
  validator: 'hub-1',
  nonce: 'n',
  unit: 'cometbft.service',
  unitActive: 'active',
  unitLoad: 'loaded',
  guardActive: 'active',
  keyFiles: 1,
  ok: true,
  ...of,
});
