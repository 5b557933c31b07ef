import type { z } from 'zod';

/** The first thing that is wrong, in the order of the schema. A failed parse has at least one. */
export const firstIssue = (error: z.ZodError): z.ZodError['issues'][number] => error.issues.reduce((first) => first);
