import { claimsOf } from '../../../cli/bundle-claims.ts';
import { bundleOf, checkBundle, withoutSecrets, type BundleRecord } from '../../../core/bundle.ts';
import { leasePlain, reportPlain } from '../examples.ts';
import { mutate, mutateText, noise, type Plain } from '../mutate.ts';
import type { Random } from '../random.ts';
import { canary, hold, same, target } from '../target.ts';

/** The text of a bundle: what is accepted is, letter by letter, the one text of its records, and every claim about it can be told. */

const kinds = ['bundle', 'execution', 'input', 'plan', 'config', 'gate', 'people', 'evidence', 'lease', 'node', 'timings', 'request', 'event'];

const recordOf = (random: Random): BundleRecord => {
  const given = random.once(2) ? leasePlain(random) : reportPlain(random);
  const content = withoutSecrets(
    random.once(2) ? given : { id: random.between(1, 9), type: 'TaskStateExited', name: 'Fence', output: given },
  ) as Plain;
  return { kind: random.pick(kinds), content };
};

const brackets = (random: Random): string => random.pick(['[', '{"a":']).repeat(random.between(1_000, 100_000));

export const bundle = target<{ text: string }>({
  name: 'bundle',
  about: 'core/bundle.ts checkBundle, cli/bundle-claims.ts',
  make: (random, valid) => {
    const records = Array.from({ length: random.between(1, 6) }, () => recordOf(random));
    const { text } = bundleOf(records);
    if (valid) return { text };
    if (random.once(40)) return { text: `${text}${brackets(random)}\n` };
    if (random.once(20)) return { text: noise(random) };
    // A file whose hashes are right and whose records are anything: what is claimed of it must be told, whatever it is.
    if (random.once(3)) {
      const strange = records.map(({ kind, content }) => ({ kind, content: { is: mutate(random, content) } }));
      return { text: bundleOf(strange.map((one) => JSON.parse(JSON.stringify(one)) as BundleRecord)).text };
    }
    return { text: mutateText(random, text) };
  },
  run: ({ text }) => {
    const found = checkBundle(text);
    if (!found.ok) {
      hold(found.why.length > 0 && found.why.length < 200, 'it does not say why');
      return 'refused';
    }
    same(bundleOf(found.records).text, text, 'the text of what was accepted');
    hold(!text.includes(canary), 'a secret is in it');
    const claims = claimsOf(found.records);
    hold(claims.length === 7 && claims.every(({ sentence }) => sentence.length > 0), 'a claim is not told');
    return 'accepted';
  },
});
