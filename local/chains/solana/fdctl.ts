import { existsSync, readFileSync } from 'node:fs';
import { askAdmin, asProgram } from './ask-admin.ts';
import { readPair } from './pair.ts';

/**
 * Stands in for `fdctl set-identity` (firedancer src/app/shared/commands/set_identity.c): flags anywhere, then exactly one keypair or `-`.
 * A change that was cut off keeps a lock, which only --force takes. FD_LOG_ERR ends with 1.
 */

const fail = (message: string): never => {
  throw new Error(message);
};

/** @throws Error on wrong usage, or when the validator refuses. */
export const fdctl = async ([command, ...args]: readonly string[], input: string): Promise<void> => {
  if (command !== 'set-identity') fail(`unknown action \`${String(command)}\``);
  const take = (flag: string): boolean => {
    const at = args.indexOf(flag);
    if (at >= 0) args.splice(at, 1);
    return at >= 0;
  };
  const at = args.indexOf('--config');
  const [, configFile = ''] = at < 0 ? [] : args.splice(at, 2);
  if (!existsSync(configFile)) fail('could not read configuration file');
  const [, ledger] = /^\s*\[ledger\]\s+path = "([^"]+)"/m.exec(readFileSync(configFile, 'utf8')) ?? [];
  const [force, requireTower] = [take('--force'), take('--require-tower')];
  const [path] = args;
  if (args.length !== 1 || path === undefined || path.startsWith('--')) fail('Usage: fdctl set-identity <keypair> [--require-tower]');
  const pair = readPair(path === '-' ? input : readFileSync(String(path), 'utf8'));
  if ((await askAdmin(ledger ?? '', 'isLocked', [])) === true && !force)
    fail('Cannot set-identity because Firedancer is already in the process of switching keys');
  await askAdmin(ledger ?? '', 'setIdentityFromBytes', [JSON.parse(pair.text), requireTower]);
};

if (import.meta.main) void asProgram(fdctl);
