import type { Target } from '../target.ts';
import { alarmTargets } from './alarm.ts';
import { answerTargets } from './answers.ts';
import { beacon } from './beacon.ts';
import { bundle } from './bundle.ts';
import { cli } from './cli.ts';
import { cometbftProbe } from './cometbft-probe.ts';
import { contractTargets } from './contract.ts';
import { ethereumTargets } from './ethereum.ts';
import { frames } from './frames.ts';
import { fileTargets } from './guard-files.ts';
import { http } from './http.ts';
import { itemTargets } from './items.ts';
import { rpcProbes } from './rpc-probes.ts';
import { regexes } from './regexes.ts';
import { relayTargets } from './relay.ts';
import { serviceTargets } from './services.ts';
import { signer } from './signer.ts';
import { slackTargets } from './slack.ts';
import { ssm } from './ssm.ts';
import { systemdProbe } from './systemd-probe.ts';
import { validatorsFile } from './validators-file.ts';
import { yamlText } from './yaml-text.ts';

/** Every parser that meets outside input. A new one is a file beside this one and a line here. */
export const targets: readonly Target[] = [
  cometbftProbe,
  systemdProbe,
  rpcProbes,
  beacon,
  ...ethereumTargets,
  http,
  ssm,
  ...itemTargets,
  frames,
  signer,
  yamlText,
  bundle,
  validatorsFile,
  ...fileTargets,
  ...contractTargets,
  ...answerTargets,
  ...slackTargets,
  ...relayTargets,
  cli,
  ...serviceTargets,
  ...alarmTargets,
  regexes,
];
