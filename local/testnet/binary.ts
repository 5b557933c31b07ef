import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BatonError } from '../../core/errors.ts';

/** Finds CometBFT: BATON_COMETBFT, the cache, PATH; otherwise builds it with Go. */

const version = 'v0.38.26';
const cache = join(import.meta.dirname, '..', '..', '.cache', 'bin');
const buildMs = 900_000;

const onPath = (name: string): string | null => {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
};

/** Path of the binary. @throws BatonError DrillFailed when it is not there and cannot be built. */
export const cometbftBinary = async (progress: (line: string) => void): Promise<string> => {
  const given = process.env['BATON_COMETBFT'];
  const cached = join(cache, 'cometbft');
  for (const file of [given, cached]) if (file !== undefined && existsSync(file)) return file;
  const found = onPath('cometbft');
  if (found !== null) return found;
  if (onPath('go') === null) {
    throw new BatonError('DrillFailed', 'CometBFT is not on this machine, and neither is Go to build it', {
      fix: 'Install Go 1.22 or later, or set BATON_COMETBFT to the binary, or run the drill without --chain cometbft.',
    });
  }
  progress(`Building CometBFT ${version} with Go; this takes a minute or two, once.`);
  mkdirSync(cache, { recursive: true });
  try {
    await promisify(execFile)('go', ['install', `github.com/cometbft/cometbft/cmd/cometbft@${version}`], {
      timeout: buildMs,
      env: { ...process.env, GOBIN: cache },
    });
  } catch (cause) {
    throw new BatonError('DrillFailed', 'Go could not build CometBFT', {
      cause,
      fix: `Try by hand: go install github.com/cometbft/cometbft/cmd/cometbft@${version}`,
    });
  }
  return cached;
};
