import type { Command } from 'commander';

/** What `baton COMMAND --help` shows last: a line to type. */

export const examples: Readonly<Record<string, readonly string[]>> = {
  init: ['baton init', 'baton init --answers answers.json --yes', 'baton init --add'],
  plan: ['baton plan validators.yaml', 'baton plan validators.yaml --detailed-exitcode'],
  cost: ['baton cost validators.yaml', 'baton cost validators.yaml --block-seconds 2'],
  apply: [
    'baton apply validators.yaml --plan 0123456789ab',
    'baton apply validators.yaml --attest "I removed the key from amber; no other copy can sign."',
  ],
  seal: ['baton seal hub-1 --key-file priv_validator_key.json --state priv_validator_state.json'],
  status: ['baton status', 'baton status hub-1 --watch'],
  doctor: ['baton doctor', 'baton doctor hub-1 --vault'],
  failover: ['baton failover hub-1', 'baton failover hub-1 --to birch --reason "amber burns"'],
  switchover: [
    'baton switchover hub-1 --to birch --reason "kernel"',
    'baton switchover hub-1 --to birch --window 02:00-04:00',
    'baton switchover hub-1 --to birch --at 02:00',
  ],
  recover: [
    'baton recover hub-1 --to cedar --reason "amber is gone for good" --wait',
    'baton recover hub-1 --to dogwood --file validators.yaml --id i-0d0d0d0d --principal arn:aws:iam::123456789012:role/baton-node-dogwood',
  ],
  cancel: ['baton cancel hub-1.t7.by-hand-0a1b2c3d'],
  'export-state': ['baton export-state hub-1 --format tmkms'],
  readmit: ['baton readmit hub-1 amber --reason "its disk was replaced"'],
  approve: ['baton approve hub-1 --plan 0123456789ab'],
  deny: ['baton deny hub-1 --plan 0123456789ab', 'baton deny hub-1 --attestation'],
  attest: ['baton attest hub-1 --statement "I pulled both power cords of amber at 02:10."'],
  explain: ['baton explain hub-1.t7.by-hand-0a1b2c3d', 'baton explain policy hub-1', 'baton explain gates hub-1'],
  report: ['baton report', 'baton report hub-1 --days 30 --objective 45'],
  bundle: ['baton bundle hub-1.t5.by-hand-1a2b3c4d --out incident.jsonl'],
  'verify-bundle': ['baton verify-bundle incident.jsonl'],
  history: ['baton history hub-1 --last 10'],
  pause: ['baton pause hub-1 --for 2h --reason "kernel upgrade"'],
  resume: ['baton resume hub-1'],
  breaker: ['baton breaker', 'baton breaker --clear 1 --reason "birch ran from an old image; it is wiped"'],
  'alert-test': ['baton alert-test', 'baton alert-test --ack 1a2b3c4d'],
  'fence-test': ['baton fence-test', 'baton fence-test hub-1 --node birch'],
  gate: ['baton gate show hub-1', 'baton gate add hub-1 cedar', 'baton gate remove hub-1 cedar', 'baton gate close hub-1'],
  completion: ['eval "$(baton completion bash)"'],
  drill: [
    'baton drill --scenario crash',
    'baton drill --chain cometbft --scenario switchover',
    'baton drill --real --validator hub-1 --window 03:00-05:00',
  ],
};

/** Adds to each command the lines that show how it is typed. */
export const withExamples = (program: Command): void => {
  for (const command of program.commands) {
    const lines = examples[command.name()];
    if (lines) command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
  }
};
