/** Every failure a person can meet: a stable code, what happened, and the next thing to type. */

export const errorCodes = [
  /** A command, a request or an event is not as it must be. */
  'InputInvalid',
  /** validators.yaml, or a parameter, is not as it must be. */
  'ConfigInvalid',
  /** The timing does not add up to a lease that is surely over in time. */
  'TimingUnsafe',
  /** There is no such kind of chain. */
  'ChainUnknown',
  /** A node is named that is none of the validator. */
  'HolderUnknown',
  /** A key file is larger than a key can be. */
  'KeyTooLarge',
  /** No key is sealed for the validator. */
  'KeyMissing',
  /** A key file contradicts itself, or is of another validator. */
  'KeyInvalid',
  /** The plan that was answered or taken is not the one of now. */
  'PlanChanged',
  /** Another term, or another execution, has taken over. Ordinary. */
  'StaleTerm',
  /** The validator is not enrolled. */
  'LeaseMissing',
  /** An item of the table is not as it was written. */
  'LeaseInvalid',
  /** The table gives no answer: what was asked may or may not have happened. */
  'LeaseUnreachable',
  /** The validator has a lease already. */
  'AlreadyEnrolled',
  /** The approval is of another plan, or its time is over. */
  'ApprovalInvalid',
  /** Nothing waits for an answer. */
  'ApprovalUnknown',
  /** The time for an answer is over. */
  'ApprovalExpired',
  /** This person may not answer: no approver, the one who asked, or one who has answered. */
  'ApproverNotAllowed',
  /** The validator is paused. */
  'Paused',
  /** The breaker of the fleet is open: no term is taken and no key released until a person has cleared it. */
  'FleetFrozen',
  /** What was to be cleared is not what is suspected now. */
  'BreakerChanged',
  /** The stack acts on nothing: DryRun is on. */
  'DryRun',
  /** The node that is to sign is not fit to. */
  'CandidateNotReady',
  /** What was found is no proof of this term, or none that the policy accepts. */
  'EvidenceRefused',
  /** As policy and machine are, nothing could prove that the recorded active cannot sign: nothing was started. */
  'EvidenceImpossible',
  /** What is to be written would be out of date at once: the holder signs. */
  'HolderSigns',
  /** A recovery cannot go on: something else moves the validator, or moved it. */
  'RecoverRefused',
  /** No duty can be ruled out as signed before. */
  'WatermarkUnknown',
  /** SSM gives no answer, or the document did not do what it must. */
  'CommandFailed',
  /** EC2 gives no answer, or refuses. */
  'PowerFailed',
  /** KMS gives no answer, or refuses. */
  'KeyServiceFailed',
  /** A service gives no answer, or an execution cannot be found. */
  'WorkflowFailed',
  /** A vantage gives no answer that can be read. */
  'ProbeFailed',
  /** The guard does not start: its configuration or its state is unsafe. */
  'GuardRefused',
  /** Others could write to the configuration, the keys or the watermark of a guard, or to a folder above them. */
  'PathUnsafe',
  /** The folder of the keys is on a disk. */
  'KeyStorageUnsafe',
  /** Keys in memory could be written to a disk. */
  'SwapUnsafe',
  /** The clocks of the node do not only go forward, or none of them counts a suspended machine. */
  'ClockUnsafe',
  /** Another guard writes with this node's identity: a copied machine or disk. */
  'NodeCloned',
  /** The signer refuses a signature. */
  'SignerRefused',
  /** A drill did not get where it must. */
  'DrillFailed',
  /** A real drill would not be safe or quiet now. */
  'DrillRefused',
  /** There is no such validator. */
  'ValidatorUnknown',
  /** The lease table is no lock. */
  'TableUnsafe',
  /** It is not the code of the newest alert test. */
  'AlertTestUnknown',
  /** A message to people did not leave. */
  'AlertFailed',
  /** A move of this validator is planned already: cancel that one first. */
  'MovePlanned',
  /** No move of this name is planned: baton status shows those that are. */
  'MoveUnknown',
  /** The custody of a validator never changes: the arbiter would have to be closed, or the holder fenced, and the validator enrolled anew. */
  'CustodyFixed',
  /** Custody gate: all members sign, so there is nothing to move, and whoever is down is to be mended. */
  'NothingToMove',
  /** Custody gate: there is no arbiter, so nothing is signed. */
  'ArbiterMissing',
  /** Custody gate: the arbiter is closed, and nothing is signed ever again through it. */
  'ArbiterClosed',
] as const;

/** Stable code of a failure: also the error name that the state machine matches. */
export type ErrorCode = (typeof errorCodes)[number];

/** Parts of a failure message: `fix` is the next command or edit, in words a tired person can follow. */
export interface ErrorParts {
  readonly fix: string;
  readonly cause?: unknown;
  readonly field?: string | undefined;
}

/** The one error class. Its `name` is its code, so that Step Functions can match it. */
export class BatonError extends Error {
  readonly code: ErrorCode;
  readonly fix: string;
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, parts: ErrorParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = code;
    this.code = code;
    this.fix = parts.fix;
    this.field = parts.field;
  }

  toJSON(): { code: ErrorCode; message: string; fix: string; field?: string } {
    return { code: this.code, message: this.message, fix: this.fix, ...(this.field === undefined ? {} : { field: this.field }) };
  }
}
