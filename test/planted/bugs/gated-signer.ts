import { sim, test, type Bug } from '../bug.ts';

/** The signer of custody gate, and the key that lies in KMS. */

const file = 'chains/cometbft/privval/gated-signer.ts';
const gate = sim('--gate', '--seeds', '10');
const whole = 'return this.#leave(duty, outcome.claimed, { key, extensionSignature: prepared.extensionSignature });';
const silent = "if (outcome === null) return refuse(refusalCodes.arbiter, 'the arbiter does not answer');";
const refused = "if (outcome.outcome === 'refused') return toldBy(outcome, prepared.claim.duty);";
const ceased = "if (this.#key !== key || !isOpen()) return refuse(refusalCodes.notHolder, 'this node ceased to be a member while it signed');";

export const gatedSignerBugs: readonly Bug[] = [
  {
    name: 'gated-signer-sends-what-was-refused',
    area: 'gate',
    story: 'The arbiter holds a later duty by now; this vote was signed before that, so it conflicts with nothing.',
    edits: [
      { file, find: refused, replace: "const claimed = outcome.outcome === 'refused' ? prepared.claim.claimed : outcome.claimed;" },
      { file, find: whole, replace: whole.replace('outcome.claimed', 'claimed') },
    ],
    catchers: [gate],
  },
  {
    name: 'gated-signer-signs-through-silence',
    area: 'gate',
    story: 'The table is slow and the block will not wait: the claim was sent twice, so it has surely won.',
    edits: [{ file, find: silent, replace: `if (outcome === null) ${whole.replace('outcome.claimed', 'prepared.claim.claimed')}` }],
    catchers: [gate],
  },
  {
    name: 'gated-signer-keeps-what-came-too-late',
    area: 'gate',
    story: 'KMS has signed, so the duty is kept and claimed; that the key was taken away meanwhile is for the guard to see.',
    edits: [{ file, find: ceased, replace: '' }],
    catchers: [test('chains/cometbft/privval/distant-key.test.ts', 'nothing is kept or claimed when the key was taken away')],
  },
  {
    name: 'kms-reply-is-trusted',
    area: 'adapters',
    story: 'What comes from KMS over TLS is the signature that was asked for; to verify it costs a millisecond each time.',
    edits: [
      {
        file: 'aws/kms-key.ts',
        find: "if (!verify(null, message, this.#public, signature)) throw invalid('what KMS gave is no signature of the message by this validator');",
        replace: '',
      },
    ],
    catchers: [test('aws/kms-key.test.ts', 'by another key is none')],
  },
  {
    name: 'kms-key-of-another-curve',
    area: 'adapters',
    story: 'The public key is compared, and no other key has it, so the key spec need not be looked at.',
    edits: [{ file: 'core/kms-key.ts', find: 'if (spec !== kmsKeySpec) return', replace: 'if (false) return' }],
    catchers: [test('core/kms-key.test.ts', 'a key: of another curve')],
  },
];
