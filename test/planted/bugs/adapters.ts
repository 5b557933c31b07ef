import { bugsOf, sim, type Bug } from '../bug.ts';

/** The adapters of AWS services: what is sent, and what an answer means. */

const of = bugsOf('adapters');

const lease = 'aws/lease.ts';
const keys = 'aws/keys.ts';
const command = 'aws/command.ts';
const dynalite = 'test/dynamodb/dynalite.test.ts';

export const adapterBugs: readonly Bug[] = [
  of(
    'compiled-without-the-term',
    'Phase and claim tell the term already, so the compiled condition leaves it out; core’s own judgement still has it.',
    [
      { file: lease, find: '[sameTerm, inPhase, ...heldByUs.text]', replace: '[inPhase, ...heldByUs.text]' },
      { file: lease, find: "  const sameTerm = '#term = :seenTerm';\n", replace: '' },
      { file: lease, find: "names: { '#term': 'term', '#phase'", replace: "names: { '#phase'" },
      { file: lease, find: "{ ':seenTerm': term, ...Object", replace: '{ ...Object' },
      { file: lease, find: 'const { term, phases, claim } = expect;', replace: 'const { phases, claim } = expect;' },
    ],
    dynalite,
    'of another claim or term only a fitting TakeTerm is done',
  ),
  of(
    'lost-reply-is-called-refused',
    'A failed condition is a refusal; after a retry of the SDK it may be the own write, whose reply was lost.',
    [
      {
        file: lease,
        find: "return found.attempt === write.attempt ? { outcome: 'done', lease: found, earlier: true } : { outcome: 'refused', found };",
        replace: "return { outcome: 'refused', found };",
      },
    ],
    dynalite,
    'the retry of the SDK finds a write whose reply was lost to be done',
  ),
  of(
    'no-answer-is-a-refusal',
    'The write did not go through, so it is refused; a table that gave no answer may have done it.',
    [
      {
        file: lease,
        find: 'if (!(cause instanceof ConditionalCheckFailedException)) throw cause;',
        replace: "if (!(cause instanceof ConditionalCheckFailedException)) return { outcome: 'refused', found: undefined };",
      },
    ],
    'aws/lease.test.ts',
    'silence is unknown, never a refusal',
  ),
  of(
    'eventually-consistent-read',
    'Half the price and nearly always the same answer: the guard reads a lease that is no longer true.',
    [{ file: 'aws/items.ts', find: 'ConsistentRead: !eventual', replace: 'ConsistentRead: false' }],
    'aws/items.test.ts',
    'is consistent, of one key, and can be given up',
  ),
  of(
    'grant-without-the-context',
    'The grant names the principal, which is enough to let it decrypt: it then opens every key and every term.',
    [{ file: keys, find: '          Constraints: { EncryptionContextEquals: context },\n', replace: '' }],
    'aws/keys.test.ts',
    'lets exactly this principal decrypt exactly that',
  ),
  of(
    'key-sealed-without-the-term',
    'The key is for this node, so the context names the node; a grant of an earlier term opens it as well.',
    [
      {
        file: keys,
        find: '({ validator, node, term: String(term) })',
        replace: '({ validator, node, ...(term > 0 ? {} : { term: String(term) }) })',
      },
    ],
    'aws/keys.test.ts',
    'asks with the grant token, for exactly this validator, node and term',
    [sim('--seeds', '20')],
  ),
  of(
    'fence-command-sent-again',
    'A retry just sends the command once more; SendCommand has no client token, and the second may run after the node has rejoined.',
    [{ file: command, find: '      if (earlier !== undefined) return earlier;\n', replace: '      if (earlier === comment) return earlier;\n' }],
    'aws/command.test.ts',
    'an earlier send of this very nonce is not repeated',
  ),
  of(
    'output-of-a-timed-out-command',
    'The output says ok, whatever the status says: TimedOut is about the delivery.',
    [{ file: command, find: "if (status !== 'Success')", replace: "if (status === 'Cancelled')" }],
    'aws/command.test.ts',
    'SSM’s time-out is unknown',
  ),
  of(
    'result-of-whatever-node',
    'The invocation was asked for by its id, so the answer is not compared with what was asked for.',
    [{ file: command, find: 'found.InstanceId !== of.node || found.CommandId', replace: 'found.CommandId' }],
    'aws/command.test.ts',
    'the success of another node proves nothing',
  ),
  of(
    'power-state-of-whatever-is-shown',
    'One machine was asked for, so the first state in the answer is its own.',
    [{ file: 'aws/power.ts', find: '.data?.filter(({ InstanceId }) => InstanceId === node) ?? []', replace: '.data ?? []' }],
    'aws/power.test.ts',
    'another machine that is stopped',
  ),
  of(
    'late-report-covers-a-newer-one',
    'Only the node itself writes its item, so no condition is needed; a write that comes late takes its newest word away.',
    [{ file: 'aws/report.ts', find: "AND #sequence < :sequence'", replace: "AND #sequence <> :sequence'" }],
    dynalite,
    'a report stands on what its guard knows to be there',
  ),
  of(
    'answer-written-over-another',
    'The record is pending, and that is all a new answer needs: two people who answer at once count as one.',
    [
      { file: 'aws/approvals.ts', find: "['#version = :seen', '#state = :pending']", replace: "['#state = :pending']" },
      { file: 'aws/approvals.ts', find: "values: { ':seen': record.version, ':pending'", replace: "values: { ':pending'" },
    ],
    dynalite,
    'of two people who answer at once, both are counted',
  ),
];
