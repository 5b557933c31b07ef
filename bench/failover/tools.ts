import type { Tool } from './tool.ts';
import { batonControl, batonTools } from './tools/baton.ts';
import { keepalivedTools } from './tools/keepalived.ts';
import { lockTools } from './tools/locks.ts';
import { pacemakerTools } from './tools/pacemaker.ts';

/** All that are compared, and the control. */
export const tools: readonly Tool[] = [...batonTools, ...pacemakerTools, ...keepalivedTools, ...lockTools, batonControl];
