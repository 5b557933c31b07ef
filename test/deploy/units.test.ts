import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codesOf } from './finding.ts';
import { acceptedExposure } from './unit-exposure.ts';
import { exposureFindings, exposureOf, verifyUnits } from './units.ts';

const folder = join(import.meta.dirname, '..', '..', 'guard', 'systemd');
const names = ['baton-guard@.service', 'validator-bound.conf', 'validator-signer.conf'];
const points = Object.keys(acceptedExposure);
const absent = spawnSync('systemd-analyze', ['--version']).status !== 0;
const why = 'systemd-analyze is not on this machine; .ci/run installs it';

/** The unit files with one text changed in one of them. */
const withChange = <T>(name: string, from: string, to: string, use: (copy: string) => T): T => {
  const copy = mkdtempSync(join(tmpdir(), 'units-'));
  try {
    for (const one of names) {
      const text = readFileSync(join(folder, one), 'utf8');
      if (one === name) expect(text).toContain(from);
      writeFileSync(join(copy, one), one === name ? text.replace(from, to) : text);
    }
    return use(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

describe('an exposure is held to what is accepted', () => {
  test('as it is', () => {
    expect(exposureFindings({ overall: 2, points })).toEqual([]);
  });
  test('too high', () => {
    expect(codesOf(exposureFindings({ overall: 2.1, points }))).toEqual(['ExposureTooHigh baton-guard@.service']);
  });
  test('a point that nobody explained, and one that is explained in vain', () => {
    expect(codesOf(exposureFindings({ overall: 2, points: [...points.filter((one) => one !== 'PrivateUsers'), 'PrivateTmp'] }))).toEqual([
      'ExposureUnexplained PrivateTmp',
      'ExposureGone PrivateUsers',
    ]);
  });
  test('every point has its reason', () => {
    expect(Object.values(acceptedExposure).filter((reason) => reason.length < 20)).toEqual([]);
  });
});

describe('systemd itself', () => {
  test('takes the units as they are', ({ skip }) => {
    if (absent) skip(why);
    expect(verifyUnits(folder, ['validator-bound.conf', 'validator-signer.conf'])).toEqual([]);
  });
  test.for([
    ['baton-guard@.service', 'WatchdogSec=10', 'WatchdogSecs=10'],
    ['baton-guard@.service', 'Restart=always', 'Restart=sometimes'],
    ['validator-bound.conf', 'TimeoutStopSec=2', 'TimeoutStopSec=two'],
    ['validator-bound.conf', 'BindsTo=baton-guard@', 'BindsTo=guard-of-baton@'],
  ])('finds %s', ([name = '', from = '', to = ''], { skip }) => {
    if (absent) skip(why);
    const found = withChange(name, from, to, (copy) => codesOf(verifyUnits(copy, ['validator-bound.conf'])));
    expect(found[0]).toMatch(/^UnitInvalid /);
  });
  test('counts the exposure of the guard', ({ skip }) => {
    if (absent) skip(why);
    expect(exposureFindings(exposureOf(join(folder, 'baton-guard@.service')))).toEqual([]);
  });
  test('counts more when a door is opened', ({ skip }) => {
    if (absent) skip(why);
    const found = withChange('baton-guard@.service', 'NoNewPrivileges=yes\n', '', (copy) =>
      codesOf(exposureFindings(exposureOf(join(copy, 'baton-guard@.service')))),
    );
    expect(found).toEqual(['ExposureTooHigh baton-guard@.service', 'ExposureUnexplained NoNewPrivileges']);
  });
});
