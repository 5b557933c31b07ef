import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finding, treeAt, type Finding } from './finding.ts';
import { acceptedExposure, maxExposure } from './unit-exposure.ts';

/** The guard's unit files, judged by systemd itself: are they right, and how far is the guard shut in. */

const guardUnit = 'baton-guard@.service';

/** A program that is on every machine stands for the guard, which is on none of those where this runs. */
const withStub = (unit: string): string => unit.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true');

/** A node's units as the installer would leave them. */
const install = (source: string, folder: string, dropIn: string): void => {
  mkdirSync(join(folder, 'node.service.d'), { recursive: true });
  writeFileSync(join(folder, guardUnit), withStub(readFileSync(join(source, guardUnit), 'utf8')));
  writeFileSync(join(folder, 'node.service'), '[Unit]\nDescription=A validator\n\n[Service]\nExecStart=/bin/true\n');
  const filled = readFileSync(join(source, dropIn), 'utf8').replaceAll('@VALIDATOR@', 'hub-1').replaceAll('@SOCKET@', '/run/node/privval.sock');
  writeFileSync(join(folder, 'node.service.d', 'baton.conf'), filled);
};

const verify = (folder: string, unit: string): Finding[] => {
  const { status, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', join(folder, unit)], { encoding: 'utf8', timeout: 60_000 });
  if (error) throw new Error(`systemd-analyze does not run; on Debian install systemd (${error.message})`);
  const told = stderr.trim();
  return status === 0 && told === '' ? [] : [finding('UnitInvalid', unit, told === '' ? `systemd-analyze ended with ${status}` : told)];
};

/** The unit files of a folder as systemd reads them, with each drop-in of a validator. */
export const verifyUnits = (source: string, dropIns: readonly string[]): Finding[] =>
  dropIns.flatMap((dropIn) => {
    const folder = mkdtempSync(join(tmpdir(), 'units-'));
    try {
      install(source, folder, dropIn);
      // An instance: of a template, systemd does not look at what %i makes of it.
      cpSync(join(folder, guardUnit), join(folder, 'baton-guard@hub-1.service'));
      return [...verify(folder, 'baton-guard@hub-1.service'), ...verify(folder, 'node.service')];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

export interface Exposure {
  readonly overall: number;
  /** Names of the points that are held against the unit. */
  readonly points: readonly string[];
}

/** @throws Error when systemd-analyze gives no answer. */
export const exposureOf = (file: string): Exposure => {
  const run = (...more: readonly string[]): string => {
    const { status, stdout, stderr, error } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', ...more, file], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (error) throw new Error(`systemd-analyze does not run; on Debian install systemd (${error.message})`);
    if (status !== 0) throw new Error(`systemd-analyze security: ${stderr.trim()}`);
    return stdout;
  };
  const [, overall] = /Overall exposure level for \S+: ([0-9.]+)/.exec(run()) ?? [];
  if (overall === undefined) throw new Error('systemd-analyze security tells no overall exposure');
  const rows = JSON.parse(run('--json=short')) as unknown[];
  const points = rows.map((row) => treeAt(row)).filter(({ exposure }) => Number(exposure ?? 0) > 0);
  return { overall: Number(overall), points: points.map(({ json_field: name }) => String(name)) };
};

/** Holds an exposure to what is accepted. */
export const exposureFindings = ({ overall, points }: Exposure): Finding[] => [
  ...(overall <= maxExposure ? [] : [finding('ExposureTooHigh', guardUnit, `${overall} is above ${maxExposure}`)]),
  ...points
    .filter((name) => !(name in acceptedExposure))
    .map((name) => finding('ExposureUnexplained', name, 'close it, or say why not in unit-exposure.ts')),
  ...Object.keys(acceptedExposure)
    .filter((name) => !points.includes(name))
    .map((name) => finding('ExposureGone', name, 'it is no longer found: take it out of unit-exposure.ts')),
];
