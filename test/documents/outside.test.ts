import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode } from './fake-node.ts';

/** What a fence sees of a validator that runs outside its unit. */

describe('a second process of the validator’s program', () => {
  let node: FakeNode;
  beforeEach(() => {
    node = new FakeNode();
  });
  afterEach(() => {
    node.remove();
  });

  const outside = { code: 1, last: { ok: false, reason: "process 4711 runs the validator's program outside its unit" } };
  const sleep = realpathSync('/bin/sleep');
  const sh = realpathSync('/bin/sh');
  const script = '{ path=/bin/sh ; argv[]=/bin/sh -c "sign me" ; ignore_errors=no ; pid=7 }';
  test('started by hand is no proof, not even when the document is sent again', () => {
    node.inProc('4711', { exe: sleep });
    expect(node.run('fence')).toMatchObject(outside);
    expect(node.run('fence')).toMatchObject(outside);
  });
  test('started by hand and replaced on the disk since is no proof', () => {
    node.inProc('4711', { exe: `${sleep} (deleted)` });
    expect(node.run('fence')).toMatchObject(outside);
  });
  test('started through the agent or by systemd for a person is no proof', () => {
    node.state('amazon-ssm-agent.service.exec', '{ path=/usr/bin/amazon-ssm-agent ; argv[]=/usr/bin/amazon-ssm-agent ; ignore_errors=no ; pid=8 }');
    node.inProc('4711', { exe: sleep, cgroup: '0::/system.slice/amazon-ssm-agent.service\n' });
    expect(node.run('fence')).toMatchObject(outside);
  });
  test('of another validator, in a unit of its own, is left alone', () => {
    node.state('y.service.exec', '{ path=/bin/sleep ; argv[]=/bin/sleep 61 ; ignore_errors=no ; pid=8 }');
    node.inProc('4711', { exe: sleep, cgroup: '0::/system.slice/y.service\n' });
    expect(node.run('fence')).toMatchObject({ code: 0, last: { ok: true } });
  });
  test('of an interpreter is told by the whole command', () => {
    node.state('x.service.exec', script);
    node.inProc('4712', { exe: sh, cmdline: '/bin/sh\0-c\0other\0' });
    expect(node.run('fence')).toMatchObject({ code: 0, last: { ok: true } });
    node.inProc('4711', { exe: sh, cmdline: '/bin/sh\0-c\0sign me\0' });
    expect(node.run('fence')).toMatchObject(outside);
  });
  test('is not looked for where the guard is the signer', () => {
    const facts = join(node.root, 'etc/baton/hub-1.env');
    writeFileSync(facts, readFileSync(facts, 'utf8').replace('STANDBY_RUNS=no', 'STANDBY_RUNS=yes'));
    node.inProc('4711', { exe: sleep });
    expect(node.run('fence')).toMatchObject({ code: 0, last: { ok: true } });
  });
  test('a unit of which nobody knows what it runs is no proof', () => {
    rmSync(join(node.root, 'state', 'x.service.exec'));
    expect(node.run('fence')).toMatchObject({ code: 1, last: { ok: false, reason: 'systemd does not tell what the unit runs' } });
  });
});
