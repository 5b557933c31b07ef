import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { limits } from '../../aws/clients.ts';

/** Clients that only the command line needs: no function holds them. */

const requestMs = 5_000;

export const cloudwatch = (): CloudWatchClient => new CloudWatchClient(limits(requestMs));
export const scheduler = (): SchedulerClient => new SchedulerClient(limits(requestMs));
/** One try, which is waited for as long as FenceTest may take: a second would test a second time. */
const fenceTestMs = 610_000;
export const lambda = (): LambdaClient => new LambdaClient({ ...limits(fenceTestMs), maxAttempts: 1 });
