import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** SDK clients with every limit spelled out. Endpoints, region and credentials come from the SDK's own chain. */

export const limits = (requestTimeout: number) => ({
  maxAttempts: 3,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 1_000, requestTimeout, throwOnRequestTimeout: true }),
});

/** Where the service lies; the caller's own Region when it is not given. */
interface Place {
  readonly region?: string;
}

export const dynamo = (place: Place = {}): DynamoDBClient => new DynamoDBClient({ ...limits(2_000), ...place });
export const sfn = (place: Place = {}): SFNClient => new SFNClient({ ...limits(5_000), ...place });
export const ssm = (): SSMClient => new SSMClient(limits(5_000));
export const kms = (place: Place = {}): KMSClient => new KMSClient({ ...limits(3_000), ...place });
/** For a validator's own key in KMS: a node waits for each signature, so a try ends sooner, and there are two. */
export const signingKms = (place: Place): KMSClient =>
  new KMSClient({
    maxAttempts: 2,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 500, requestTimeout: 700, throwOnRequestTimeout: true }),
    ...place,
  });
export const ec2 = (): EC2Client => new EC2Client(limits(5_000));
export const sns = (): SNSClient => new SNSClient(limits(5_000));
export const sts = (): STSClient => new STSClient(limits(3_000));

/** One try only, with the guard's own read timeout: the guard counts its deadline from when it sent the read. */
export const guardDynamo = (readTimeoutMs: number, place: Place = {}): DynamoDBClient =>
  new DynamoDBClient({
    ...place,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: readTimeoutMs, requestTimeout: readTimeoutMs, throwOnRequestTimeout: true }),
  });
