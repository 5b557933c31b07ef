import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { registry } from '../../chains/registry.ts';
import { init } from '../../cli/commands/init.ts';
import type { Terminal } from '../../cli/init/terminal.ts';
import { valueOf } from '../../cli/plan/text.ts';
import { parseValidatorsFile } from '../../core/parse.ts';
import { guardConfigOf } from '../../guard/config.ts';
import { dir, useCli } from '../support/cli-bench.ts';
import { amber } from '../support/core.ts';
import { hub, install, typed, whole } from '../support/init.ts';

useCli();

const out = (): string => join(dir, 'fleet.yaml');
const read = (): ReturnType<typeof parseValidatorsFile> => parseValidatorsFile(valueOf(readFileSync(out(), 'utf8'), 'f'), registry);
const withTerminal = (terminal: Terminal) => init({ out: out(), add: false, force: false, yes: false, terminal: () => terminal });

beforeEach(() => {
  rmSync(out(), { force: true });
});

describe('init at a terminal, with custody gate', () => {
  test('asks where the key lies, and not what holds without the table; each node gets what it needs', async () => {
    const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-0123456789ab';
    const gated = [...hub.slice(0, -1), 'gate', 'alias/hub-1', kmsKey];
    const { terminal, said, questions } = typed([...gated, ...whole.slice(hub.length, -3 - 1), 'n', ...install, 'y']);
    const { json, lines } = await withTerminal(terminal);
    expect(said[0]).toBe('  kmsKey: expected the ARN of a KMS key of one Region (no alias, no mrk- key)');
    expect(questions.some((one) => one.startsWith('When a guard cannot read'))).toBe(false);
    expect(read().validators[0]).toMatchObject({ custody: 'gate', kmsKey, policy: { onControlPlaneLoss: 'stop' } });
    expect(json).toMatchObject({
      nodes: [
        {
          keys: ['arbiter#hub-1', `member#hub-1#${amber}`, `node#hub-1#${amber}`],
          policies: ['NodePolicyArn', 'GateNodePolicyArn', 'SigningNodePolicyArn'],
          guard: { custody: 'gate' },
        },
        {},
      ],
      commands: [
        `baton plan ${out()}`,
        `baton apply ${out()} --plan ID --attest "I removed the key from … and no other copy of it can sign"`,
        'baton gate add hub-1 amber',
        'baton gate add hub-1 cedar',
        'baton doctor hub-1 --vault',
      ],
    });
    for (const { guard } of json['nodes'] as { guard: unknown }[]) expect(guardConfigOf(JSON.stringify(guard), 'g').custody).toBe('gate');
    expect(lines.join('\n')).toContain('attach NodePolicyArn, GateNodePolicyArn, SigningNodePolicyArn of the outputs');
  });
  test('with a sealed key', async () => {
    const { terminal } = typed([...hub.slice(0, -1), 'gate', '', ...whole.slice(hub.length, -3 - 1), 'n', ...install, 'y']);
    const { json } = await withTerminal(terminal);
    expect(read().validators[0]).toMatchObject({ custody: 'gate' });
    expect(read().validators[0]?.kmsKey).toBe(undefined);
    expect((json['commands'] as string[])[0]).toMatch(/^baton seal hub-1/);
  });
});
