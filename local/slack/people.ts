import type { Person } from './workspace.ts';

/** Who is in the workspace: three approvers, somebody who is none, and a guest of another company. */
export const team = 'T0BATON';
export const people: readonly Person[] = [
  { id: 'U0ALEX', name: 'alex', team, about: 'approver' },
  { id: 'U0ROBIN', name: 'robin', team, about: 'approver, asks for failovers at the command line' },
  { id: 'U0SAM', name: 'sam', team, about: 'approver' },
  { id: 'U0MALLORY', name: 'mallory', team, about: 'no approver' },
  { id: 'U0PAT', name: 'pat', team: 'T0OTHER', about: 'guest of another company' },
];
/** As validators.yaml names those who may answer. */
export const approverEntries: readonly string[] = ['alex', 'robin', 'sam'].map((name) => `slack/${team}/U0${name.toUpperCase()}/${name}`);
