import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { StackLook } from '../../cli/doctor/look.ts';

/** A stack and machines that are as they must be. */

const root = join(import.meta.dirname, '..', '..');
const alarmNames = readdirSync(join(root, 'docs', 'runbooks')).flatMap(
  (file) => (/^([A-Z]\w+)\.md$/.exec(file)?.[1] ?? 'README').replace('README', '') || [],
);

export const lookWell = (): StackLook => ({
  stack: 'baton',
  document: async (name) => parse(readFileSync(join(root, 'documents', `${name.replace('baton-', '')}.yaml`), 'utf8')) as unknown,
  keyState: async () => 'Enabled',
  alarms: async () => alarmNames.map((name) => ({ name: `baton-${name}`, state: 'OK', actionsEnabled: true, actions: 1, sinceMs: 0 })),
  subscriptions: async () => ({ confirmed: 1, pending: 0 }),
  schedules: async () => [{ name: 'baton-WatchSchedule-1', state: 'ENABLED' }],
  clockAheadMs: async () => 400,
  agents: async (nodes) => Object.fromEntries(nodes.map((id) => [id, 'Online'])),
  machines: async (nodes) => Object.fromEntries(nodes.map((id) => [id, { state: 'running', tag: 'baton' }])),
});
