import * as z from 'zod';
import { parseWith } from '../core/parse.ts';

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const arn = z.string().startsWith('arn:');

/** Every variable that template.yaml sets. A function reads only those of what it works with. */
const variables = {
  /** Name, or ARN where the table lies in another Region. */
  BATON_TABLE: z.string().min(3),
  BATON_KMS_KEY: z.string().min(1),
  BATON_STATE_MACHINE: arn,
  BATON_FENCE_DOCUMENT: z.string().min(3),
  BATON_REJOIN_DOCUMENT: z.string().min(3),
  BATON_INSPECT_DOCUMENT: z.string().min(3),
  /** Under it lie the secrets of what cuts power. */
  BATON_POWER_PATH: z.string().regex(/^\/[\w.-]{1,128}\/power\/$/),
  BATON_TOPIC: arn,
  /** Region of the table and the state machine. */
  BATON_HOME_REGION: z.string().min(4),
  BATON_DRY_RUN: flag,
  BATON_APPROVAL_REQUIRED: flag,
  BATON_ALARM_PREFIX: z.string().min(1),
  /** Empty when the stack has no Slack. */
  BATON_SLACK_PARAMETER: z.string().regex(/^(\/[\w.-]{1,128}\/slack)?$/),
  /** Empty when the stack has no relay. The stack's name stands in it. */
  BATON_RELAY_PARAMETER: z.string().regex(/^(\/[\w.-]{1,128}\/relay)?$/),
  /** `loopback` in the local cloud alone: there this machine is all that may be called. */
  BATON_RELAY_REACH: z.enum(['public', 'loopback']),
  BATON_VALIDATORS_MEASURED: z.coerce.number().int().min(0).max(50),
  BATON_WATCH_SHARDS: z.coerce.number().int().min(1).max(100),
} as const;

/** One variable of the function's environment. @throws BatonError ConfigInvalid naming it. */
export const variable = <N extends keyof typeof variables>(name: N): z.output<(typeof variables)[N]> =>
  parseWith(z.object({ [name]: variables[name] }), process.env, {
    what: 'environment',
    code: 'ConfigInvalid',
    fix: 'Deploy the stack again: the template sets it.',
  })[name] as z.output<(typeof variables)[N]>;
