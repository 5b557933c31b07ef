import { createHmac } from 'node:crypto';

/** docs.slack.dev, "Verifying requests from Slack". Written from there and not from core, so that each is held by the other. */
export const signatureOf = (secret: string, timestamp: string, body: string | Uint8Array): string => {
  const mac = createHmac('sha256', secret);
  mac.update('v0:');
  mac.update(timestamp);
  mac.update(':');
  mac.update(body);
  return `v0=${mac.digest('hex')}`;
};
