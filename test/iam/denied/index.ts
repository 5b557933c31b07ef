import { functions } from './functions.ts';
import { gate } from './gate.ts';
import { keys } from './keys.ts';
import type { Denied } from './names.ts';
import { nodes } from './nodes.ts';
import { others } from './others.ts';
import { people } from './people.ts';

/** Calls that nobody may make, by who would make them. */
export const tables: Readonly<Record<string, readonly Denied[]>> = { nodes, gate, functions, keys, people, others };
export const denied: readonly Denied[] = Object.values(tables).flat();
