import { chains, type Before } from '../../../chains/index.ts';
import { addressOf } from '../../../chains/cometbft/probe.ts';
import type { Observation } from '../../../core/verdict.ts';
import { configOf } from '../../support/core.ts';
import { mutate, mutateText, noise, type Plain } from '../mutate.ts';
import type { Random } from '../random.ts';
import { answerWith, restore } from '../replies.ts';
import { hold, same, target } from '../target.ts';

/** What a CometBFT endpoint may answer: a hostile one must never look like a signature, nor make a probe throw. */

interface Input {
  readonly status: string;
  /** `@` stands for the height that was asked for. */
  readonly commit: string;
  readonly validators: string;
  readonly http: number;
  readonly head: number | null;
  readonly above: number;
  readonly ask: 'look' | 'landed' | 'head';
}

export const me = addressOf('bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=');
const config = configOf();
const largestBody = 2_000_000;

const text = (random: Random, valid: boolean, value: Plain): string => {
  if (valid || random.once(3)) return JSON.stringify(value);
  if (random.once(12)) return noise(random);
  const changed = JSON.stringify(mutate(random, value)) ?? 'undefined';
  if (random.once(5_000)) return `{"result":{"x":${'[0,'.repeat(random.between(1, 600_000))}`;
  if (random.once(5_000)) return changed.replace('[{', `[${'0,'.repeat(random.between(1, 900_000))}{`);
  if (random.once(20)) return changed.replace('{', '{"__proto__":{"result":{}},');
  if (random.once(20)) return changed.replace('"result":', '"result":null,"result":');
  return random.once(3) ? mutateText(random, changed) : changed;
};

const at = (value: unknown, ...path: readonly (string | number)[]): unknown => {
  let found = value;
  for (const key of path) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return undefined;
    found = (found as Plain)[key];
  }
  return found;
};
const parsed = (body: string, http: number): unknown => {
  if (http !== 200 || Buffer.byteLength(body) > largestBody) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};
const height = (value: unknown): number | null => {
  if (typeof value !== 'string' || value.length < 1 || value.length > 15) return null;
  for (const letter of value) if (letter < '0' || letter > '9') return null;
  return Number(value);
};
export const headIn = (body: string, http: number, chain: string): number | null => {
  const sync = at(parsed(body, http), 'result', 'sync_info');
  const network = at(parsed(body, http), 'result', 'node_info', 'network');
  return network === chain && at(sync, 'catching_up') === false ? height(at(sync, 'latest_block_height')) : null;
};
/** Null when the answer is no commit of that height. */
const signedIn = ({ commit, http }: Input, asked: number): boolean | null => {
  const signed = at(parsed(commit.replace('@', String(asked)), http), 'result', 'signed_header');
  const list = at(signed, 'commit', 'signatures');
  if (height(at(signed, 'header', 'height')) !== asked || !Array.isArray(list) || list.length > 10_000) return null;
  if (list.some((one) => ![1, 2, 3].includes(at(one, 'block_id_flag') as number) || typeof at(one, 'validator_address') !== 'string')) return null;
  return list.some((one) => at(one, 'validator_address') === me && at(one, 'block_id_flag') !== 1);
};
const inSet = ({ validators, http }: Input): boolean | null => {
  const list = at(parsed(validators, http), 'result', 'validators');
  if (!Array.isArray(list) || list.length > 100 || height(at(parsed(validators, http), 'result', 'total')) === null) return null;
  return list.every((one) => typeof at(one, 'address') === 'string') ? list.some((one) => at(one, 'address') === me) : null;
};

const beforeOf = ({ head }: Input): Before | null =>
  head === null ? null : { agoMs: 5_000, memory: { head, lastSigned: 3, stillMs: 0, observation: 'failing' } };

const expected = (input: Input): { observation: Observation; head: number | null } => {
  const head = headIn(input.status, input.http, 'hub');
  const blind = { observation: 'unobservable', head: null } as const;
  if (head === null) return blind;
  if (input.head !== null && head <= input.head) return { observation: 'unobservable', head: input.head };
  const final = head - 1;
  const from = Math.max(1, final - 4, input.head ?? final - 1);
  const seen: boolean[] = [];
  for (let one = from; one <= final; one += 1) {
    const signed = signedIn(input, one);
    if (signed === null) return blind;
    seen.push(signed);
  }
  if (seen.includes(true)) return { observation: 'signing', head };
  return seen.length > 0 && inSet(input) === true ? { observation: 'failing', head } : blind;
};

const never = new AbortController().signal;

export const cometbftProbe = target<Input>({
  name: 'cometbft-probe',
  about: 'chains/cometbft/probe.ts look, landed and head, chains/index.ts headOf',
  // Up to eight answers of up to two million bytes each.
  budgetMs: ({ status, commit, validators }) => Math.max(250, (status.length + commit.length + validators.length) / 2_000),
  make: (random, valid) => {
    const head = random.pick([random.between(3, 20), random.between(3, 1e9), 999_999_999_999_999]);
    const mine = random.once(2);
    const signatures = [
      { block_id_flag: 2, validator_address: 'OTHER' },
      ...(mine ? [{ block_id_flag: random.between(2, 3), validator_address: me }] : []),
    ];
    return {
      status: text(random, valid, {
        result: { node_info: { network: 'hub' }, sync_info: { latest_block_height: String(head), catching_up: false, extra: [1] } },
      }),
      commit: text(random, valid, { result: { signed_header: { header: { height: '@', time: 'x' }, commit: { signatures } } } }),
      validators: text(random, valid, { result: { validators: [{ address: 'OTHER' }, { address: me, power: '1' }], total: '2' } }),
      http: valid || !random.once(40) ? 200 : random.pick([302, 400, 404, 500]),
      head: random.once(3) ? null : head - random.between(valid ? 1 : 0, 9),
      above: random.pick([0, head - 3, head]),
      ask: valid ? 'look' : random.pick(['look', 'look', 'look', 'landed', 'head'] as const),
    };
  },
  run: async (input) => {
    answerWith(({ pathname, searchParams }) => ({
      status: input.http,
      body:
        pathname === '/status'
          ? input.status
          : pathname === '/commit'
            ? input.commit.replace('@', searchParams.get('height') ?? '')
            : input.validators,
    }));
    const head = headIn(input.status, input.http, 'hub');
    if (input.ask === 'head') {
      same(await chains.headOf(config, never), head, 'the head');
      return head === null ? 'refused' : 'accepted';
    }
    if (input.ask === 'landed') {
      const landed = await chains.landed(config, 'west', input.above, never);
      const asked = head === null ? [] : Array.from({ length: 5 }, (_, index) => head - index).filter((one) => one > input.above);
      hold(!landed.signed || asked.some((one) => signedIn(input, one) === true), 'a signature landed that is in no commit');
      return landed.head === null ? 'refused' : 'accepted';
    }
    const { result, memory } = await chains.look(config, 'east', beforeOf(input), never);
    same({ observation: result.observation, head: result.head }, expected(input), 'what was seen');
    hold(result.sentence.length <= 300, 'the sentence is too long');
    hold(memory.observation === result.observation && memory.stillMs >= 0, 'the memory says something else');
    return result.observation === 'unobservable' ? 'refused' : 'accepted';
  },
  close: restore,
});
