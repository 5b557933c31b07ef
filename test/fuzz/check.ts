import { hold, shownAs } from './target.ts';

/** What valid values look like, written by hand and not with the schemas: the oracle of the fuzz targets. */

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const every = (text: string, allowed: string): boolean => {
  for (const letter of text) if (!allowed.includes(letter)) return false;
  return true;
};
const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const upper = lower.toUpperCase();

// Lengths count characters, not halves of them.
const lengthOf = (text: string): number => [...text].length;
export const isText =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'string' && value.length >= least && (value.length <= most || lengthOf(value) <= most);
export const isInt =
  (least: number, most: number = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
export const isFinite =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most;
export const isOneOf =
  (...of: readonly unknown[]): Check =>
  (value) =>
    of.includes(value);
export const isBool: Check = (value) => value === true || value === false;
export const isHex =
  (length: number): Check =>
  (value) =>
    typeof value === 'string' && value.length === length && every(value, `${digits}abcdef`);
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
export const listOf =
  (check: Check, least = 0, most = Infinity): Check =>
  (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(check);

/** An ordinary object with these fields and no other. */
export const isShape =
  (shape: Shape): Check =>
  (value) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    if (Reflect.ownKeys(value).some((key) => typeof key !== 'string' || !Object.hasOwn(shape, key))) return false;
    return Object.entries(shape).every(([key, check]) => check(Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined));
  };

export const isValidatorId: Check = (value) =>
  typeof value === 'string' && value.length >= 1 && value.length <= 40 && every(value, `${lower}${digits}-`) && !value.startsWith('-');
export const isNodeId: Check = (value) => {
  if (typeof value !== 'string') return false;
  const rest = value.startsWith('mi-') ? value.slice(3) : value.startsWith('i-') ? value.slice(2) : '';
  return rest.length >= 8 && rest.length <= 17 && every(rest, `${digits}abcdef`);
};
export const isTerm = isInt(1);
export const isExecution: Check = (value) =>
  typeof value === 'string' && value.length >= 1 && value.length <= 80 && every(value, `${lower}${upper}${digits}_.-`);

export const isWatermark: Check = (value) =>
  isShape({ kind: isOneOf('consensus'), height: isInt(0), round: isInt(0, 2_147_483_647), step: isInt(0, 3) })(value) ||
  isShape({ kind: isOneOf('slot'), slot: isInt(0) })(value);

export const isEvidenceKind = isOneOf('relinquished', 'stopped', 'powered-off', 'lapsed', 'attested');
export const isEvidence = isShape({
  kind: isEvidenceKind,
  node: isNodeId,
  term: isTerm,
  by: isText(1, 2_048),
  atMs: isInt(0),
  how: isText(1, 1_000),
  watermark: maybe(isWatermark),
});

export const isSealed = isShape({ node: isNodeId, term: isTerm, box: isText(0, 200_000), dataKey: isText(0, 8_000), grantToken: isText(0, 3_000) });

export const isPhase = isOneOf('HELD', 'FENCING', 'FENCED', 'RELEASED');
export const isLease = isShape({
  validator: isValidatorId,
  term: isTerm,
  holder: isNodeId,
  phase: isPhase,
  claim: isExecution,
  candidate: isNodeId,
  releasedTerm: isTerm,
  evidence: maybe(isEvidence),
  sealed: maybe(isSealed),
  watermark: maybe(isWatermark),
  version: isInt(1),
  attempt: isText(1, 200),
});

export const isReport = isShape({
  asks: maybe(listOf(isNodeId, 1, 19)),
  promised: maybe(isBool),
  validator: isValidatorId,
  node: isNodeId,
  sequence: isInt(0),
  writer: maybe(isHex(32)),
  after: maybe(isInt(0)),
  rival: maybe(isHex(32)),
  armedTerm: maybe(isTerm),
  armed: isBool,
  leaseMs: isInt(1, 600_000),
  signing: isBool,
  floor: isInt(0),
  synced: isBool,
  height: orNull(isInt(0)),
  build: isText(0, 80),
  distress: orNull(isText(0, 500)),
  diskFreeBytes: orNull(isFinite(0, Infinity)),
  relinquished: maybe(isShape({ term: isTerm, watermark: orNull(isWatermark) })),
});

export const isDecision = isShape({ by: isText(1, 2_048), answer: isOneOf('approve', 'deny'), statement: maybe(isText(1, 1_000)), atMs: isInt(0) });
export const isApproval = isShape({
  id: isHex(32),
  purpose: isOneOf('approval', 'attestation'),
  validator: isValidatorId,
  execution: isExecution,
  planHash: isText(64, 64),
  term: maybe(isTerm),
  node: maybe(isNodeId),
  requester: isText(1, 2_048),
  approvers: listOf(isText(0, Infinity), 0, 50),
  quorum: isInt(1, 10),
  state: isOneOf('pending', 'approved', 'denied', 'expired'),
  decisions: listOf(isDecision, 0, 50),
  createdAtMs: maybe(isInt(0)),
  expiresAtMs: isInt(0),
  sentence: isText(0, 2_000),
  token: isText(1, 2_048),
  version: isInt(1),
});

export const isCause = isShape({
  kind: isOneOf('verdict', 'distress', 'operator', 'alarm', 'drill'),
  by: isText(1, 2_048),
  reason: isText(1, 1_000),
});
export const isPlan = isShape({
  validator: isValidatorId,
  kind: isOneOf('failover', 'switchover'),
  execution: isExecution,
  cause: isCause,
  term: isTerm,
  phase: isPhase,
  holder: isNodeId,
  candidate: isNodeId,
  accepts: listOf(isEvidenceKind, 1),
  approval: isShape({ required: isBool, quorum: isInt(1), approvers: listOf(isText(0, Infinity)) }),
  config: isText(64, 64),
});

/** @throws Wrong. */
export const must = (check: Check, value: unknown, what: string): void => {
  hold(check(value), `${what} was accepted, and is not valid: ${shownAs(value)}`);
};
