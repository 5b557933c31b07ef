import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fenceOutput } from '../../core/proofs.ts';
import { checkParameters, scriptOf } from '../../local/aws/ssm.ts';
import { documentExamples } from '../deploy/document-examples.ts';
import { documentOf, type Ran } from './document.ts';
import { FakeNode } from './fake-node.ts';

/** The SSM documents: their parameters, and their scripts on a made-up node whose systemctl can be told to misbehave. */

const names = ['fence', 'rejoin', 'inspect'] as const;
const good = (name: string): string => documentExamples[name]?.valid[0] ?? '';

describe.each(names)('%s', (name) => {
  const document = documentOf(name);
  const wanted = Object.keys(document.parameters);
  const given = Object.fromEntries(wanted.map((one) => [one, [good(one)]]));
  test('takes valid parameters', () => {
    expect(checkParameters(document, given)).toEqual(Object.fromEntries(wanted.map((one) => [one, good(one)])));
  });
  test('refuses every invalid one, a missing one and an unknown one', () => {
    for (const one of wanted) {
      for (const value of documentExamples[one]?.invalid ?? [])
        expect(() => checkParameters(document, { ...given, [one]: [value] }), `${one}=${value}`).toThrow('does not match');
      expect(() => checkParameters(document, { ...given, [one]: [] })).toThrow('is missing');
    }
    expect(() => checkParameters(document, { ...given, Command: ['x'] })).toThrow('is not of this document');
  });
  test('every pattern is anchored, and no parameter is spliced into the script', () => {
    for (const { allowedPattern } of Object.values(document.parameters)) expect(allowedPattern).toMatch(/^\^.*\$$/);
    expect(scriptOf(document)).not.toContain('{{');
  });
  test('is clean by shellcheck, where that is installed', ({ skip }) => {
    if (spawnSync('shellcheck', ['--version']).status !== 0) skip('shellcheck is not on this machine; .ci/run installs it');
    const script = scriptOf(document);
    expect(spawnSync('shellcheck', ['-s', 'sh', '-'], { input: script, encoding: 'utf8' }).stdout).toBe('');
  });
});

describe('the scripts on a node', () => {
  let node: FakeNode;
  let root = '';
  const state = (name: string, content = ''): void => {
    node.state(name, content);
  };
  const inCgroup = (path: string, processes: string): void => {
    node.inCgroup(path, processes);
  };
  const run = (name: string): Ran => node.run(name);
  beforeEach(() => {
    node = new FakeNode();
    root = node.root;
  });
  afterEach(() => {
    node.remove();
  });

  test('fence stops, masks, wipes, verifies and prints what core takes as proof', () => {
    writeFileSync(join(root, 'var/lib/baton/hub-1/watermark.json'), '{"kind":"consensus","height":12,"round":0,"step":3}\n{"content":"x"}\n');
    const { code, last } = run('fence');
    expect(code).toBe(0);
    expect(fenceOutput.parse(last)).toMatchObject({
      term: 2,
      unitMasked: true,
      tasks: 0,
      keyFiles: 0,
      watermark: { kind: 'consensus', height: 12, round: 0, step: 3 },
    });
    expect(existsSync(join(root, 'run/baton/hub-1/key'))).toBe(false);
  });
  test('fence twice is fence once', () => {
    expect(run('fence').code).toBe(0);
    expect(run('fence')).toMatchObject({ code: 0, last: { ok: true, watermark: null } });
  });
  test('a unit whose own file stands where the mask has to is masked, and rejoin gives the file back', () => {
    const file = join(root, 'etc/systemd/system/x.service');
    writeFileSync(file, '[Service]');
    expect(run('fence')).toMatchObject({ code: 0, last: { unitMasked: true, ok: true } });
    expect(run('fence')).toMatchObject({ code: 0, last: { unitMasked: true, ok: true } });
    expect(existsSync(file)).toBe(false);
    expect(run('rejoin')).toMatchObject({ code: 0, last: { ok: true } });
    expect(readFileSync(file, 'utf8')).toBe('[Service]');
    expect(existsSync(`${file}.fenced`)).toBe(false);
  });
  test('a file that cannot be moved away keeps nothing from being killed, and there is no proof', () => {
    writeFileSync(join(root, 'etc/systemd/system/x.service'), '[Service]');
    writeFileSync(join(root, 'bin', 'mv'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    state('x.service.stubborn');
    expect(run('fence')).toMatchObject({ code: 1, last: { ok: false, reason: 'the validator is not masked' } });
    expect(readFileSync(join(root, 'state', 'log'), 'utf8')).toContain('kill x.service');
    expect(existsSync(join(root, 'run/baton/hub-1/key'))).toBe(false);
  });
  test('a validator that does not stop is killed before it is waited for again', () => {
    state('x.service.stubborn');
    expect(run('fence').code).toBe(0);
    const log = readFileSync(join(root, 'state', 'log'), 'utf8').split('\n');
    expect(log.filter((line) => line.endsWith(' x.service')).slice(0, 3)).toEqual(['stop x.service', 'kill x.service', 'stop x.service']);
  });
  test('a guard that does not answer is killed', () => {
    state('baton-guard@hub-1.service.stubborn');
    expect(run('fence').code).toBe(0);
    expect(readFileSync(join(root, 'state', 'log'), 'utf8')).toContain('kill baton-guard@hub-1.service');
  });
  test.each<[string, () => void, string]>([
    [
      'a unit that does not stop',
      () => {
        state('x.service.stubborn');
        state('x.service.immortal');
      },
      'the validator still runs',
    ],
    [
      'tasks left in the unit',
      () => {
        state('x.service.tasks', '3');
      },
      'the validator still runs',
    ],
    [
      'tasks that cannot be told',
      () => {
        state('x.service.tasks', '');
      },
      'the validator still runs',
    ],
    [
      'a process below a unit whose tasks are not counted',
      () => {
        inCgroup('system.slice/x.service/worker', `${String(2 ** 22 + 1)}\n`);
      },
      'the validator still runs',
    ],
    [
      'a process of the guard, in the slice of its template',
      () => {
        inCgroup('system.slice/system-baton.slice/baton-guard@hub-1.service', `${String(2 ** 22 + 1)}\n`);
      },
      'the guard still runs',
    ],
    [
      'a tree of processes that cannot be read',
      () => {
        rmSync(join(root, 'sys'), { recursive: true });
      },
      'the validator still runs',
    ],
    [
      'a unit that systemd is about to start again',
      () => {
        state('x.service.sub', 'dead-before-auto-restart');
      },
      'the validator still runs',
    ],
    [
      'a guard that cannot be killed',
      () => {
        state('baton-guard@hub-1.service.stubborn');
        state('baton-guard@hub-1.service.immortal');
      },
      'the guard still runs',
    ],
    [
      'a mask that does not hold',
      () => {
        state('x.service.nomask');
      },
      'the validator is not masked',
    ],
    [
      'no facts',
      () => {
        rmSync(join(root, 'etc/baton/hub-1.env'));
      },
      'no facts about this validator',
    ],
    [
      'half the facts',
      () => {
        writeFileSync(join(root, 'etc/baton/hub-1.env'), 'VALIDATOR_UNIT=x.service\n');
      },
      'the facts are not complete',
    ],
    [
      'facts with a shell word',
      () => {
        writeFileSync(join(root, 'etc/baton/hub-1.env'), 'VALIDATOR_UNIT=$(reboot)\nGUARD_UNIT=g\nKEY_DIR=/x\nWATERMARK_FILE=/y\n');
      },
      'the facts are not complete',
    ],
    [
      'a key folder that is not Baton’s',
      () => {
        writeFileSync(join(root, 'etc/baton/hub-1.env'), 'VALIDATOR_UNIT=x.service\nGUARD_UNIT=g.service\nKEY_DIR=/etc\nWATERMARK_FILE=/y\n');
      },
      'not a folder of Baton',
    ],
  ])(
    '%s is no proof',
    (_, change, reason) => {
      change();
      const { code, last } = run('fence');
      expect(code).toBe(1);
      expect(last).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string });
      expect(fenceOutput.safeParse(last).success).toBe(false);
    },
    20_000,
  );
  test('a process that outlived its unit, where tasks are not counted, is killed', async () => {
    const left = spawn('sleep', ['60']);
    const gone = once(left, 'exit');
    inCgroup('system.slice/x.service', `${String(left.pid)}\n`);
    // The kernel would empty the list; this one stays, so it is no proof either.
    expect(run('fence')).toMatchObject({ code: 1, last: { ok: false } });
    expect(await gone).toEqual([null, 'SIGKILL']);
  }, 20_000);
  test('a process of a unit with a longer name is another unit’s', () => {
    inCgroup('system.slice/ax.service', `${String(2 ** 22 + 1)}\n`);
    expect(run('fence')).toMatchObject({ code: 0, last: { ok: true } });
  });
  test('a watermark of Ethereum is told with its three parts', () => {
    writeFileSync(join(root, 'var/lib/baton/hub-1/watermark.json'), '{"kind":"eip3076","slot":95,"source":3,"target":4}\nnull\n');
    expect(run('fence').last).toMatchObject({ ok: true, watermark: { kind: 'eip3076', slot: 95, source: 3, target: 4 } });
  });
  test('a watermark that is not exactly one is left out', () => {
    for (const text of ['{"kind":"consensus","height":12}', '{"kind":"slot","slot":-1}', '{"kind":"slot","slot":1},"ok":true', 'x', '']) {
      writeFileSync(join(root, 'var/lib/baton/hub-1/watermark.json'), text);
      expect(run('fence').last).toMatchObject({ ok: true, watermark: null });
    }
  }, 20_000);
  test('rejoin brings the guard back, not the validator', () => {
    run('fence');
    expect(run('rejoin')).toMatchObject({ code: 0, last: { baton: 'rejoin', term: 2, guardActive: 'active', ok: true } });
    expect(readFileSync(join(root, 'state', 'x.service.active'), 'utf8').trim()).not.toBe('active');
  });
  test('rejoin refuses a node on which a key was left', () => {
    run('fence');
    writeFileSync(join(root, 'run/baton/hub-1/key'), 'secret');
    expect(run('rejoin')).toMatchObject({ code: 1, last: { ok: false, reason: 'a key file is left on a node without a guard' } });
  });
  test('inspect tells and changes nothing', () => {
    expect(run('inspect')).toMatchObject({
      code: 0,
      last: { unitActive: 'active', unitLoad: 'loaded', guardActive: 'active', keyFiles: 1, ok: true },
    });
    expect(existsSync(join(root, 'run/baton/hub-1/key'))).toBe(true);
  });
});
