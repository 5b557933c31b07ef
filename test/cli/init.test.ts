import { registry } from '../../chains/registry.ts';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { init, type InitOptions } from '../../cli/commands/init.ts';
import type { Terminal } from '../../cli/init/terminal.ts';
import { valueOf } from '../../cli/plan/text.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { guardConfigOf } from '../../guard/config.ts';
import { baton, dir, file, inWords, text, told, useCli } from '../support/cli-bench.ts';
import { amber, yaml } from '../support/core.ts';

useCli();

const role = (name: string, id: string): string => `arn:aws:sts::123456789012:assumed-role/baton-node-${name}/${id}`;
const plain = (yaml() as { validators: Record<string, unknown>[] }).validators[0] ?? {};
const cedar = { name: 'cedar', id: 'mi-0ceda00000000003', principal: role('cedar', 'mi-0ceda00000000003') };
const out = (): string => join(dir, 'fleet.yaml');
const answers = (value: unknown): string => file('answers.json', JSON.stringify(value));
const read = (): ReturnType<typeof parseValidatorsFile> => parseValidatorsFile(valueOf(readFileSync(out(), 'utf8'), 'f'), registry);

beforeEach(() => {
  rmSync(out(), { force: true });
});

/** Somebody who types these lines, one for each question. */
const typed = (lines: readonly string[]): { terminal: Terminal; questions: string[]; said: string[]; left: string[] } => {
  const [questions, said, left]: [string[], string[], string[]] = [[], [], [...lines]];
  const terminal: Terminal = {
    ask: async (question) => {
      questions.push(question);
      const next = left.shift();
      if (next === undefined) throw new Error(`nobody answers ${question}`);
      return next;
    },
    say: (line) => void said.push(line),
    close: () => undefined,
  };
  return { terminal, questions, said, left };
};
const withTerminal = (terminal: Terminal, of: Partial<InitOptions> = {}) =>
  init({ out: out(), add: false, force: false, yes: false, terminal: () => terminal, ...of });

const hub = ['hub-1', '', 'cosmoshub-4', 'bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ='];
const nodeAmber = ['amber', amber, role('amber', amber), '', 'http://10.0.1.10:26657'];
const nodeCedar = ['y', cedar.name, cedar.id, cedar.principal, ''];
const vantages = ['east', 'http://10.0.3.10:26657', 'west', 'http://10.0.4.10:26657', ''];
const policy = ['', 'role/baton-approver, user/robin', '2', '', ''];
const install = ['gaiad.service', '/run/gaiad/privval.sock'];
const whole = [...hub, ...nodeAmber, ...nodeCedar, 'n', '', ...vantages, ...policy, 'n', ...install];

describe('init at a terminal', () => {
  test('writes what was answered, and tells what it needs', async () => {
    const { terminal, said, left } = typed([...whole, 'y']);
    const { lines, json } = await withTerminal(terminal);
    expect(left).toEqual([]);
    const [one] = read().validators;
    expect(one).toMatchObject({
      id: 'hub-1',
      chain: { kind: 'cometbft', chainId: 'cosmoshub-4' },
      holder: 'amber',
      nodes: [
        { name: 'amber', power: true, url: 'http://10.0.1.10:26657' },
        { name: 'cedar', power: false },
      ],
      vantages: [{ name: 'east' }, { name: 'west' }],
      policy: { mode: 'approve', approvers: ['role/baton-approver', 'user/robin'], quorum: 2, evidence: ['relinquished', 'stopped', 'powered-off'] },
    });
    expect(said).toContain('  - id: hub-1');
    expect(said.at(-1)).toBe(
      'timing: poll 3000 + read timeout 2000 + stop 3000 + margin 2000 = 10000 ms < lease 15000 ms; a silent guard has stopped after 18579 ms',
    );
    expect(json).toMatchObject({
      written: true,
      nodes: [
        {
          node: 'amber',
          role: 'baton-node-amber',
          tags: { 'baton-node': amber, 'baton-validator': 'hub-1' },
          keys: ['lease#hub-1', `node#hub-1#${amber}`],
        },
        { node: 'cedar', role: 'baton-node-cedar' },
      ],
      commands: [
        'baton seal hub-1 --key-file priv_validator_key.json --state priv_validator_state.json',
        `baton plan ${out()}`,
        `baton apply ${out()} --plan ID --attest "I removed the key from … and no other copy of it can sign"`,
        'baton doctor hub-1 --vault',
      ],
    });
    expect(lines).toContain('    ./install.sh --validator hub-1 --config hub-1.json --unit gaiad.service --socket /run/gaiad/privval.sock');
    expect(lines).toContain(`    aws iam tag-role --role-name baton-node-amber --tags Key=baton-node,Value=${amber} Key=baton-validator,Value=hub-1`);
    for (const { guard } of json['nodes'] as { guard: unknown }[])
      expect(guardConfigOf(JSON.stringify(guard), 'g')).toMatchObject({ validator: 'hub-1', unit: 'gaiad.service', timing: { leaseMs: 15_000 } });
  });
  test('a wrong answer is told at once, in the words of the schema, and asked again', async () => {
    const { terminal, said } = typed(['Hub 1', ...hub.slice(0, 1), 'doge', ...whole.slice(1), 'y']);
    await withTerminal(terminal);
    expect(said.slice(0, 2)).toEqual(['  id: expected 1–40 of a–z, 0–9 and -', expect.stringMatching(/^ {2}chain\.kind: .*cometbft/)]);
    expect(read().validators[0]?.id).toBe('hub-1');
  });
  test('a group whose answers do not fit together is asked again, not lost', async () => {
    const twice = ['y', 'amber', cedar.id, cedar.principal, '', 'n', ''];
    const { terminal, said } = typed([...hub, ...nodeAmber, ...twice, ...whole.slice(hub.length), 'y']);
    await withTerminal(terminal);
    expect(said.join('\n')).toContain('two nodes share "amber"');
    expect(read().validators[0]?.nodes).toHaveLength(2);
  });
  test('evidence that rests on an assumption asks for it in words', async () => {
    const words = 'Both clocks are kept by chrony with two sources.';
    const careful = ['auto', '', '', 'stopped, lapsed', 'trust me', words, 'stop'];
    const { terminal, said, questions } = typed([
      ...hub,
      ...nodeAmber,
      ...nodeCedar,
      'n',
      '',
      ...vantages,
      ...careful,
      'y',
      '',
      '',
      '',
      '',
      '20000',
      ...install,
      'y',
    ]);
    await withTerminal(terminal);
    expect(questions.filter((one) => one.startsWith('lapsed rests'))).toHaveLength(2);
    expect(said.some((line) => line.startsWith('  policy.assumptions.lapsed: '))).toBe(true);
    expect(read().validators[0]).toMatchObject({
      policy: { mode: 'auto', evidence: ['stopped', 'lapsed'], assumptions: { lapsed: words } },
      timing: { leaseMs: 20_000 },
    });
  });
  test('timing that is unsafe is asked again', async () => {
    const { terminal, said } = typed([...whole.slice(0, -3), 'y', '', '', '', '', '5000', 'n', ...install, 'y']);
    await withTerminal(terminal);
    expect(said.join('\n')).toContain('= 10000 ms ≥ lease 5000 ms');
    expect(read().validators[0]?.timing.leaseMs).toBe(15_000);
  });
  test.each(['n', ''])('without a yes (%j) nothing is written', async (last) => {
    const { terminal } = typed([...whole, last]);
    expect(await withTerminal(terminal)).toMatchObject({ exitCode: 4, json: { written: false } });
    expect(() => statSync(out())).toThrow('ENOENT');
  });
  test('twenty wrong answers are enough', async () => {
    const { terminal } = typed(Array.from({ length: 20 }, () => 'NO'));
    await expect(withTerminal(terminal)).rejects.toMatchObject({ code: 'InputInvalid', field: 'id' });
  });
  test('another daemon is asked for its paths', async () => {
    const daemon = ['eth-1', 'systemd', '/duties', '/slot', '/head', '/slot'];
    const { terminal } = typed([...daemon, ...whole.slice(hub.length, -1), 'y']);
    const { lines } = await withTerminal(terminal);
    expect(read().validators[0]?.chain).toEqual({
      kind: 'systemd',
      progressPath: '/duties',
      progressPointer: '/slot',
      headPath: '/head',
      headPointer: '/slot',
    });
    expect(lines).toContain('  baton seal eth-1 --key-file FILE');
  });
  test('--add can add a node by questions', async () => {
    await withTerminal(typed([...whole, 'y']).terminal);
    const { terminal } = typed(['y', 'hub-9', 'hub-1', 'elm', 'i-0e1e1e1e1e1e1e1e1', role('elm', 'i-0e1e1e1e1e1e1e1e1'), 'n', '', 'y']);
    const { json } = await withTerminal(terminal, { add: true });
    expect(read().validators[0]?.nodes.map(({ name }) => name)).toEqual(['amber', 'cedar', 'elm']);
    expect(json).toMatchObject({
      nodes: [{ node: 'elm' }],
      commands: [`baton plan ${out()}`, `baton apply ${out()} --plan ID`, 'baton doctor hub-1 --vault'],
    });
  });
});

describe('init --answers', () => {
  test('writes a file that plan takes unchanged', async () => {
    expect(await baton('init', '--answers', answers({ validator: plain, unit: 'gaiad.service' }), '--out', out(), '--yes')).toBe(0);
    expect(told).toMatchObject({ written: true, validator: 'hub-1' });
    expect(readFileSync(out(), 'utf8').split('\n').slice(0, 4)).toEqual([
      '# One file for the whole fleet. `baton plan` tells what it would change, `baton apply` writes it.',
      '',
      'version: 1',
      'validators:',
    ]);
    expect(await baton('plan', out())).toBe(0);
    expect(told).toMatchObject({ counts: { enrol: 1 } });
  });
  test.each<[string, unknown, string, string]>([
    ['no JSON', undefined, 'InputInvalid', 'is not JSON'],
    ['another field', { validator: plain, colour: 'red' }, 'InputInvalid', 'colour'],
    ['a node that is none', { validator: { ...plain, nodes: [{ name: 'amber' }] } }, 'ConfigInvalid', 'validators.0.nodes.0.id'],
    ['one vantage', { validator: { ...plain, vantages: [{ name: 'a', url: 'http://a' }] } }, 'ConfigInvalid', '1 vantages, but 2 must agree'],
    ['a node for a file that is not there', { node: { ...cedar, validator: 'hub-1' } }, 'InputInvalid', 'a node is added to a file'],
    ['a unit that is none', { validator: plain, unit: 'gaiad; reboot' }, 'InputInvalid', 'unit'],
  ])('%s writes nothing', async (_, value, code, message) => {
    const path = value === undefined ? file('answers.json', '{') : answers(value);
    expect(await baton('init', '--answers', path, '--out', out(), '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { code, message: expect.stringContaining(message) as string } });
    expect(readdirSync(dir).filter((name) => name.startsWith('.baton') || name === 'fleet.yaml')).toEqual([]);
  });
  test('a file that is there stays, but for --force', async () => {
    file('fleet.yaml', 'mine');
    const args = ['init', '--answers', answers({ validator: plain }), '--out', out(), '--yes'];
    expect(await baton(...args)).toBe(2);
    expect(told).toMatchObject({ error: { code: 'InputInvalid', field: '--out' } });
    expect(readFileSync(out(), 'utf8')).toBe('mine');
    expect(await baton(...args, '--force')).toBe(0);
    expect(read().validators).toHaveLength(1);
    expect(readdirSync(dir).filter((name) => name.startsWith('.baton'))).toEqual([]);
  });
  test('without answers and without a terminal says how', async () => {
    expect(await inWords('init', '--out', out())).toBe(2);
    expect(text).toBe('InputInvalid: there is no terminal to ask at\n  next: baton init --answers FILE.json --yes\n');
  });
});

describe('init --add', () => {
  const kept = `# ours
version: 1
validators:
  # the first
  - id: hub-1 # do not rename
    chain: {kind: cometbft, chainId: hub, publicKey: bjmAUf0BvrKRp3EMLyFLZ5PJbkJQ1HLGJcMsQ8rGzTQ=}
    holder: amber
    nodes:
      - {name: amber, id: ${amber}, principal: 'arn:aws:iam::123456789012:role/amber'} # rack 4
    vantages:
      - {name: east, url: 'http://east'}
      - {name: west, url: 'http://west'}
    policy: {mode: watch}
`;
  const comments = (content: string): string[] => [...content.matchAll(/#.*$/gm)].map(([line]) => line);
  test.each<[string, unknown, (validators: ReturnType<typeof read>['validators']) => unknown, unknown]>([
    [
      'a validator',
      { validator: { ...plain, id: 'hub-2', chain: { ...(plain['chain'] as object), chainId: 'zone' } } },
      (all) => all.map(({ id }) => id),
      ['hub-1', 'hub-2'],
    ],
    ['a node', { node: { ...cedar, validator: 'hub-1' } }, (all) => all[0]?.nodes.map(({ name }) => name), ['amber', 'cedar']],
  ])('%s keeps the comments', async (_, value, of, expected) => {
    file('fleet.yaml', kept);
    expect(await baton('init', '--add', '--answers', answers(value), '--out', out(), '--yes')).toBe(0);
    expect(of(read().validators)).toEqual(expected);
    expect(comments(readFileSync(out(), 'utf8'))).toEqual(comments(kept));
  });
  test.each<[string, string, unknown, string]>([
    ['a validator twice', kept, { validator: plain }, 'stands twice'],
    ['a node twice', kept, { node: { ...cedar, name: 'amber', validator: 'hub-1' } }, 'two nodes share "amber"'],
    ['a node of nobody', kept, { node: { ...cedar, validator: 'hub-7' } }, 'hub-7 does not stand in the file'],
    ['to a file that is wrong already', kept.replace('holder: amber', 'holder: zebra'), { validator: { ...plain, id: 'hub-2' } }, 'zebra'],
  ])('%s writes nothing', async (_, content, value, message) => {
    file('fleet.yaml', content);
    expect(await baton('init', '--add', '--answers', answers(value), '--out', out(), '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { message: expect.stringContaining(message) as string } });
    expect(readFileSync(out(), 'utf8')).toBe(content);
  });
  test('a node is not added to another that shares its list', async () => {
    const second = kept.slice(kept.indexOf('  - id')).replace('hub-1', 'hub-2').replace('chainId: hub', 'chainId: zone');
    const shared = (kept + second).replace('nodes:\n', 'nodes: &n\n').replace(/( {4}nodes:)\n.*rack 4\n( {4}vantages:[\s\S]*)$/, '$1 *n\n$2');
    expect(valueOf(shared, 'f')).toMatchObject({ validators: [{ id: 'hub-1' }, { id: 'hub-2', nodes: [{ name: 'amber' }] }] });
    file('fleet.yaml', shared);
    expect(await baton('init', '--add', '--answers', answers({ node: { ...cedar, validator: 'hub-1' } }), '--out', out(), '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { code: 'ConfigInvalid', fix: 'Add it by hand.' } });
    expect(readFileSync(out(), 'utf8')).toBe(shared);
  });
  test('to nothing is refused', async () => {
    expect(await baton('init', '--add', '--answers', answers({ validator: plain }), '--out', out(), '--yes')).toBe(2);
    expect(told).toMatchObject({ error: { field: '--add' } });
  });
});
