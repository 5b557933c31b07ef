import type { ErrorCode } from '../core/errors.ts';

/** Exit codes of `baton`, stable across versions. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  badInput: 2,
  /** A drill found two signatures for one duty. */
  signedTwice: 3,
  /** Refused by the lease, the policy or a person; nothing was changed. */
  refused: 4,
  /** AWS gave no answer: what was asked may or may not have happened. */
  unreachable: 5,
  /** A failover ended, but not with the candidate signing. */
  notReached: 6,
  /** `doctor` or `fence-test` found what must be mended before a failover can go well. */
  notFit: 7,
  /** `verify-bundle` found that a bundle was changed, or that it contradicts itself. */
  bundleBroken: 8,
  /** `plan --detailed-exitcode`: the file would change something. */
  wouldChange: 9,
  /** `recover` is not at its end: another person goes on with it. */
  handedOver: 10,
} as const;

const badInput: readonly ErrorCode[] = [
  'InputInvalid',
  'ConfigInvalid',
  'TimingUnsafe',
  'ChainUnknown',
  'HolderUnknown',
  'KeyTooLarge',
  'KeyInvalid',
  'KeyMissing',
  'ValidatorUnknown',
  'ApprovalUnknown',
  'AlertTestUnknown',
  'MoveUnknown',
];
const unreachable: readonly ErrorCode[] = ['LeaseUnreachable', 'KeyServiceFailed', 'CommandFailed', 'PowerFailed', 'AlertFailed'];
const notReached: readonly ErrorCode[] = ['WorkflowFailed', 'DrillFailed'];

export const exitCodeOf = (code: ErrorCode): number => {
  if (badInput.includes(code)) return exitCodes.badInput;
  if (unreachable.includes(code)) return exitCodes.unreachable;
  if (notReached.includes(code)) return exitCodes.notReached;
  return exitCodes.refused;
};
