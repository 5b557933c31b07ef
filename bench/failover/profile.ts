import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { durationMs, type Clock, type DurationMs } from '../../core/time.ts';
import type { OnCall } from '../../local/aws/server.ts';
import type { Pace } from '../../local/pace.ts';

/** How slow AWS is assumed to be: profile.json, with sources. `zero`: the local cloud as it is. */

const assumed = z.strictObject({ ms: z.number().min(0).max(10_000), source: z.string().min(7) });
const services = ['DynamoDB', 'SFN', 'SSM', 'KMS', 'EC2', 'SNS'] as const;
const aws = z.strictObject({
  betweenTasks: assumed,
  ...(Object.fromEntries(services.map((name) => [name, assumed])) as Record<Service, typeof assumed>),
});
const file = z.strictObject({ date: z.iso.date(), about: z.string(), aws });
type Service = (typeof services)[number];

export const profileNames = ['aws', 'zero'] as const;
export type ProfileName = (typeof profileNames)[number];

/** Of the protocols' own names for themselves. */
const serviceOf: Readonly<Record<string, Service>> = {
  DynamoDB_20120810: 'DynamoDB',
  AWSStepFunctions: 'SFN',
  AmazonSSM: 'SSM',
  TrentService: 'KMS',
  '2016-11-15': 'EC2',
  '2010-03-31': 'SNS',
};

const latencies = file.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'profile.json'), 'utf8')));

export const paceOf = (name: ProfileName): Pace => ({ settleMs: 0, betweenTasksMs: name === 'zero' ? 0 : latencies.aws.betweenTasks.ms });

/** What a call of the power switch takes, whoever calls it: that of Pacemaker's agent costs as much as one of EC2's API. */
export const powerCallMs = (name: ProfileName): DurationMs => durationMs(name === 'zero' ? 0 : latencies.aws.EC2.ms);

/** One request to DynamoDB. */
export const dynamoMs = durationMs(latencies.aws.DynamoDB.ms);

/** Lets each call take its time before it is served. */
export const delayOf =
  (name: ProfileName, clock: Clock): OnCall =>
  async ({ target }) => {
    const service = serviceOf[target];
    if (name === 'aws' && service !== undefined) await clock.sleep(durationMs(latencies.aws[service].ms));
  };

export const profileSentence = (name: ProfileName): string =>
  name === 'zero'
    ? 'AWS: no latency added'
    : `AWS, added in ms: ${Object.entries(latencies.aws)
        .map(([what, { ms }]) => `${what} ${ms}`)
        .join(', ')} (bench/failover/profile.json)`;
