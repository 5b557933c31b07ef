import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { Answer } from './output.ts';

/** What files that register commands share. */

/** Makes an action of a command: its context, its arguments, and what becomes of its answer. */
export type Run = (action: (context: Context, ...args: string[]) => Promise<Answer>) => (...args: unknown[]) => Promise<void>;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const option = (command: Command, name: string): string | undefined => text(command.opts<Record<string, unknown>>()[name]);
export const flag = (command: Command, name: string): boolean => command.opts<Record<string, unknown>>()[name] === true;
