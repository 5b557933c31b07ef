import { bugsOf, type Bug } from '../bug.ts';

/** Ethereum: the signer's rules, its record, and what clients say of keys that they gave up. */

const of = bugsOf('guard');
const [rules, signer, store, keymanager] = [
  'chains/ethereum/eip3076.ts',
  'chains/ethereum/signer/signer.ts',
  'chains/ethereum/signer/store.ts',
  'chains/ethereum/keymanager.ts',
];
const oracle = 'nothing slashable is signed';
const [signerTests, keymanagerTests] = ['chains/ethereum/signer/signer.test.ts', 'chains/ethereum/driver-keymanager.test.ts'];

export const ethereumBugs: readonly Bug[] = [
  of(
    'vote-that-surrounds',
    'The target is higher than any before, so it is no double vote; that the source may be lower is forgotten.',
    [{ file: rules, find: ' && vote.source >= before.source', replace: '' }],
    'chains/ethereum/eip3076.test.ts',
    oracle,
  ),
  of(
    'vote-repeated-with-another-root',
    'A client that lost the answer asks again for the same epochs, and must get one.',
    [{ file: rules, find: ' && before.signingRoot === vote.signingRoot', replace: '' }],
    'chains/ethereum/eip3076.test.ts',
    oracle,
  ),
  of(
    'signer-trusts-the-root',
    'Clients compute the signing root themselves, so it is not computed again: a vote passes a closed gate as a selection proof.',
    [
      {
        file: signer,
        find: 'given === undefined || given.toLowerCase() === hexOf(root) ? root',
        replace: "true ? Buffer.from((given ?? hexOf(root)).slice(2), 'hex')",
      },
    ],
    signerTests,
    'refuses a vote under the name of a proof',
  ),
  of(
    'signature-leaves-after-the-lease',
    'The gate was asked a moment before, and signing takes half a millisecond.',
    [{ file: signer, find: 'if (!isOpen() || mark === null)', replace: 'if (mark === null)' }],
    signerTests,
    'a signature that was made as the lease ran out does not leave',
  ),
  of(
    'record-without-a-sync',
    'A sync for each vote is slow with a thousand keys, and the kernel writes the file soon.',
    [{ file: store, find: '    this.#disk.fsyncSync(fd);\n', replace: '' }],
    'chains/ethereum/signer/store.test.ts',
    'a message is on the disk before its signature leaves',
  ),
  of(
    'keymanager-takes-the-first-export',
    'The first deletion has given the export already; the one after the restart only proves it. Lodestar 1.5.1 goes on with the key in between.',
    [{ file: keymanager, find: '      reply = await this.#delete(publicKeys);\n', replace: '      await this.#delete(publicKeys);\n' }],
    keymanagerTests,
    'goes on with the keys in memory: the restart ends it',
  ),
  of(
    'keymanager-trusts-deleted',
    'The client says "deleted" for each key, so there is no need to list them.',
    [{ file: keymanager, find: 'if (still.length > 0)', replace: 'if (still.length > publicKeys.length)' }],
    keymanagerTests,
    'is trusted without a restart',
  ),
];
