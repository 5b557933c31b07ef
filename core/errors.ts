/** Every failure a person can meet: a stable code, what happened, and the next thing to type. */

export const errorCodes = [
  'InputInvalid',
  'ConfigInvalid',
  'TimingUnsafe',
  'ChainUnknown',
  'HolderUnknown',
  'KeyTooLarge',
  'KeyMissing',
  'KeyInvalid',
  'PlanChanged',
  'StaleTerm',
  'LeaseMissing',
  'LeaseInvalid',
  'LeaseUnreachable',
  'AlreadyEnrolled',
  'ApprovalInvalid',
  'ApprovalUnknown',
  'ApprovalExpired',
  'ApproverNotAllowed',
  'Paused',
  'DryRun',
  'CandidateNotReady',
  'EvidenceRefused',
  'WatermarkUnknown',
  'CommandFailed',
  'PowerFailed',
  'KeyServiceFailed',
  'WorkflowFailed',
  'ProbeFailed',
  'GuardRefused',
  'SignerRefused',
  'DrillFailed',
  'DrillRefused',
  'ValidatorUnknown',
  'TableUnsafe',
  'AlertTestUnknown',
  'AlertFailed',
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
