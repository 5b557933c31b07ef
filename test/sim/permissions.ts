import { ServiceError } from '../../local/aws/server.ts';
import type { Input } from './clients.ts';

/** What IAM allows people, as far as the simulator holds them to it. */

export const denied = ({ actor }: { actor: string }, action: string): ServiceError =>
  new ServiceError('AccessDeniedException', `${actor} may not ${action}`);

/** People only read, but that they end a quarantine and a freeze; and of what waits for them only named fields, none of which is the task token. */
export const mayPerson = (action: string, input: Input): boolean => {
  const { pk: { S: pk = '' } = {} } = (input['Key'] ?? input['Item'] ?? {}) as { pk?: { S?: string } };
  const names = Object.values((input['ExpressionAttributeNames'] ?? {}) as Record<string, string>);
  const whole = input['ProjectionExpression'] === undefined;
  if (action === 'PutItem') return pk.startsWith('quarantine#') || pk === 'breaker#clearance';
  return action === 'GetItem' && (!pk.startsWith('approval#') || (!whole && !names.includes('token')));
};
