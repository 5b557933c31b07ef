import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { limits } from '../../aws/clients.ts';

/** Clients that only the doctor needs: no function holds them. */

const requestMs = 5_000;

export const cloudwatch = (): CloudWatchClient => new CloudWatchClient(limits(requestMs));
export const scheduler = (): SchedulerClient => new SchedulerClient(limits(requestMs));
