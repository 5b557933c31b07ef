import { z } from 'zod';

/** The part of Amazon States Language (JSONata) that Baton's state machine uses. Anything else is refused when it is loaded, never ignored. */

const jsonata = z.string();
const seconds = z.union([z.number().int().min(1), jsonata]);
const assign = z.record(z.string(), z.unknown());
const errorNames = z.array(z.string().min(1)).min(1);

const retrier = z.strictObject({
  ErrorEquals: errorNames,
  IntervalSeconds: z.number().int().min(1).optional(),
  MaxAttempts: z.number().int().min(0).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.number().int().min(1).optional(),
  JitterStrategy: z.enum(['NONE', 'FULL']).optional(),
});
export type Retrier = z.infer<typeof retrier>;

const catcher = z.strictObject({ ErrorEquals: errorNames, Next: z.string(), Assign: assign.optional(), Output: z.unknown().optional() });
export type Catcher = z.infer<typeof catcher>;

const common = { Comment: z.string().optional(), Assign: assign.optional(), Output: z.unknown().optional() };
const flow = { Next: z.string().optional(), End: z.literal(true).optional() };

const task = z.strictObject({
  Type: z.literal('Task'),
  Resource: z.string(),
  Arguments: z.unknown().optional(),
  ...common,
  ...flow,
  TimeoutSeconds: seconds,
  HeartbeatSeconds: seconds.optional(),
  Retry: z.array(retrier).optional(),
  Catch: z.array(catcher).optional(),
});
const choice = z.strictObject({
  Type: z.literal('Choice'),
  ...common,
  Default: z.string().optional(),
  Choices: z
    .array(
      z.strictObject({
        Comment: z.string().optional(),
        Condition: jsonata,
        Next: z.string(),
        Assign: assign.optional(),
        Output: z.unknown().optional(),
      }),
    )
    .min(1),
});
const wait = z
  .strictObject({
    Type: z.literal('Wait'),
    ...common,
    ...flow,
    Seconds: z.union([z.number().int().min(0), jsonata]).optional(),
    Timestamp: jsonata.optional(),
  })
  .refine(({ Seconds, Timestamp }) => (Seconds === undefined) !== (Timestamp === undefined), 'expected either Seconds or Timestamp');
const pass = z.strictObject({ Type: z.literal('Pass'), ...common, ...flow });
const succeed = z.strictObject({ Type: z.literal('Succeed'), Comment: z.string().optional(), Output: z.unknown().optional() });
const fail = z.strictObject({ Type: z.literal('Fail'), Comment: z.string().optional(), Error: jsonata, Cause: jsonata });

export const stateSchema = z.discriminatedUnion('Type', [task, choice, wait, pass, succeed, fail]);
export type State = z.infer<typeof stateSchema>;
export type TaskState = z.infer<typeof task>;

export const definitionSchema = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata'),
  StartAt: z.string(),
  TimeoutSeconds: z.number().int().min(1).optional(),
  States: z.record(z.string(), stateSchema),
});
export type Definition = z.infer<typeof definitionSchema>;

const nextsOf = (state: State): string[] => {
  const found: string[] = [];
  if ('Next' in state && state.Next !== undefined) found.push(state.Next);
  if (state.Type === 'Choice') found.push(...state.Choices.map(({ Next }) => Next), ...(state.Default === undefined ? [] : [state.Default]));
  if (state.Type === 'Task') found.push(...(state.Catch ?? []).map(({ Next }) => Next));
  return found;
};

/**
 * A definition with its substitutions filled in, checked: every Next exists, every state is reached, every state goes on or ends.
 * @throws Error that names what is wrong.
 */
export const loadDefinition = (text: string, substitutions: Readonly<Record<string, string>>): Definition => {
  const filled = text.replace(/\$\{([A-Za-z0-9]+)\}/g, (_, name: string) => {
    const value = substitutions[name];
    if (value === undefined) throw new Error(`no substitution for \${${name}}`);
    return value;
  });
  const definition = definitionSchema.parse(JSON.parse(filled));
  const reached = new Set([definition.StartAt]);
  for (const name of reached) {
    const state = definition.States[name];
    if (!state) throw new Error(`state ${name} does not exist`);
    if ((state.Type === 'Task' || state.Type === 'Pass' || state.Type === 'Wait') && (state.Next === undefined) === (state.End === undefined))
      throw new Error(`state ${name} needs either Next or End`);
    for (const next of nextsOf(state)) reached.add(next);
  }
  const lost = Object.keys(definition.States).filter((name) => !reached.has(name));
  if (lost.length > 0) throw new Error(`states that nothing leads to: ${lost.join(', ')}`);
  return definition;
};
