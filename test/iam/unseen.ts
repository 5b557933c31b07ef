/** What a policy allows and no recorded call needs, by the beginning of its name in grains.ts, with the reason. */

const byHand = 'read by hand, as the runbooks say';
const cloudFormation = 'made by CloudFormation while it deploys, which nothing here can watch';

const freezes = 'in the simulator the survey freezes the fleet; functions/breaker.test.ts shows the watch';

const asking = 'no run of the simulator has policy ask; guard/ask.test.ts shows what such a guard writes';
const askingFields = ['Report', 'Report2', 'Report3', 'Report4'].flatMap((sid) =>
  ['asks', 'promised'].map((field) => [`NodePolicy ${sid} dynamodb:PutItem .${field}`, asking]),
);

const shards = 'the simulator has one watcher; functions/shared/shards.test.ts shows several';
const gate = 'no validator of the simulator has custody gate; test/iam/gate.test.ts asks each of these with its real input';

export const unseen: Readonly<Record<string, string>> = {
  'DeployerPolicy ': cloudFormation,
  'DeployerServicesPolicy ': cloudFormation,
  ...(Object.fromEntries(askingFields) as Record<string, string>),
  'GateNodePolicy ': gate,
  'CustodianPolicy OpenAndClose ': gate,
  'CustodianPolicy StoreKeyAndConfig dynamodb:PutItem member#*': gate,
  'CustodianPolicy ReadItems dynamodb:GetItem member#*': gate,
  'RequesterPolicy ReadItems dynamodb:GetItem member#*': gate,
  'RequesterPolicy ReadItems dynamodb:GetItem arbiter#*': gate,
  'FailoverRole DeliverLog ': 'Step Functions checks and uses these when a state machine has a log',
  'AssessRole ReadItems dynamodb:GetItem planned#*': 'read for a planned move; the simulator asks for none, functions/assess-planned.test.ts does',
  'WatchRole Freeze ': freezes,
  'WatchRole ReadItems dynamodb:BatchGetItem breaker#*': freezes,
  'WatchRole ReadItems dynamodb:BatchGetItem watcher#': shards,
  'WatchRole HandOver dynamodb:UpdateItem watcher#': shards,
  'RequesterPolicy ReadItems dynamodb:GetItem watcher#*': byHand,
  'ApproverPolicy ReadItems dynamodb:GetItem watcher#*': byHand,
  'CustodianPolicy ReadItems dynamodb:GetItem watcher#*': byHand,
};
