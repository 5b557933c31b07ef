import { z } from 'zod';
import { approvalRecord } from '../core/approval.ts';
import { assessGate } from '../core/assess-gates.ts';
import { policy } from '../core/config.ts';
import { errorCodes } from '../core/errors.ts';
import { evidenceKinds } from '../core/evidence.ts';
import { healthStates } from '../core/finding.ts';
import { executionName, nodeId, term, validatorId } from '../core/ids.ts';
import { phases } from '../core/lease.ts';
import { pauseRecord } from '../core/pause.ts';
import { plannedMove } from '../core/planned.ts';
import { nodeReport } from '../core/report.ts';
import { verdictStates } from '../core/verdict.ts';
import { watermark } from '../core/watermark.ts';
import { jsonOfAlerts } from './json-alerts.ts';
import { costJson } from './json-cost.ts';
import { gateJson } from './json-gate.ts';
import { recoverJson } from './json-recover.ts';
import { fenceTestJson } from './json-tests.ts';

/** What `--json` prints, by command: published as docs/cli.schema.json. Fields are added, never renamed; the tests hold every command to it. */

const text = z.string();
const ms = z.number();
const validator = validatorId;
const lease = z.object({ term, phase: z.enum(phases), holder: nodeId, claim: text });

const status = z.object({
  /** What freezes the whole fleet, in one sentence; null when nothing does. */
  frozen: text.nullable(),
  validators: z.array(
    z.object({
      validator,
      lease: lease.extend({ candidate: nodeId, evidence: z.enum(evidenceKinds).nullable() }).nullable(),
      /** The pause that holds now. */
      paused: pauseRecord.nullable(),
      /** The planned move that is still to come. */
      planned: plannedMove.nullable(),
      mode: policy.shape.mode,
      /** What the last test of its fences found; null when that cannot be read. */
      fences: z.object({ ok: z.boolean(), sentence: text }).nullable(),
      nodes: z.array(z.object({ name: text, id: nodeId, quarantined: z.boolean(), report: nodeReport.nullable() })),
      waiting: z.object({ purpose: approvalRecord.shape.purpose, plan: text, sentence: text }).nullable(),
    }),
  ),
});

const finding = z.object({
  check: text,
  validator: validator.nullable(),
  node: text.nullable(),
  state: z.enum(healthStates),
  sentence: text,
  next: text.nullable(),
});
const count = z.number().int().min(0);
const doctor = z.object({ counts: z.record(z.enum(healthStates), count), findings: z.array(finding) });

const moved = z.object({
  validator,
  execution: executionName,
  status: text,
  error: text.nullable().optional(),
  cause: text.nullable().optional(),
  /** With --at or --window. */
  planned: z.object({ to: nodeId, notBeforeMs: ms, notAfterMs: ms }).optional(),
});

const answered = z.object({
  validator,
  state: approvalRecord.shape.state,
  counted: count,
  quorum: approvalRecord.shape.quorum,
  execution: executionName.optional(),
});

const explained = z.object({
  execution: executionName,
  status: text,
  error: text.nullable(),
  cause: text.nullable(),
  steps: z.array(z.object({ state: text, startedMs: ms, tookMs: ms, sentence: text })),
  /** What Assess looked at; null when it has not answered. */
  gates: z.array(assessGate).nullable(),
});
const gatesExplained = z.object({
  validator,
  verdict: z.enum(verdictStates),
  requests: z.array(z.object({ when: text, kind: text, decision: z.enum(['proceed', 'refused']), code: text.nullable() })),
  /** `verdicts` in the order of `requests`. */
  gates: z.array(assessGate.omit({ verdict: true }).extend({ verdicts: z.array(assessGate.shape.verdict) })),
});
const outcome = z.object({
  when: text,
  decision: z.enum(['proceed', 'refused']),
  code: text.nullable(),
  sentence: text,
  next: text.nullable(),
  asksPeople: z.boolean(),
});
const policyExplained = z.object({
  validator,
  risk: z.object({ chain: text, downtime: text, equivocation: text, sources: z.array(text), guardSigns: z.boolean() }),
  policy,
  lease: lease.nullable(),
  paused: pauseRecord.nullable(),
  verdict: z.enum(verdictStates),
  failoversWithinADay: count,
  nodes: z.array(z.object({ name: text, id: nodeId, holder: z.boolean(), notReady: text.nullable() })),
  outcomes: z.array(outcome),
});

const history = z.object({
  validator,
  moves: z.array(
    z.object({
      execution: text,
      settledMs: ms,
      status: text.nullable(),
      end: text.nullable(),
      sentence: text.nullable(),
      tookMs: ms.nullable(),
      evidence: z.enum(evidenceKinds).nullable(),
    }),
  ),
});

const figures = z.object({
  runs: count,
  drills: count,
  ends: z.record(text, count),
  recoveries: count,
  medianMs: ms.nullable(),
  longestMs: ms.nullable(),
  within: count,
  /** 0 to 1. */
  share: z.number().nullable(),
});
const reported = z.object({
  /** Null for the whole fleet. */
  validator: validator.nullable(),
  now: figures,
  before: figures,
  trend: z.enum(['faster', 'slower', 'same']).nullable(),
  movedDays: count.nullable(),
  drillOverdue: z.boolean(),
  forgotten: count,
});
const report = z.object({
  days: count,
  objectiveSeconds: z.number(),
  knownSinceMs: ms,
  unread: count,
  validators: z.array(reported),
  fleet: reported,
  runs: z.array(
    z.object({
      execution: executionName,
      kind: z.enum(['failover', 'by-hand', 'drill']),
      startedMs: ms,
      end: text,
      tookTerm: z.boolean(),
      toSignatureMs: ms.nullable(),
      askedMs: ms,
    }),
  ),
});

const hash = z.string().regex(/^[a-f0-9]{64}$/);
const bundle = z.object({ validator, execution: executionName, file: text, records: count, last: hash });
const verified = z.object({
  file: text,
  ok: z.boolean(),
  /** Where it is broken: a line of the file, null for the whole of it. */
  broken: z.object({ line: count.nullable(), why: text }).nullable(),
  execution: text.nullable(),
  records: count,
  last: hash.nullable(),
  expected: z.boolean().nullable(),
  claims: z.array(z.object({ claim: text, state: z.enum(['holds', 'broken', 'unknown']), sentence: text })),
});

const drill = z.object({
  ok: z.boolean(),
  signedTwice: z.boolean(),
  scenario: text,
  chain: text,
  end: text,
  expectedEnd: text,
  findings: z.object({ doubleSigned: count, late: count, missed: count, how: text }),
  verdictToSignatureMs: ms.nullable(),
  faultToVerdictMs: ms.nullable(),
  totalMs: ms,
  called: count,
  sentence: text,
});

const planned = z.object({
  /** Its id, 64 hex digits. */
  plan: text,
  counts: z.object({ enrol: count, change: count, unchanged: count, kept: count }),
  risky: count,
  changes: z.array(
    z.object({
      validator,
      kind: z.enum(['enrol', 'change', 'unchanged']),
      timing: text,
      fields: z.array(
        z.object({
          op: z.enum(['+', '~', '-']),
          path: text,
          before: text.nullable(),
          after: text.nullable(),
          consequence: text.nullable(),
          risky: z.boolean(),
        }),
      ),
    }),
  ),
  /** Configured, and not in the file: they stay. */
  kept: z.array(validator),
});

const initialized = z.object({
  file: text,
  validator,
  written: z.boolean(),
  timing: text,
  nodes: z.array(
    z.object({
      node: text,
      role: text,
      tags: z.record(text, text),
      keys: z.array(text),
      guard: z.record(text, z.unknown()),
      install: text,
    }),
  ),
  commands: z.array(text),
});

const timings = {
  approvedMs: ms.nullable(),
  termTakenMs: ms.nullable(),
  fencedMs: ms.nullable(),
  releasedMs: ms.nullable(),
  signedMs: ms.nullable(),
  endedMs: ms.nullable(),
  askedMs: ms,
};
/** With --real; times are counted from the start of each execution. */
const drillReal = z.object({
  validator,
  ok: z.boolean(),
  legs: z.array(
    z.object({ way: z.enum(['there', 'back']), execution: executionName, status: text, error: text.nullable(), cause: text.nullable(), ...timings }),
  ),
  /** The execution that goes on by itself after an interruption. */
  open: executionName.nullable(),
  holder: nodeId.nullable(),
  why: text.nullable(),
  next: text.nullable(),
});

/** By the name of the command; `error` is what each prints when it fails. */
export const cliJson = {
  error: z.object({ error: z.object({ code: z.enum([...errorCodes, 'Unexpected']), message: text, fix: text, field: text.optional() }) }),
  seal: z.object({ validator, sealed: z.literal(true), publicKey: text.nullable(), watermark: watermark.nullable() }),
  init: initialized,
  plan: planned,
  apply: z.object({ changes: z.array(z.object({ validator, kind: z.enum(['enrol', 'change', 'unchanged']) })), applied: z.boolean() }),
  /** With --watch an object for each change, and at the end how often it looked. */
  status: z.union([status, z.object({ looks: count })]),
  doctor,
  failover: moved,
  switchover: moved,
  recover: recoverJson,
  cancel: z.object({ validator, execution: executionName, cancelled: z.boolean(), by: text }),
  cost: costJson,
  'export-state': z.object({ validator, format: text, watermark, state: z.unknown() }),
  readmit: z.object({ validator, node: nodeId, readmitted: z.boolean() }),
  approve: answered,
  deny: answered,
  attest: answered,
  explain: z.union([explained, policyExplained, gatesExplained]),
  history,
  report,
  bundle,
  'verify-bundle': verified,
  pause: z.object({ validator, paused: z.literal(true), by: text, reason: text, untilMs: ms.nullable() }),
  resume: z.object({ validator, paused: z.literal(false) }),
  ...jsonOfAlerts,
  'fence-test': fenceTestJson,
  gate: gateJson,
  completion: z.object({ shell: z.enum(['bash', 'zsh', 'fish']), script: text }),
  drill: z.union([drill, drillReal]),
} as const;
