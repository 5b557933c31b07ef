import { bugsOf, sim, type Bug } from '../bug.ts';

/** The handlers, and the rules that they ask. The explorer does not run handlers: these are seen by the simulator, or by tests only. */

const fencePass = 'functions/shared/fence-pass.ts';
const release = 'functions/release-key.ts';
const takeTerm = 'functions/take-term.ts';
const fenceTests = 'functions/fence.test.ts';
const releaseTests = 'functions/release-key.test.ts';
const takeTests = 'functions/take-term.test.ts';

const of = bugsOf('functions');

export const functionBugs: readonly Bug[] = [
  of(
    'fence-the-configured-active',
    'The active is looked up in validators.yaml; after the first failover that is no longer the one that signs.',
    [
      {
        file: fencePass,
        find: '  const nonce = nonceOf(lease);\n',
        replace: '  const nonce = nonceOf(lease);\n  const active = config.nodes.find(({ name }) => name === config.holder)?.id ?? lease.holder;\n',
      },
      { file: fencePass, find: 'sendOnce({ node: lease.holder, validator', replace: 'sendOnce({ node: active, validator' },
      { file: fencePass, find: 'result({ commandId, node: lease.holder }', replace: 'result({ commandId, node: active }' },
    ],
    fenceTests,
    'the recorded active is fenced, not the first of the configuration',
    [sim('--seeds', '80')],
  ),
  of(
    'timed-out-command-is-proof',
    'SSM gave the command up, so the node cannot be reached and must be down: silence is taken for proof.',
    [
      {
        file: fencePass,
        find: "  if (result.outcome !== 'done') return none(",
        replace: [
          "  if (result.outcome === 'unknown') {",
          "    const how = 'SSM cannot reach the node any more: it is down.';",
          '    const at = { term: lease.term, atMs: deps.clock.epochMs(), how };',
          "    return { outcome: 'proof', evidence: { kind: 'stopped', node: lease.holder, by: `SSM command ${commandId}`, ...at } };",
          '  }',
          "  if (result.outcome !== 'done') return none(",
        ].join('\n'),
      },
    ],
    fenceTests,
    'a verified stop is proof; each of these is not',
    [sim('--seeds', '20')],
  ),
  of(
    'any-kind-of-evidence-is-sought',
    'More kinds of evidence make a faster failover; that the policy of the validator lists those it trusts is forgotten.',
    [{ file: fencePass, find: 'kinds.filter((kind) => accepts(look.config.policy, kind))', replace: '(Object.keys(seekers) as EvidenceKind[])' }],
    fenceTests,
    'only accepted kinds are tried',
    [sim('--seeds', '20')],
  ),
  of(
    'release-without-looking-at-the-proof',
    'The lease is FENCED, so there was a proof; of which node and in which term is not looked at.',
    [
      {
        file: release,
        find: "if (lease.phase !== 'FENCED' || !evidence || evidence.term !== lease.term || evidence.node !== lease.holder) {",
        replace: 'if (!evidence) {',
      },
    ],
    releaseTests,
    'a proof about another node releases nothing',
  ),
  of(
    'release-to-whoever-is-asked-for',
    'The candidate is in the input of the task, so the lease is not asked who it is; people approved another one.',
    [{ file: release, find: 'lease.candidate !== input.candidate || !candidate', replace: '!candidate' }],
    releaseTests,
    'another candidate releases nothing',
  ),
  of(
    'head-from-the-candidate',
    'The candidate is synced, so its own height is the head; it may lag further than the margin (OpenShards 2023: a standby that was behind).',
    [{ file: release, find: 'const head = await deps.chains.headOf(config, signal);', replace: 'const head = report?.height ?? null;' }],
    releaseTests,
    'an unknown head releases nothing',
  ),
  of(
    'head-kept-from-before-the-proof',
    'A warm container remembers the head for speed; the old holder signed on since it was read.',
    [
      {
        file: release,
        find: '/** Seals the key for the candidate',
        replace: 'const heads = new Map<string, number | null>();\n\n/** Seals the key for the candidate',
      },
      {
        file: release,
        find: '  const head = await deps.chains.headOf(config, signal);\n',
        replace: '  const head = heads.get(config.id) ?? (await deps.chains.headOf(config, signal));\n  heads.set(config.id, head);\n',
      },
    ],
    releaseTests,
    'the head is read anew for each release',
  ),
  of(
    'grant-to-the-wrong-principal',
    'The grant goes to the role of the active, as the configuration names it: both nodes had the same one in the test account.',
    [
      {
        file: release,
        find: 'principal: candidate.principal',
        replace: 'principal: (config.nodes.find(({ name }) => name === config.holder) ?? candidate).principal',
      },
    ],
    releaseTests,
    'the grant goes to the principal of the candidate',
  ),
  of(
    'take-what-stands-there',
    'The lease was read just now, so the condition is what it says: a term that nobody assessed or approved is taken.',
    [{ file: takeTerm, find: '{ ...seen, term: plan.term, phase: plan.phase }', replace: 'seen' }],
    takeTests,
    'a phase that moved on is refused and nothing is written',
    [sim('--seeds', '150')],
  ),
  of(
    'approved-is-approved',
    'The record is in state approved, so the term is taken; that it approves another plan is not looked at.',
    [
      {
        file: takeTerm,
        find: 'const verdict = approves({ record, plan, planHash });',
        replace: "const verdict = record?.state === 'approved' ? ({ ok: true } as const) : approves({ record, plan, planHash });",
      },
    ],
    takeTests,
    'an approval of another plan is refused and nothing is written',
  ),
  of(
    'the-plan-says-whether-to-ask',
    'The plan carries `required`, so the policy is not asked again: whoever makes the plan decides whether people are asked.',
    [
      {
        file: takeTerm,
        find: "if (plan.approval.required || deps.settings.approvalRequired || config.policy.mode !== 'auto') {",
        replace: 'if (plan.approval.required || deps.settings.approvalRequired) {',
      },
    ],
    takeTests,
    'a plan that says it needs no approval does not help',
  ),
  of(
    'the-stack-asks-nobody',
    'The parameter ApprovalRequired is heeded when the plan is made, and forgotten when the term is taken.',
    [{ file: takeTerm, find: '|| deps.settings.approvalRequired ', replace: '' }],
    takeTests,
    'a policy that asks nobody does not help in a stack',
  ),
  of(
    'dry-run-only-at-the-start',
    'Only Assess knows of the dry run: an execution that was approved before the stack became one still moves the right to sign.',
    [{ file: takeTerm, find: 'if (deps.settings.dryRun)', replace: 'if (false as boolean)' }],
    takeTests,
    'a stack that moves nothing is refused and nothing is written',
  ),
  of(
    'plan-of-an-older-configuration',
    'The plan has its hash, so the configuration is not compared: a node that was taken out may still become the holder.',
    [{ file: takeTerm, find: 'if (hash !== plan.config)', replace: "if (plan.config === '')" }],
    takeTests,
    'a configuration that was changed is refused and nothing is written',
  ),
  of(
    'reinstate-whoever-is-named',
    'Reinstate gives the term to the node in its input, which the state machine got from TakeTerm; the lease is not asked.',
    [
      { file: 'functions/reinstate.ts', find: 'if (lease.holder !== input.holder || !node)', replace: 'if (!node)' },
      { file: 'functions/reinstate.ts', find: '{ holder: lease.holder, sealed', replace: '{ holder: input.holder, sealed' },
    ],
    'functions/release-key.test.ts',
    'reinstate is for the recorded active alone',
  ),
  of(
    'failover-during-a-chain-halt',
    'Who asks by hand knows better, so a standing chain does not stop them (Persistence 2022: a chain halt, and a restart without the sign state).',
    [{ file: 'core/assess-gates.ts', find: "of.verdict === 'halted' ? halted", replace: "of.verdict === 'halted' && !byHand ? halted" }],
    'core/assess.test.ts',
    'the chain stands still, even by hand',
  ),
  of(
    'standby-that-is-behind',
    'The standby says that it is synced, so its lag is not compared with the head (OpenShards 2023).',
    [{ file: 'core/assess-gates.ts', find: '(behind ?? 0) > maxLag ?', replace: '(behind ?? 0) > Number.MAX_SAFE_INTEGER ?' }],
    'core/assess.test.ts',
    'for a reason',
  ),
  of(
    'one-vantage-is-enough',
    'A vantage that sees no signature is right; that the others cannot tell is taken for agreement.',
    [{ file: 'core/verdict.ts', find: "count('failing') >= rule.vantages", replace: "count('failing') > 0" }],
    'core/verdict.test.ts',
    'fu is unobservable',
  ),
  of(
    'late-signature-of-the-old-holder',
    'A signature that lands after the release is the new holder’s; one of the old holder’s may still have been on its way (found by the simulator).',
    [{ file: 'functions/verify.ts', find: '(seen === null ? null : Math.max(seen, floor))', replace: 'seen' }],
    'functions/verify.test.ts',
    'a signature of the holder before, which landed after the release, does not count',
    [sim('--seeds', '20')],
  ),
];
