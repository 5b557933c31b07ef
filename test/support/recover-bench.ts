import { join } from 'node:path';
import { expect } from 'vitest';
import { LeaseStore } from '../../aws/lease.ts';
import type { Prospect } from '../../core/outlook.ts';
import { baton, client, dir, enrolled, hub, records, set, started, told } from './cli-bench.ts';
import { amber, birch, reportOf } from './core.ts';

/** `baton recover` at the bench: a validator of one node whose machine is lost, and the fresh machine birch. */

export const principal = `arn:aws:sts::123456789012:assumed-role/node/${birch}`;
export const person = (role: string, name: string): string => `arn:aws:sts::123456789012:assumed-role/baton-${role}/${name}`;
export const fresh = ['--id', birch, '--principal', principal, '--power'];
export const path = (): string => join(dir, 'validators.yaml');
export const leases = (): LeaseStore => new LeaseStore({ client, table: 'baton' });
export const recover = (...more: string[]): Promise<number> => baton('recover', 'hub-1', '--to', 'birch', '--file', path(), ...more);

/** amber is the only node, and what else the test says. */
export const alone =
  (change: (one: Record<string, unknown>) => void = () => undefined) =>
  (one: Record<string, unknown>): void => {
    one['nodes'] = (one['nodes'] as unknown[]).slice(0, 1);
    change(one);
  };
export const amberIs = (of: Record<string, unknown>) => (one: Record<string, unknown>) => {
  one['nodes'] = (one['nodes'] as Record<string, unknown>[]).map((node) => ({ ...node, ...of }));
};
export const ec2Says = (state: string | undefined) => ({
  agents: async () => ({}),
  machines: async () => ({ [amber]: state === undefined ? undefined : { state, tag: 'baton' } }),
});

let sequence = 7;
export const birchReports = async (of: Partial<ReturnType<typeof reportOf>> = {}): Promise<void> => {
  sequence += 1;
  const { armedTerm: _none, ...report } = reportOf({ node: birch, sequence, signing: false, armed: false, ...of });
  await records().writeReport(report);
};

/** amber has reported and is terminated; birch's guard lives. */
export const lost = async (change?: Parameters<typeof alone>[0]): Promise<void> => {
  await enrolled(alone(change));
  await records().writeReport(reportOf({ sequence: 7 }));
  set({ onSleep: () => birchReports(), look: ec2Says('terminated') });
};
export const evidence = (): Prospect[] => told['evidence'] as Prospect[];
export const nothingStarted = async (): Promise<void> => {
  expect(started).toEqual([]);
  expect(await leases().read(hub)).toMatchObject({ term: 1, holder: amber, phase: 'HELD' });
};
