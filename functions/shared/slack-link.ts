/** Where people find an execution in the console of AWS. */

const hosts: Readonly<Record<string, string>> = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' };

/** @param stateMachine its ARN: the partition and Region in it say which console. */
export const linkOf = (stateMachine: string, execution: string): string => {
  const [, partition = '', , region = ''] = stateMachine.split(':');
  const arn = `${stateMachine.replace(':stateMachine:', ':execution:')}:${execution}`;
  return `https://${region}.${hosts[partition] ?? 'console.aws.amazon.com'}/states/home?region=${region}#/v2/executions/details/${arn}`;
};
