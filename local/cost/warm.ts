import type { Resolved } from '../template/index.ts';
import type { Line, Prices } from './model.ts';

/** What it costs to keep the functions of a failover warm: one call each by its schedule, of which one is a read. */

const callsPerMonth = 8_760;
/** With a connection made anew; mostly waiting. */
const callSeconds = 0.1;

export const warmLine = ({ resources, attribute }: Resolved, { prices }: Prices): Line => {
  const targets = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    .map(({ Properties }) => Properties['Target'] as Readonly<Record<string, unknown>>)
    .filter(({ Input: input }) => input === '{"warm":true}')
    .map(({ Arn: arn }) => String(arn));
  const memoryMb = Object.entries(resources)
    .filter(([id, { Type }]) => Type === 'AWS::Serverless::Function' && targets.includes(attribute(id, 'Arn')))
    .reduce((sum, [, { Properties }]) => sum + Number(Properties['MemorySize']), 0);
  const { schedulerMillion, lambdaMillionRequests, traceMillion, dynamodbReadMillion, lambdaGbSecond } = prices;
  const callUsd = (schedulerMillion.usd + lambdaMillionRequests.usd + traceMillion.usd + dynamodbReadMillion.usd) / 1e6;
  return {
    what: `${targets.length} functions of a failover, kept warm each five minutes`,
    usd: callsPerMonth * (targets.length * callUsd + (memoryMb / 1_024) * callSeconds * lambdaGbSecond.usd),
  };
};
